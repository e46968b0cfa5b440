// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that is refused, ten thousand times each, and what is granted as
 * well: each time the same answer, and afterwards nothing is left of it. How that
 * is measured is in leak.h.
 *
 *	IOMEM_RANGE	START-LAST of QEMU's ivshmem
 */

#include "leak.h"

#include <sys/wait.h>

#define RW	(PROT_READ | PROT_WRITE)
#define TIMES	10000
/* What takes longer. */
#define FEWER	400

/* The calls of leak_calls.h. */
#define MAP(length, prot, flags, fd, offset)	\
	((long)mmap(NULL, length, prot, flags, fd, offset))
#define INFO(...)	\
	ioctl(t->fd, IOMEM_IOC_REGION_INFO, &(struct iomem_region_info){ __VA_ARGS__ })
#define IRQ(call, kind, ...)	\
	ioctl(t->fd, IOMEM_IOC_IRQ_##call, &(struct iomem_##kind){	\
		.size = sizeof(struct iomem_##kind), __VA_ARGS__ })
#define WINDOW(...)	\
	ioctl(t->fd, IOMEM_IOC_WINDOW_INFO, &(struct iomem_window_info){ __VA_ARGS__ })
#define BATCH(...)	\
	ioctl(t->fd, IOMEM_IOC_BATCH, &(struct iomem_batch){ __VA_ARGS__ })
/* All but the size; what is not said of an operation is 0. */
#define BATCH_OF(ops_, count_, op_size_, flags_)	\
	BATCH(.size = sizeof(struct iomem_batch), .ops = (uintptr_t)(ops_), .count = count_,	\
	      .op_size = op_size_, .flags = flags_)
#define OP_SIZE		(sizeof(struct iomem_op))
#define OP(...)	\
	batch(t->fd, (struct iomem_op){ __VA_ARGS__ })

FIXTURE(leak)
{
	const char *ko;
	char node[64], device[64], line[128];
	int fd, readonly;
	uint64_t length, combining;
	/* Two words to read to, one to read only, and an address that is none. */
	uint64_t *words;
	void *constant, *nowhere;
	struct measure before;
};

/* Sixteen reads, and then this. */
static long batch(int fd, struct iomem_op last)
{
	struct iomem_op ops[17] = {};
	struct iomem_batch batch;
	size_t i;

	for (i = 0; i < 16; i++)
		ops[i].width = 4;
	ops[16] = last;
	batch = (struct iomem_batch){
		.size = sizeof(batch), .ops = (uintptr_t)ops, .count = 17, .op_size = sizeof(last),
	};
	return ioctl(fd, IOMEM_IOC_BATCH, &batch);
}

/* As by a program that is newer than the driver, and wants what that does not know. */
static long larger_info(int fd)
{
	struct iomem_region_info info[2] = { { .size = sizeof(info) }, { .size = 1 } };

	return ioctl(fd, IOMEM_IOC_REGION_INFO, info);
}

FIXTURE_SETUP(leak)
{
	char line[128], link[128], target[256];
	struct iomem_region_info info = { .size = sizeof(info) };
	uint64_t start, last;
	const char *why_not = why_not_load(&self->ko, &start, &last);
	ssize_t n;

	if (why_not)
		SKIP(return, "%s", why_not);
	self->length = last - start + 1;
	snprintf(self->line, sizeof(self->line), "leak mem=%#" PRIx64 ",%#" PRIx64, start,
		 self->length);
	snprintf(line, sizeof(line), "first mem=%#" PRIx64 ",%#" PRIx64 " write-combining", start,
		 self->length);
	ASSERT_EQ(0, load(self->ko, ""));
	ASSERT_EQ(0, tell("/sys/bus/platform/drivers/iomem_dev/new_device", line));
	ASSERT_TRUE(find_node(self->node, sizeof(self->node)));
	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", self->node + strlen("/dev/"));
	n = readlink(link, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = 0;
	snprintf(self->device, sizeof(self->device), "%s", strrchr(target, '/') + 1);

	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	self->readonly = open(self->node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->readonly);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &info));
	self->combining = info.wc_offset;
	self->words = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	self->constant = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	self->nowhere = nowhere();
	ASSERT_NE(MAP_FAILED, self->words);
	ASSERT_NE(MAP_FAILED, self->constant);
	ASSERT_TRUE(take_measure(&self->before));
}

FIXTURE_TEARDOWN(leak)
{
	close(self->fd);
	close(self->readonly);
	EXPECT_EQ(0, unload("iomem_dev"));
	forget(&self->before);
}

enum kind { REFUSED, DEAD, GRANTED };

struct act {
	enum kind kind;
	const char *name;
	/* 0 for what is granted. */
	int err;
	long (*call)(struct _test_data_leak *t);
};

static void repeat(struct __test_metadata *_metadata, struct _test_data_leak *self,
		   const struct act *act, int times)
{
	const char *what;
	long got = 0;
	int i;

	ASSERT_TRUE(take_measure(&self->before));
	for (i = 0; i < times; i++) {
		errno = 0;
		got = act->call(self);
		if ((got < 0 ? errno : 0) != act->err)
			break;
	}
	EXPECT_EQ(times, i) {
		TH_LOG("%s: %ld and %s, not %s", act->name, got, strerror(errno),
		       strerror(act->err));
	}
	/* Of a few there is nothing to be told. */
	what = i < FEWER ? NULL : left_behind(&self->before, i);
	EXPECT_EQ(NULL, what) {
		TH_LOG("%s, %d times: there is more than before: %s", act->name, i, what);
	}
}

/* A function for each, and then a table of them. */
#define CALLING(kind, name, errno_, ...)				\
	enum { name##_kind = (kind), name##_errno = (errno_) };	\
	static long name(struct _test_data_leak *t)		\
	{							\
		return __VA_ARGS__;				\
	}
#include "leak_calls.h"
#undef CALLING

#define LINE(name, errno_)	{ GRANTED, #name, errno_, name }
#define CALLING(kind, name, errno_, ...)	{ kind, #name, errno_, name },
static const struct act calls[] = {
#include "leak_calls.h"
};

static void repeat_all(struct __test_metadata *_metadata, struct _test_data_leak *self,
		       enum kind kind)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].kind == kind)
			repeat(_metadata, self, &calls[i], TIMES);
}

