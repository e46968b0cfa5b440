// SPDX-License-Identifier: GPL-2.0
/*
 * Regions of one window that share pages, over several pages: each shows its own
 * registers, whichever way a program reaches them. The device is QEMU's ivshmem,
 * where each place holds what the host, or this test through a window of one
 * region, has put there: the memory says where it is.
 *
 *	IOMEM_RANGE	START-LAST of the memory of 1 MiB
 *	IOMEM_PATTERN	a file: what the host put at its start, 64 KiB
 *	IOMEM_LARGE	START-LAST of one of 1 GiB
 */
#include "run_time_test.h"
#include "touch.h"
#include "vma.h"

#define RW	(PROT_READ | PROT_WRITE)
#define MAX	8

static uint64_t page;

struct part {
	uint64_t start, length;
};

static struct iomem_region_info region(int fd, uint32_t number)
{
	struct iomem_region_info info = { .size = sizeof(info), .region = number };

	if (ioctl(fd, IOMEM_IOC_REGION_INFO, &info))
		info.size = 0;
	return info;
}

/* Makes the window "shared" of some parts of a range, in that order; the node, open, or -1. */
static int open_shared(uint64_t base, const struct part *parts, int count)
{
	char line[1024] = "shared width=8 map-whole-pages";
	int i;

	for (i = 0; i < count; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " mem=%#" PRIx64 ",%#" PRIx64, base + parts[i].start, parts[i].length);
	return make_window("%s", line) ? -1 : open_window("shared", O_RDWR);
}

static void *map(int fd, size_t length, uint64_t offset)
{
	return mmap(NULL, length, RW, MAP_SHARED, fd, offset);
}

/* Of the pages of a part: where they begin, and how long they are. */
static uint64_t pages_start(const struct part *part)
{
	return part->start & ~(page - 1);
}

static uint64_t pages_length(const struct part *part)
{
	return ((part->start + part->length + page - 1) & ~(page - 1)) - pages_start(part);
}

static struct iomem_test_pagetable entry(int fd, volatile void *address)
{
	struct iomem_test_pagetable entry = { .address = (uintptr_t)address };

	if (ioctl(fd, IOMEM_TEST_PAGETABLE, &entry))
		entry.size = 0;
	return entry;
}

/* In quarters of a page: three regions or more, in an order that need not be that of addresses. */
static const struct {
	int count;
	struct part parts[MAX];
} layouts[] = {
	{ 3, { { 2, 4 }, { 6, 4 }, { 10, 6 } } },
	{ 3, { { 10, 6 }, { 2, 4 }, { 6, 4 } } },
	{ 3, { { 0, 1 }, { 1, 14 }, { 15, 1 } } },
	{ 3, { { 1, 1 }, { 3, 6 }, { 9, 3 } } },
	{ 4, { { 14, 1 }, { 13, 1 }, { 4, 9 }, { 2, 2 } } },
	{ 5, { { 0, 3 }, { 3, 3 }, { 6, 3 }, { 9, 3 }, { 12, 4 } } },
	{ 3, { { 4, 4 }, { 8, 2 }, { 10, 1 } } },
};

TEST_F(run_time, each_region_shows_its_own_registers)
{
	const char *path = NEED("IOMEM_PATTERN");
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC), file = open(path, O_RDONLY);
	uint64_t *pattern = malloc(1 << 16), value;
	size_t i, j, at, n;
	ssize_t n_read;
	int wrong = 0;

	page = sysconf(_SC_PAGESIZE);
	ASSERT_LE(4 * page, 1 << 16);
	ASSERT_EQ(1 << 16, read(file, pattern, 1 << 16));
	ASSERT_LE(0, mem);
	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct part parts[MAX];
		int fd;

		for (n = 0; n < layouts[i].count; n++) {
			parts[n].start = layouts[i].parts[n].start * page / 4;
			parts[n].length = layouts[i].parts[n].length * page / 4;
		}
		fd = open_shared(self->start, parts, n);
		ASSERT_LE(0, fd);
		for (n = 0; n < layouts[i].count; n++) {
			const uint64_t first = pages_start(&parts[n]);
			const uint64_t length = pages_length(&parts[n]);
			struct iomem_region_info info = region(fd, n);
			char *p;

			EXPECT_EQ(parts[n].length, info.length);
			EXPECT_EQ(length, info.mmap_length);
			EXPECT_EQ(parts[n].start % page, info.first);

			/* All of it, and by a debugger. */
			p = map(fd, info.mmap_length, info.offset);
			ASSERT_NE(MAP_FAILED, p);
			for (at = 0; at < info.length; at += 8) {
				const uint64_t expected = pattern[(parts[n].start + at) / 8];

				value = *(volatile uint64_t *)(p + info.first + at);
				wrong += value != expected;
				n_read = pread(mem, &value, 8, (uintptr_t)p + info.first + at);
				wrong += n_read != 8 || value != expected;
				n_read = pread(fd, &value, 8, info.offset + at);
				wrong += n_read != 8 || value != expected;
			}
			EXPECT_EQ(0, wrong) {
				TH_LOG("layout %zu, region %zu", i, n);
			}
			munmap(p, info.mmap_length);

			/* Page by page, and not one more. */
			for (at = 0; at < length; at += page) {
				p = map(fd, page, info.offset + at);
				ASSERT_NE(MAP_FAILED, p);
				for (j = 0; j < page; j += 8)
					wrong += *(volatile uint64_t *)(p + j) !=
						 pattern[(first + at + j) / 8];
				munmap(p, page);
			}
			EXPECT_EQ(0, wrong) {
				TH_LOG("layout %zu, region %zu, page by page", i, n);
			}
			EXPECT_EQ(MAP_FAILED, map(fd, length + page, info.offset));
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(MAP_FAILED, map(fd, page, info.offset + length));
			EXPECT_EQ(ENXIO, errno);
			wrong = 0;
		}
		close(fd);
		ASSERT_EQ(0, delete_window("shared"));
	}
	free(pattern);
	close(file);
	close(mem);
}

