// SPDX-License-Identifier: GPL-2.0
/*
 * What a node tells of itself: IOMEM_IOC_WINDOW_INFO and IOMEM_IOC_REGION_INFO.
 * And the rules for structures that can grow, which all calls of their kind
 * follow. IOMEM_NODE is a window of one region.
 */
#include "iomem_test.h"

#define RW	(PROT_READ | PROT_WRITE)

FIXTURE(info) {
	int fd;
	size_t page;
};

FIXTURE_SETUP(info)
{
	self->fd = open(NEED("IOMEM_NODE"), O_RDWR);
	ASSERT_LE(0, self->fd);
	self->page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(info)
{
	EXPECT_EQ(0, close(self->fd));
}

TEST_F(info, window)
{
	struct iomem_window_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &info));
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(1, info.regions);
	EXPECT_EQ(0, info.irqs);
	EXPECT_LE(100, info.batch_max);
	EXPECT_EQ(0, info.reserved);
	/* A device that the module's parameters made. */
	EXPECT_STREQ("iomem_dev", strtok((char *)info.name, "."));
}

TEST_F(info, region)
{
	struct iomem_region_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(0, info.region);
	/* The window was not made with write-combining. */
	EXPECT_EQ(IOMEM_REGION_MMAP, info.flags);
	EXPECT_EQ(0, info.width);
	EXPECT_EQ(0, info.offset);
	EXPECT_EQ(0, info.wc_offset);
	EXPECT_LE(self->page, info.length);
	EXPECT_EQ(info.length, info.mmap_length);
	EXPECT_EQ(0, info.first);
	EXPECT_EQ(0, info.reserved);
	EXPECT_STREQ("", (char *)info.name);
}

/* What a newer program passes: a larger structure, of which we fill our part. */
TEST_F(info, structure_may_be_larger)
{
	struct {
		struct iomem_region_info info;
		uint64_t later;
	} newer = { .info.size = sizeof(newer) };

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &newer));
	EXPECT_EQ(sizeof(newer.info), newer.info.size);
	EXPECT_EQ(0, newer.later);
	EXPECT_NE(0, newer.info.length);

	/* It asks for something that we do not have. */
	memset(&newer, 0, sizeof(newer));
	newer.info.size = sizeof(newer);
	newer.later = 1ULL << 56;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &newer));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(0, newer.info.length);
}

TEST_F(info, structure_is_no_larger_than_a_page)
{
	struct iomem_region_info *info = calloc(2, self->page);

	ASSERT_NE(NULL, info);
	info->size = self->page;
	EXPECT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, info));
	memset(info, 0, sizeof(*info));
	info->size = self->page + 1;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, info));
	EXPECT_EQ(E2BIG, errno);
	info->size = UINT32_MAX;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, info));
	EXPECT_EQ(E2BIG, errno);
	free(info);
}

/* Every byte but those of the size and the region has to be 0; nothing is changed. */
TEST_F(info, region_refuses_each_wrong_byte)
{
	size_t at;

	for (at = 4; at < sizeof(struct iomem_region_info); at++) {
		struct iomem_region_info bad = { .size = sizeof(bad) }, info;

		((uint8_t *)&bad)[at] = 0x80;
		info = bad;
		EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info)) {
			TH_LOG("byte %zu", at);
		}
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, memcmp(&info, &bad, sizeof(info)));
	}
}

TEST_F(info, window_refuses_each_wrong_byte)
{
	size_t at;

	for (at = 4; at < sizeof(struct iomem_window_info); at++) {
		struct iomem_window_info bad = { .size = sizeof(bad) }, info;

		((uint8_t *)&bad)[at] = 0x80;
		info = bad;
		EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &info)) {
			TH_LOG("byte %zu", at);
		}
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, memcmp(&info, &bad, sizeof(info)));
	}
}

TEST_F(info, structure_too_small)
{
	uint32_t size;

	for (size = 0; size < sizeof(struct iomem_region_info); size++) {
		struct iomem_region_info info = { .size = size };

		EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, info.length);
	}
	for (size = 0; size < sizeof(struct iomem_window_info); size++) {
		struct iomem_window_info info = { .size = size };

		EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &info));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, info.regions);
	}
}

TEST_F(info, there_is_no_such_region)
{
	struct iomem_region_info info = { .size = sizeof(info), .region = 1 };

	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
	info.region = UINT32_MAX;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(info, bad_addresses)
{
	struct iomem_region_info *info;

	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, NULL));
	EXPECT_EQ(EFAULT, errno);

	/* One byte is missing: the structure ends in a page that is not there. */
	info = mmap(NULL, 2 * self->page, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, info);
	ASSERT_EQ(0, munmap((char *)info + self->page, self->page));
	info = (void *)((char *)info + self->page - sizeof(*info) + 1);
	info->size = sizeof(*info);
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, info));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(info, memory_that_is_read_only)
{
	struct iomem_region_info *info;

	info = mmap(NULL, self->page, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, info);
	info->size = sizeof(*info);
	ASSERT_EQ(0, mprotect(info, self->page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, info));
	EXPECT_EQ(EFAULT, errno);
	munmap(info, self->page);
}

TEST_HARNESS_MAIN
