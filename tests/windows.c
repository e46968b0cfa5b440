// SPDX-License-Identifier: GPL-2.0
/*
 * How many windows there are: none, one, and all 1,024 that there can be. And what root of a user
 * namespace may do with them.
 *
 *	IOMEM_LARGE	START-LAST of memory for them: QEMU's ivshmem of 1 GiB
 */

#include <sched.h>
#include <sys/prctl.h>

#include "iomem_test.h"

#define DRIVER	"/sys/bus/platform/drivers/iomem_dev/"
#define MOST	1024

FIXTURE(windows)
{
	uint64_t start, page;
	char *iomem;
	int log;
	bool up;
};

static int nodes(void)
{
	return count_entries("/sys/class/misc", "iomem");
}

static int make(struct _test_data_windows *self, int n, const char *more)
{
	char line[128];

	snprintf(line, sizeof(line), "w%d mem=%#" PRIx64 ",%#" PRIx64 " %s", n,
		 self->start + n * self->page, self->page, more);
	return tell(DRIVER "new_device", line);
}

static int drop(int n)
{
	char name[16];

	snprintf(name, sizeof(name), "w%d", n);
	return tell(DRIVER "delete_device", name);
}

/* A driver without a window: those that firmware describes are unbound. */
FIXTURE_SETUP(windows)
{
	const char *ko = getenv("IOMEM_KO");
	struct dirent *entry;
	char line[4096];
	uint64_t last;
	DIR *devices;

	self->up = false;
	if (!ko ||
	    sscanf(env_or("IOMEM_LARGE", ""), "%" SCNx64 "-%" SCNx64, &self->start, &last) != 2)
		SKIP(return, "IOMEM_KO or IOMEM_LARGE is not set: see tests/windows.c");
	self->page = getpagesize();
	ASSERT_LT(2 * MOST * self->page, last - self->start);
	self->log = open_log();
	ASSERT_LE(0, self->log);
	ASSERT_EQ(0, load(ko, ""));
	self->up = true;
	devices = opendir(DRIVER);
	ASSERT_NE(NULL, devices);
	while ((entry = readdir(devices)))
		if (entry->d_type == DT_LNK && strcmp(entry->d_name, "module"))
			EXPECT_EQ(0, tell(DRIVER "unbind", entry->d_name));
	closedir(devices);
	self->iomem = proc_iomem();
	ASSERT_NE(NULL, self->iomem);
	logged(self->log, "iomem_dev", line, sizeof(line));
}

FIXTURE_TEARDOWN(windows)
{
	char *iomem;

	if (!self->up)
		return;
	EXPECT_EQ(0, unload("iomem_dev"));
	EXPECT_EQ(0, nodes());
	EXPECT_EQ(0, count_entries("/sys/bus/platform/devices", "iomem_dev"));
	iomem = proc_iomem();
	EXPECT_STREQ(self->iomem, iomem);
	free(iomem);
	free(self->iomem);
	close(self->log);
}

TEST_F(windows, none_and_one)
{
	EXPECT_EQ(0, nodes());
	EXPECT_EQ(-ENOENT, drop(0));
	EXPECT_EQ(-1, open_window("w0", O_RDONLY));
	ASSERT_EQ(0, make(self, 0, ""));
	EXPECT_EQ(1, nodes());
	EXPECT_EQ(0, access("/dev/iomem0", F_OK));
	EXPECT_EQ(0, drop(0));
	EXPECT_EQ(0, nodes());
}