/* What is written through one region's mapping arrives there, and nowhere else. */
TEST_F(run_time, each_region_is_written_at_its_own_place)
{
	const struct part whole = { 0, 0 };
	struct part parts[3];
	size_t at, n;
	int fd;

	page = sysconf(_SC_PAGESIZE);
	for (n = 0; n < 3; n++)
		parts[n] = (struct part){ 0x40000 + page / 2 + n * page, page };
	fd = open_shared(self->start, parts, 3);
	ASSERT_LE(0, fd);
	for (n = 0; n < 3; n++) {
		struct iomem_region_info info = region(fd, n);
		char *p = map(fd, info.mmap_length, info.offset);

		ASSERT_NE(MAP_FAILED, p);
		for (at = 0; at < info.length; at += 8)
			*(volatile uint64_t *)(p + info.first + at) = parts[n].start + at;
		munmap(p, info.mmap_length);
	}
	close(fd);
	ASSERT_EQ(0, delete_window("shared"));

	fd = open_shared(self->start, &(struct part){ whole.start, 0x80000 }, 1);
	ASSERT_LE(0, fd);
	for (n = 0; n < 3; n++)
		for (at = 0; at < page; at += 8) {
			uint64_t seen = 0, zero = 0;

			ASSERT_EQ(8, pread(fd, &seen, 8, parts[n].start + at));
			ASSERT_EQ(parts[n].start + at, seen);
			ASSERT_EQ(8, pwrite(fd, &zero, 8, parts[n].start + at));
		}
	close(fd);
}

/* What is filled when it is touched, in huge pages and, at the end, in small ones. */
TEST_F(run_time, large_regions_show_their_own_registers)
{
	/* Between the places looked at, and how far into a page it is that the regions meet. */
	const size_t step = 0x10000, border = 64;
	uint64_t start, last, huge, at, value;
	struct part parts[3];
	volatile char *p;
	int fd, pagetable, n, sizes = 0;

	if (sscanf(env_or("IOMEM_LARGE", ""), "%" SCNx64 "-%" SCNx64, &start, &last) != 2)
		SKIP(return, "IOMEM_LARGE is not set: see the head of this file");
	page = sysconf(_SC_PAGESIZE);
	/* As many as one table of pages has. */
	huge = page * page / 8;
	ASSERT_LE(8 * huge, last - start + 1);
	pagetable = open("/dev/iomem-pagetable", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, pagetable);

	/* Each place says where it is, as one region that shares nothing has it. */
	fd = open_shared(start, &(struct part){ 0, 8 * huge }, 1);
	ASSERT_LE(0, fd);
	p = map(fd, 8 * huge, 0);
	ASSERT_NE(MAP_FAILED, p);
	for (at = 0; at < 8 * huge; at += step) {
		*(volatile uint64_t *)(p + at) = at;
		*(volatile uint64_t *)(p + at + border) = at + border;
	}
	munmap((void *)p, 8 * huge);
	close(fd);
	ASSERT_EQ(0, delete_window("shared"));

	parts[0] = (struct part){ step, huge + border };
	parts[1] = (struct part){ huge + step + border, 3 * huge };
	parts[2] = (struct part){ 4 * huge + step + border, 2 * huge + step };
	fd = open_shared(start, parts, 3);
	ASSERT_LE(0, fd);
	for (n = 0; n < 3; n++) {
		struct iomem_region_info info = region(fd, n);

		EXPECT_EQ(pages_length(&parts[n]), info.mmap_length);
		p = map(fd, info.mmap_length, info.offset);
		ASSERT_NE(MAP_FAILED, p);
		for (at = 0; at < info.length; at += step) {
			value = *(volatile uint64_t *)(p + info.first + at);
			ASSERT_EQ(parts[n].start + at, value) {
				TH_LOG("region %d at %#" PRIx64, n, at);
			}
			sizes |= entry(pagetable, p + info.first + at).size == huge ? 1 : 2;
		}
		munmap((void *)p, info.mmap_length);

		/* From its midst on. */
		p = map(fd, info.mmap_length - step, info.offset + step);
		ASSERT_NE(MAP_FAILED, p);
		value = *(volatile uint64_t *)(p + info.first);
		EXPECT_EQ(parts[n].start + step, value);
		munmap((void *)p, info.mmap_length - step);
	}
	EXPECT_EQ(has_huge_pages() ? 3 : 2, sizes);
	close(fd);
	close(pagetable);
}

TEST_HARNESS_MAIN
