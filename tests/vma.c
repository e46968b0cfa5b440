// SPDX-License-Identifier: GPL-2.0
/*
 * What the library maps into programs: which page, how it is cached, and when it
 * appears.
 */

#include "vma_test.h"

static const enum vma_how eager[] = { IOMAP, REMAP, IO_REMAP, EAGER };
static const enum vma_how any[] = {
	IOMAP, REMAP, IO_REMAP, EAGER, FAULT, FAULT_PROT, HUGE, NAMED, WHOLE, TWICE,
};

/* --- Which page, and how much ------------------------------------------------ */

TEST_F(vma, each_way_shows_the_right_page)
{
	struct iomem_test_pagetable out;
	size_t i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(any); i++) {
		p = MAP(2, any[i], NONCACHED, 3);
		ASSERT_NE(MAP_FAILED, p) {
			TH_LOG("way %u", any[i]);
		}
		EXPECT_PAGE(p, 3);
		EXPECT_PAGE(p + PAGE, 4);
		ASSERT_EQ(0, entry(self->pagetable, p + PAGE, &out));
		EXPECT_EQ(self->start + 4 * PAGE, out.physical);
		EXPECT_EQ(PAGE, out.size);
		EXPECT_EQ(0, munmap(p, 2 * PAGE));
	}
}

TEST_F(vma, what_is_beyond_is_refused)
{
	const size_t pages = (self->last - self->start + 1) / PAGE;
	const struct { size_t pages, page; } bad[] = {
		{ pages + 1, 0 }, { 2, pages - 1 }, { 1, pages }, { 1, pages + 1 }, { 1, 0xfffff },
	};
	size_t i, j;
	char *p;

	for (i = 0; i < ARRAY_SIZE(eager); i++) {
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			errno = 0;
			p = MAP(bad[j].pages, eager[i], NONCACHED, bad[j].page);
			EXPECT_EQ(MAP_FAILED, p) {
				TH_LOG("way %u, case %zu", eager[i], j);
			}
			EXPECT_EQ(EINVAL, errno);
		}
		p = MAP(pages, eager[i], NONCACHED, 0);
		EXPECT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, look(p + pages * PAGE - 8));
		EXPECT_EQ(0, munmap(p, pages * PAGE));
		p = MAP(1, eager[i], NONCACHED, pages - 1);
		EXPECT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, munmap(p, PAGE));
	}
	EXPECT_EQ(COUNT(MADE), COUNT(DROPPED));
}

/* A VMA that faults may be longer than the claim; there is nothing to be seen there. */
TEST_F(vma, faults_beyond_are_sigbus)
{
	const size_t pages = (self->last - self->start + 1) / PAGE;
	static const enum vma_how how[] = { FAULT, FAULT_PROT, HUGE };
	size_t i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		p = MAP(3, how[i], NONCACHED, pages - 1);
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, look(p));
		EXPECT_EQ(SIGBUS, look(p + PAGE));
		EXPECT_EQ(SIGBUS, look(p + 2 * PAGE));
		EXPECT_FALSE(present(self->pagetable, p + PAGE));
		munmap(p, 3 * PAGE);
	}
	p = MAP(1, BEYOND, NONCACHED, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(SIGBUS, look(p));
	munmap(p, PAGE);
}

/* A private mapping would become a copy of the device, were it written to. */
TEST_F(vma, private_writable_is_refused)
{
	int readonly = open(NODE, O_RDONLY | O_CLOEXEC);
	size_t i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(any); i++) {
		p = mmap(NULL, PAGE, RW, MAP_PRIVATE, self->fd, VMA_OFFSET(any[i], NONCACHED, 0));
		EXPECT_EQ(MAP_FAILED, p);
		EXPECT_EQ(EINVAL, errno);
		/* It could be made writable later. */
		p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd,
			 VMA_OFFSET(any[i], NONCACHED, 0));
		EXPECT_EQ(MAP_FAILED, p);
		EXPECT_EQ(EINVAL, errno);
		p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, readonly,
			 VMA_OFFSET(any[i], NONCACHED, 0));
		EXPECT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, look(p));
		EXPECT_EQ(-1, mprotect(p, PAGE, RW));
		EXPECT_EQ(EACCES, errno);
		munmap(p, PAGE);
	}
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
	EXPECT_EQ(COUNT(MADE), COUNT(DROPPED));
	close(readonly);
}

/* --- How it is cached --------------------------------------------------------- */

/* Maps a page, touches it, and returns how the page table says that it is cached. */
static int caching_of(int fd, int pagetable, uint64_t offset)
{
	struct iomem_test_pagetable out = {};
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, offset);
	int err;

	if (p == MAP_FAILED)
		return -errno;
	err = look(p) ? -EFAULT : entry(pagetable, p, &out);
	munmap(p, PAGE);
	return err ?: out.caching;
}

