// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that walk the page tables of a mapping, in small pages and in huge ones. What they find is
 * no memory of the kernel's, and has no struct page.
 *
 *	IOMEM_LARGE	a window on an ivshmem of 1 GiB
 */
#include <linux/fs.h>
#include <linux/mempolicy.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "iomem_test.h"
#include "touch.h"

#define RW	(PROT_READ | PROT_WRITE)
#define MARK	0x5eed0000u

FIXTURE(mm_calls)
{
	struct iomem_region_info region;
	int fd;
	size_t length;
	volatile uint32_t *p;
};

FIXTURE_VARIANT(mm_calls)
{
	bool huge;
};

FIXTURE_VARIANT_ADD(mm_calls, small)
{
	.huge = false,
};

FIXTURE_VARIANT_ADD(mm_calls, huge)
{
	.huge = true,
};

FIXTURE_SETUP(mm_calls)
{
	size_t at;

	self->region.size = sizeof(self->region);
	self->length = variant->huge ? 8 * HUGE_PAGE : 64 * PAGE;
	self->fd = open(NEED("IOMEM_LARGE"), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->region));
	self->p = mmap(NULL, self->length, RW, MAP_SHARED, self->fd, self->region.offset);
	ASSERT_NE(MAP_FAILED, self->p);
	for (at = 0; at < self->length; at += self->length / 8)
		self->p[at / 4] = MARK + at;
}

/* Whatever was called: it shows what it did, and can be unmapped. */
FIXTURE_TEARDOWN(mm_calls)
{
	size_t at;

	for (at = 0; at < self->length; at += self->length / 8)
		EXPECT_EQ(MARK + at, self->p[at / 4]);
	EXPECT_EQ(0, munmap((void *)self->p, self->length));
	EXPECT_EQ(0, close(self->fd));
}

/* It is 0, or fails with err. */
#define GIVES(err, call) do {						\
	errno = 0;							\
	call;								\
	EXPECT_EQ(err, errno) {						\
		TH_LOG("%s: %s", #call, strerror(errno));		\
	}								\
} while (0)

TEST_F(mm_calls, memory_policies)
{
	const unsigned long node = 1;
	void *p = (void *)self->p;
	size_t l = self->length;

	if (!has_numa())
		SKIP(return, "this kernel has no memory policies: CONFIG_NUMA is off");

	GIVES(0, syscall(__NR_mbind, p, l, MPOL_BIND, &node, 64, 0));
	GIVES(0, syscall(__NR_mbind, p, l, MPOL_BIND, &node, 64, MPOL_MF_STRICT));
	GIVES(0, syscall(__NR_mbind, p, l, MPOL_BIND, &node, 64, MPOL_MF_MOVE));
	GIVES(0, syscall(__NR_mbind, p, l, MPOL_BIND, &node, 64, MPOL_MF_STRICT | MPOL_MF_MOVE));
	GIVES(0, syscall(__NR_mbind, p, l, MPOL_PREFERRED, &node, 64, MPOL_MF_STRICT));
	GIVES(EOPNOTSUPP, syscall(__NR_set_mempolicy_home_node, p, l, 0, 0));
	GIVES(0, syscall(__NR_mbind, p, l / 2, MPOL_BIND, &node, 64, MPOL_MF_STRICT));
	GIVES(0, syscall(__NR_set_mempolicy_home_node, p, l / 2, 0, 0));
	GIVES(0, syscall(__NR_migrate_pages, 0, 64, &node, &node));
}

TEST_F(mm_calls, pages_of_it)
{
	unsigned char *in = calloc(self->length / PAGE, 1);
	void *pages[2] = { (void *)self->p, (char *)self->p + self->length / 2 };
	int nodes[2] = { 0, 0 }, status[2] = { 1, 1 }, i;

	ASSERT_NE(NULL, in);
	GIVES(0, mincore((void *)self->p, self->length, in));
	free(in);
	if (!has_numa())
		return;
	GIVES(0, syscall(__NR_move_pages, 0, 2, pages, NULL, status, 0));
	GIVES(0, syscall(__NR_move_pages, 0, 2, pages, nodes, status, MPOL_MF_MOVE));
	for (i = 0; i < 2; i++)
		EXPECT_TRUE(status[i] == -EFAULT || status[i] == -ENOENT);
}

static void read_all(const char *path)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY);

	while (fd >= 0 && read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

TEST_F(mm_calls, files_in_proc)
{
	static const char * const shown[] = {
		"/proc/self/maps", "/proc/self/smaps", "/proc/self/smaps_rollup",
		"/proc/self/numa_maps",
	};
	struct pm_scan_arg scan = {
		.size = sizeof(scan), .start = (uintptr_t)self->p,
		.end = (uintptr_t)self->p + self->length, .max_pages = 0,
		.category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_WRITTEN | PAGE_IS_HUGE |
				       PAGE_IS_FILE,
		.return_mask = PAGE_IS_PRESENT | PAGE_IS_HUGE,
	};
	struct page_region regions[16];
	uint64_t entries[64];
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shown); i++)
		read_all(shown[i]);
	for (i = 1; i <= 5; i++) {
		char n[] = { '0' + i, 0 };

		tell("/proc/self/clear_refs", n);
	}
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(entries), pread(fd, entries, sizeof(entries),
					 (uintptr_t)self->p / PAGE * sizeof(entries[0])));
	scan.vec = (uintptr_t)regions;
	scan.vec_len = ARRAY_SIZE(regions);
	EXPECT_LE(0, ioctl(fd, PAGEMAP_SCAN, &scan));
	close(fd);
}

TEST_F(mm_calls, advice)
{
	int advice;

	for (advice = 0; advice < 128; advice++) {
		if (advice == MADV_DONTFORK || advice == MADV_HWPOISON || advice == 101)
			continue;
		errno = 0;
		madvise((void *)self->p, self->length, advice);
		madvise((char *)self->p + PAGE, PAGE, advice);
		EXPECT_EQ(MARK, self->p[0]);
	}
}

/* Parts of it with other rights, elsewhere, in a child, and at another place. */
TEST_F(mm_calls, parts_and_copies)
{
	char *p = (char *)self->p, *moved;
	int status;
	pid_t child;

	EXPECT_EQ(0, mprotect(p + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(0, mprotect(p + PAGE, PAGE, RW));
	child = fork();
	if (!child)
		_exit(self->p[0] != MARK);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	GIVES(0, syscall(__NR_remap_file_pages, p, PAGE, 0, 0, 0));
	moved = mremap(p, self->length, self->length, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (moved != MAP_FAILED) {
		EXPECT_EQ(MARK, *(volatile uint32_t *)moved);
		EXPECT_EQ(0, munmap(moved, self->length));
	}
}

TEST_HARNESS_MAIN
