// SPDX-License-Identifier: GPL-2.0
/*
 * Host bridges of PCI that are unbound while claims are made and tied in their windows: those of
 * the module iomem_test_hosts (IOMEM_HOSTS_KO, tests/kmod/hosts.c), of platform devices. That of
 * the machine is tried by tests/host_bridge.c, where it is one. IOMEM_LATE_TIE_KO is
 * tests/attack/late_tie.rs, IOMEM_MUXED_LATE_KO is tests/attack/muxed_late.rs,
 * IOMEM_UNBIND_TIE_KO is tests/attack/unbind_tie.rs, and IOMEM_LIBRARY_KO is the library.
 */

#include <sys/wait.h>

#include "holder.h"
#include "late.h"
#include "run_time_test.h"

#define HOSTS "/sys/bus/platform/drivers/iomem_test_hosts/"
#define UNBIND_TIE "/sys/bus/platform/drivers/iomem_attack_unbind_tie/"
/* Of no device, and no memory. */
#define START UINT64_C(0x4000000000)
/* The window of the second host. */
#define WINDOW (START + 0x100000)

static void unload_hosts(void)
{
	unload("iomem_attack_late_tie");
	unload("iomem_attack_muxed_late");
	unload("iomem_dev");
	unload("iomem_test_holder");
	unload("iomem_test_hosts");
	unload("iomem_attack_unbind_tie");
}

static int load_hosts(const char *more)
{
	char params[64];

	atexit(unload_hosts);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " %s", START, more);
	return load(getenv("IOMEM_HOSTS_KO"), params);
}

/* How many claims there are from an address on, below whatever. */
static int claims(uint64_t start)
{
	char *now = proc_iomem(), line[64];
	const char *at = now;
	int n = 0;

	snprintf(line, sizeof(line), "%08" PRIx64 "-%08" PRIx64 " : ", start, start + 0xfff);
	while (at && (at = strstr(at, line))) {
		at += strlen(line);
		n++;
	}
	free(now);
	return n;
}

/* Starts a process that does something, and whose status is what that failed with. */
#define MEANWHILE(what) ({						\
	pid_t pid_ = fork();						\
									\
	if (!pid_)							\
		_exit(-(what));						\
	pid_;								\
})

