// SPDX-License-Identifier: GPL-2.0
/*
 * Maps a node whose module has another one's code called for it: tests/attack/owner.rs. The
 * file keeps the node's module loaded, not the other one, so no mapping has that one's
 * operations.
 */

#include "iomem_test.h"

#define NODE	"/dev/iomem_attack_host"

FIXTURE(owner)
{
	size_t page;
	int fd;
};

FIXTURE_SETUP(owner)
{
	self->page = sysconf(_SC_PAGESIZE);
	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "no " NODE ": load iomem_attack_host and iomem_attack_owner");
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(owner)
{
	close(self->fd);
}

static void *map(int fd, size_t page, int n)
{
	return mmap(NULL, page, PROT_READ, MAP_SHARED, fd, n * page);
}

TEST_F(owner, operations_of_another_module_are_refused)
{
	EXPECT_EQ(MAP_FAILED, map(self->fd, self->page, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(owner, pages_that_another_module_inserts_are_refused)
{
	EXPECT_EQ(MAP_FAILED, map(self->fd, self->page, 1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(owner, mapping_without_operations_needs_no_owner)
{
	void *at = map(self->fd, self->page, 2);

	ASSERT_NE(MAP_FAILED, at);
	EXPECT_EQ(0, munmap(at, self->page));
}

TEST_HARNESS_MAIN