#define CACHING(how, caching, page)	\
	caching_of(self->fd, self->pagetable, VMA_OFFSET(how, caching, page))

TEST_F(vma, uncached_is_uncached)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(any); i++)
		EXPECT_EQ(CACHING_UNCACHED, CACHING(any[i], NONCACHED, 5));
}

TEST_F(vma, writecombine_is_writecombine)
{
	/* Filled at once: as asked for. Not IOMAP, whose offset is that of the page alone. */
	EXPECT_EQ(CACHING_WRITECOMBINE, CACHING(REMAP, WRITECOMBINE, 5));
	EXPECT_EQ(CACHING_WRITECOMBINE, CACHING(IO_REMAP, WRITECOMBINE, 5));
	EXPECT_EQ(CACHING_WRITECOMBINE, CACHING(EAGER, WRITECOMBINE, 5));
	/* By faults: x86 keeps a list of what is mapped how, and this range is not on it. */
#ifdef __x86_64__
	EXPECT_EQ(CACHING_UNCACHED, CACHING(FAULT, WRITECOMBINE, 5));
#else
	EXPECT_EQ(CACHING_WRITECOMBINE, CACHING(FAULT, WRITECOMBINE, 5));
	EXPECT_EQ(CACHING_WRITECOMBINE, CACHING(FAULT_PROT, WRITECOMBINE, 5));
#endif
}

TEST_F(vma, reserved_is_writecombine_at_fault_time)
{
	uint64_t large = VMA_LARGE;

	EXPECT_EQ(CACHING_WRITECOMBINE,
		  caching_of(self->fd, self->pagetable,
			     large | VMA_OFFSET(FAULT, WRITECOMBINE, 5)));
	/* The VMA is uncached, the page is not. */
	EXPECT_EQ(CACHING_WRITECOMBINE,
		  caching_of(self->fd, self->pagetable,
			     large | VMA_OFFSET(FAULT_PROT, WRITECOMBINE, 5)));
	EXPECT_EQ(CACHING_WRITECOMBINE,
		  caching_of(self->fd, self->pagetable, large | VMA_OFFSET(HUGE, WRITECOMBINE, 5)));
}

TEST_F(vma, cached_is_not_writecombine)
{
	int how = CACHING(REMAP, CACHED, 5);

#ifdef __aarch64__
	EXPECT_EQ(CACHING_CACHED, how);
	EXPECT_EQ(CACHING_CACHED, CACHING(FAULT, CACHED, 5));
#else
	/* Where the memory type registers say uncached, so it is. */
	EXPECT_TRUE(how == CACHING_CACHED || how == CACHING_UNCACHED);
#endif
}

/* mprotect() makes the protection anew, from the VMA's flags. */
TEST_F(vma, caching_survives_mprotect)
{
	static const enum vma_how how[] = { REMAP, EAGER, FAULT };
	struct iomem_test_pagetable out;
	size_t i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, self->fd,
			 VMA_LARGE | VMA_OFFSET(how[i], WRITECOMBINE, 8));
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, look(p));
		ASSERT_EQ(0, mprotect(p, 2 * PAGE, PROT_READ));
		ASSERT_EQ(0, entry(self->pagetable, p, &out));
		EXPECT_EQ(CACHING_WRITECOMBINE, out.caching);
		EXPECT_EQ(0, out.writable);
		EXPECT_EQ(SIGSEGV, touch(p, &(uint64_t){ 0 }, true));
		ASSERT_EQ(0, mprotect(p, 2 * PAGE, RW));
		put(p, 1);
		/* One that is inserted only now. */
		put(p + PAGE, 1);
		ASSERT_EQ(0, entry(self->pagetable, p + PAGE, &out));
		EXPECT_EQ(CACHING_WRITECOMBINE, out.caching);
		EXPECT_EQ(1, out.writable);
		munmap(p, 2 * PAGE);
	}
}

/* A page that is cached differently from its VMA: on arm64 mprotect() ends that. */
TEST_F(vma, page_of_another_mode_and_mprotect)
{
	struct iomem_test_pagetable before, after;
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, self->fd,
		       VMA_LARGE | VMA_OFFSET(FAULT_PROT, WRITECOMBINE, 8));

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look(p));
	ASSERT_EQ(0, entry(self->pagetable, p, &before));
	EXPECT_EQ(CACHING_WRITECOMBINE, before.caching);
	ASSERT_EQ(0, mprotect(p, PAGE, PROT_READ));
	ASSERT_EQ(0, entry(self->pagetable, p, &after));
