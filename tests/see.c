// SPDX-License-Identifier: GPL-2.0
/*
 * What can be seen of a window from without: attributes, fdinfo, the registers in
 * debugfs, events. The window is on BAR 0 of edu (IOMEM_RANGE), which the tests
 * load the driver for and make.
 *
 * As in registers.c, marks tell tests/witness.py where to look in QEMU's trace.
 */

#include <sys/wait.h>

#include "tracefs.h"

#define EDU_ID		0x00
#define EDU_INVERT	0x04
#define EDU_SOURCE	0x80
#define EDU_ID_VALUE	0x010000edu

#define MARK_SERIES	0x10e3a001
#define MARK_ONE	0x10e3a002
#define MARK_NONE	0x10e3a003
#define MARK_EVENTS	0x10e3a004
#define MARK_NOWHERE	0x10e3a005
#define MARK_PART	0x10e3a006
#define MARK_END	0x10e3ffff

/* "fffff: ffffffff\n": a line of the registers of 1 MiB. */
#define ROW		16

FIXTURE(see)
{
	char node[64], sysfs[128], registers[128], device[64];
	const char *name;
	uint64_t start, last;
	int fd;
};

static int detach(const char *device)
{
	return put("/sys/bus/platform/drivers/iomem_dev/unbind", device);
}

FIXTURE_SETUP(see)
{
	char line[128], link[256], target[256];
	uint32_t id = 0;
	const char *ko, *why_not = why_not_load(&ko, &self->start, &self->last);
	ssize_t n;

	self->fd = -1;
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	ASSERT_TRUE(mounted("tracefs", TRACEFS));
	snprintf(line, sizeof(line), "seen mem=%#" PRIx64 ",%#" PRIx64 " write-combining",
		 self->start, self->last - self->start + 1);
	ASSERT_EQ(0, load(ko, ""));
	ASSERT_EQ(0, put("/sys/bus/platform/drivers/iomem_dev/new_device", line));
	ASSERT_TRUE(find_node(self->node, sizeof(self->node)));
	self->name = self->node + strlen("/dev/");
	snprintf(self->sysfs, sizeof(self->sysfs), "/sys/class/misc/%s", self->name);
	snprintf(self->registers, sizeof(self->registers), DEBUGFS "/iomem/%s/region0", self->name);
	snprintf(link, sizeof(link), "%s/device", self->sysfs);
	n = readlink(link, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = 0;
	snprintf(self->device, sizeof(self->device), "%s", strrchr(target, '/') + 1);

	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(4, pread(self->fd, &id, 4, EDU_ID));
	if (id != EDU_ID_VALUE)
		SKIP(return, "IOMEM_RANGE is not that of edu: see tests/iomem_test.h");
}

/* As in tests/chardev_test.h. */
FIXTURE_TEARDOWN(see)
{
	if (self->fd < 0)
		return;
	EXPECT_EQ(0, syscall(SYS_close_range, 3, ~0u, 0));
	EXPECT_EQ(0, trace_events(false));
	EXPECT_EQ(0, unload("iomem_dev"));
	EXPECT_NE(0, access(self->sysfs, F_OK));
	EXPECT_NE(0, access(DEBUGFS "/iomem", F_OK));
}

/* An attribute without its line's end; the text of an error if it cannot be read. */
static const char *attribute(const char *sysfs, const char *name)
{
	static char text[4096];
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", sysfs, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return strerror(errno);
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		snprintf(text, sizeof(text), "%s", strerror(errno));
	else if (n && text[n - 1] == '\n')
		text[n - 1] = 0;
	else
		snprintf(text, sizeof(text), "a line without an end");
	close(fd);
	return text;
}

#define SEE(name) attribute(self->sysfs, name)

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	return *text && !*end ? value : UINT64_MAX;
}

#define NUMBER(name) number(SEE(name))

