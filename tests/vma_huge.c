// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages: where they fit, one fault fills 2 MiB, or 32 MiB where pages have 16 KiB; where they
 * do not, small ones do. None is of 1 GiB: the kernel cannot split it.
 */

#include "vma_test.h"

#define LARGEST	HUGE_PAGE

/* Half a huge page; and how many small ones a huge one has. */
#define HALF		(HUGE_PAGE / 2)
#define SMALL_PAGES	(PAGE / 8)

#define LARGE(length, how, page)	\
	mmap(NULL, length, RW, MAP_SHARED, self->fd,	\
	     VMA_LARGE | VMA_OFFSET(how, WRITECOMBINE, page))

TEST_F(vma, address_is_aligned_like_the_device)
{
	const uint64_t page[] = { 0, 1, SMALL_PAGES - 1, SMALL_PAGES, SMALL_PAGES + 1 };
	size_t i;
	char *p;

	NEED_HUGE_PAGES();
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		uint64_t physical = self->large + page[i] * PAGE;

		p = LARGE(8 * HUGE_PAGE, HUGE, page[i]);
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, ((uintptr_t)p - physical) % HUGE_PAGE);
		munmap(p, 8 * HUGE_PAGE);
	}
	p = LARGE(GIB, HUGE, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, ((uintptr_t)p - self->large) % LARGEST);
	munmap(p, GIB);
}

/* Who chooses an address gets that one. */
TEST_F(vma, chosen_address_is_kept)
{
	char *room = mmap(NULL, 4 * HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;
	/* Not aligned like the device, by a page. */
	char *at = (char *)(((uintptr_t)room + HUGE_PAGE) & ~(HUGE_PAGE - 1)) + PAGE;

	p = mmap(at, 2 * HUGE_PAGE, RW, MAP_SHARED | MAP_FIXED, self->fd,
		 VMA_LARGE | VMA_OFFSET(HUGE, WRITECOMBINE, 0));
	ASSERT_EQ(at, p);
	EXPECT_EQ(0, look(p + HUGE_PAGE));
	EXPECT_EQ(PAGE, size_of(self->pagetable, p + HUGE_PAGE));
	EXPECT_EQ(0, COUNT(HUGE_2M));
	EXPECT_EQ(1, COUNT(FAULT));
	munmap(p, 2 * HUGE_PAGE);

	/* As a hint, where there is room. */
	munmap(room, 4 * HUGE_PAGE);
	p = mmap(at, 2 * HUGE_PAGE, RW, MAP_SHARED, self->fd,
		 VMA_LARGE | VMA_OFFSET(HUGE, WRITECOMBINE, 0));
	EXPECT_EQ(at, p);
	munmap(p, 2 * HUGE_PAGE);
}

TEST_F(vma, one_fault_fills_two_mebibytes)
{
	char *p = LARGE(2 * HUGE_PAGE, HUGE, SMALL_PAGES);
	size_t i;

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, COUNT(HUGE_2M));
	for (i = 0; i < 2 * SMALL_PAGES; i++)
		put(p + i * PAGE, i);
	EXPECT_EQ(2, COUNT(HUGE_2M));
	EXPECT_EQ(0, COUNT(FAULT));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, p + 5 * PAGE));
	munmap(p, 2 * HUGE_PAGE);

	/* The same memory in small pages. */
	p = LARGE(2 * HUGE_PAGE, FAULT, SMALL_PAGES);
	ASSERT_NE(MAP_FAILED, p);
	for (i = 0; i < 2 * SMALL_PAGES; i += 73)
		EXPECT_EQ(i, get(p + i * PAGE));
	EXPECT_EQ(PAGE, size_of(self->pagetable, p));
	munmap(p, 2 * HUGE_PAGE);
}

TEST_F(vma, one_fault_fills_all_of_it)
{
	const size_t faults = GIB / LARGEST;
	char *p = LARGE(GIB, HUGE, 0);
	struct iomem_test_pagetable out;
	size_t i;

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	for (i = 0; i < GIB; i += HUGE_PAGE)
		EXPECT_EQ(0, look(p + i + PAGE));
	EXPECT_EQ(faults, COUNT(HUGE_2M));
	EXPECT_EQ(0, COUNT(FAULT));
	ASSERT_EQ(0, entry(self->pagetable, p + 777 * PAGE, &out));
	EXPECT_EQ(LARGEST, out.size);
	EXPECT_EQ(self->large + 777 * PAGE, out.physical);
	EXPECT_EQ(CACHING_WRITECOMBINE, out.caching);
	EXPECT_EQ(1, out.writable);
	munmap(p, GIB);
}

