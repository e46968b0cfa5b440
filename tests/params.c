// SPDX-License-Identifier: GPL-2.0
/*
 * start= and length=: each wrong value has its errno and one line in the log
 * that says what to do, and leaves nothing behind.
 */

#include "iomem_test.h"

FIXTURE(params)
{
	const char *ko;
	uint64_t start, last;
	char *before;
	int log;
};

FIXTURE_SETUP(params)
{
	const char *why_not = why_not_load(&self->ko, &self->start, &self->last);

	if (why_not)
		SKIP(return, "%s", why_not);
	self->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->log);
	ASSERT_LE(0, lseek(self->log, 0, SEEK_END));
	self->before = proc_iomem();
	ASSERT_NE(NULL, self->before);
}

/* Whatever was tried, nothing stays: neither the module nor a claim. */
FIXTURE_TEARDOWN(params)
{
	char *after;

	unload("iomem_dev");
	EXPECT_FALSE(loaded("iomem_dev"));
	after = proc_iomem();
	ASSERT_NE(NULL, after);
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
	close(self->log);
}

/* Loads with `params`, which must fail with `err` and a line that has `words`. */
#define REFUSED(err, words, ...) do {					\
	char params_[128], line_[512] = "";				\
									\
	snprintf(params_, sizeof(params_), __VA_ARGS__);		\
	EXPECT_EQ(-(err), load(self->ko, params_));			\
	EXPECT_EQ(1, logged(self->log, "iomem_dev", line_, sizeof(line_)));		\
	EXPECT_NE(NULL, strstr(line_, words)) {				\
		TH_LOG("'%s' said: %s", params_, line_);		\
	}								\
	EXPECT_FALSE(loaded("iomem_dev"));				\
	unload("iomem_dev");						\
} while (0)

TEST_F(params, none_are_needed)
{
	char line[512];

	EXPECT_EQ(0, load(self->ko, ""));
	EXPECT_TRUE(loaded("iomem_dev"));
	EXPECT_EQ(0, unload("iomem_dev"));
	logged(self->log, "iomem_dev", line, sizeof(line));
}

TEST_F(params, good_values_claim_the_range)
{
	char params[128], entry[64], line[512], *now;

	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=%#" PRIx64,
		 self->start, self->last - self->start + 1);
	ASSERT_EQ(0, load(self->ko, params));
	logged(self->log, "iomem_dev", line, sizeof(line));
	EXPECT_NE(NULL, strstr(line, "/dev/iomem"));

	now = proc_iomem();
	ASSERT_NE(NULL, now);
	snprintf(entry, sizeof(entry), "%08" PRIx64 "-%08" PRIx64 " : iomem",
		 self->start, self->last);
	EXPECT_NE(NULL, strstr(now, entry));
	free(now);
	EXPECT_EQ(0, unload("iomem_dev"));
}

/* The device is bound when loading is over, also with async_probe. */
TEST_F(params, probed_at_once)
{
	char params[128], line[512], entry[64], *now;

	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=%#" PRIx64 " async_probe=1",
		 self->start, self->last - self->start + 1);
	EXPECT_EQ(0, load(self->ko, params));
	now = proc_iomem();
	ASSERT_NE(NULL, now);
	snprintf(entry, sizeof(entry), "%08" PRIx64 "-%08" PRIx64 " : iomem",
		 self->start, self->last);
	EXPECT_NE(NULL, strstr(now, entry));
	free(now);
	EXPECT_EQ(0, unload("iomem_dev"));
	logged(self->log, "iomem_dev", line, sizeof(line));
}

TEST_F(params, decimal_is_a_number_too)
{
	char params[128], line[512];

	snprintf(params, sizeof(params), "start=%" PRIu64 " length=%" PRIu64,
		 self->start, self->last - self->start + 1);
	EXPECT_EQ(0, load(self->ko, params));
	EXPECT_EQ(0, unload("iomem_dev"));
	logged(self->log, "iomem_dev", line, sizeof(line));
}

