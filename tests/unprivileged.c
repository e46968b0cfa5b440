// SPDX-License-Identifier: GPL-2.0
/*
 * A program without any privilege, which was given a window by the permissions of
 * its node: what it can do with it, and what it cannot do beside it.
 *
 *	IOMEM_IVSHMEM	a window on BAR 2 of QEMU's ivshmem-plain device, of width 8
 *	IOMEM_WIDTHLESS	another one, of no width, not used by call yet
 *	IOMEM_RANGE	START-LAST of that device
 *	IOMEM_PATTERN	a file: what the host put at the start of the memory
 */

#include "iomem_test.h"

#include <dirent.h>
#include <grp.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define WORDS	512
#define RW	(PROT_READ | PROT_WRITE)
/* A place that no other test looks at. */
#define SPARE	0x50000

/* Whose it is, and some other one. */
#define OWNER	1000
#define OTHER	1001

FIXTURE(unprivileged)
{
	const char *node;
	char device[PATH_MAX / 2], start[32];
	uint64_t pattern[WORDS];
	struct stat before;
	/* The line of the check that failed in the child, 0 if all was well. */
	int *line;
};

FIXTURE_SETUP(unprivileged)
{
	const char *path = getenv("IOMEM_PATTERN");
	uint64_t start, last;
	char link[128], *device;
	int file;

	self->node = getenv("IOMEM_IVSHMEM");
	if (!self->node || !path || !env_range(&start, &last))
		SKIP(return, "IOMEM_IVSHMEM, IOMEM_PATTERN or IOMEM_RANGE is not set: see tests/unprivileged.c");
	if (geteuid())
		SKIP(return, "only root can give up its privileges");
	file = open(path, O_RDONLY);
	ASSERT_EQ(sizeof(self->pattern), read(file, self->pattern, sizeof(self->pattern)));
	close(file);
	/* As /proc/iomem and sysfs would write it. */
	snprintf(self->start, sizeof(self->start), "%" PRIx64, start);
	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", self->node + strlen("/dev/"));
	device = realpath(link, NULL);
	ASSERT_NE(NULL, device);
	snprintf(self->device, sizeof(self->device), "%s", device);
	free(device);

	ASSERT_EQ(0, stat(self->node, &self->before));
	self->line = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->line);
}

FIXTURE_TEARDOWN(unprivileged)
{
	EXPECT_EQ(0, chown(self->node, self->before.st_uid, self->before.st_gid));
	EXPECT_EQ(0, chmod(self->node, self->before.st_mode & 07777));
}

/* In the child there is no harness. */
#define CHECK(what)	do { if (!(what)) return __LINE__; } while (0)
#define FAILS(what, err)	CHECK((errno = 0, (long)(what) == -1) && errno == (err))

static bool has_no_capability(void)
{
	char *text = proc_text("/proc/self/status"), *at;
	bool none;

	at = text ? strstr(text, "CapEff:") : NULL;
	none = at && strtoull(at + strlen("CapEff:"), NULL, 16) == 0;
	free(text);

	return none;
}

/* Runs `act` in a child that is `uid` and `gid` and has no privilege; the failing line, or 0. */
static int as(struct _test_data_unprivileged *t, uid_t uid, gid_t gid,
	      int (*act)(struct _test_data_unprivileged *t))
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid) ||
		    !has_no_capability())
			_exit(1);
		*t->line = act(t);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		return -1;
	return *t->line;
}

static struct iomem_batch batch_of(struct iomem_op *op)
{
	return (struct iomem_batch){
		.size = sizeof(struct iomem_batch), .ops = (uintptr_t)op, .count = 1,
		.op_size = sizeof(*op),
	};
}

static int use_all(struct _test_data_unprivileged *t)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	struct iomem_region_info region = { .size = sizeof(region) };
	struct iomem_op op = { .op = IOMEM_OP_READ, .width = 8, .offset = 16 };
	struct iomem_batch batch = batch_of(&op);
	int fd = open(t->node, O_RDWR), i;
	uint64_t words[8], word = 0;
	volatile uint64_t *memory;

	CHECK(fd >= 0);
	CHECK(!ioctl(fd, IOMEM_IOC_WINDOW_INFO, &window) && window.regions == 1);
	CHECK(!ioctl(fd, IOMEM_IOC_REGION_INFO, &region) && region.length);
	memory = mmap(NULL, region.mmap_length, RW, MAP_SHARED, fd, region.offset);
	CHECK(memory != MAP_FAILED);
	for (i = 0; i < WORDS; i++)
		CHECK(memory[i] == t->pattern[i]);
	memory[SPARE / 8] = 0x600d;
	CHECK(pread(fd, &word, 8, SPARE) == 8 && word == 0x600d);
	word = 0;
	CHECK(pwrite(fd, &word, 8, SPARE) == 8 && memory[SPARE / 8] == 0);
	CHECK(pread(fd, words, sizeof(words), 0) == sizeof(words));
	CHECK(!memcmp(words, t->pattern, sizeof(words)));
	CHECK(!ioctl(fd, IOMEM_IOC_BATCH, &batch) && op.value == t->pattern[2]);
	op = (struct iomem_op){ .op = IOMEM_OP_UPDATE, .width = 8, .offset = SPARE, .mask = 1 };
	batch = batch_of(&op);
	CHECK(!ioctl(fd, IOMEM_IOC_BATCH, &batch));
	return 0;
}