static int failed(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static pid_t late_tie(int seconds)
{
	char params[64];

	snprintf(params, sizeof(params), "start=%#" PRIx64 " seconds=%d", WINDOW, seconds);
	return MEANWHILE(load(getenv("IOMEM_LATE_TIE_KO"), params));
}

/* The kernel takes this away just before it tells of the unbinding. */
static void until_going(void)
{
	const char *driver = "/sys/bus/platform/devices/iomem_test_hosts.1/driver";

	for (int tries = 0; tries < 500 && !access(driver, F_OK); tries++)
		usleep(10000);
	usleep(100000);
}

static int load_muxed(void)
{
	char params[64];

	snprintf(params, sizeof(params), "start=%#" PRIx64, WINDOW);
	return load(getenv("IOMEM_MUXED_LATE_KO"), params);
}

static void until_claimed(void)
{
	for (int tries = 0; tries < 500 && !claims(WINDOW); tries++)
		usleep(10000);
}

TEST_F(run_time, window_goes_with_its_host)
{
	int fd;

	ASSERT_EQ(0, load_hosts(""));
	ASSERT_EQ(0, make_window("hosted mem=%#" PRIx64 ",0x1000 width=4", WINDOW));
	fd = open_window("hosted", O_RDWR);
	ASSERT_LE(0, fd);
	/* Not with the other one. */
	EXPECT_EQ(0, tell(HOSTS "unbind", "iomem_test_hosts.0"));
	EXPECT_EQ(1, claims(WINDOW));
	EXPECT_EQ(0, tell(HOSTS "unbind", "iomem_test_hosts.1"));
	EXPECT_EQ(0, claims(WINDOW));
	EXPECT_EQ(self->windows, count_windows());
	close(fd);
	EXPECT_EQ(0, delete_window("hosted"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* From the moment on at which the windows that there are have been unbound. */
TEST_F(run_time, no_window_while_its_host_goes)
{
	char text[4096];
	pid_t unbinder;

	ASSERT_EQ(0, load_hosts("wait=900"));
	unbinder = MEANWHILE(tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_LT(0, unbinder);
	until_going();
	logged(self->log, "iomem_dev", text, sizeof(text));
	REFUSED(EBUSY, 2, "is of a device that is being removed", "hosted mem=%#" PRIx64 ",0x1000",
		WINDOW);
	EXPECT_EQ(-EBUSY, load_muxed());
	/* Elsewhere they are made, and leave nothing. */
	EXPECT_EQ(0, make_window("other mem=%#" PRIx64 ",0x1000", self->start));
	EXPECT_EQ(0, delete_window("other"));
	EXPECT_EQ(0, make_window("other mem=%#" PRIx64 ",0x1000", START));
	EXPECT_EQ(0, delete_window("other"));
	EXPECT_EQ(0, claims(START));
	EXPECT_EQ(0, failed(unbinder));
	EXPECT_EQ(self->windows, count_windows());

	ASSERT_EQ(0, tell(HOSTS "bind", "iomem_test_hosts.1"));
	EXPECT_EQ(0, make_window("hosted mem=%#" PRIx64 ",0x1000", WINDOW));
	EXPECT_EQ(1, claims(WINDOW));
	EXPECT_EQ(self->windows + 1, count_windows());
	EXPECT_EQ(0, delete_window("hosted"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* The claim is in the tree when the unbinding begins, and is tied later. */
TEST_F(run_time, window_whose_host_went_as_it_was_made)
{
	pid_t maker, unbinder;

	ASSERT_EQ(0, load_hosts(""));
	ASSERT_EQ(0, load_late(WINDOW, "hold=1"));
	maker = MEANWHILE(make_window("hosted mem=%#" PRIx64 ",0x1000", WINDOW));
	ASSERT_LT(0, maker);
	until_it_is_late();
	unbinder = MEANWHILE(tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_LT(0, unbinder);
	usleep(200000);
	ASSERT_EQ(0, let_it_go());
	/* Refused, or made in time to be unbound. */
	TH_LOG("making it failed with %d", failed(maker));
	EXPECT_EQ(0, failed(unbinder));
	EXPECT_EQ(0, claims(WINDOW));
	EXPECT_EQ(self->windows, count_windows());
	ASSERT_EQ(0, unload("iomem_test_late"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* Tying fails, also where the same window is there again: another driver can have the range. */
TEST_F(run_time, claim_that_is_tied_too_late)
{
	enum { NO_WINDOW, ANOTHER_WINDOW, OF_C, CASES };

	for (int i = 0; i < CASES; i++) {
		pid_t loader;

		ASSERT_EQ(0, load_hosts(""));
		loader = late_tie(3);
		ASSERT_LT(0, loader);
		until_claimed();
		ASSERT_EQ(1, claims(WINDOW));
		ASSERT_EQ(0, tell(HOSTS "unbind", "iomem_test_hosts.1"));
		if (i != NO_WINDOW)
			ASSERT_EQ(0, tell(HOSTS "bind", "iomem_test_hosts.1"));
		if (i == ANOTHER_WINDOW)
			ASSERT_EQ(0, make_window("hosted mem=%#" PRIx64 ",0x1000", WINDOW));
		if (i == OF_C)
			ASSERT_EQ(0, load_holder(WINDOW, 0x1000));
		EXPECT_EQ(ENODEV, failed(loader));
		/* That the other is dropped does not end this one's. */
		EXPECT_EQ(i != NO_WINDOW, claims(WINDOW));
		if (i == ANOTHER_WINDOW)
			EXPECT_EQ(0, delete_window("hosted"));
		if (i == OF_C)
			EXPECT_EQ(0, unload("iomem_test_holder"));
		EXPECT_EQ(0, unload("iomem_test_hosts"));
	}
}

/* The window has gone, and a driver in C has the range, while the bridge is still being unbound. */
TEST_F(run_time, lost_claim_leaves_what_came_after_it)
{
	pid_t loader, unbinder;

	ASSERT_EQ(0, load_hosts("after=8000"));
	loader = late_tie(5);
	until_claimed();
	unbinder = MEANWHILE(tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_LT(0, unbinder);
	EXPECT_EQ(ENODEV, failed(loader));
	EXPECT_EQ(1, claims(WINDOW));
	EXPECT_EQ(0, failed(unbinder));
	EXPECT_EQ(0, claims(WINDOW));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* The same, and the claim is one that is being refused. */
TEST_F(run_time, refused_claim_leaves_what_came_after_it)
{
	pid_t loader, unbinder;

	ASSERT_EQ(0, load_hosts("wait=1500 after=5000"));
	ASSERT_EQ(0, load_late(WINDOW, "hold=1"));
	unbinder = MEANWHILE(tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_LT(0, unbinder);
	until_going();
	loader = late_tie(0);
	ASSERT_LT(0, loader);
	sleep(3);
	ASSERT_EQ(0, let_it_go());
	EXPECT_EQ(EBUSY, failed(loader));
	EXPECT_EQ(1, claims(WINDOW));
	EXPECT_EQ(0, failed(unbinder));
	ASSERT_EQ(0, unload("iomem_test_late"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* It has not waited, but the bridge has been unbound before the library takes note of it. */
TEST_F(run_time, muxed_claim_that_is_late)
{
	pid_t loader;

	ASSERT_EQ(0, load_hosts(""));
	ASSERT_EQ(0, load_late(WINDOW, "hold=1"));
	loader = MEANWHILE(load_muxed());
	ASSERT_LT(0, loader);
	until_it_is_late();
	EXPECT_EQ(0, tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_EQ(0, let_it_go());
	EXPECT_EQ(EBUSY, failed(loader));
	ASSERT_EQ(0, unload("iomem_test_late"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* It ends before the window has gone: what comes after it must not wait for it. */
TEST_F(run_time, muxed_claim_that_is_dropped_meanwhile)
{
	pid_t unbinder;

	ASSERT_EQ(0, load_hosts("wait=3000"));
	ASSERT_EQ(0, load_muxed());
	unbinder = MEANWHILE(tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_LT(0, unbinder);
	until_going();
	EXPECT_EQ(0, unload("iomem_attack_muxed_late"));
	EXPECT_EQ(-EBUSY, load_muxed());
	EXPECT_EQ(0, failed(unbinder));
	EXPECT_EQ(0, claims(WINDOW));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

static int load_unbind_tie(int seconds)
{
	char params[64];

	snprintf(params, sizeof(params), "start=%#" PRIx64 " seconds=%d", WINDOW, seconds);
	return load(getenv("IOMEM_UNBIND_TIE_KO"), params);
}

/* What the log has of the tie that was made while the device was being unbound. */
#define TIED(wanted) do {							\
	char text_[1024];							\
										\
	EXPECT_EQ(1, logged(self->log, "iomem_attack_unbind_tie: ", text_, sizeof(text_)));	\
	EXPECT_NE(NULL, strstr(text_, "tied: " wanted)) {			\
		TH_LOG("the log has: %s", text_);				\
	}									\
} while (0)

/* The unbinding of the bridge would not wait for that of the device. */
TEST_F(run_time, claim_that_is_tied_in_the_unbinding)
{
	pid_t unbinder;

	ASSERT_EQ(0, load_hosts(""));
	ASSERT_EQ(0, load_unbind_tie(2));
	unbinder = MEANWHILE(tell(UNBIND_TIE "unbind", "iomem_attack_unbind_tie"));
	ASSERT_LT(0, unbinder);
	usleep(1000000);
	EXPECT_EQ(0, tell(HOSTS "unbind", "iomem_test_hosts.1"));
	EXPECT_EQ(0, failed(unbinder));
	TIED("Err(ENODEV)");
	EXPECT_EQ(0, claims(WINDOW));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
	EXPECT_EQ(0, unload("iomem_attack_unbind_tie"));
}

/* It stays when the bridge goes. */
TEST_F(run_time, device_above_a_host)
{
	ASSERT_EQ(0, load_unbind_tie(0));
	ASSERT_EQ(0, load_hosts("above=iomem_attack_unbind_tie"));
	EXPECT_EQ(0, tell(UNBIND_TIE "unbind", "iomem_attack_unbind_tie"));
	TIED("Err(EINVAL)");
	EXPECT_EQ(0, unload("iomem_test_hosts"));
	EXPECT_EQ(0, unload("iomem_attack_unbind_tie"));
}

/* It was not told of the unbinding. */
TEST_F(run_time, library_is_loaded_while_a_host_goes)
{
	pid_t unbinder;

	ASSERT_EQ(0, load_hosts("wait=3000"));
	ASSERT_EQ(0, unload("iomem_dev"));
	ASSERT_EQ(0, unload("iomem"));
	unbinder = MEANWHILE(tell(HOSTS "unbind", "iomem_test_hosts.1"));
	ASSERT_LT(0, unbinder);
	until_going();
	ASSERT_EQ(0, load(getenv("IOMEM_LIBRARY_KO"), ""));
	/* That has waited for it, or there would be the window still. */
	EXPECT_EQ(0, failed(late_tie(0)));
	EXPECT_EQ(0, failed(unbinder));
	EXPECT_EQ(0, unload("iomem_attack_late_tie"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

/* A host bridge that has nothing to do with it goes while the one of a window is looked for. */
TEST_F(run_time, another_host_goes_meanwhile)
{
	pid_t maker;

	ASSERT_EQ(0, load_hosts("slow=1"));
	maker = MEANWHILE(make_window("hosted mem=%#" PRIx64 ",0x1000", WINDOW));
	ASSERT_LT(0, maker);
	usleep(500000);
	EXPECT_EQ(0, tell(HOSTS "unbind", "iomem_test_hosts.0"));
	EXPECT_EQ(0, failed(maker));
	EXPECT_EQ(1, claims(WINDOW));
	EXPECT_EQ(0, delete_window("hosted"));
	EXPECT_EQ(0, unload("iomem_test_hosts"));
}

TEST_HARNESS_MAIN