TEST_F_TIMEOUT(leak, what_is_refused, 1800)
{
	repeat_all(_metadata, self, REFUSED);
}

/* --- What is left of a device that has gone --------------------------------------------- */

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int detach(struct _test_data_leak *t)
{
	return write_to("/sys/bus/platform/drivers/iomem_dev/unbind", t->device);
}

static int attach(struct _test_data_leak *t)
{
	return write_to("/sys/bus/platform/drivers/iomem_dev/bind", t->device);
}

TEST_F_TIMEOUT(leak, what_is_dead, 1800)
{
	ASSERT_EQ(0, detach(self));
	repeat_all(_metadata, self, DEAD);
}

/* --- What is granted, and given back ---------------------------------------------------- */

static long open_and_close(struct _test_data_leak *t)
{
	int fd = open(t->node, O_RDWR);

	return fd < 0 ? fd : close(fd);
}

static long map_and_unmap(struct _test_data_leak *t)
{
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, t->fd, 0);

	if (p == MAP_FAILED)
		return -1;
	*(volatile char *)p;
	/* Split in three. */
	return munmap(p + PAGE, PAGE) ?: munmap(p, 3 * PAGE);
}

/* A process that ends with what it has: its memory must go with it. */
static long map_and_end(struct _test_data_leak *t)
{
	pid_t child = fork();
	int status;

	if (!child) {
		int fd = open(t->node, O_RDWR);
		volatile char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

		*p;
		_exit(mmap(NULL, PAGE, RW, MAP_SHARED, fd, t->length) != MAP_FAILED);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	errno = ECHILD;
	return status ? -1 : 0;
}

/* What was open and mapped is let go of after the device. */
static long unbind_and_bind(struct _test_data_leak *t)
{
	int fd = open(t->node, O_RDWR);
	volatile char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

	if (fd < 0 || p == MAP_FAILED)
		return -1;
	*p;
	if (detach(t) || attach(t))
		return -1;
	return munmap((void *)p, PAGE) ?: close(fd);
}

static long unbind_twice(struct _test_data_leak *t)
{
	return detach(t) ?: detach(t) + attach(t);
}

TEST_F_TIMEOUT(leak, what_is_granted, 1800)
{
	static const struct act acts[] = {
		LINE(open_and_close, 0),
		LINE(map_and_unmap, 0),
	};
	size_t i;

	repeat_all(_metadata, self, GRANTED);
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		repeat(_metadata, self, &acts[i], TIMES);
}

TEST_F_TIMEOUT(leak, processes_and_devices, 1800)
{
	static const struct act acts[] = {
		LINE(map_and_end, 0),
		LINE(unbind_and_bind, 0),
		LINE(unbind_twice, ENODEV),
	};
	size_t i;

	/* The first time makes what is kept for the next. */
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		repeat(_metadata, self, &acts[i], 2);
	shrink_caches();
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		repeat(_metadata, self, &acts[i], FEWER);
}

/* --- Lines that make no device ------------------------------------------------------------ */

/* Each says why in the log, so that a thousand of each have to do. */
#define LOGGED	1000

static const struct {
	const char *line;
	int err;
} lines[] = {
	{ "leak", EINVAL },
	{ "leak nonsense", EINVAL },
	{ "leak mem=0x1000", EINVAL },
	{ "leak mem=0x1000,0", EINVAL },
	{ "leak mem=0xfffffffffffff000,0x2000", EOVERFLOW },
	{ "leak mem=0x10000000000000000,1", ERANGE },
	{ "leak port=0x80,4 port=0x80,4 width=3", EINVAL },
	{ "leak mem=0x1000,4 read-only read-only", EEXIST },
	{ "leak/leak mem=0x1000,4", EINVAL },
};

static size_t which;

static long make_device(struct _test_data_leak *t)
{
	return write_to("/sys/bus/platform/drivers/iomem_dev/new_device", lines[which].line);
}

/* A device is made, and the driver does not take it: the window has the range. */
static long make_device_of_busy_range(struct _test_data_leak *t)
{
	return write_to("/sys/bus/platform/drivers/iomem_dev/new_device", t->line);
}

static long delete_unknown_device(struct _test_data_leak *t)
{
	return write_to("/sys/bus/platform/drivers/iomem_dev/delete_device", "nobody");
}

static long make_and_delete_device(struct _test_data_leak *t)
{
	return detach(t) ?: write_to("/sys/bus/platform/drivers/iomem_dev/new_device", t->line) ?:
		write_to("/sys/bus/platform/drivers/iomem_dev/delete_device", "leak") ?: attach(t);
}

TEST_F_TIMEOUT(leak, devices_at_run_time, 1800)
{
	static const struct act acts[] = {
		LINE(make_device_of_busy_range, EBUSY),
		LINE(make_and_delete_device, 0),
		LINE(delete_unknown_device, ENOENT),
	};
	struct act act = { .call = make_device };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(acts); i++)
		repeat(_metadata, self, &acts[i], 2);
	shrink_caches();
	for (which = 0; which < ARRAY_SIZE(lines); which++) {
		act.name = lines[which].line;
		act.err = lines[which].err;
		repeat(_metadata, self, &act, LOGGED);
	}
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		repeat(_metadata, self, &acts[i], FEWER);
}

TEST_HARNESS_MAIN