TEST_F(see, attributes_say_what_calls_say)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	struct iomem_region_info region = { .size = sizeof(region) };
	char line[128], *text;

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &window));
	EXPECT_STREQ((char *)window.name, SEE("name"));
	EXPECT_LT(0, strlen(SEE("name")));
	EXPECT_EQ(window.regions, NUMBER("regions"));
	EXPECT_EQ(window.irqs, NUMBER("irqs"));

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &region));
	EXPECT_STREQ((char *)region.name, SEE("region0/name"));
	EXPECT_EQ(region.length, NUMBER("region0/size"));
	EXPECT_EQ(region.width, NUMBER("region0/width"));
	EXPECT_EQ(region.offset, NUMBER("region0/offset"));
	EXPECT_EQ(region.wc_offset, NUMBER("region0/wc_offset"));
	EXPECT_EQ(IOMEM_REGION_MMAP | IOMEM_REGION_MMAP_WC, region.flags);
	EXPECT_STREQ("mmap", SEE("region0/flags"));
	EXPECT_STREQ("uncached write-combining", SEE("region0/cache_modes"));

	/* And what /proc/iomem says. */
	EXPECT_EQ(self->start, NUMBER("region0/address"));
	snprintf(line, sizeof(line), "%08" PRIx64 "-%08" PRIx64 " : %s\n",
		 NUMBER("region0/address"),
		 NUMBER("region0/address") + NUMBER("region0/size") - 1, self->name);
	text = proc_iomem();
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, line)) {
		TH_LOG("%s", line);
	}
	free(text);
	EXPECT_STREQ(strerror(ENOENT), SEE("region1/size"));
}

TEST_F(see, attributes_have_their_modes)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {
		{ "name", 0444 }, { "regions", 0444 }, { "irqs", 0444 }, { "open_files", 0444 },
		{ "mappings", 0444 }, { "region0/name", 0444 }, { "region0/address", 0400 },
		{ "region0/size", 0444 }, { "region0/flags", 0444 },
		{ "region0/cache_modes", 0444 }, { "region0/width", 0444 },
		{ "region0/offset", 0444 }, { "region0/wc_offset", 0444 },
		{ "region0/mappings", 0444 },
	};
	struct stat stat;
	char path[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", self->sysfs, files[i].name);
		ASSERT_EQ(0, lstat(path, &stat)) {
			TH_LOG("%s", path);
		}
		EXPECT_EQ(files[i].mode, stat.st_mode & 07777) {
			TH_LOG("%s", path);
		}
	}
	ASSERT_EQ(0, lstat(self->registers, &stat));
	EXPECT_EQ(0400, stat.st_mode & 07777);
}

TEST_F(see, files_and_mappings_are_counted)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int again, fds[2], status;
	char byte, *regs, *combining;
	pid_t child;

	EXPECT_EQ(1, NUMBER("open_files"));
	EXPECT_EQ(0, NUMBER("mappings"));
	again = open(self->node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, again);
	EXPECT_EQ(2, NUMBER("open_files"));
	/* A second descriptor is no second file. */
	ASSERT_LE(0, dup(again));
	EXPECT_EQ(2, NUMBER("open_files"));

	regs = mmap(NULL, 4 * page, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, regs);
	EXPECT_EQ(1, NUMBER("mappings"));
	EXPECT_EQ(1, NUMBER("region0/mappings"));
	ASSERT_EQ(0, munmap(regs + page, page));
	EXPECT_EQ(2, NUMBER("region0/mappings"));

	ASSERT_EQ(0, pipe(fds));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(fds[1]);
		_exit(read(fds[0], &byte, 1));
	}
	EXPECT_EQ(4, NUMBER("mappings"));
	EXPECT_EQ(2, NUMBER("open_files"));
	close(fds[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(2, NUMBER("mappings"));

	ASSERT_EQ(0, munmap(regs, 4 * page));
	EXPECT_EQ(0, NUMBER("mappings"));
	combining = mmap(NULL, page, PROT_READ, MAP_SHARED, self->fd, NUMBER("region0/wc_offset"));
	ASSERT_NE(MAP_FAILED, combining);
	EXPECT_EQ(1, NUMBER("region0/mappings"));
	ASSERT_EQ(0, munmap(combining, page));
	EXPECT_EQ(0, NUMBER("region0/mappings"));
	ASSERT_EQ(0, syscall(SYS_close_range, again, ~0u, 0));
	EXPECT_EQ(1, NUMBER("open_files"));
}

static char *told_of(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return proc_text(path);
}

TEST_F(see, fdinfo_is_that_of_the_window)
{
	void *regs = mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0);
	char wanted[256], label[64], *text = told_of(self->fd), *ours;

	ASSERT_NE(MAP_FAILED, regs);
	ASSERT_NE(NULL, text);
	snprintf(label, sizeof(label), "%s", SEE("name"));
	snprintf(wanted, sizeof(wanted), "iomem-window:\t%s\niomem-name:\t%s\niomem-state:\tbound\n"
		 "iomem-open-files:\t1\niomem-region0-mappings:\tuncached 1 write-combining 0\n",
		 self->name, label);
	ours = strstr(text, "iomem-");
	ASSERT_NE(NULL, ours);
	EXPECT_STREQ(wanted, ours);
	free(text);

	ASSERT_EQ(0, detach(self->device));
	text = told_of(self->fd);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, "\niomem-state:\tgone\n"));
	/* What is left over is still counted, so that one can see who has it. */
	EXPECT_NE(NULL, strstr(text, "\niomem-open-files:\t1\n"));
	EXPECT_NE(NULL, strstr(text, ":\tuncached 1 write"));
	free(text);
	munmap(regs, 4096);
	text = told_of(self->fd);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, ":\tuncached 0 write"));
	free(text);
}

