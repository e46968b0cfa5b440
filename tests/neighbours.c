// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that share pages: with each other, with nothing, with those of another device.
 * The device is QEMU's edu (IOMEM_RANGE), of whose registers those at 0x80 and 0x88
 * keep what is written. The neighbours are the modules iomem_test_holder (IOMEM_HOLDER_KO) and
 * iomem_test_platform (IOMEM_PLATFORM_KO), and what the machine has: IOMEM_BESIDE are regions
 * of which exactly the rest is a resource of another device, as words for new_device,
 * IOMEM_BESIDE_UNBIND a window that has to be unbound for that, IOMEM_BESIDE_NODE registers
 * that share a page with those of other nodes of the device tree, IOMEM_SYSCON the address of a
 * syscon in that, of 4 KiB, and IOMEM_NODE_KO tests/kmod/node.c.
 */
#include "holder.h"
#include "run_time_test.h"

#define EDU_ID	0x010000ed
#define KEEPS	0x80
#define RW	(PROT_READ | PROT_WRITE)
#define WHOLE	" map-whole-pages"

static struct iomem_region_info region(int fd, uint32_t number)
{
	struct iomem_region_info info = { .size = sizeof(info), .region = number };

	if (ioctl(fd, IOMEM_IOC_REGION_INFO, &info))
		info.size = 0;
	return info;
}

/* Whether /proc/iomem has an entry of that name for that range. */
static bool entry(uint64_t start, uint64_t last, const char *name)
{
	char *now = proc_iomem(), line[128];
	bool found;

	snprintf(line, sizeof(line), "%08" PRIx64 "-%08" PRIx64 " : %s", start, last, name);
	found = now && strstr(now, line);
	free(now);

	return found;
}

TEST_F(run_time, rest_of_the_page_is_claimed)
{
	struct iomem_region_info info;
	volatile uint32_t *p;
	uint32_t value = 0;
	int fd;

	ASSERT_EQ(0, make_window("short mem=%#" PRIx64 ",0x10" WHOLE, self->start + KEEPS));
	EXPECT_TRUE(entry(self->start, self->start + KEEPS - 1, "iomem"));
	EXPECT_TRUE(entry(self->start + KEEPS, self->start + KEEPS + 0xf, "iomem"));
	EXPECT_TRUE(entry(self->start + KEEPS + 0x10, self->start + PAGE - 1, "iomem"));

	fd = open_window("short", O_RDWR);
	ASSERT_LE(0, fd);
	info = region(fd, 0);
	EXPECT_EQ(0x10, info.length);
	EXPECT_EQ(0, info.offset);
	EXPECT_EQ(PAGE, info.mmap_length);
	EXPECT_EQ(KEEPS, info.first);

	/* The first register is at its place in the page, and at the offset for calls. */
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, info.offset);
	ASSERT_NE(MAP_FAILED, p);
	p[info.first / 4] = 0x5a5a;
	EXPECT_EQ(4, pread(fd, &value, 4, info.offset));
	EXPECT_EQ(0x5a5a, value);
	EXPECT_EQ(0, pread(fd, &value, 4, info.offset + 0x10));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, info.offset));
	EXPECT_EQ(EINVAL, errno);

	munmap((void *)p, PAGE);

	/* No other driver comes in as long as it is there. */
	EXPECT_EQ(-EBUSY, load_holder(self->start + 0x800, 0x10));
	EXPECT_EQ(0, delete_window("short"));
	EXPECT_EQ(0, load_holder(self->start + 0x800, 0x10));
	EXPECT_EQ(0, unload("iomem_test_holder"));
	close(fd);
}

/* A neighbour in the page is never shown, but registers can be read and written. */
TEST_F(run_time, neighbour_is_never_shown)
{
	struct iomem_region_info info;
	uint32_t value = 0x1234, seen = 0;
	char line[4096];
	int fd;

	ASSERT_EQ(0, load_holder(self->start + 0x800, 0x10));
	logged(self->log, "iomem_dev", line, sizeof(line));
	ASSERT_EQ(0, make_window("short mem=%#" PRIx64 ",0x10" WHOLE, self->start + KEEPS));
	/* Once, and then that it is there. */
	EXPECT_EQ(2, logged(self->log, "iomem_dev", line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "share a page with another device's"));
	EXPECT_NE(NULL, strstr(line, "use pread() and pwrite()"));
	/* Nothing but the registers has been claimed. */
	EXPECT_TRUE(entry(self->start + KEEPS, self->start + KEEPS + 0xf, "iomem"));
	EXPECT_FALSE(entry(self->start, self->start + KEEPS - 1, "iomem"));
	EXPECT_TRUE(entry(self->start + 0x800, self->start + 0x80f, "iomem_test_holder"));

	fd = open_window("short", O_RDWR);
	ASSERT_LE(0, fd);
	info = region(fd, 0);
	EXPECT_EQ(0, info.flags & (IOMEM_REGION_MMAP | IOMEM_REGION_MMAP_WC));
	EXPECT_EQ(0, info.mmap_length);
	EXPECT_EQ(0, info.first);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(4, pwrite(fd, &value, 4, 0));
	EXPECT_EQ(4, pread(fd, &seen, 4, 0));
	EXPECT_EQ(value, seen);
	close(fd);

	/* Its own claim is as it was, and it can go first or last. */
	EXPECT_EQ(0, unload("iomem_test_holder"));
	EXPECT_EQ(0, delete_window("short"));
}

