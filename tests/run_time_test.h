/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of windows that are made at run time share: the driver, loaded for each test, and
 * whether anything of them is left.
 */
#ifndef _IOMEM_RUN_TIME_TEST_H
#define _IOMEM_RUN_TIME_TEST_H

#include "iomem_test.h"

#define DRIVER "/sys/bus/platform/drivers/iomem_dev/"
#define DEVICES "/sys/bus/platform/devices"

FIXTURE(run_time)
{
	uint64_t start, last;
	char *iomem, *ioports;
	int log, nodes, windows;
};

/* How many windows there are, wherever they come from. */
static int count_windows(void)
{
	/* Devices of the test modules are called iomem-…. */
	return count_entries("/sys/class/misc", "iomem") - count_entries("/sys/class/misc", "iomem-");
}

FIXTURE_SETUP(run_time)
{
	const char *ko;
	const char *why_not = why_not_load(&ko, &self->start, &self->last);
	char line[4096];

	self->iomem = NULL;
	if (why_not)
		SKIP(return, "%s", why_not);
	self->log = open_log();
	ASSERT_LE(0, self->log);
	self->iomem = proc_iomem();
	self->ioports = proc_text("/proc/ioports");
	self->nodes = count_entries("/sys/kernel/software_nodes", "");
	ASSERT_NE(NULL, self->iomem);
	ASSERT_NE(NULL, self->ioports);
	ASSERT_EQ(0, count_entries(DEVICES, "iomem_dev"));
	ASSERT_EQ(0, load(ko, ""));
	self->windows = count_windows();
	logged(self->log, "iomem_dev", line, sizeof(line));
}

/* Whatever was made and refused, with the module all of it goes. */
FIXTURE_TEARDOWN(run_time)
{
	char *iomem, *ioports;

	if (!self->iomem)
		return;
	unload("iomem_dev");
	EXPECT_FALSE(loaded("iomem_dev"));
	EXPECT_EQ(0, count_windows());
	EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));
	EXPECT_EQ(self->nodes, count_entries("/sys/kernel/software_nodes", ""));
	iomem = proc_iomem();
	ioports = proc_text("/proc/ioports");
	EXPECT_STREQ(self->iomem, iomem);
	EXPECT_STREQ(self->ioports, ioports);
	close(self->log);
}

/* Writes a line to new_device: make_window(format, ...). */
#define make_window(...) ({						\
	char line_[2 * MOST_PAGE];						\
									\
	snprintf(line_, sizeof(line_), __VA_ARGS__);			\
	tell(DRIVER "new_device", line_);				\
})

static inline int delete_window(const char *name)
{
	return tell(DRIVER "delete_device", name);
}

/*
 * new_device is given a line, which must fail with `err` and a word in the log. Of a line that says
 * what cannot be, there is one; of a device that the driver refused, the kernel has a second.
 */
#define REFUSED(err, lines, words, ...) do {				\
	char text_[4096];						\
									\
	EXPECT_EQ(-(err), make_window(__VA_ARGS__)) {			\
		TH_LOG("for: " __VA_ARGS__);				\
	}								\
	EXPECT_EQ(lines, logged(self->log, "iomem_dev", text_, sizeof(text_))) {	\
		TH_LOG("the log has: %s", text_);			\
	}								\
	EXPECT_NE(NULL, strstr(text_, words)) {				\
		TH_LOG("wanted '%s', the log has: %s", words, text_);	\
	}								\
	EXPECT_EQ(self->windows, count_windows());			\
	EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));		\
} while (0)

#endif /* _IOMEM_RUN_TIME_TEST_H */