#ifdef __aarch64__
	EXPECT_EQ(CACHING_UNCACHED, after.caching);
#else
	EXPECT_EQ(CACHING_WRITECOMBINE, after.caching);
#endif
	munmap(p, PAGE);
}

TEST_F(vma, read_only_is_not_writable)
{
	struct iomem_test_pagetable out;
	size_t i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(any); i++) {
		p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
			 VMA_OFFSET(any[i], NONCACHED, 2));
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, look(p));
		ASSERT_EQ(0, entry(self->pagetable, p, &out));
		EXPECT_EQ(0, out.writable);
		EXPECT_EQ(SIGSEGV, touch(p, &(uint64_t){ 0 }, true));
		munmap(p, PAGE);
	}
}

#ifdef __x86_64__
/* Another witness: the kernel's list of what is mapped how. */
TEST_F(vma, list_of_memory_types_says_so)
{
	const char *list = "/sys/kernel/debug/x86/pat_memtype_list";
	char line[256], at[64];
	bool seen = false;
	FILE *file;
	char *p;

	p = MAP(2, IO_REMAP, WRITECOMBINE, 0x63);
	ASSERT_NE(MAP_FAILED, p);
	snprintf(at, sizeof(at), "[mem 0x%016" PRIx64 "-0x%016" PRIx64 "]",
		 self->start + 0x63 * PAGE, self->start + 0x65 * PAGE);
	file = fopen(list, "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, at)) {
			seen = true;
			EXPECT_NE(NULL, strstr(line, "write-combining"));
		}
	fclose(file);
	EXPECT_TRUE(seen);
	munmap(p, 2 * PAGE);
}
#endif

/* --- Faults -------------------------------------------------------------------- */

TEST_F(vma, pages_appear_on_first_touch_only)
{
	size_t i;
	char *p = MAP(8, FAULT, NONCACHED, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, COUNT(FAULT));
	for (i = 0; i < 8; i++)
		EXPECT_FALSE(present(self->pagetable, p + i * PAGE));

	EXPECT_PAGE(p + 2 * PAGE, 2);
	EXPECT_EQ(1, COUNT(FAULT));
	EXPECT_EQ(0, COUNT(WRITE_FAULT));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(i == 2, present(self->pagetable, p + i * PAGE));

	EXPECT_PAGE(p + 2 * PAGE, 2);
	EXPECT_EQ(1, COUNT(FAULT));
	EXPECT_PAGE(p + 7 * PAGE, 7);
	EXPECT_EQ(2, COUNT(FAULT));
	munmap(p, 8 * PAGE);

	p = MAP(1, FAULT, NONCACHED, SPARE);
	put(p, get(p));
	munmap(p, PAGE);
	EXPECT_EQ(3, COUNT(FAULT));
	p = MAP(1, FAULT, NONCACHED, SPARE);
	put(p, 0);
	munmap(p, PAGE);
	EXPECT_EQ(4, COUNT(FAULT));
	EXPECT_EQ(1, COUNT(WRITE_FAULT));
}

TEST_F(vma, filled_at_once_never_faults)
{
	size_t i, j;
	char *p;

	for (i = 0; i < ARRAY_SIZE(eager); i++) {
		p = MAP(8, eager[i], NONCACHED, 0);
		ASSERT_NE(MAP_FAILED, p);
		for (j = 0; j < 8; j++) {
			EXPECT_TRUE(present(self->pagetable, p + j * PAGE));
			EXPECT_PAGE(p + j * PAGE, j);
		}
		munmap(p, 8 * PAGE);
	}
	EXPECT_EQ(0, COUNT(FAULT));
	EXPECT_EQ(0, COUNT(FALLBACK));
}

TEST_F(vma, default_operations_refuse)
{
	char *p = MAP(1, DEFAULTS, NONCACHED, 0);
	uint64_t value;
	int mem = open("/proc/self/mem", O_RDWR);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(SIGBUS, look(p));
	EXPECT_EQ(-1, pread(mem, &value, sizeof(value), (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, munmap(p, PAGE));
	close(mem);
}

/* The first time without the lock, the second with it, and then the page is there. */
TEST_F(vma, fault_can_wait_and_retry)
{
	char *p = MAP(1, RETRY, NONCACHED, 1);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_PAGE(p, 1);
	EXPECT_EQ(2, COUNT(WAITED));
	EXPECT_EQ(3, COUNT(FAULT));
	EXPECT_EQ(0, munmap(p, PAGE));
	EXPECT_EQ(1, COUNT(CLOSE));
	EXPECT_EQ(1, COUNT(DROPPED));
}

TEST_HARNESS_MAIN