/* Regions of one window may share a page; it is claimed once, and shown as either of them. */
TEST_F(run_time, regions_may_share_a_page)
{
	struct iomem_region_info id, keeps;
	volatile uint32_t *p, *q;
	int fd;

	ASSERT_EQ(0, make_window("two write-combining mem=%#" PRIx64 ",0x8,keeps mem=%#" PRIx64
				 ",0x4,id" WHOLE,
				 self->start + KEEPS, self->start));
	fd = open_window("two", O_RDWR);
	ASSERT_LE(0, fd);
	keeps = region(fd, 0);
	id = region(fd, 1);
	EXPECT_STREQ("keeps", (char *)keeps.name);
	EXPECT_STREQ("id", (char *)id.name);
	EXPECT_EQ(KEEPS, keeps.first);
	EXPECT_EQ(0, id.first);
	EXPECT_EQ(PAGE, keeps.mmap_length);
	EXPECT_EQ(PAGE, id.mmap_length);
	EXPECT_NE(keeps.offset, id.offset);
	/* A page in two modes at once is not for every processor. */
#ifdef __x86_64__
	EXPECT_EQ(0, keeps.flags & IOMEM_REGION_MMAP_WC);
	EXPECT_EQ(0, keeps.wc_offset);
#else
	EXPECT_NE(0, keeps.flags & IOMEM_REGION_MMAP_WC);
#endif
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, keeps.offset);
	q = mmap(NULL, PAGE, RW, MAP_SHARED, fd, id.offset);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(MAP_FAILED, q);
	p[KEEPS / 4] = 0x77;
	EXPECT_EQ(0x77, q[KEEPS / 4]);
	EXPECT_EQ(EDU_ID, q[0]);
	munmap((void *)p, PAGE);
	munmap((void *)q, PAGE);
	close(fd);
}

/* What is around registers in their pages has no position, whether it can be mapped or not. */
TEST_F(run_time, positions_end_with_the_registers)
{
	static const char *const windows[] = { "", WHOLE };

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		struct iomem_region_info last;
		uint32_t value = 0;
		int fd;

		ASSERT_EQ(0, make_window("short mem=%#" PRIx64 ",0x10 mem=%#" PRIx64
					 ",0x1000 mem=%#" PRIx64 ",0x18 width=4%s",
					 self->start + KEEPS, self->start + 0x10000,
					 self->start + 0x20000, windows[i]));
		fd = open_window("short", O_RDWR);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0x10, lseek(fd, 0, SEEK_END));
		EXPECT_EQ(0, read(fd, &value, 4));
		EXPECT_EQ(0xc, lseek(fd, -4, SEEK_END));
		EXPECT_EQ(4, read(fd, &value, 4));
		EXPECT_EQ(0x10, lseek(fd, 0, SEEK_CUR));

		last = region(fd, 2);
		EXPECT_EQ(0x18, last.length);
		EXPECT_EQ(last.offset + 0x18, lseek(fd, last.offset + 0x18, SEEK_SET));
		EXPECT_EQ(-1, lseek(fd, last.offset + 0x19, SEEK_SET));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, lseek(fd, 1, SEEK_CUR));
		EXPECT_EQ(EINVAL, errno);
		close(fd);
		ASSERT_EQ(0, delete_window("short"));
	}
}

/*
 * A driver that maps without a claim, or is loaded later, is not seen: so the rest of a page is
 * shown only where the administrator says that it is not another device's.
 */