static int read_only(struct _test_data_unprivileged *t)
{
	struct iomem_op op = { .op = IOMEM_OP_WRITE, .width = 8, .offset = SPARE };
	struct iomem_batch batch = batch_of(&op);
	int fd = open(t->node, O_RDONLY);
	uint64_t word;
	void *p;

	CHECK(fd >= 0);
	FAILS(open(t->node, O_RDWR), EACCES);
	FAILS(open(t->node, O_WRONLY), EACCES);
	CHECK(pread(fd, &word, 8, 0) == 8 && word == t->pattern[0]);
	FAILS(pwrite(fd, &word, 8, SPARE), EBADF);
	FAILS(ioctl(fd, IOMEM_IOC_BATCH, &batch), EBADF);
	FAILS(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && *(volatile uint64_t *)p == t->pattern[0]);
	FAILS(mprotect(p, PAGE, RW), EACCES);
	return 0;
}

static int nothing(struct _test_data_unprivileged *t)
{
	FAILS(open(t->node, O_RDONLY), EACCES);
	FAILS(open(t->node, O_WRONLY), EACCES);
	FAILS(open(t->node, O_RDWR), EACCES);
	return 0;
}

/* Where the device is, or a program's memory, is not shown. */
static int see_no_addresses(struct _test_data_unprivileged *t)
{
	char *text = proc_iomem(), *line;

	CHECK(text && *text && !strstr(text, t->start));
	for (line = text; line && *line; line = strchr(line, '\n')) {
		line += strspn(line, "\n ");
		CHECK(!*line || strncmp(line, "00000000-00000000 : ", 20) == 0);
	}
	return 0;
}

/* Whether any file in a folder, and in those in it, can be read and has the address. */
static bool tells(const char *folder, const char *address, int depth, int *files)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];
	bool told = false;

	while (entries && !told && (entry = readdir(entries))) {
		char text[4096];
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && depth)
			told = tells(path, address, depth - 1, files);
		if (entry->d_type != DT_REG)
			continue;
		fd = open(path, O_RDONLY | O_NONBLOCK);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (n >= 0) {
			text[n] = 0;
			*files += 1;
			told = strcasestr(text, address);
		}
		close(fd);
	}
	if (entries)
		closedir(entries);
	return told;
}

static int find_no_address(struct _test_data_unprivileged *t)
{
	int files = 0;

	CHECK(!tells(t->device, t->start, 4, &files));
	CHECK(!tells("/sys/module/iomem_dev", t->start, 2, &files));
	CHECK(!tells("/sys/bus/platform/drivers/iomem_dev", t->start, 1, &files));
	/* There was something to look at. */
	CHECK(files > 4);
	return 0;
}

static int manage_nothing(struct _test_data_unprivileged *t)
{
	static const char *const files[] = { "bind", "unbind", "new_device", "delete_device" };
	char path[PATH_MAX];
	struct stat st;
	int seen = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/sys/bus/platform/drivers/iomem_dev/%s", files[i]);
		if (stat(path, &st))
			continue;
		seen++;
		FAILS(open(path, O_WRONLY), EACCES);
	}
	CHECK(seen >= 2);
	snprintf(path, sizeof(path), "%s/driver_override", t->device);
	FAILS(open(path, O_WRONLY), EACCES);
	FAILS(open("/sys/kernel/debug/.", O_RDONLY), EACCES);
	CHECK(!stat(t->node, &st));
	FAILS(mknod("/tmp/iomem-mine", S_IFCHR | 0600, st.st_rdev), EPERM);
	FAILS(open("/dev/mem", O_RDONLY), EACCES);
	FAILS(syscall(SYS_delete_module, "iomem_dev", O_NONBLOCK), EPERM);
	return 0;
}

TEST_F(unprivileged, owner_uses_the_window)
{
	ASSERT_EQ(0, chown(self->node, OWNER, OWNER));
	ASSERT_EQ(0, chmod(self->node, 0600));
	EXPECT_EQ(0, as(self, OWNER, OWNER, use_all));
	EXPECT_EQ(0, as(self, OTHER, OWNER, nothing));
}

TEST_F(unprivileged, group_may_be_allowed_to_read)
{
	ASSERT_EQ(0, chown(self->node, OWNER, OWNER));
	ASSERT_EQ(0, chmod(self->node, 0640));
	EXPECT_EQ(0, as(self, OTHER, OWNER, read_only));
	EXPECT_EQ(0, as(self, OTHER, OTHER, nothing));
}