/* It is what programs find the window by. */
TEST_F(params, name)
{
	char params[128], line[512];
	int fd;

	snprintf(params, sizeof(params), "start=%#" PRIx64 " name=by-hand.1 length=0x1000",
		 self->start);
	ASSERT_EQ(0, load(self->ko, params));
	logged(self->log, "iomem_dev", line, sizeof(line));
	fd = open_window("by-hand.1", O_RDONLY);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(params, name_that_is_none)
{
	REFUSED(EINVAL, "name=: 'a/b' is no name: use 1 to 31 letters",
		"start=%#" PRIx64 " length=0x1000 name=a/b", self->start);
	REFUSED(EINVAL, "name=: '' is no name",
		"start=%#" PRIx64 " length=0x1000 name=", self->start);
	REFUSED(EINVAL, "name=: '-a' is no name",
		"start=%#" PRIx64 " length=0x1000 name=-a", self->start);
	/* What would be a line of its own in the log. */
	REFUSED(EINVAL, "name=: byte 0x0a after 1 others is no character",
		"start=%#" PRIx64 " length=0x1000 name=\"a\nforged: line\"", self->start);
	REFUSED(EINVAL, "name=: byte 0xc3 after 0 others is no character",
		"start=%#" PRIx64 " length=0x1000 name=\xc3\xa9", self->start);
	REFUSED(ENOSPC, "too large for parameter `name'",
		"start=%#" PRIx64 " length=0x1000 name=12345678901234567890123456789012",
		self->start);
	REFUSED(EEXIST, "invalid for parameter `name'",
		"name=a start=%#" PRIx64 " length=0x1000 name=b", self->start);
	REFUSED(EINVAL, "invalid for parameter `name'",
		"start=%#" PRIx64 " length=0x1000 name", self->start);
}

TEST_F(params, name_of_nothing)
{
	REFUSED(EINVAL, "name= without start= and length=: give all three", "name=fpga");
}

static int load_with(const char *params)
{
	return load(getenv("IOMEM_KO"), params);
}

/* The right to load modules is not one to choose an address. */
TEST_F(params, need_rawio)
{
	char params[128], line[512];

	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=0x1000", self->start);
	EXPECT_EQ(EPERM, without_rawio(load_with, params));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "start=: requires CAP_SYS_RAWIO"));
	EXPECT_FALSE(loaded("iomem_dev"));
	/* Without an address, there is nothing to ask for. */
	EXPECT_EQ(0, without_rawio(load_with, ""));
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_F(params, length_missing)
{
	REFUSED(EINVAL, "start= without length=: give both", "start=%#" PRIx64, self->start);
}

TEST_F(params, start_missing)
{
	REFUSED(EINVAL, "length= without start=: give both", "length=0x1000");
}

/* The largest number stands for one that was not given. */
TEST_F(params, largest_number)
{
	REFUSED(EINVAL, "start= without length=: give both",
		"start=0x1000 length=0xffffffffffffffff");
	REFUSED(EINVAL, "length= without start=: give both",
		"start=0xffffffffffffffff length=1");
	REFUSED(EOVERFLOW, "wraps around", "start=0x1000 length=0xfffffffffffffffe");
	REFUSED(ERANGE, "is beyond this processor's physical addresses",
		"start=0xfffffffffffffffe length=1");
}

TEST_F(params, length_zero)
{
	REFUSED(EINVAL, "has length 0: give", "start=%#" PRIx64 " length=0", self->start);
}

TEST_F(params, not_a_number)
{
	REFUSED(EINVAL, "`ten' invalid for parameter `start'", "start=ten length=0x1000");
	REFUSED(EINVAL, "`1k' invalid for parameter `length'",
		"start=%#" PRIx64 " length=1k", self->start);
	REFUSED(EINVAL, "`' invalid for parameter `start'", "start= length=0x1000");
	REFUSED(EINVAL, "`-1' invalid for parameter `start'", "start=-1 length=0x1000");
}

/* More than 64 bits. */
TEST_F(params, number_too_large)
{
	REFUSED(EINVAL, "invalid for parameter `start'",
		"start=0x10000000000000000 length=0x1000");
}