TEST_F(run_time, rest_of_the_page_is_shown_on_demand)
{
	struct iomem_region_info info;
	uint32_t value = 0x1234, seen = 0;
	char line[4096];
	int fd;

	ASSERT_EQ(0, make_window("short mem=%#" PRIx64 ",0x10", self->start + KEEPS));
	EXPECT_EQ(2, logged(self->log, "iomem_dev", line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "no mmap of its registers"));
	EXPECT_NE(NULL, strstr(line, "map-whole-pages"));
	EXPECT_FALSE(entry(self->start, self->start + KEEPS - 1, "iomem"));
	EXPECT_TRUE(entry(self->start + KEEPS, self->start + KEEPS + 0xf, "iomem"));
	EXPECT_FALSE(entry(self->start + KEEPS + 0x10, self->start + PAGE - 1, "iomem"));

	fd = open_window("short", O_RDWR);
	ASSERT_LE(0, fd);
	info = region(fd, 0);
	EXPECT_EQ(0, info.flags & (IOMEM_REGION_MMAP | IOMEM_REGION_MMAP_WC));
	EXPECT_EQ(0, info.mmap_length);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(4, pwrite(fd, &value, 4, 0));
	EXPECT_EQ(4, pread(fd, &seen, 4, 0));
	EXPECT_EQ(value, seen);
	close(fd);

	/* The rest stays free for others. */
	EXPECT_EQ(0, load_holder(self->start + 0x800, 0x10));
	EXPECT_EQ(0, unload("iomem_test_holder"));
	EXPECT_EQ(0, delete_window("short"));
}

/* Regions that have whole pages between them leave no rest. */
TEST_F(run_time, regions_that_fill_their_pages_need_no_demand)
{
	volatile uint32_t *p;
	int fd;

	ASSERT_EQ(0, make_window("full mem=%#" PRIx64 ",0x80,low mem=%#" PRIx64 ",%#" PRIx64 ",high",
				 self->start, self->start + 0x80, PAGE - 0x80));
	fd = open_window("full", O_RDWR);
	ASSERT_LE(0, fd);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, region(fd, 0).offset);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(EDU_ID, p[0]);
	munmap((void *)p, PAGE);
	close(fd);
	EXPECT_EQ(0, delete_window("full"));
}

/* A window of that name cannot be mapped, and the log says whose registers are there. */
#define NOT_SHOWN(name) do {							\
	char text_[4096];							\
	int fd_ = open_window(name, O_RDWR);					\
										\
	ASSERT_LE(0, fd_);							\
	EXPECT_EQ(2, logged(self->log, "iomem_dev", text_, sizeof(text_)));	\
	EXPECT_NE(NULL, strstr(text_, "share a page with another device's")) {	\
		TH_LOG("the log has: %s", text_);				\
	}									\
	EXPECT_EQ(0, region(fd_, 0).mmap_length);				\
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd_, 0));	\
	EXPECT_EQ(EBUSY, errno);						\
	close(fd_);								\
	EXPECT_EQ(0, delete_window(name));					\
} while (0)

/* The rest could be claimed: it is a BAR, or a device of ACPI's, without a driver. */
TEST_F(run_time, resource_of_another_device_is_not_shown)
{
	const char *beside = NEED("IOMEM_BESIDE"), *window = getenv("IOMEM_BESIDE_UNBIND");
	char text[4096];

	if (window)
		ASSERT_EQ(0, tell(DRIVER "unbind", window));
	logged(self->log, "iomem_dev", text, sizeof(text));
	ASSERT_EQ(0, make_window("beside %s" WHOLE, beside));
	NOT_SHOWN("beside");
	if (window)
		ASSERT_EQ(0, tell(DRIVER "bind", window));
}

/* It is not claimed, and has no driver: but the device tree has it. */
TEST_F(run_time, node_beside_is_not_shown)
{
	const char *node = getenv("IOMEM_BESIDE_NODE");

	if (!node)
		SKIP(return, "IOMEM_BESIDE_NODE is not set: x86 has no device tree; see tests/neighbours.c");
	ASSERT_EQ(0, make_window("beside mem=%s" WHOLE, node));
	NOT_SHOWN("beside");
}

