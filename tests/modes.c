// SPDX-License-Identifier: GPL-2.0
/*
 * How a window is mapped: uncached or write-combining, in small or huge pages. The
 * witness is the page table, as the module iomem_test_pagetable reads it.
 *
 *	IOMEM_IVSHMEM	a window on an ivshmem of 1 MiB
 *	IOMEM_LARGE	a window on one of 1 GiB; both may be mapped write-combining
 *	IOMEM_LARGE_RANGE	START-LAST of that, in hexadecimal
 */
#include <sys/wait.h>
#include <time.h>

#include "iomem_test.h"
#include "touch.h"
#include "vma.h"

#define RW	(PROT_READ | PROT_WRITE)
#define MIB	0x100000UL
#define GIB	0x40000000UL

#ifdef __x86_64__
#define EXCLUSIVE	true
#else
#define EXCLUSIVE	false
#endif

FIXTURE(modes)
{
	struct iomem_region_info small, large;
	int fd, large_fd, pagetable;
};

FIXTURE_SETUP(modes)
{
	self->small.size = sizeof(self->small);
	self->large.size = sizeof(self->large);
	self->fd = open(NEED("IOMEM_IVSHMEM"), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->large_fd = open(NEED("IOMEM_LARGE"), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->large_fd);
	self->pagetable = open("/dev/iomem-pagetable", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->pagetable);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->small));
	ASSERT_EQ(0, ioctl(self->large_fd, IOMEM_IOC_REGION_INFO, &self->large));
	ASSERT_EQ(0, catch_faults());
}

FIXTURE_TEARDOWN(modes)
{
	EXPECT_EQ(0, close(self->fd));
	EXPECT_EQ(0, close(self->large_fd));
	EXPECT_EQ(0, close(self->pagetable));
}

static struct iomem_test_pagetable entry(int fd, volatile void *address)
{
	struct iomem_test_pagetable entry = { .address = (uintptr_t)address };

	if (ioctl(fd, IOMEM_TEST_PAGETABLE, &entry))
		entry.size = 0;
	return entry;
}

static void *map(int fd, size_t length, uint64_t offset)
{
	return mmap(NULL, length, RW, MAP_SHARED, fd, offset);
}

TEST_F(modes, small_is_there_at_once_and_uncached)
{
	char *p = map(self->fd, MIB, self->small.offset);
	size_t at;

	ASSERT_NE(MAP_FAILED, p);
	for (at = 0; at < MIB; at += 16 * PAGE) {
		struct iomem_test_pagetable e = entry(self->pagetable, p + at);

		EXPECT_EQ(PAGE, e.size);
		EXPECT_EQ(CACHING_UNCACHED, e.caching);
	}
	munmap(p, MIB);
}

TEST_F(modes, write_combining_is_asked_for_by_its_offset)
{
	volatile uint32_t *p = map(self->large_fd, 2 * PAGE, self->large.wc_offset + 32 * PAGE), *q;

	ASSERT_NE(MAP_FAILED, p);
	p[1] = 0x600d;
	EXPECT_EQ(CACHING_WRITECOMBINE, entry(self->pagetable, p).caching);
	p[PAGE / 4] = 0xbeef;
	EXPECT_EQ(CACHING_WRITECOMBINE, entry(self->pagetable, p + PAGE / 4).caching);
	munmap((void *)p, 2 * PAGE);

	/* The same memory. */
	q = map(self->large_fd, 2 * PAGE, self->large.offset + 32 * PAGE);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(CACHING_UNCACHED, entry(self->pagetable, q).caching);
	EXPECT_EQ(0x600d, q[1]);
	EXPECT_EQ(0xbeef, q[PAGE / 4]);
	munmap((void *)q, 2 * PAGE);
}

