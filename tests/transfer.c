// SPDX-License-Identifier: GPL-2.0
/*
 * Reading from character devices, writing and seeking: positions, sizes, what is
 * left out, and what is said of bad pointers.
 */

#include <poll.h>
#include <sys/uio.h>

#include "chardev_test.h"

/* How many bytes the memory nodes have. */
#define SIZE 64

/* The last bytes of a page that no other follows. */
static char *page_end(size_t bytes)
{
	size_t page = getpagesize();
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, page, PROT_NONE))
		return NULL;
	return p + page - bytes;
}

TEST_F(chardev, position_is_moved_by_read_and_write_only)
{
	int fd = open("/dev/iomem_test_mem0", O_RDWR | O_CLOEXEC);
	char text[8];

	ASSERT_LE(0, fd);
	ASSERT_EQ(8, write(fd, "abcdefgh", 8));
	EXPECT_EQ(8, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(3, pwrite(fd, "XYZ", 3, 2));
	EXPECT_EQ(8, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(8, pread(fd, text, 8, 0));
	EXPECT_EQ(0, memcmp(text, "abXYZfgh", 8));
	EXPECT_EQ(8, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(1, lseek(fd, 1, SEEK_SET));
	ASSERT_EQ(3, read(fd, text, 3));
	EXPECT_EQ(0, memcmp(text, "bXY", 3));
	EXPECT_EQ(4, lseek(fd, 0, SEEK_CUR));
}

TEST_F(chardev, pieces_are_one_transfer)
{
	int fd = open("/dev/iomem_test_mem0", O_RDWR | O_CLOEXEC);
	char first[3], second[5];
	struct iovec in[] = { { "abc", 3 }, { "defgh", 5 } };
	struct iovec out[] = { { second, 5 }, { first, 3 } };

	ASSERT_LE(0, fd);
	ASSERT_EQ(8, writev(fd, in, 2));
	EXPECT_EQ(8, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(8, preadv(fd, out, 2, 0));
	EXPECT_EQ(0, memcmp(second, "abcde", 5));
	EXPECT_EQ(0, memcmp(first, "fgh", 3));
}

TEST_F(chardev, size_ends_transfers)
{
	int fd = open("/dev/iomem_test_mem0", O_RDWR | O_CLOEXEC);
	char text[2 * SIZE], old[SIZE];

	ASSERT_LE(0, fd);
	memset(text, 'x', sizeof(text));
	ASSERT_EQ(SIZE, write(fd, text, sizeof(text)));
	EXPECT_EQ(SIZE, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(0, read(fd, text, sizeof(text)));
	EXPECT_EQ(-1, write(fd, text, 1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, write(fd, text, 0));
	EXPECT_EQ(SIZE, lseek(fd, 0, SEEK_CUR));

	memset(text, 0, sizeof(text));
	EXPECT_EQ(4, pread(fd, text, sizeof(text), SIZE - 4));
	EXPECT_EQ(0, memcmp(text, "xxxx", 5));
	EXPECT_EQ(2, pwrite(fd, "yyy", 3, SIZE - 2));
	EXPECT_EQ(SIZE, pread(fd, old, SIZE, 0));
	EXPECT_EQ(0, memcmp(old + SIZE - 4, "xxyy", 4));

	EXPECT_EQ(0, pread(fd, text, 1, SIZE));
	EXPECT_EQ(0, pread(fd, text, 1, INT64_MAX - 1));
	EXPECT_EQ(-1, pwrite(fd, text, 1, SIZE));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, pread(fd, text, 1, -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pwrite(fd, text, 1, INT64_MIN));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(chardev, positions_are_those_of_the_size)
{
	int fd = open("/dev/iomem_test_mem0", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(10, lseek(fd, 10, SEEK_SET));
	EXPECT_EQ(15, lseek(fd, 5, SEEK_CUR));
	EXPECT_EQ(0, lseek(fd, -15, SEEK_CUR));
	EXPECT_EQ(SIZE, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(SIZE - 8, lseek(fd, -8, SEEK_END));

	EXPECT_EQ(-1, lseek(fd, SIZE + 1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, 9, SEEK_CUR));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, 1, SEEK_END));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_DATA));
	EXPECT_EQ(EINVAL, errno);
	/* What was refused moved nothing. */
	EXPECT_EQ(SIZE - 8, lseek(fd, 0, SEEK_CUR));
}

/* What reached the program counts; EFAULT is for nothing at all. */
TEST_F(chardev, bad_pointers)
{
	int fd = open("/dev/iomem_test_mem0", O_RDWR | O_CLOEXEC);
	char *half = page_end(SIZE / 2), *none = page_end(0);
	char text[SIZE];
	ssize_t n;

	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, half);
	ASSERT_NE(NULL, none);
	memset(text, 'a', SIZE);
	ASSERT_EQ(SIZE, pwrite(fd, text, SIZE, 0));

	EXPECT_EQ(-1, read(fd, none, SIZE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, write(fd, none, SIZE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));

	n = read(fd, half, SIZE);
	EXPECT_LT(0, n);
	EXPECT_GE(SIZE / 2, n);
	EXPECT_EQ(0, memcmp(half, text, n));
	EXPECT_EQ(n, lseek(fd, 0, SEEK_CUR));

	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	memset(half, 'b', SIZE / 2);
	n = write(fd, half, SIZE);
	EXPECT_LT(0, n);
	EXPECT_GE(SIZE / 2, n);
	EXPECT_EQ(n, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(SIZE, pread(fd, text, SIZE, 0));
	EXPECT_EQ('b', text[n - 1]);
	EXPECT_EQ('a', text[n]);
}

TEST_F(chardev, positions_without_an_end)
{
	int fd = open("/dev/iomem_test_places", O_RDONLY | O_CLOEXEC);
	uint64_t place;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1ll << 62, lseek(fd, 1ll << 62, SEEK_SET));
	ASSERT_EQ(8, read(fd, &place, 8));
	EXPECT_EQ(1ull << 62, place);
	ASSERT_EQ(8, pread(fd, &place, 8, 0x123456789abcdef));
	EXPECT_EQ(0x123456789abcdef, place);
	EXPECT_EQ((1ll << 62) + 8, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	/* There is no write. */
	close(fd);
	fd = open("/dev/iomem_test_places", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, write(fd, &place, 8));
	EXPECT_EQ(EINVAL, errno);
}

/* A driver that says it transferred more than it did is not believed. */
TEST_F(chardev, count_is_what_was_moved)
{
	int fd = open("/dev/iomem_test_places", O_RDONLY | O_CLOEXEC);
	char text[16];

	ASSERT_LE(0, fd);
	EXPECT_EQ(3, read(fd, text, 3));
	EXPECT_EQ(3, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(8, read(fd, text, sizeof(text)));
	EXPECT_EQ(11, lseek(fd, 0, SEEK_CUR));
}

TEST_F(chardev, what_is_not_implemented)
{
	int fd = open("/dev/iomem_test_bare", O_RDWR | O_CLOEXEC);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };
	char byte = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, ioctl(fd, DROPPED));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT, pollfd.revents);
	/* An unknown command. */
	EXPECT_EQ(-1, ioctl(self->control, _IO('i', 0xff)));
	EXPECT_EQ(ENOTTY, errno);
}

/* Removing a device leaves its open files, and with the last of them it goes. */
/* The number is free, no node leads there, and what is open goes on. */

TEST_HARNESS_MAIN