TEST_F(params, wraps_around)
{
	REFUSED(EOVERFLOW, "wraps around: choose",
		"start=0xfffffffffffff000 length=0x2000");
	REFUSED(EOVERFLOW, "wraps around: choose",
		"start=%#" PRIx64 " length=0xfffffffffffff000", self->start);
}

/* Registers are smaller than pages: the claim is theirs, and one on the rest of the page. */
/* Of the rest, parameters cannot say that it is not another device's. */
TEST_F(params, less_than_a_page)
{
	char params[128], line[512], entry[128], *now;

	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=0x20", self->start + 0x40);
	ASSERT_EQ(0, load(self->ko, params));
	now = proc_iomem();
	ASSERT_NE(NULL, now);
	snprintf(entry, sizeof(entry), "%08" PRIx64 "-%08" PRIx64 " : iomem",
		 self->start + 0x40, self->start + 0x5f);
	EXPECT_NE(NULL, strstr(now, entry));
	snprintf(entry, sizeof(entry), "%08" PRIx64 "-", self->start + 0x60);
	EXPECT_EQ(NULL, strstr(now, entry));
	free(now);
	EXPECT_EQ(0, unload("iomem_dev"));
	logged(self->log, "iomem_dev", line, sizeof(line));
}

TEST_F(params, ram)
{
	const char *ram = strstr(self->before, " : System RAM");
	uint64_t start, last;

	ASSERT_NE(NULL, ram);
	while (ram > self->before && ram[-1] != '\n')
		ram--;
	ASSERT_EQ(2, sscanf(ram, "%" SCNx64 "-%" SCNx64, &start, &last));
	start = (start + 0xfff) & ~0xfffULL;
	REFUSED(EPERM, "has RAM in it", "start=%#" PRIx64 " length=0x1000", start);
	/* A range of which only a part is RAM, if there is room before it. */
	REFUSED(EPERM, "has RAM in it", "start=%#" PRIx64 " length=0x100000000", start);
}

/* The interrupt controller, or the console: claimed for sure. */
TEST_F(params, busy)
{
#ifdef __x86_64__
	REFUSED(EBUSY, "is in use: /proc/iomem says by whom",
		"start=0xfec00000 length=0x1000");
#else
	REFUSED(EBUSY, "is in use: /proc/iomem says by whom",
		"start=0x9000000 length=0x1000");
#endif
}

/* A free range together with one that is not. */
TEST_F(params, partly_busy)
{
#ifdef __x86_64__
	REFUSED(EBUSY, "is in use", "start=0xfebff000 length=0x2000");
#else
	REFUSED(EBUSY, "is in use", "start=0x8fff000 length=0x2000");
#endif
}

/* That is the administrator's wish for all drivers of the bus. */
TEST_F(params, not_probed)
{
	ASSERT_EQ(0, tell("/sys/bus/platform/drivers_autoprobe", "0"));
	REFUSED(ENODEV, "is drivers_autoprobe 0?", "start=%#" PRIx64 " length=0x1000", self->start);
	ASSERT_EQ(0, tell("/sys/bus/platform/drivers_autoprobe", "1"));
}

TEST_F(params, beyond_the_processor)
{
	REFUSED(ERANGE, "is beyond this processor's physical addresses",
		"start=0xffffffffff000 length=0x1000");
	/* One that only ends there. */
	REFUSED(ERANGE, "is beyond this processor's physical addresses",
		"start=0x8000000000 length=0x10000000000000");
}

TEST_F(params, given_twice)
{
	char params[128];

	snprintf(params, sizeof(params), "start=%#" PRIx64 " start=%#" PRIx64,
		 self->start, self->start);
	REFUSED(EEXIST, "invalid for parameter `start'", "%s", params);
}

TEST_F(params, unknown)
{
	char line[512] = "";

	/* The kernel ignores it, with a warning of its own. */
	EXPECT_EQ(0, load(self->ko, "begin=0x1000"));
	EXPECT_EQ(0, unload("iomem_dev"));
	logged(self->log, "iomem_dev", line, sizeof(line));
	EXPECT_NE(NULL, strstr(line, "unknown parameter 'begin' ignored"));
}

TEST_HARNESS_MAIN