/* Each has a number, and registers of its own. The next one is refused, in one line. */
TEST_F_TIMEOUT(windows, as_many_as_there_can_be, 1800)
{
	uint32_t value;
	char text[8192];
	int i, fd;

	for (i = 0; i < MOST; i++)
		ASSERT_EQ(0, make(self, i, "width=4")) {
			TH_LOG("after %d", i);
		}
	EXPECT_EQ(MOST, nodes());
	for (i = 0; i < MOST; i++) {
		snprintf(text, sizeof(text), "/dev/iomem%d", i);
		fd = open(text, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		value = 0x10e30000 + i;
		EXPECT_EQ(4, pwrite(fd, &value, 4, 0));
		close(fd);
	}

	logged(self->log, "iomem_dev", text, sizeof(text));
	EXPECT_EQ(-ENOSPC, make(self, MOST, "width=4"));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text))) {
		TH_LOG("said: %s", text);
	}
	EXPECT_NE(NULL, strstr(text, "1024 windows"));
	EXPECT_EQ(MOST, nodes());
	EXPECT_EQ(MOST, count_entries("/sys/bus/platform/devices", "iomem_dev"));

	/* A number that comes back is given to the next one. */
	ASSERT_EQ(0, drop(500));
	EXPECT_NE(0, access("/dev/iomem500", F_OK));
	ASSERT_EQ(0, make(self, MOST, "width=4"));
	EXPECT_EQ(0, access("/dev/iomem500", F_OK));

	/* Each wrote to its own registers. Half of them go one by one, others with the module. */
	for (i = 0; i < MOST; i += 2)
		EXPECT_EQ(i == 500 ? -ENOENT : 0, drop(i));
	EXPECT_EQ(0, drop(MOST));
	EXPECT_EQ(MOST / 2, nodes());
	EXPECT_EQ(0, unload("iomem_dev"));
	EXPECT_EQ(0, nodes());
	ASSERT_EQ(0, load(getenv("IOMEM_KO"), ""));
	snprintf(text, sizeof(text), "all mem=%#" PRIx64 ",%#" PRIx64 " width=4", self->start,
		 MOST * self->page);
	ASSERT_EQ(0, tell(DRIVER "new_device", text));
	fd = open_window("all", O_RDONLY);
	ASSERT_LE(0, fd);
	for (i = 0; i < MOST; i++) {
		ASSERT_EQ(4, pread(fd, &value, 4, i * self->page));
		ASSERT_EQ(0x10e30000 + i, value);
	}
	close(fd);
}

/* In a user namespace in which `uid` is root: 0, or the line of what was not as it must be. */
static int as_root_of_a_namespace(uid_t uid)
{
	struct iomem_op op = { .op = IOMEM_OP_READ, .width = 4 };
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)&op, .count = 1, .op_size = sizeof(op),
	};
	char text[64];
	int status, fd;
	uint32_t value;
	pid_t child = fork();

#define MUST(condition) do { if (!(condition)) _exit(__LINE__ & 0xff); } while (0)
	if (child)
		return waitpid(child, &status, 0) == child && WIFEXITED(status) ?
		       WEXITSTATUS(status) : -1;
	snprintf(text, sizeof(text), "0 %u 1", uid);
	MUST(!setgid(uid) && !setuid(uid) && !prctl(PR_SET_DUMPABLE, 1));
	MUST(!unshare(CLONE_NEWUSER));
	MUST(!tell("/proc/self/setgroups", "deny"));
	MUST(!tell("/proc/self/uid_map", text));
	MUST(!tell("/proc/self/gid_map", text));
	MUST(getuid() == 0);

	fd = open_window("w0", O_RDWR);
	if (uid) {
		/* The node is not that root's. */
		MUST(fd < 0);
		MUST(tell(DRIVER "new_device", "x mem=0x10000,4") == -EACCES);
		MUST(tell(DRIVER "delete_device", "w0") == -EACCES);
		_exit(0);
	}
	MUST(fd >= 0);
	/* No width is known, so it takes a capability that the namespace does not give. */
	MUST(pread(fd, &value, 4, 0) == -1 && errno == EPERM);
	MUST(pwrite(fd, &value, 4, 0) == -1 && errno == EPERM);
	MUST(ioctl(fd, IOMEM_IOC_BATCH, &batch) == -1 && errno == EPERM);
	MUST(tell(DRIVER "new_device", "x mem=0x10000,4") == -EPERM);
	MUST(tell(DRIVER "delete_device", "w0") == -EPERM);
	/* Where it is known, the node is all that it takes. */
	fd = open_window("w1", O_RDWR);
	MUST(fd >= 0 && pread(fd, &value, 4, 0) == 4);
	_exit(0);
#undef MUST
}

TEST_F(windows, root_of_a_user_namespace_is_not_root)
{
	if (access("/proc/self/ns/user", F_OK))
		SKIP(return, "the kernel has no user namespaces");
	ASSERT_EQ(0, make(self, 0, ""));
	ASSERT_EQ(0, make(self, 1, "width=4"));
	EXPECT_EQ(0, as_root_of_a_namespace(0));
	EXPECT_EQ(0, as_root_of_a_namespace(1000));
	EXPECT_EQ(2, nodes());
}

TEST_HARNESS_MAIN
