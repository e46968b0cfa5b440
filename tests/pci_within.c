// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices that are removed while a window, or another claim, is on one of their BARs, but
 * below another resource there (the module iomem_test_within, IOMEM_WITHIN_KO), or while the claim
 * is being made. Otherwise as tests/pci_gone.c.
 */

#include <sys/prctl.h>
#include <sys/wait.h>

#include "late.h"
#include "pci_gone.h"

#define LENGTH 0x10000
#define MUXED 0x2000
/* What tests/attack/released.rs makes of the resource of iomem_test_within. */
#define PIECE 0x1000
#define PIECES (2 * LENGTH / PIECE)
#define CLAIM "/sys/module/iomem_test_within/parameters/claim"
#define PART "/sys/module/iomem_test_within/parameters/part"

static void unload_within(void)
{
	unload("iomem_attack_outlived");
	unload("iomem_test_tied");
	unload("iomem_test_released");
	unload("iomem_test_unfit");
	unload("iomem_attack_released");
	unload("iomem_test_within");
}

/* A resource of that length at the start of the BAR: a platform device's, or of no device. */
static int load_within(uint64_t start, uint64_t length, const char *more)
{
	char params[128];

	atexit(unload_within);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=%#" PRIx64 " %s", start, length,
		 more);
	return load(getenv("IOMEM_WITHIN_KO"), params);
}

static int load_outlived(uint64_t start)
{
	char params[64];

	snprintf(params, sizeof(params), "start=%#" PRIx64, start);
	return load(getenv("IOMEM_OUTLIVED_KO"), params);
}

/* A window that is on the first registers, and mapped. */
static volatile uint32_t *map_window(uint64_t start)
{
	volatile uint32_t *p;
	uint32_t id;
	int fd;

	if (make_window("first mem=%#" PRIx64 ",%#x width=4", start, LENGTH))
		return NULL;
	fd = open_window("first", O_RDWR);
	p = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED || look32(p, &id) || id != EDU_ID ? NULL : p;
}

/* Nothing of the window is left but its name, which goes, too. */
static bool window_is_gone(uint64_t start, volatile uint32_t *p)
{
	bool gone;
	uint32_t id;
	int fd;

	gone = look32(p, &id) == SIGBUS;
	fd = open_window("first", O_RDONLY);
	if (fd >= 0)
		close(fd);
	gone = fd < 0 && !entries(start, "iomem_dev") && gone;
	munmap((void *)p, LENGTH);
	return !delete_window("first") && gone;
}

/* Below a platform device's resource, which is there before the window is. */
TEST_F(run_time, window_below_another_device)
{
	volatile uint32_t *p;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	p = map_window(self->start);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, remove_edu());
	EXPECT_TRUE(window_is_gone(self->start, p));
	ASSERT_EQ(0, unload("iomem_test_within"));
	END();
}

/* That device goes first, and takes the claim out of the tree. The window still shows edu. */
TEST_F(run_time, window_below_a_device_that_went_first)
{
	volatile uint32_t *p;
	uint32_t id;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	p = map_window(self->start);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, unload("iomem_test_within"));
	EXPECT_EQ(0, look32(p, &id));
	ASSERT_EQ(0, remove_edu());
	EXPECT_TRUE(window_is_gone(self->start, p));
	END();
}

/* The resource comes to be around a window that was there before, and goes again. */
TEST_F(run_time, window_below_a_device_that_came_later)
{
	volatile uint32_t *p;

	ASSERT_TRUE(begin(self->start));
	p = map_window(self->start);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	ASSERT_EQ(0, unload("iomem_test_within"));
	ASSERT_EQ(0, remove_edu());
	EXPECT_TRUE(window_is_gone(self->start, p));
	END();
}

/* The same, but it stays. */
TEST_F(run_time, window_below_a_device_that_came_and_stays)
{
	volatile uint32_t *p;

	ASSERT_TRUE(begin(self->start));
	p = map_window(self->start);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	ASSERT_EQ(0, remove_edu());
	EXPECT_TRUE(window_is_gone(self->start, p));
	ASSERT_EQ(0, unload("iomem_test_within"));
	END();
}

/* Below a resource of which nothing is known. */
TEST_F(run_time, window_below_another_resource)
{
	volatile uint32_t *p;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, "device=0"));
	p = map_window(self->start);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, remove_edu());
	EXPECT_TRUE(window_is_gone(self->start, p));
	ASSERT_EQ(0, unload("iomem_test_within"));
	END();
}