static void mark(int fd, uint32_t value)
{
	pwrite(fd, &value, 4, EDU_INVERT);
}

TEST_F(see, registers_are_read_once_each)
{
	int fd = open(self->registers, O_RDONLY | O_CLOEXEC);
	uint32_t source = 0x12345678;
	char text[67 * ROW + 1] = "", line[ROW + 1];
	ssize_t n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(4, pwrite(self->fd, &source, 4, EDU_SOURCE));
	/* As many as fit, in one call and the next. */
	mark(self->fd, MARK_SERIES);
	n = read(fd, text, 60 * ROW + ROW - 1);
	EXPECT_EQ(60 * ROW, n);
	n = read(fd, text + 60 * ROW, 6 * ROW);
	EXPECT_EQ(6 * ROW, n);
	mark(self->fd, MARK_END);
	EXPECT_EQ(0, memcmp(text, "00000: 010000ed\n00004: ", 23));
	snprintf(line, sizeof(line), "%05x: %08x", EDU_SOURCE, source);
	EXPECT_EQ(0, memcmp(text + ROW * EDU_SOURCE / 4, line, ROW - 1));

	mark(self->fd, MARK_ONE);
	EXPECT_EQ(ROW, pread(fd, text, ROW, ROW * EDU_SOURCE / 4));
	mark(self->fd, MARK_END);
	EXPECT_EQ(0, memcmp(text, line, ROW - 1));

	mark(self->fd, MARK_NONE);
	EXPECT_EQ(-1, pread(fd, text, ROW, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(fd, text, ROW - 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, pread(fd, text, ROW, (self->last - self->start + 1) / 4 * ROW));
	EXPECT_EQ((self->last - self->start + 1) / 4 * ROW, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(-1, write(fd, text, ROW));
	EXPECT_EQ(EBADF, errno);
	mark(self->fd, MARK_END);

	/* The last one. */
	EXPECT_EQ(ROW, pread(fd, text, 3 * ROW, (self->last - self->start + 1) / 4 * ROW - ROW));
	snprintf(line, sizeof(line), "%05x: ", (unsigned int)(self->last - self->start + 1) - 4);
	EXPECT_EQ(0, memcmp(text, line, 7));
}

/* A register whose row cannot be delivered is not read; nor is the one after those that can. */
TEST_F(see, rows_need_memory)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	int fd = open(self->registers, O_RDONLY | O_CLOEXEC);
	const off_t at = ROW * EDU_SOURCE / 4;
	char *p;

	ASSERT_LE(0, fd);
	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, mprotect(p + page, page, PROT_READ));
	mark(self->fd, MARK_NOWHERE);
	EXPECT_EQ(-1, pread(fd, nowhere(), ROW, at));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pread(fd, p + page, ROW, at));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pread(fd, p + page - ROW + 1, 4 * ROW, at));
	EXPECT_EQ(EFAULT, errno);
	mark(self->fd, MARK_END);
	mark(self->fd, MARK_PART);
	EXPECT_EQ(2 * ROW, pread(fd, p + page - 2 * ROW - 1, 8 * ROW, at));
	mark(self->fd, MARK_END);
	munmap(p, 2 * page);
}

