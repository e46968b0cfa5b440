// SPDX-License-Identifier: GPL-2.0
/*
 * What mmap() and ioctl() on a window grant and refuse. Any window will do: no
 * register is touched.
 */

#include "iomem_test.h"

FIXTURE(window)
{
	int fd, readonly;
	size_t page;
	uint64_t length;
};

FIXTURE_SETUP(window)
{
	const char *node = env_or("IOMEM_NODE", "/dev/iomem0");

	self->page = sysconf(_SC_PAGESIZE);
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "no window: load iomem_dev with start= and length=, or set IOMEM_NODE");
	ASSERT_LE(0, self->fd);
	self->readonly = open(node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->readonly);
	self->length = window_length(self->fd);
	ASSERT_LE(self->page, self->length);
}

FIXTURE_TEARDOWN(window)
{
	close(self->fd);
	close(self->readonly);
}

/* Tries a mapping; 0 if it is granted (and undone), else the errno. */
static int try_map(size_t length, int prot, int flags, int fd, uint64_t offset)
{
	void *p = mmap(NULL, length, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, length);
	return 0;
}

#define RW (PROT_READ | PROT_WRITE)

TEST_F(window, node_is_root_only)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
}

TEST_F(window, whole_window_is_granted)
{
	EXPECT_EQ(0, try_map(self->length, RW, MAP_SHARED, self->fd, 0));
}