/*
 * Claims that are tied to no device outlive edu, below such a resource. When they are dropped, a
 * driver in C has claimed the same ranges.
 */
static bool releases_only_its_own(uint64_t start, const char *more)
{
	bool ok;

	if (load_within(start, 2 * LENGTH, more) || load_outlived(start) || remove_edu() ||
	    entries(start, "outlived") || !found_again(start))
		return false;
	ok = !tell(CLAIM, "1") &&
	     entries(start, "neighbour in C") == 1;
	ok = !unload("iomem_attack_outlived") && ok;
	for (int i = 0; i < 3; i++)
		ok = entries(start + i * 0x1000, "neighbour in C") == 1 && ok;
	return !unload("iomem_test_within") && ok;
}

TEST_F(run_time, claims_below_another_device)
{
	ASSERT_TRUE(begin(self->start));
	EXPECT_TRUE(releases_only_its_own(self->start, ""));
	END();
}

TEST_F(run_time, claims_below_another_resource)
{
	ASSERT_TRUE(begin(self->start));
	EXPECT_TRUE(releases_only_its_own(self->start, "device=0"));
	END();
}

/* Loads a driver that waits for the muxed claim that there is, and gives it the time to begin. */
static pid_t wait_for_muxed(uint64_t start)
{
	char params[128];
	pid_t waiter = fork();

	if (waiter) {
		usleep(300000);
		return waiter;
	}
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=0x1000 muxed=1", start + MUXED);
	_exit(-load(getenv("IOMEM_HOLDER_KO"), params));
}

/* What became of it, within 10 s: 0 or the errno; -1 if it waits still. */
static int waited(pid_t waiter)
{
	int status;

	for (int tenths = 0; tenths < 100; tenths++) {
		if (waitpid(waiter, &status, WNOHANG) == waiter)
			return WEXITSTATUS(status);
		usleep(100000);
	}
	return -1;
}

/* A driver that waits for a muxed claim does so no longer than that is held, and gets nothing. */
TEST_F(run_time, waiting_for_a_muxed_claim)
{
	pid_t waiter;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_outlived(self->start));
	waiter = wait_for_muxed(self->start);
	EXPECT_EQ(0, waitpid(waiter, NULL, WNOHANG));
	ASSERT_EQ(0, remove_edu());
	ASSERT_TRUE(found_again(self->start));
	ASSERT_EQ(0, unload("iomem_attack_outlived"));
	EXPECT_EQ(EBUSY, waited(waiter));
	END();
}

/* The same where only a platform device goes. */
TEST_F(run_time, waiting_below_a_device_that_goes)
{
	pid_t waiter;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	ASSERT_EQ(0, load_outlived(self->start));
	waiter = wait_for_muxed(self->start);
	EXPECT_EQ(0, waitpid(waiter, NULL, WNOHANG));
	ASSERT_EQ(0, unload("iomem_test_within"));
	ASSERT_EQ(0, unload("iomem_attack_outlived"));
	EXPECT_EQ(EBUSY, waited(waiter));
	END();
}

/* And where that device came while the driver waited, which saw it when it was woken in vain. */
TEST_F(run_time, waiting_below_a_device_that_came_later)
{
	pid_t waiter;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_outlived(self->start));
	waiter = wait_for_muxed(self->start);
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	ASSERT_EQ(0, tell("/sys/module/iomem_test_within/parameters/wake", "1"));
	usleep(300000);
	EXPECT_EQ(0, waitpid(waiter, NULL, WNOHANG));
	ASSERT_EQ(0, unload("iomem_test_within"));
	ASSERT_EQ(0, unload("iomem_attack_outlived"));
	EXPECT_EQ(EBUSY, waited(waiter));
	END();
}

/*
 * The kernel has parted the claim from the resource that it was in, and changed its numbers. With
 * `again`, another driver has the range before the claim is released. Returns what became of the
 * program that waits.
 */
static int waited_for_what_was_parted(uint64_t start, bool again)
{
	pid_t waiter;
	int err;

	if (load_within(start, 2 * LENGTH, "") || load_outlived(start))
		return -2;
	waiter = wait_for_muxed(start);
	if (waitpid(waiter, NULL, WNOHANG) || tell(PART, "1"))
		return -3;
	if (again && make_window("again mem=%#" PRIx64 ",%#x", start + MUXED, LENGTH - MUXED))
		return -4;
	if (unload("iomem_attack_outlived"))
		return -5;
	err = waited(waiter);
	unload("iomem_test_holder");
	if (again && delete_window("again"))
		return -6;
	return unload("iomem_test_within") ? -7 : err;
}

