// SPDX-License-Identifier: GPL-2.0
/*
 * The library is unloaded while a device is being unbound that it has given something to
 * (IOMEM_SLOW_KO, tests/kmod/slow.c, on IOMEM_RANGE). The driver that gave it is unloaded before
 * (IOMEM_HANDED_KO, tests/kmod/handed.rs).
 *
 *	IOMEM_LIBRARY_KO	iomem.ko, loaded
 */

#include "run_time_test.h"

#define SLOW		"/sys/module/iomem_test_slow/parameters/"
#define DRIVER		"/sys/bus/platform/drivers/iomem_test_slow/"
#define SECOND_US	1000000

static bool is_slow(void)
{
	char *text = proc_text(SLOW "slow");
	bool yes = text && *text == 'Y';

	free(text);
	return yes;
}

static int entries(void)
{
	char *text = proc_iomem();
	int n = 0;

	for (char *at = text; at && (at = strstr(at, " : handed\n")); at++)
		n++;
	free(text);
	return n;
}

/* How a process ends within so many microseconds, or -1 if it does not. */
static int ended(pid_t process, int us)
{
	int status;

	for (; us > 0; us -= 1000) {
		if (waitpid(process, &status, WNOHANG) == process)
			return status;
		usleep(1000);
	}
	return -1;
}

TEST(library_waits_for_an_unbinding)
{
	const char *slow = NEED("IOMEM_SLOW_KO"), *handed = NEED("IOMEM_HANDED_KO");
	const char *library = NEED("IOMEM_LIBRARY_KO");
	uint64_t start = strtoull(NEED("IOMEM_RANGE"), NULL, 0);
	pid_t unbinds, unloads;
	char params[64];

	if (users("iomem"))
		SKIP(return, "another module uses the library");
	snprintf(params, sizeof(params), "start=%#" PRIx64, start);
	ASSERT_EQ(0, load(handed, params));
	ASSERT_EQ(0, load(slow, ""));
	ASSERT_EQ(1, entries());

	unbinds = fork();
	ASSERT_LE(0, unbinds);
	if (!unbinds)
		_exit(-tell(DRIVER "unbind", "iomem_test_slow"));
	while (!is_slow())
		ASSERT_EQ(-1, ended(unbinds, 1000));

	/* The claim goes with its driver. */
	EXPECT_EQ(0, unload("iomem_test_handed"));
	EXPECT_EQ(0, entries());
	unloads = fork();
	ASSERT_LE(0, unloads);
	if (!unloads)
		_exit(-unload("iomem"));
	EXPECT_EQ(-1, ended(unloads, 2 * SECOND_US));
	EXPECT_TRUE(is_slow());

	EXPECT_EQ(0, tell(SLOW "go", "1"));
	EXPECT_EQ(0, ended(unbinds, 10 * SECOND_US));
	EXPECT_EQ(0, ended(unloads, 60 * SECOND_US));
	EXPECT_FALSE(loaded("iomem"));
	EXPECT_EQ(0, unload("iomem_test_slow"));
	EXPECT_EQ(0, load(library, ""));
}

TEST_HARNESS_MAIN