/* Half a huge page more than one: after it small ones, each with its own fault. */
TEST_F(vma, what_is_left_over_gets_small_pages)
{
	char *p = LARGE(3 * HALF, HUGE, 0);

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look(p + HALF));
	EXPECT_EQ(1, COUNT(HUGE_2M));
	EXPECT_EQ(0, COUNT(FAULT));
	EXPECT_EQ(0, look(p + HUGE_PAGE));
	EXPECT_EQ(0, look(p + HUGE_PAGE + PAGE));
	EXPECT_EQ(1, COUNT(HUGE_2M));
	EXPECT_EQ(2, COUNT(FAULT));
	EXPECT_EQ(PAGE, size_of(self->pagetable, p + HUGE_PAGE));
	munmap(p, 3 * HALF);
}

/* Counts the huge pages that are there, from an address on; -1 if one is not as it should be. */
static int huge_pages(int fd, char *p, size_t length, uint64_t physical)
{
	struct iomem_test_pagetable out;
	size_t at;
	int n = 0;

	for (at = PAGE; at < length; at += HUGE_PAGE) {
		if (entry(fd, p + at, &out))
			continue;
		if (out.size != HUGE_PAGE || out.physical != physical + at ||
		    out.caching != CACHING_WRITECOMBINE || !out.writable)
			return -1;
		n++;
	}
	return n;
}

#define BLOCK	(8 * HUGE_PAGE)

/* Neighbours come along: the whole block of eight that the address is in, and nothing else. */
TEST_F(vma, one_fault_fills_a_block)
{
	char *p = LARGE(4 * BLOCK, AROUND, SMALL_PAGES), *block;
	size_t i;

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	block = (char *)((uintptr_t)(p + 2 * BLOCK) & ~(BLOCK - 1));
	EXPECT_EQ(0, look(block + 3 * HUGE_PAGE));
	EXPECT_EQ(1, COUNT(HUGE_2M));
	EXPECT_EQ(8, huge_pages(self->pagetable, block, BLOCK,
				self->large + HUGE_PAGE + (block - p)));
	EXPECT_EQ(8, huge_pages(self->pagetable, p, 4 * BLOCK, self->large + HUGE_PAGE));

	/* They can be written to, and no other fault is needed. */
	for (i = 0; i < BLOCK; i += HUGE_PAGE)
		put(block + i, i);
	for (i = 0; i < BLOCK; i += HUGE_PAGE)
		EXPECT_EQ(i, get(block + i));
	EXPECT_EQ(1, COUNT(HUGE_2M));
	EXPECT_EQ(0, COUNT(FAULT));

	/* A write brings them along as a read does. */
	put(block - HALF, 1);
	EXPECT_EQ(2, COUNT(HUGE_2M));
	EXPECT_EQ(16, huge_pages(self->pagetable, p, 4 * BLOCK, self->large + HUGE_PAGE));

	EXPECT_EQ(1, ioctl(self->control, VMA_REVOKE));
	EXPECT_EQ(0, huge_pages(self->pagetable, p, 4 * BLOCK, self->large + HUGE_PAGE));
	EXPECT_EQ(SIGBUS, look(block));
	EXPECT_EQ(SIGBUS, look(block + HUGE_PAGE));
	munmap(p, 4 * BLOCK);
}

/* A block does not go beyond its VMA, which ends amid a huge page. */
TEST_F(vma, block_stays_within_its_vma)
{
	char *room = mmap(NULL, 3 * BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at;
	const size_t part[] = { 0, 2 * HUGE_PAGE, 9 * HALF, BLOCK };
	size_t i;

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, room);
	/* One block, in three parts, each of which shows the device from its start. */
	at = (char *)(((uintptr_t)room + BLOCK - 1) & ~(BLOCK - 1));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(at + part[i],
			  mmap(at + part[i], part[i + 1] - part[i], RW, MAP_SHARED | MAP_FIXED,
			       self->fd, VMA_LARGE | VMA_OFFSET(AROUND, WRITECOMBINE, 0)));
	EXPECT_EQ(0, look(at + part[1] + HUGE_PAGE));
	EXPECT_EQ(0, huge_pages(self->pagetable, at, part[1], 0));
	EXPECT_EQ(2, huge_pages(self->pagetable, at + part[1], part[2] - part[1], self->large));
	EXPECT_EQ(0, huge_pages(self->pagetable, at + part[2], part[3] - part[2], 0));
	munmap(room, 3 * BLOCK);
}

/* Nor beyond the device, on either side. */
TEST_F(vma, block_stays_within_the_device)
{
	char *p = LARGE(2 * BLOCK, AROUND, GIB / PAGE - 4 * SMALL_PAGES);

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look(p + 3 * HUGE_PAGE));
	EXPECT_GE(4, huge_pages(self->pagetable, p, 2 * BLOCK, self->large + GIB - 4 * HUGE_PAGE));
	EXPECT_EQ(0, look(p));
	EXPECT_EQ(4, huge_pages(self->pagetable, p, 2 * BLOCK, self->large + GIB - 4 * HUGE_PAGE));
	EXPECT_EQ(SIGBUS, look(p + 4 * HUGE_PAGE));
	EXPECT_EQ(4, huge_pages(self->pagetable, p, 2 * BLOCK, self->large + GIB - 4 * HUGE_PAGE));
	munmap(p, 2 * BLOCK);
}