TEST_F(run_time, waiting_for_what_is_moved)
{
	/*
	 * What has lost its range may have been freed by another module, and is not looked at
	 * again. What a program of this name allocates is forgotten on purpose: leaks() of
	 * tests/guest/suite.
	 */
	ASSERT_EQ(0, prctl(PR_SET_NAME, "forgotten"));
	ASSERT_TRUE(begin(self->start));
	EXPECT_EQ(0, waited_for_what_was_parted(self->start, false));
	EXPECT_EQ(EBUSY, waited_for_what_was_parted(self->start, true));
	END();
}

/* The removal comes just when a window's claim has been entered, before anything else is done. */
TEST_F(run_time, claim_that_is_being_made)
{
	int status = 0;
	pid_t maker;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_late(self->start, ""));
	maker = fork();
	ASSERT_LE(0, maker);
	if (!maker)
		_exit(-make_window("first mem=%#" PRIx64 ",%#x width=4", self->start, LENGTH));
	until_it_is_late();
	ASSERT_EQ(0, remove_edu());
	ASSERT_EQ(maker, waitpid(maker, &status, 0));
	/* It was refused, or made and unbound. */
	EXPECT_EQ(-1, open_window("first", O_RDONLY));
	if (!status)
		EXPECT_EQ(0, delete_window("first"));
	EXPECT_EQ(0, entries(self->start, "iomem_dev"));
	ASSERT_EQ(0, unload("iomem_test_late"));
	END();
}

/* Whether a device of iomem_test_tied is bound. */
static bool is_tied(int number)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/iomem_test_tied.%d/driver", number);
	return !access(path, F_OK);
}

/* Drivers that share a claim are all unbound before it goes: see tests/kmod/tied.rs. */
TEST_F(run_time, each_device_that_is_tied)
{
	char params[64];

	ASSERT_TRUE(begin(self->start));
	atexit(unload_within);
	snprintf(params, sizeof(params), "start=%#" PRIx64, self->start);
	ASSERT_EQ(0, load(getenv("IOMEM_TIED_KO"), params));
	EXPECT_TRUE(is_tied(0));
	EXPECT_TRUE(is_tied(1));
	EXPECT_EQ(1, entries(self->start, "tied"));
	ASSERT_EQ(0, remove_edu());
	EXPECT_FALSE(is_tied(0));
	EXPECT_FALSE(is_tied(1));
	/* The last of them has released it, once. */
	EXPECT_EQ(0, entries(self->start, "tied"));
	EXPECT_EQ(2, count_messages(messages, "is being removed, and what this device has of it"));
	ASSERT_EQ(0, unload("iomem_test_tied"));
	END();
}

/* What there is on no PCI device, and nothing that QEMU has. */
#ifdef __x86_64__
#define ELSEWHERE 0xfed40000
#else
#define ELSEWHERE 0xc100000
#endif

#define UNFIT "/sys/module/iomem_test_unfit/"

/* Loads the module with a claim that is tied to a device of tests/kmod/unfit.c first. */
static int load_tied(uint64_t start, const char *device)
{
	char path[64], params[96], *address;

	snprintf(path, sizeof(path), UNFIT "parameters/%s", device);
	address = proc_text(path);
	if (!address)
		return -errno;
	snprintf(params, sizeof(params), "start=%#" PRIx64 " device=%s", start, address);
	free(address);
	return load(getenv("IOMEM_TIED_KO"), params);
}

/*
 * The removal of edu would wait for these for ever, or in vain: see tests/kmod/unfit.c. A claim on
 * no PCI device does not go with one.
 */