TEST_F(window, each_single_protection_is_granted)
{
	EXPECT_EQ(0, try_map(self->page, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(0, try_map(self->page, PROT_WRITE, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(0, try_map(self->page, PROT_NONE, MAP_SHARED, self->fd, 0));
}

/* A length that is no multiple of a page is rounded up by the kernel. */
TEST_F(window, partial_page_is_granted)
{
	EXPECT_EQ(0, try_map(1, RW, MAP_SHARED, self->fd, 0));
}

TEST_F(window, last_page_is_granted)
{
	EXPECT_EQ(0, try_map(self->page, RW, MAP_SHARED, self->fd,
			     self->length - self->page));
}

TEST_F(window, length_beyond_is_refused)
{
	EXPECT_EQ(EINVAL, try_map(self->length + 1, RW, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EINVAL, try_map(self->length + self->page, RW, MAP_SHARED,
				  self->fd, 0));
	EXPECT_EQ(EINVAL, try_map(2 * self->page, RW, MAP_SHARED, self->fd,
				  self->length - self->page));
}

TEST_F(window, offset_beyond_is_refused)
{
	EXPECT_EQ(ENXIO, try_map(self->page, RW, MAP_SHARED, self->fd, self->length));
	EXPECT_EQ(ENXIO, try_map(self->page, RW, MAP_SHARED, self->fd,
				 self->length + self->page));
	EXPECT_EQ(ENXIO, try_map(self->page, RW, MAP_SHARED, self->fd, 1ULL << 40));
}

/* Refused by the kernel before the driver hears of it. */
TEST_F(window, misaligned_offset_and_zero_length_are_refused)
{
	EXPECT_EQ(EINVAL, try_map(self->page, RW, MAP_SHARED, self->fd, 1));
	EXPECT_EQ(EINVAL, try_map(0, RW, MAP_SHARED, self->fd, 0));
}

TEST_F(window, offset_that_wraps_around_is_refused)
{
	EXPECT_EQ(EOVERFLOW, try_map(2 * self->page, RW, MAP_SHARED, self->fd,
				     -(uint64_t)self->page));
}

TEST_F(window, private_is_refused)
{
	EXPECT_EQ(EOPNOTSUPP, try_map(self->page, RW, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(EOPNOTSUPP, try_map(self->page, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(EOPNOTSUPP, try_map(self->page, PROT_READ, MAP_PRIVATE,
				      self->readonly, 0));
}

TEST_F(window, executable_is_refused)
{
	EXPECT_EQ(EPERM, try_map(self->page, PROT_READ | PROT_EXEC, MAP_SHARED,
				 self->fd, 0));
	EXPECT_EQ(EPERM, try_map(self->page, RW | PROT_EXEC, MAP_SHARED, self->fd, 0));
}

TEST_F(window, never_becomes_executable)
{
	void *p = mmap(NULL, self->page, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, mprotect(p, self->page, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, mprotect(p, self->page, RW));
	munmap(p, self->page);
}

TEST_F(window, writing_needs_a_writable_descriptor)
{
	void *p;

	EXPECT_EQ(EACCES, try_map(self->page, RW, MAP_SHARED, self->readonly, 0));
	EXPECT_EQ(EACCES, try_map(self->page, PROT_WRITE, MAP_SHARED, self->readonly, 0));

	p = mmap(NULL, self->page, PROT_READ, MAP_SHARED, self->readonly, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, mprotect(p, self->page, RW));
	EXPECT_EQ(EACCES, errno);
	munmap(p, self->page);
}

/* A mapping that could grow would show what is behind the window. */
TEST_F(window, does_not_grow)
{
	void *p = mmap(NULL, self->page, PROT_READ, MAP_SHARED, self->fd, 0), *q;

	ASSERT_NE(MAP_FAILED, p);
	q = mremap(p, self->page, 2 * self->page, MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, q);
	EXPECT_EQ(EFAULT, errno);
	munmap(p, self->page);
}

/* Neither swapped, dumped nor merged: marked as I/O in /proc/self/smaps. */
TEST_F(window, is_marked_as_io)
{
	void *p = mmap(NULL, self->page, RW, MAP_SHARED, self->fd, 0);
	char line[512], start[32];
	bool here = false, seen = false;
	FILE *smaps;

	ASSERT_NE(MAP_FAILED, p);
	snprintf(start, sizeof(start), "%" PRIxPTR "-", (uintptr_t)p);
	smaps = fopen("/proc/self/smaps", "r");
	ASSERT_NE(NULL, smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (strncmp(line, start, strlen(start)) == 0) {
			here = true;
			EXPECT_NE(NULL, strstr(line, "rw-s"));
		}
		if (here && strncmp(line, "VmFlags:", 8) == 0) {
			seen = true;
			EXPECT_NE(NULL, strstr(line, " io")); /* VM_IO */
			EXPECT_NE(NULL, strstr(line, " pf")); /* VM_PFNMAP */
			EXPECT_NE(NULL, strstr(line, " de")); /* VM_DONTEXPAND */
			EXPECT_NE(NULL, strstr(line, " dd")); /* VM_DONTDUMP */
			EXPECT_EQ(NULL, strstr(line, " me")); /* VM_MAYEXEC */
			break;
		}
	}
	fclose(smaps);
	EXPECT_TRUE(seen);
	munmap(p, self->page);
}

TEST_F(window, mapping_outlives_the_descriptor)
{
	int fd = dup(self->fd);
	void *p = mmap(NULL, self->page, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, close(fd));
	/* Still there: msync() of what is not mapped says ENOMEM. */
	EXPECT_EQ(0, msync(p, self->page, MS_ASYNC));
	EXPECT_EQ(0, munmap(p, self->page));
}

TEST_F(window, unknown_ioctls_are_refused)
{
	unsigned int nr;

	for (nr = IOMEM_IOC_NR_IRQ_MASK + 1; nr < 256; nr++) {
		EXPECT_EQ(-1, ioctl(self->fd, _IO(IOMEM_IOC_TYPE, nr), 0));
		EXPECT_EQ(ENOTTY, errno);
	}
	/* Ours, but with a direction and a size. */
	EXPECT_EQ(-1, ioctl(self->fd, _IOWR(IOMEM_IOC_TYPE, 0,
					    struct iomem_region_info), 0));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_HARNESS_MAIN