TEST_F(unprivileged, nobody_is_let_in_unasked)
{
	EXPECT_EQ(0, as(self, OWNER, OWNER, nothing));
}

TEST_F(unprivileged, addresses_are_not_shown)
{
	char folder[] = "/tmp/iomem-XXXXXX", path[64], line[64];
	int files = 0, fd;

	ASSERT_EQ(0, chown(self->node, OWNER, OWNER));
	EXPECT_EQ(0, as(self, OWNER, OWNER, see_no_addresses));
	EXPECT_EQ(0, as(self, OWNER, OWNER, find_no_address));

	/* It would be found, were it there. */
	ASSERT_NE(NULL, mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/address", folder);
	snprintf(line, sizeof(line), "0x%s\n", self->start);
	fd = open(path, O_WRONLY | O_CREAT, 0444);
	EXPECT_EQ(strlen(line), write(fd, line, strlen(line)));
	close(fd);
	EXPECT_TRUE(tells(folder, self->start, 0, &files));
	unlink(path);
	rmdir(folder);
}

TEST_F(unprivileged, nothing_is_managed)
{
	ASSERT_EQ(0, chown(self->node, OWNER, OWNER));
	EXPECT_EQ(0, as(self, OWNER, OWNER, manage_nothing));
}

/* All that a call can do with a register, by a file that may not: nothing is done. */
static int calls_are_refused(int fd)
{
	static const __u32 kinds[] = {
		IOMEM_OP_READ, IOMEM_OP_WRITE, IOMEM_OP_UPDATE, IOMEM_OP_WAIT,
	};
	static const __u32 widths[] = { 1, 2, 4, 8 };
	uint64_t words[4] = { 1, 2, 3, 4 };
	struct iomem_batch batch;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		FAILS(pread(fd, words, widths[i], SPARE), EPERM);
		FAILS(pwrite(fd, words, widths[i], SPARE), EPERM);
	}
	FAILS(pread(fd, words, sizeof(words), SPARE), EPERM);
	FAILS(pwrite(fd, words, sizeof(words), SPARE), EPERM);
	CHECK(words[0] == 1 && words[3] == 4);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; j < ARRAY_SIZE(widths); j++) {
			struct iomem_op op = {
				.op = kinds[i], .width = widths[j], .offset = SPARE,
				.mask = kinds[i] >= IOMEM_OP_UPDATE,
			};

			batch = batch_of(&op);
			FAILS(ioctl(fd, IOMEM_IOC_BATCH, &batch), EPERM);
			CHECK(batch.done == 0 && batch.failed == 0 && op.value == 0);
		}
	}
	return 0;
}

static volatile uint64_t *spare(int fd)
{
	volatile uint64_t *page = mmap(NULL, PAGE, RW, MAP_SHARED, fd, SPARE);

	return page == MAP_FAILED ? NULL : page;
}

/* Mapping is no business of the kernel's once it is made: what goes wrong is the program's. */
static int map_without_a_width(struct _test_data_unprivileged *t)
{
	int fd = open(getenv("IOMEM_WIDTHLESS"), O_RDWR);
	volatile uint64_t *word = spare(fd);

	CHECK(word);
	*word = 0xfeed;
	CHECK(calls_are_refused(fd) == 0);
	CHECK(*word == 0xfeed);
	return 0;
}

/* Opened by root, and passed on. */
static int passed = -1;

static int use_what_was_passed(struct _test_data_unprivileged *t)
{
	uint32_t word = 0;

	CHECK(pread(passed, &word, 4, SPARE) == 4 && word == 0xfeed);
	return 0;
}

TEST_F(unprivileged, calls_need_a_width)
{
	const char *node = getenv("IOMEM_WIDTHLESS");
	char text[1024];
	int log, fd;

	if (!node)
		SKIP(return, "IOMEM_WIDTHLESS is not set: see tests/unprivileged.c");
	log = open_log();
	ASSERT_LE(0, log);
	ASSERT_EQ(0, chown(node, OWNER, OWNER));
	EXPECT_EQ(0, as(self, OWNER, OWNER, map_without_a_width));
	EXPECT_EQ(0, as(self, OWNER, OWNER, map_without_a_width));
	/* Refused a hundred times, and told once, with what to do. */
	EXPECT_EQ(1, logged(log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, node + strlen("/dev/")));
	EXPECT_NE(NULL, strstr(text, "width="));

	/* It is who opened the file that counts, as it is with reading and writing. */
	passed = open(node, O_RDWR);
	ASSERT_LE(0, passed);
	EXPECT_EQ(0, as(self, OWNER, OWNER, use_what_was_passed));
	ASSERT_EQ(0, setresuid(-1, OWNER, -1));
	fd = open(node, O_RDWR);
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, calls_are_refused(fd));
	close(fd);
	/* The host looks whether anything was left. */
	*spare(passed) = 0;
	close(passed);
	close(log);
	EXPECT_EQ(0, chown(node, 0, 0));
}

TEST_HARNESS_MAIN