TEST_F(run_time, devices_that_cannot_be_tied)
{
	static const char *const unfit[] = { "above", "beside", "usb" };

	ASSERT_TRUE(begin(self->start));
	atexit(unload_within);
	ASSERT_EQ(0, load(getenv("IOMEM_UNFIT_KO"), ""));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EINVAL, load_tied(self->start, unfit[i])) {
			TH_LOG("%s", unfit[i]);
			unload("iomem_test_tied");
		}
		EXPECT_EQ(0, entries(self->start, "tied"));
		EXPECT_EQ(0, load_tied(ELSEWHERE, unfit[i])) {
			TH_LOG("%s", unfit[i]);
		}
		EXPECT_EQ(1, entries(ELSEWHERE, "tied"));
		EXPECT_EQ(0, unload("iomem_test_tied"));
	}

	/* The device itself need not be, and those that are tied are unbound. */
	ASSERT_EQ(0, load_tied(self->start, "edu"));
	EXPECT_TRUE(is_tied(0));
	ASSERT_EQ(0, remove_edu());
	EXPECT_FALSE(is_tied(0));
	EXPECT_EQ(0, entries(self->start, "tied"));
	EXPECT_EQ(2, count_messages(messages, "is being removed, and what this device has of it"));
	EXPECT_EQ(0, access("/sys/bus/usb/devices/iomem_test_unfit/driver", F_OK));
	ASSERT_EQ(0, unload("iomem_test_tied"));
	ASSERT_EQ(0, unload("iomem_test_unfit"));
	END();
}

#define OTHERS 16

/* A claim refers to no device that was tied to it and has no driver any more. */
TEST_F(run_time, devices_that_were_tied_are_freed)
{
	char params[64];

	ASSERT_TRUE(begin(self->start));
	atexit(unload_within);
	ASSERT_EQ(0, load(getenv("IOMEM_RELEASED_KO"), "prefix=iomem_test_tied"));
	snprintf(params, sizeof(params), "start=%#" PRIx64 " others=%d", self->start, OTHERS);
	ASSERT_EQ(0, load(getenv("IOMEM_TIED_KO"), params));
	EXPECT_TRUE(is_tied(0));
	EXPECT_TRUE(is_tied(1));
	EXPECT_EQ(OTHERS, count_released());
	ASSERT_EQ(0, unload("iomem_test_tied"));
	EXPECT_EQ(OTHERS + 2, count_released());
	ASSERT_EQ(0, unload("iomem_test_released"));
	END();
}

/* Claims that another module has released are dropped after their ranges were claimed again. */
TEST_F(run_time, claims_that_another_module_released)
{
	int before = 0, first = 0, second = 0;

	/*
	 * The kernel crate's regions that are in no tree any more are never freed. What a program
	 * of this name allocates is forgotten on purpose: leaks() of tests/guest/suite.
	 */
	ASSERT_EQ(0, prctl(PR_SET_NAME, "forgotten"));
	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, ""));
	ASSERT_EQ(0, load(getenv("IOMEM_ATTACK_RELEASED_KO"), ""));
	for (int i = 0; i < PIECES; i++)
		before += entries(self->start + i * PIECE, "attack-region");
	ASSERT_EQ(PIECES, before);
	/* The regions stay, in no tree. */
	ASSERT_EQ(0, unload("iomem_test_within"));
	ASSERT_EQ(0, entries(self->start, "attack"));
	ASSERT_EQ(0, tell("/sys/bus/platform/drivers/iomem_test_within/release", "1"));
	for (int i = 0; i < PIECES; i++) {
		first += entries(self->start + i * PIECE, "attack-first");
		second += entries(self->start + i * PIECE, "attack-second");
	}
	EXPECT_EQ(0, first);
	EXPECT_EQ(PIECES, second);
	ASSERT_EQ(0, unload("iomem_attack_released"));
	EXPECT_EQ(0, entries(self->start, "attack"));
	END();
}

/* Until the BAR is out of the tree, no driver gets a claim there, which would go with it. */
TEST_F(run_time, no_claim_while_the_device_goes)
{
	int status = 0;
	pid_t remover;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, load_within(self->start, 2 * LENGTH, "device=0"));
	ASSERT_EQ(0, load_late(self->start, "leaving=1 hold=1"));
	remover = fork();
	ASSERT_LE(0, remover);
	if (!remover)
		_exit(-remove_edu());
	until_it_is_late();
	EXPECT_EQ(-EBUSY, tell(CLAIM, "1"));
	EXPECT_EQ(0, waitpid(remover, &status, WNOHANG));
	ASSERT_EQ(0, let_it_go());
	ASSERT_EQ(remover, waitpid(remover, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, unload("iomem_test_late"));
	ASSERT_EQ(0, unload("iomem_test_within"));
	END();
}

TEST_HARNESS_MAIN