/* The errno of opening a file for reading. */
static int opens(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Registers without a stated width are for who may choose one, by a call or here. */
TEST_F(see, registers_without_a_width_take_rawio)
{
	char line[128];

	EXPECT_EQ(0, opens(self->registers));
	EXPECT_EQ(EPERM, without_rawio(opens, self->registers));

	EXPECT_EQ(0, close(self->fd));
	ASSERT_EQ(0, put("/sys/bus/platform/drivers/iomem_dev/delete_device", "seen"));
	snprintf(line, sizeof(line), "seen mem=%#" PRIx64 ",%#" PRIx64 " width=4",
		 self->start, self->last - self->start + 1);
	ASSERT_EQ(0, put("/sys/bus/platform/drivers/iomem_dev/new_device", line));
	ASSERT_EQ(0, access(self->registers, F_OK));
	EXPECT_EQ(0, opens(self->registers));
	EXPECT_EQ(0, without_rawio(opens, self->registers));
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
}

TEST_F(see, goes_with_the_device)
{
	int dump = open(self->registers, O_RDONLY | O_CLOEXEC), size, files;
	char path[256], text[64];

	ASSERT_LE(0, dump);
	snprintf(path, sizeof(path), "%s/region0/size", self->sysfs);
	size = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, size);
	snprintf(path, sizeof(path), "%s/open_files", self->sysfs);
	files = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, files);
	ASSERT_EQ(ROW, pread(dump, text, ROW, 0));
	ASSERT_LT(0, pread(size, text, sizeof(text), 0));

	ASSERT_EQ(0, detach(self->device));
	EXPECT_EQ(-1, pread(size, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, pread(files, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);
	/* That is what debugfs has for a file that is gone. */
	EXPECT_EQ(-1, pread(dump, text, ROW, 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_NE(0, access(self->sysfs, F_OK));
	EXPECT_NE(0, access(self->registers, F_OK));

	/* The next window has its own. */
	ASSERT_EQ(0, put("/sys/bus/platform/drivers/iomem_dev/bind", self->device));
	EXPECT_EQ(0, NUMBER("open_files"));
	EXPECT_EQ(0, access(self->registers, F_OK));
	EXPECT_EQ(-1, pread(size, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(see, accesses_are_events)
{
	struct iomem_op ops[] = {
		{ .op = IOMEM_OP_UPDATE, .width = 4, .offset = EDU_SOURCE, .mask = 0xff00,
		  .value = 0x4200 },
		{ .op = IOMEM_OP_READ, .width = 4, .offset = EDU_SOURCE },
	};
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)ops, .count = 2, .op_size = sizeof(ops[0]),
	};
	uint64_t wide = 0x1122334455667788;
	char wanted[1024], *text;
	uint32_t value;

	mark(self->fd, MARK_EVENTS);
	ASSERT_EQ(0, trace_events(true));
	EXPECT_EQ(4, pread(self->fd, &value, 4, EDU_ID));
	EXPECT_EQ(8, pwrite(self->fd, &wide, 8, EDU_SOURCE));
	EXPECT_EQ(0, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	/* Refused, so nothing happened. */
	EXPECT_EQ(-1, pread(self->fd, &value, 4, EDU_ID + 1));
	EXPECT_EQ(-1, pread(self->fd, &value, 3, EDU_ID));
	text = trace_text();
	ASSERT_EQ(0, trace_events(false));
	EXPECT_EQ(4, pread(self->fd, &value, 4, EDU_SOURCE));
	mark(self->fd, MARK_END);
	ASSERT_NE(NULL, text);

	/* What came of it is in QEMU's trace, one by one. */
	snprintf(wanted, sizeof(wanted),
		 "iomem_read: window=%1$s region=0 offset=0x0 width=4 value=0x10000ed\n"
		 "iomem_write: window=%1$s region=0 offset=0x80 width=8 value=0x1122334455667788\n"
		 "iomem_read: window=%1$s region=0 offset=0x80 width=4 value=0x55667788\n"
		 "iomem_write: window=%1$s region=0 offset=0x80 width=4 value=0x55664288\n"
		 "iomem_read: window=%1$s region=0 offset=0x80 width=4 value=0x55664288\n",
		 self->name);
	EXPECT_STREQ(wanted, text);
	free(text);
	text = trace_text();
	EXPECT_STREQ("", text);
	free(text);
}

TEST_F(see, mappings_are_events)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char wanted[1024], *text, *regs;

	ASSERT_EQ(0, trace_events(true));
	regs = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, self->fd, 3 * page);
	ASSERT_NE(MAP_FAILED, regs);
	/* No mapping, no event. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_SHARED, self->fd, 1ull << 40));
	ASSERT_EQ(0, munmap(regs, 2 * page));
	regs = mmap(regs, page, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, regs);
	ASSERT_EQ(0, detach(self->device));
	text = trace_text();
	ASSERT_NE(NULL, text);
	snprintf(wanted, sizeof(wanted),
		 "iomem_mmap: window=%1$s offset=%2$#zx address=%3$#zx length=%4$#zx\n"
		 "iomem_munmap: window=%1$s offset=%2$#zx address=%3$#zx length=%4$#zx\n"
		 "iomem_mmap: window=%1$s offset=0x0 address=%3$#zx length=%5$#zx\n"
		 "iomem_revoke: window=%1$s files=1 mappings=1\n",
		 self->name, 3 * page, (size_t)regs, 2 * page, page);
	EXPECT_STREQ(wanted, text);
	free(text);
	munmap(regs, page);
}

TEST_HARNESS_MAIN