/* Where a processor must not see a page in both ways, it never does; elsewhere both can be had. */
TEST_F(modes, two_modes_at_a_time)
{
	uint32_t value;
	volatile uint32_t *p = map(self->fd, PAGE, self->small.offset), *q;

	ASSERT_NE(MAP_FAILED, p);
	q = map(self->fd, PAGE, self->small.wc_offset);
	if (EXCLUSIVE) {
		EXPECT_EQ(MAP_FAILED, q);
		EXPECT_EQ(EBUSY, errno);
		munmap((void *)p, PAGE);
		/* A call that came before does not matter. */
		EXPECT_EQ(4, pread(self->fd, &value, 4, 0));
		q = map(self->fd, PAGE, self->small.wc_offset);
		ASSERT_NE(MAP_FAILED, q);
		p = map(self->fd, PAGE, self->small.offset);
		EXPECT_EQ(MAP_FAILED, p);
		EXPECT_EQ(EBUSY, errno);
		EXPECT_EQ(-1, pread(self->fd, &value, 4, 0));
		EXPECT_EQ(EBUSY, errno);
		EXPECT_EQ(-1, pwrite(self->fd, &value, 4, 0));
		EXPECT_EQ(EBUSY, errno);
		value = *q;
		EXPECT_EQ(CACHING_WRITECOMBINE, entry(self->pagetable, q).caching);
	} else {
		ASSERT_NE(MAP_FAILED, q);
		EXPECT_EQ(CACHING_WRITECOMBINE, (value = *q, entry(self->pagetable, q).caching));
		EXPECT_EQ(CACHING_UNCACHED, entry(self->pagetable, p).caching);
		EXPECT_EQ(4, pread(self->fd, &value, 4, 0));
		munmap((void *)p, PAGE);
	}
	munmap((void *)q, PAGE);

	/* And all is as before. */
	EXPECT_EQ(4, pread(self->fd, &value, 4, 0));
	p = map(self->fd, PAGE, self->small.offset);
	ASSERT_NE(MAP_FAILED, p);
	munmap((void *)p, PAGE);
}

struct other {
	volatile bool stop;
	volatile long mapped, refused;
};

/*
 * Maps write-combining whenever that is possible. In a process of its own: the calls of one wait
 * for each other.
 */
static void combine_writes(struct other *other, int fd, uint64_t offset)
{
	while (!other->stop) {
		void *p = map(fd, PAGE, offset);

		if (p == MAP_FAILED) {
			other->refused++;
			continue;
		}
		other->mapped++;
		munmap(p, PAGE);
	}
}

/* How many entries of the kernel's list of memory types say so of a part of a range; or -1. */
static int on_the_list(uint64_t start, uint64_t last, const char *type)
{
	FILE *list = fopen("/sys/kernel/debug/x86/pat_memtype_list", "r");
	uint64_t from, to;
	char line[256];
	int n = 0;

	if (!list)
		return -1;
	while (fgets(line, sizeof(line), list))
		if (sscanf(line, "PAT: [mem 0x%" SCNx64 "-0x%" SCNx64 "]", &from, &to) == 2 &&
		    from <= last && to > start)
			n += !!strstr(line, type);
	fclose(list);
	return n;
}

/* From the moment on at which a mapping is granted, none of the other mode comes in. */
TEST_F(modes, granted_mode_stays)
{
	struct other *other;
	long mapped = 0, refused = 0, wrong = 0, listed = 0;
	uint64_t start, last;
	pid_t child;
	time_t end;

	if (!EXCLUSIVE)
		SKIP(return, "this processor can have both modes at a time");
	ASSERT_EQ(2, sscanf(NEED("IOMEM_LARGE_RANGE"), "%" SCNx64 "-%" SCNx64, &start, &last));
	ASSERT_EQ(0, on_the_list(start, last, "write-combining"));
	other = mmap(NULL, sizeof(*other), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, other);
	child = fork();
	if (!child) {
		combine_writes(other, self->large_fd, self->large.wc_offset);
		_exit(0);
	}
	for (end = time(NULL) + 15; time(NULL) < end;) {
		/* Filled when it is touched, and so in the mode that the list says. */
		volatile uint32_t *p = map(self->large_fd, 4 * MIB, self->large.offset);

		if (p == MAP_FAILED) {
			EXPECT_EQ(EBUSY, errno);
			refused++;
			continue;
		}
		mapped++;
		look(p);
		wrong += entry(self->pagetable, p).caching != CACHING_UNCACHED;
		if (mapped % 64 == 0)
			listed += on_the_list(start, last, "write-combining") != 0;
		munmap((void *)p, 4 * MIB);
	}
	other->stop = true;
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	TH_LOG("uncached: %ld mapped, %ld refused; write-combining: %ld mapped, %ld refused",
	       mapped, refused, other->mapped, other->refused);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, listed);
	EXPECT_LT(100, mapped);
	EXPECT_LT(100, other->mapped);
	munmap(other, sizeof(*other));
}