/* The rest is of the node that the registers are of; but that is several devices' by its kind. */
TEST_F(run_time, rest_of_a_syscon_is_not_shown)
{
	const char *syscon = getenv("IOMEM_SYSCON");
	char text[4096];
	int fd;

	if (!syscon)
		SKIP(return, "IOMEM_SYSCON is not set: x86 has no device tree; see tests/neighbours.c");
	logged(self->log, "iomem_dev", text, sizeof(text));
	ASSERT_EQ(0, make_window("beside mem=%s,0x100" WHOLE, syscon));
	NOT_SHOWN("beside");

	/* All of it leaves nothing to be another device's. */
	ASSERT_EQ(0, make_window("all mem=%s,0x1000" WHOLE, syscon));
	fd = open_window("all", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(PAGE, region(fd, 0).mmap_length);
	close(fd);
	EXPECT_EQ(0, delete_window("all"));
}

/*
 * Two nodes have registers in a page, and each has something of a window's: neither is its
 * device, which would have all of them. The rest of both is theirs.
 */
TEST_F(run_time, rest_of_several_nodes_is_not_shown)
{
	const char *node = getenv("IOMEM_NODE_KO");
	char params[64], text[4096];
	int fd;

	if (!node)
		SKIP(return, "IOMEM_NODE_KO is not set: x86 has no device tree; see tests/neighbours.c");
	snprintf(params, sizeof(params), "start=%#" PRIx64 " beside=0x800", self->start);
	ASSERT_EQ(0, load(node, params));
	logged(self->log, "iomem_dev", text, sizeof(text));
	ASSERT_EQ(0, make_window("one mem=%#" PRIx64 ",0x18" WHOLE, self->start));
	NOT_SHOWN("one");
	ASSERT_EQ(0, make_window("two mem=%#" PRIx64 ",0x18 mem=%#" PRIx64 ",4" WHOLE, self->start,
				 self->start + 0x800));
	NOT_SHOWN("two");

	EXPECT_EQ(0, unload("iomem_test_node"));
	ASSERT_EQ(0, make_window("two mem=%#" PRIx64 ",0x18 mem=%#" PRIx64 ",4" WHOLE, self->start,
				 self->start + 0x800));
	fd = open_window("two", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(PAGE, region(fd, 1).mmap_length);
	close(fd);
	EXPECT_EQ(0, delete_window("two"));
}

/* A platform device that has not claimed its registers: a page further on. */
TEST_F(run_time, platform_device_beside_is_not_shown)
{
	char params[64], text[4096];
	int fd;

	snprintf(params, sizeof(params), "start=%#" PRIx64, self->start);
	ASSERT_EQ(0, load(NEED("IOMEM_PLATFORM_KO"), params));
	logged(self->log, "iomem_dev", text, sizeof(text));
	ASSERT_EQ(0, make_window("beside mem=%#" PRIx64 ",0x10" WHOLE, self->start + 0x4800));
	NOT_SHOWN("beside");

	/* Of the registers themselves it is the device. */
	ASSERT_EQ(0, make_window("same mem=%#" PRIx64 ",0x10" WHOLE, self->start + 0x4080));
	fd = open_window("same", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(PAGE, region(fd, 0).mmap_length);
	close(fd);
	EXPECT_EQ(0, delete_window("same"));
	EXPECT_EQ(0, unload("iomem_test_platform"));
}

TEST_F(run_time, registers_across_a_border)
{
	struct iomem_region_info info;
	char *p;
	int fd;

	ASSERT_EQ(0, make_window("across mem=%#" PRIx64 ",0x20" WHOLE, self->start + PAGE - 0x10));
	EXPECT_TRUE(entry(self->start, self->start + PAGE - 0x11, "iomem"));
	EXPECT_TRUE(entry(self->start + PAGE + 0x10, self->start + 2 * PAGE - 1, "iomem"));
	fd = open_window("across", O_RDWR);
	ASSERT_LE(0, fd);
	info = region(fd, 0);
	EXPECT_EQ(2 * PAGE, info.mmap_length);
	EXPECT_EQ(PAGE - 0x10, info.first);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, info.offset + PAGE);
	EXPECT_NE(MAP_FAILED, p);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, fd, info.offset + 2 * PAGE));
	EXPECT_EQ(ENXIO, errno);
	munmap(p, PAGE);
	close(fd);
}

/* The neighbour is at the other end of the second page. */
TEST_F(run_time, each_page_matters)
{
	int fd;

	ASSERT_EQ(0, load_holder(self->start + 2 * PAGE - 4, 4));
	ASSERT_EQ(0, make_window("across mem=%#" PRIx64 ",0x20" WHOLE, self->start + PAGE - 0x10));
	fd = open_window("across", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, region(fd, 0).mmap_length);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
	EXPECT_EQ(EBUSY, errno);
	/* No part of the other page has been kept either. */
	EXPECT_FALSE(entry(self->start, self->start + PAGE - 0x11, "iomem"));
	close(fd);
	EXPECT_EQ(0, unload("iomem_test_holder"));
}

TEST_F(run_time, regions_do_not_overlap)
{
	REFUSED(EBUSY, 1, "two of its ranges overlap", "twice mem=%#" PRIx64 ",0x10 mem=%#" PRIx64 ",0x10",
		self->start + KEEPS, self->start + KEEPS + 8);
}

TEST_HARNESS_MAIN
