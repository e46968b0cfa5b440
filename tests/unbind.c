// SPDX-License-Identifier: GPL-2.0
/*
 * A device that goes away under programs that have it open and mapped: at once
 * no program can reach its registers, and whatever is left over is closed late.
 */

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "iomem_test.h"
#include "touch.h"

#define LENGTH 0x1000
#define OTHER_NODE "/dev/iomem-test-other"

/* The first register of edu: the machine's suite makes the window on it. */
#define EDU_ID 0x010000edu

FIXTURE(unbind)
{
	const char *ko;
	char params[128], node[64], device[64];
	char *before;
	int fd;
	volatile uint32_t *regs;
};

static volatile uint32_t *map(int fd)
{
	return mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Whether a line of /proc/iomem ends with the node's name. */
static bool claimed(const char *node)
{
	char *now = proc_iomem(), name[80];
	bool found;

	snprintf(name, sizeof(name), " : %s\n", node + strlen("/dev/"));
	found = now && strstr(now, name);
	free(now);

	return found;
}

FIXTURE_SETUP(unbind)
{
	char link[128], target[256];
	uint64_t start, last;
	uint32_t id;
	const char *why_not = why_not_load(&self->ko, &start, &last);
	ssize_t n;

	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, catch_faults());

	snprintf(self->params, sizeof(self->params),
		 "start=%#" PRIx64 " length=%#" PRIx64, start, last - start + 1);
	self->before = proc_iomem();
	ASSERT_NE(NULL, self->before);
	ASSERT_EQ(0, load(self->ko, self->params));
	ASSERT_TRUE(find_node(self->node, sizeof(self->node)));

	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", self->node + strlen("/dev/"));
	n = readlink(link, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = 0;
	snprintf(self->device, sizeof(self->device), "%s", strrchr(target, '/') + 1);

	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->regs = map(self->fd);
	ASSERT_NE(MAP_FAILED, self->regs);
	ASSERT_EQ(0, look32(self->regs, &id));
	if (id != EDU_ID)
		SKIP(return, "IOMEM_RANGE is not that of edu: see tests/iomem_test.h");
	ASSERT_TRUE(claimed(self->node));
}

FIXTURE_TEARDOWN(unbind)
{
	char *after;

	munmap((void *)self->regs, LENGTH);
	close(self->fd);
	unlink(OTHER_NODE);
	EXPECT_EQ(0, unload("iomem_dev"));
	after = proc_iomem();
	EXPECT_NE(NULL, after);
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
}

static int detach(const char *device)
{
	return tell("/sys/bus/platform/drivers/iomem_dev/unbind", device);
}

static int attach(const char *device)
{
	return tell("/sys/bus/platform/drivers/iomem_dev/bind", device);
}

TEST_F(unbind, takes_the_mapping_back)
{
	uint32_t value = 0;

	ASSERT_EQ(0, detach(self->device));
	EXPECT_EQ(SIGBUS, look32(self->regs, &value));
	EXPECT_EQ(0, value);
	/* And stays so. */
	EXPECT_EQ(SIGBUS, look32(self->regs + 1, &value));
}

TEST_F(unbind, releases_the_claim_at_once)
{
	ASSERT_EQ(0, detach(self->device));
	EXPECT_FALSE(claimed(self->node));
	EXPECT_NE(0, access(self->node, F_OK));
}

TEST_F(unbind, leaves_an_open_file_with_enodev)
{
	struct iomem_region_info info = { .size = sizeof(info) };
	uint32_t value = 0;

	ASSERT_EQ(0, detach(self->device));
	EXPECT_EQ(MAP_FAILED, map(self->fd));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, pread(self->fd, &value, 4, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, pwrite(self->fd, &value, 4, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IO(IOMEM_IOC_TYPE, 0xff), 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(unbind, reaches_every_node_and_descriptor)
{
	volatile uint32_t *of_dup, *of_other, *of_second;
	int dup_fd, other, second;
	struct stat st;
	uint32_t value;

	ASSERT_EQ(0, stat(self->node, &st));
	ASSERT_EQ(0, mknod(OTHER_NODE, S_IFCHR | 0600, st.st_rdev));
	dup_fd = dup(self->fd);
	other = open(OTHER_NODE, O_RDWR | O_CLOEXEC);
	second = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dup_fd);
	ASSERT_LE(0, other);
	ASSERT_LE(0, second);
	of_dup = map(dup_fd);
	of_other = map(other);
	of_second = map(second);
	ASSERT_EQ(0, look32(of_dup, &value));
	ASSERT_EQ(0, look32(of_other, &value));
	ASSERT_EQ(EDU_ID, value);
	ASSERT_EQ(0, look32(of_second, &value));
	/* A mapping outlives its descriptor. */
	close(second);

	ASSERT_EQ(0, detach(self->device));
	EXPECT_EQ(SIGBUS, look32(of_dup, &value));
	EXPECT_EQ(SIGBUS, look32(of_other, &value));
	EXPECT_EQ(SIGBUS, look32(of_second, &value));

	munmap((void *)of_dup, LENGTH);
	munmap((void *)of_other, LENGTH);
	munmap((void *)of_second, LENGTH);
	close(dup_fd);
	close(other);
}

TEST_F(unbind, reaches_children)
{
	int to_child[2], to_parent[2], status;
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(to_child));
	ASSERT_EQ(0, pipe(to_parent));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		uint32_t value;

		close(to_child[1]);
		/* 1: it was not there to begin with; 2: we were not told. */
		if (look32(self->regs, &value) || value != EDU_ID)
			_exit(1);
		if (write(to_parent[1], "x", 1) != 1)
			_exit(2);
		if (read(to_child[0], &byte, 1) != 1)
			_exit(2);
		_exit(look32(self->regs, &value) == SIGBUS ? 0 : 3);
	}
	close(to_child[0]);
	close(to_parent[1]);
	/* It has seen the register. */
	ASSERT_EQ(1, read(to_parent[0], &byte, 1));
	ASSERT_EQ(0, detach(self->device));
	ASSERT_EQ(1, write(to_child[1], "x", 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	close(to_child[1]);
	close(to_parent[0]);
}

TEST_F(unbind, bound_again_is_another_device)
{
	struct iomem_region_info info = { .size = sizeof(info) };
	volatile uint32_t *regs;
	uint32_t value = 0;
	int fd;

	ASSERT_EQ(0, detach(self->device));
	ASSERT_EQ(0, attach(self->device));
	ASSERT_TRUE(find_node(self->node, sizeof(self->node)));
	EXPECT_TRUE(claimed(self->node));

	/* The new one works, the old descriptor and mapping stay dead. */
	fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	regs = map(fd);
	ASSERT_NE(MAP_FAILED, regs);
	EXPECT_EQ(0, look32(regs, &value));
	EXPECT_EQ(EDU_ID, value);
	EXPECT_EQ(SIGBUS, look32(self->regs, &value));
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(0, ioctl(fd, IOMEM_IOC_REGION_INFO, &info));

	/* Closed late: no harm to the new one. */
	munmap((void *)self->regs, LENGTH);
	close(self->fd);
	EXPECT_EQ(0, look32(regs, &value));
	self->regs = regs;
	self->fd = fd;
}

TEST_HARNESS_MAIN
