/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of mapping share: the device /dev/iomem-vma of
 * tests/kmod/vma.rs, made anew for each test.
 *
 *	IOMEM_RANGE	START-LAST of its small device, ivshmem's memory of 1 MiB
 *	IOMEM_LARGE	START-LAST of its large one, of 1 GiB
 *	IOMEM_PATTERN	a file: what the host put at the start of the small one
 */
#ifndef _IOMEM_VMA_TEST_H
#define _IOMEM_VMA_TEST_H

#include "iomem_test.h"
#include "touch.h"
#include "vma.h"

#include <pthread.h>
#include <signal.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define NODE	"/dev/iomem-vma"
#define CONTROL	"/dev/iomem-vma-ctl"
#define RW	(PROT_READ | PROT_WRITE)
#define MIB	0x100000UL
#define GIB	0x40000000UL
/* In the small device: what the host wrote, and a page that is not looked at. */
#define PATTERN_PAGES	16
#define SPARE		40

static inline uint64_t get(volatile void *address)
{
	return *(volatile uint64_t *)address;
}

static inline void put(volatile void *address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
}

/* How many VMAs of the node this program has. */
static inline int vmas(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	while (maps && fgets(line, sizeof(line), maps))
		n += !!strstr(line, NODE "\n");
	if (maps)
		fclose(maps);
	return n;
}

FIXTURE(vma)
{
	int control, fd, pagetable;
	uint64_t start, last, large;
	uint64_t pattern[PATTERN_PAGES * MOST_PAGE / 8];
};

FIXTURE_SETUP(vma)
{
	uint64_t large_last;
	int file;

	self->control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (self->control < 0 && errno == ENOENT)
		SKIP(return, "no " CONTROL ": load iomem_test_vma");
	ASSERT_LE(0, self->control);
	self->pagetable = open("/dev/iomem-pagetable", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->pagetable);
	ASSERT_EQ(0, ioctl(self->control, VMA_RENEW));
	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(env_range(&self->start, &self->last));
	ASSERT_EQ(2, sscanf(env_or("IOMEM_LARGE", ""), "%" SCNx64 "-%" SCNx64, &self->large,
			    &large_last));
	ASSERT_EQ(GIB, large_last - self->large + 1);
	file = open(env_or("IOMEM_PATTERN", ""), O_RDONLY);
	ASSERT_EQ(PATTERN_PAGES * PAGE, read(file, self->pattern, PATTERN_PAGES * PAGE));
	close(file);
	ASSERT_EQ(0, catch_faults());
}

FIXTURE_TEARDOWN(vma)
{
	ioctl(self->control, VMA_REMOVE);
	close(self->fd);
	close(self->control);
	close(self->pagetable);
}

#define MAP(pages, how, caching, page)	\
	mmap(NULL, (pages) * PAGE, RW, MAP_SHARED, self->fd, VMA_OFFSET(how, caching, page))
#define COUNT(name)	ioctl(self->fd, VMA_COUNT, COUNT_##name)

/* The first words of a page. */
#define EXPECT_PAGE(p, page)	({						\
	size_t i_;								\
										\
	for (i_ = 0; i_ < 8; i_++)						\
		EXPECT_EQ(self->pattern[(page) * PAGE / 8 + i_], get((char *)(p) + i_ * 8));	\
})

static inline int entry(int fd, volatile void *address, struct iomem_test_pagetable *out)
{
	*out = (struct iomem_test_pagetable) { .address = (uintptr_t)address };
	return ioctl(fd, IOMEM_TEST_PAGETABLE, out) ? -errno : 0;
}

static inline bool present(int fd, volatile void *address)
{
	struct iomem_test_pagetable out;

	return entry(fd, address, &out) == 0;
}

/* The size of the page that is there, in bytes; 0 if nothing is. */
static inline uint64_t size_of(int fd, volatile void *address)
{
	struct iomem_test_pagetable out;

	return entry(fd, address, &out) ? 0 : out.size;
}

#define NEED_HUGE_PAGES()	do {						\
	if (!has_huge_pages())						\
		SKIP(return, "no huge pages in mappings: neither with PREEMPT_RT, nor on 7.2");	\
} while (0)

#endif /* _IOMEM_VMA_TEST_H */