/* What excludes all others is for a file that may write; to look at memory is not enough. */
TEST_F(modes, write_combining_takes_writing)
{
	static const int access[] = { O_RDONLY, O_RDWR };
	char path[64];
	size_t i;
	void *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	for (i = 0; i < ARRAY_SIZE(access); i++) {
		fd = open(path, access[i] | O_CLOEXEC);
		ASSERT_LE(0, fd);
		p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, self->small.wc_offset);
		if (access[i] == O_RDWR) {
			EXPECT_NE(MAP_FAILED, p);
			munmap(p, PAGE);
		} else {
			EXPECT_EQ(MAP_FAILED, p);
			EXPECT_EQ(EACCES, errno);
			/* Nothing of the attempt is left. */
			p = map(self->fd, PAGE, self->small.offset);
			EXPECT_NE(MAP_FAILED, p);
			munmap(p, PAGE);
		}
		close(fd);
	}
}

/* A copy or a part of a mapping is one more mapping: it keeps the other mode away. */
TEST_F(modes, forks_and_parts_count)
{
	char *p = map(self->fd, 4 * PAGE, self->small.wc_offset), *q;
	int status, to_child[2];
	pid_t child;
	char byte;

	if (!EXCLUSIVE)
		SKIP(return, "this processor can have both modes at a time");
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, pipe(to_child));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(to_child[1]);
		_exit(read(to_child[0], &byte, 1) != 0);
	}
	close(to_child[0]);
	/* A hole in the midst: two are left here, and one in the child. */
	ASSERT_EQ(0, munmap(p + PAGE, PAGE));
	ASSERT_EQ(0, munmap(p, PAGE));
	EXPECT_EQ(MAP_FAILED, map(self->fd, PAGE, self->small.offset));
	q = mremap(p + 2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_EQ(0, munmap(q, 2 * PAGE));
	EXPECT_EQ(MAP_FAILED, map(self->fd, PAGE, self->small.offset));
	EXPECT_EQ(EBUSY, errno);
	close(to_child[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	q = map(self->fd, PAGE, self->small.offset);
	EXPECT_NE(MAP_FAILED, q);
	munmap(q, PAGE);
}

TEST_F(modes, combining_writes_has_the_same_limits)
{
	EXPECT_EQ(MAP_FAILED, map(self->fd, PAGE, self->small.wc_offset + MIB));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(MAP_FAILED, map(self->fd, 2 * PAGE, self->small.wc_offset + MIB - PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW | PROT_EXEC, MAP_SHARED, self->fd,
				   self->small.wc_offset));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_PRIVATE, self->fd, self->small.wc_offset));
	EXPECT_EQ(EOPNOTSUPP, errno);
	/* What follows the last region. */
	EXPECT_EQ(MAP_FAILED, map(self->fd, PAGE, 2 * self->small.wc_offset));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(MAP_FAILED, map(self->fd, PAGE, 1ULL << 62));
	EXPECT_EQ(ENXIO, errno);
	/* None of that is left. */
	EXPECT_NE(MAP_FAILED, map(self->fd, PAGE, self->small.offset));
}

