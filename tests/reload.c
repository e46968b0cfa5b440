// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading: a hundred times without a trace, and never under a
 * program that has the node open.
 */

#include "iomem_test.h"

#define ROUNDS 100

FIXTURE(reload)
{
	const char *ko;
	char params[128], node[64];
	char *before;
};

FIXTURE_SETUP(reload)
{
	uint64_t start, last;
	const char *why_not = why_not_load(&self->ko, &start, &last);

	if (why_not)
		SKIP(return, "%s", why_not);
	snprintf(self->params, sizeof(self->params),
		 "start=%#" PRIx64 " length=%#" PRIx64, start, last - start + 1);
	self->before = proc_iomem();
	ASSERT_NE(NULL, self->before);
}

FIXTURE_TEARDOWN(reload)
{
	char *after;

	unload("iomem_dev");
	EXPECT_FALSE(loaded("iomem_dev"));
	after = proc_iomem();
	ASSERT_NE(NULL, after);
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
}

TEST_F(reload, a_hundred_times)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		char *now;

		ASSERT_EQ(0, load(self->ko, self->params)) {
			TH_LOG("round %d", i);
		}
		now = proc_iomem();
		ASSERT_NE(NULL, now);
		ASSERT_STRNE(self->before, now);
		free(now);
		ASSERT_EQ(0, unload("iomem_dev")) {
			TH_LOG("round %d", i);
		}
		now = proc_iomem();
		ASSERT_NE(NULL, now);
		ASSERT_STREQ(self->before, now) {
			TH_LOG("round %d", i);
		}
		free(now);
	}
}

TEST_F(reload, node_comes_and_goes)
{
	ASSERT_FALSE(find_node(self->node, sizeof(self->node)));
	ASSERT_EQ(0, load(self->ko, self->params));
	EXPECT_TRUE(find_node(self->node, sizeof(self->node)));
	ASSERT_EQ(0, unload("iomem_dev"));
	EXPECT_FALSE(find_node(self->node, sizeof(self->node)));
}

TEST_F(reload, not_while_a_file_is_open)
{
	int fd;

	ASSERT_EQ(0, load(self->ko, self->params));
	ASSERT_TRUE(find_node(self->node, sizeof(self->node)));
	fd = open(self->node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EWOULDBLOCK, unload("iomem_dev"));
	/* The library neither: the driver uses it. */
	EXPECT_EQ(-EWOULDBLOCK, unload("iomem"));
	close(fd);
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_F(reload, not_while_it_is_mapped)
{
	void *p;
	int fd;

	ASSERT_EQ(0, load(self->ko, self->params));
	ASSERT_TRUE(find_node(self->node, sizeof(self->node)));
	fd = open(self->node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	p = mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	close(fd);
	EXPECT_EQ(-EWOULDBLOCK, unload("iomem_dev"));
	munmap(p, 0x1000);
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_HARNESS_MAIN