/* The handler asks for pages that are not aligned like the addresses. */
TEST_F(vma, incongruent_pages_are_small)
{
	char *p = LARGE(2 * HUGE_PAGE, ASKEW, 0);
	struct iomem_test_pagetable out;

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look(p + HUGE_PAGE));
	EXPECT_EQ(0, COUNT(HUGE_2M));
	EXPECT_LT(0, COUNT(FALLBACK));
	EXPECT_EQ(1, COUNT(FAULT));
	ASSERT_EQ(0, entry(self->pagetable, p + HUGE_PAGE, &out));
	EXPECT_EQ(PAGE, out.size);
	EXPECT_EQ(self->large + HUGE_PAGE + PAGE, out.physical);
	munmap(p, 2 * HUGE_PAGE);
}

/* A VMA may go beyond the device: a huge page would, so it is small, and beyond is nothing. */
TEST_F(vma, huge_page_stays_within_the_device)
{
	char *p = MAP(SMALL_PAGES, HUGE, NONCACHED, 0);

	NEED_HUGE_PAGES();
	/* The small device has 1 MiB. */
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look(p));
	EXPECT_EQ(0, look(p + MIB - PAGE));
	EXPECT_EQ(SIGBUS, look(p + MIB));
	EXPECT_EQ(0, COUNT(HUGE_2M));
	munmap(p, HUGE_PAGE);

	p = LARGE(2 * HUGE_PAGE, HUGE, GIB / PAGE - SMALL_PAGES);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look(p));
	EXPECT_EQ(SIGBUS, look(p + HUGE_PAGE));
	EXPECT_EQ(SIGBUS, look(p + 2 * HUGE_PAGE - PAGE));
	EXPECT_EQ(1, COUNT(HUGE_2M));
	munmap(p, 2 * HUGE_PAGE);
}

/* A hole in a huge page: the rest of it comes back in small ones. */
TEST_F(vma, huge_page_can_be_split)
{
	char *p = LARGE(HUGE_PAGE, HUGE, 0);

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	put(p, 0x11);
	put(p + HUGE_PAGE - PAGE, 0x22);
	EXPECT_EQ(1, COUNT(HUGE_2M));
	ASSERT_EQ(0, munmap(p + HALF, PAGE));
	EXPECT_EQ(2, COUNT(OPEN) - COUNT(CLOSE));
	EXPECT_EQ(0x11, get(p));
	EXPECT_EQ(0x22, get(p + HUGE_PAGE - PAGE));
	EXPECT_EQ(SIGSEGV, look(p + HALF));
	EXPECT_EQ(1, COUNT(HUGE_2M));
	EXPECT_EQ(PAGE, size_of(self->pagetable, p));
	munmap(p, HUGE_PAGE);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

/* By all that splits a VMA amid what could be a page of 1 GiB, or moves it where none fits. */
TEST_F(vma, all_of_it_can_be_split_and_moved)
{
	const size_t at = 700 * MIB + PAGE;
	char *p, *to;

	p = LARGE(GIB, HUGE, 0);
	ASSERT_NE(MAP_FAILED, p);
	put(p, 0x11);
	put(p + at + PAGE, 0x22);
	ASSERT_EQ(0, munmap(p + at, PAGE));
	EXPECT_EQ(0x11, get(p));
	EXPECT_EQ(0x22, get(p + at + PAGE));
	EXPECT_EQ(SIGSEGV, look(p + at));
	munmap(p, GIB);

	p = LARGE(GIB, HUGE, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0x11, get(p));
	ASSERT_EQ(0, mprotect(p + at, PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, touch(p + at, &(uint64_t){ 0 }, true));
	EXPECT_EQ(0x22, get(p + at + PAGE));
	munmap(p, GIB);

	p = LARGE(GIB, HUGE, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0x11, get(p));
	to = mmap(NULL, GIB + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		  -1, 0);
	ASSERT_NE(MAP_FAILED, to);
	to += ((uintptr_t)to - (uintptr_t)p) % HUGE_PAGE ? 0 : PAGE;
	ASSERT_EQ(to, mremap(p, GIB, GIB, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	EXPECT_EQ(0x11, get(to));
	EXPECT_EQ(0x22, get(to + at + PAGE));
	munmap(to, GIB);
}

TEST_F(vma, huge_page_can_be_write_protected)
{
	const size_t length = LARGEST;
	char *p = LARGE(length, HUGE, 0);

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, p);
	put(p + PAGE, 1);
	ASSERT_EQ(0, mprotect(p, length, PROT_READ));
	EXPECT_EQ(SIGSEGV, touch(p + PAGE, &(uint64_t){ 0 }, true));
	EXPECT_EQ(1, get(p + PAGE));
	ASSERT_EQ(0, mprotect(p, length, RW));
	put(p + PAGE, 2);
	EXPECT_EQ(2, get(p + PAGE));
	EXPECT_EQ(LARGEST, size_of(self->pagetable, p + PAGE));
	munmap(p, length);
}

TEST_HARNESS_MAIN