TEST_F(modes, large_is_filled_in_huge_pages)
{
	uint64_t modes[] = { self->large.offset, self->large.wc_offset };
	uint32_t caching[] = { CACHING_UNCACHED, CACHING_WRITECOMBINE };
	size_t i, at;

	for (i = 0; i < 2; i++) {
		volatile uint32_t *p = map(self->large_fd, GIB, modes[i]);

		ASSERT_NE(MAP_FAILED, p);
		/*
		 * Nothing is there before it is touched. Without huge pages all is, but for what
		 * the processor must not have in two modes.
		 */
		EXPECT_EQ(has_huge_pages() || (i && EXCLUSIVE) ? 0 : PAGE,
			  entry(self->pagetable, p).size);
		for (at = 0; at < GIB; at += 128 * MIB) {
			struct iomem_test_pagetable e;

			p[at / 4] = at + i;
			e = entry(self->pagetable, p + at / 4);
			EXPECT_EQ(has_huge_pages() ? HUGE_PAGE : PAGE, e.size);
			EXPECT_EQ(caching[i], e.caching);
		}
		EXPECT_EQ(128 * MIB + i, p[128 * MIB / 4]);
		ASSERT_EQ(0, munmap((void *)p, GIB));
	}
}

/* Two mebibytes, a huge page, are the least that is filled when touched, if it is aligned. */
TEST_F(modes, two_mebibytes_and_less)
{
	volatile uint32_t *p = map(self->large_fd, HUGE_PAGE, self->large.offset + 2 * HUGE_PAGE);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(has_huge_pages() ? 0 : PAGE, entry(self->pagetable, p).size);
	EXPECT_EQ(0, look(p));
	EXPECT_EQ(has_huge_pages() ? HUGE_PAGE : PAGE, entry(self->pagetable, p).size);
	munmap((void *)p, HUGE_PAGE);

	/* At the same address, so that the length is all that is in the way. */
	p = mmap((void *)p, HUGE_PAGE - PAGE, RW, MAP_SHARED | MAP_FIXED, self->large_fd,
		 self->large.offset + 2 * HUGE_PAGE);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(PAGE, entry(self->pagetable, p).size);
	EXPECT_EQ(PAGE, entry(self->pagetable, p + (HUGE_PAGE - 2 * PAGE) / 4).size);
	munmap((void *)p, HUGE_PAGE - PAGE);
}

/* An address that no huge page can be at: all of it is there at once. */
TEST_F(modes, askew_is_there_at_once)
{
	char *room = mmap(NULL, 8 * HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)room + 2 * HUGE_PAGE) & ~(HUGE_PAGE - 1)) + PAGE, *p;

	p = mmap(at, 2 * HUGE_PAGE, RW, MAP_SHARED | MAP_FIXED, self->large_fd, self->large.offset);
	ASSERT_EQ(at, p);
	EXPECT_EQ(PAGE, entry(self->pagetable, p).size);
	EXPECT_EQ(PAGE, entry(self->pagetable, p + 2 * HUGE_PAGE - PAGE).size);
	EXPECT_EQ(0, look((void *)(p + HUGE_PAGE)));
	munmap(room, 8 * HUGE_PAGE);
}

/* Part of a huge page goes: the rest stays and shows what it did. */
TEST_F(modes, huge_page_can_be_split)
{
	volatile uint32_t *p = map(self->large_fd, 2 * HUGE_PAGE,
				   self->large.offset + 4 * HUGE_PAGE);

	ASSERT_NE(MAP_FAILED, p);
	p[HUGE_PAGE / 2 / 4] = 0x5117;
	p[3 * HUGE_PAGE / 2 / 4] = 0x5118;
	ASSERT_EQ(0, munmap((char *)p + PAGE, PAGE));
	EXPECT_EQ(0x5117, p[HUGE_PAGE / 2 / 4]);
	EXPECT_EQ(0x5118, p[3 * HUGE_PAGE / 2 / 4]);
	ASSERT_EQ(0, mprotect((char *)p + 2 * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(0x5117, p[HUGE_PAGE / 2 / 4]);
	munmap((void *)p, 2 * HUGE_PAGE);
}

TEST_HARNESS_MAIN
