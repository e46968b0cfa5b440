// SPDX-License-Identifier: GPL-2.0
/*
 * How many mappings a window may have, in all programs together. Their number is what taking the
 * window away from them takes time for, so it is limited. No register is touched.
 */
#include "run_time_test.h"

#include <signal.h>
#include <sys/prctl.h>

#define RW		(PROT_READ | PROT_WRITE)
#define MOST_MAPPINGS	65536
/* Of which another program has so many: one alone may not have them all (vm.max_map_count). */
#define OTHERS		40000

/* The window's length: all of edu's registers but the last page, which is the other window's. */
static size_t length;
/* The mappings that this program has made. */
static char *kept[MOST_MAPPINGS];

static char *map_pages(int fd, int pages, off_t offset)
{
	return mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, offset);
}

/* The error of a mapping of one page, or 0; it is undone. */
static int try_map(int fd)
{
	char *p = map_pages(fd, 1, 0);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, PAGE);
	return 0;
}

/*
 * Makes up to `most` mappings of a page, of one page after the other: the kernel's list of cache
 * modes is slow where many are of the same. Returns how many.
 */
static int map_many(int fd, int most)
{
	int made;

	for (made = 0; made < most; made++) {
		char *p = map_pages(fd, 1, made * PAGE % length);

		if (p == MAP_FAILED)
			break;
		kept[made] = p;
	}
	return made;
}

/* Starts a program that has `OTHERS` mappings until it is killed; tells how many it has. */
static pid_t start_other(int fd, int *made)
{
	int ready[2];
	pid_t child;

	*made = -1;
	if (pipe(ready))
		return -1;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		*made = map_many(fd, OTHERS);
		if (write(ready[1], made, sizeof(*made)) != sizeof(*made))
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], made, sizeof(*made)) != sizeof(*made))
		*made = -1;
	close(ready[0]);
	return child;
}

TEST_F(run_time, mappings_of_a_window_are_limited)
{
	int fd, other, status, made, i;
	char *three, *p;
	pid_t child, copy;

	length = self->last + 1 - self->start - PAGE;
	ASSERT_EQ(0, make_window("many mem=%#" PRIx64 ",%#zx width=4", self->start, length));
	ASSERT_EQ(0, make_window("other mem=%#" PRIx64 ",%#lx width=4", self->start + length,
				 PAGE));
	fd = open_window("many", O_RDWR);
	other = open_window("other", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	child = start_other(fd, &made);
	ASSERT_LT(0, child);
	EXPECT_EQ(OTHERS, made);

	three = map_pages(fd, 3, 0);
	ASSERT_NE(MAP_FAILED, three);
	made = map_many(fd, MOST_MAPPINGS - OTHERS);
	EXPECT_EQ(MOST_MAPPINGS - OTHERS - 1, made);
	EXPECT_EQ(ENOMEM, try_map(fd));
	EXPECT_EQ(0, try_map(other));
	/* What would make two of one, or three. */
	EXPECT_EQ(-1, munmap(three + PAGE, PAGE));
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_EQ(-1, mprotect(three, PAGE, PROT_READ));
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_EQ(0, mprotect(three, 3 * PAGE, PROT_READ));

	/* One less, one more. */
	ASSERT_EQ(0, munmap(kept[0], PAGE));
	p = map_pages(fd, 1, 0);
	EXPECT_NE(MAP_FAILED, p);
	EXPECT_EQ(ENOMEM, try_map(fd));
	/* In between, the kernel has one more than in the end. */
	ASSERT_EQ(0, munmap(p, PAGE));
	ASSERT_EQ(0, munmap(kept[1], PAGE));
	EXPECT_EQ(0, munmap(three + PAGE, PAGE));
	EXPECT_EQ(0, try_map(fd));

	/* A copy is not refused, but counts. */
	copy = fork();
	if (!copy)
		_exit(try_map(fd) == ENOMEM && !try_map(other) ? 0 : 1);
	ASSERT_EQ(copy, waitpid(copy, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, try_map(fd));

	/* Another program's mappings go with it. */
	p = map_pages(fd, 1, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(ENOMEM, try_map(fd));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, try_map(fd));
	EXPECT_EQ(0, delete_window("many"));
	EXPECT_EQ(ENODEV, try_map(fd));
	EXPECT_EQ(0, delete_window("other"));
	munmap(three, 3 * PAGE);
	munmap(p, PAGE);
	for (i = 2; i < made; i++)
		munmap(kept[i], PAGE);
	close(fd);
	close(other);
}

TEST_HARNESS_MAIN
