// SPDX-License-Identifier: GPL-2.0
/*
 * The machine changes under a window: its device is taken off the bus and found again, pulled out
 * and plugged in, the system is suspended, processors come and go. What is gone gives no data; what
 * stays works as before, with the mask and the count of its interrupt.
 *
 * It takes a machine of scripts/vm --hotplug, whose tools it calls: tests/topology starts it there.
 *
 *	IOMEM_EDU_PCI	the folder of an edu in sysfs
 *	IOMEM_SEED	a number that another run printed, to have its choices again
 *	IOMEM_ROUNDS	how many changes in any order, instead of as many as suit the suite
 */

#include <sys/mount.h>

#include "topology.h"

/* What is claimed for windows, to be freed: a device can be elsewhere when it is found again. */
static char *claims(void)
{
	char *all = proc_iomem(), *claims = calloc(1, strlen(all) + 1), *line, *rest = all;

	while ((line = strsep(&rest, "\n"))) {
		if (!strstr(line, " : iomem"))
			continue;
		strcat(claims, line);
		strcat(claims, "\n");
	}
	free(all);
	return claims;
}

static bool is_listed(const struct edu *edu)
{
	char *all = proc_iomem();
	bool is = strstr(all, edu->name);

	free(all);
	return is;
}

FIXTURE(topology)
{
	struct edu edu;
	struct shared *s;
	/* What was claimed without the window. */
	char *before;
	int log, fd;
	volatile uint32_t *regs;
	pid_t user[USERS];
	bool up;
};

static void make(struct __test_metadata *_metadata, struct _test_data_topology *self)
{
	ASSERT_EQ(0, make_window(&self->edu));
	self->fd = open_window(LABEL, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->regs = mmap(NULL, LENGTH, RW, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->regs);
	/* Whatever an earlier test has left raised. */
	EXPECT_TRUE(put(self->fd, EDU_ACKNOWLEDGE, ~0u));
	EXPECT_EQ(0, unmask(self->fd));
}

static void drop(struct _test_data_topology *self)
{
	munmap((void *)self->regs, LENGTH);
	close(self->fd);
	self->fd = -1;
}

/* The window works: both ways to its registers, and its interrupt. */
#define EXPECT_WORKS() do {						\
	uint32_t value_ = 0;						\
									\
	EXPECT_EQ(0, look32(self->regs, &value_));			\
	EXPECT_EQ(EDU_ID, value_);					\
	self->regs[EDU_INVERT / 4] = 0x12345678;			\
	EXPECT_EQ(0xedcba987, get(self->fd, EDU_INVERT));		\
	EXPECT_TRUE(one_interrupt(self->fd));				\
} while (0)

/* Nothing of it does, and nothing of it is claimed. */
#define EXPECT_GONE() do {						\
	char *claims_ = claims();					\
	void *at_;							\
	uint32_t value_ = 0;						\
									\
	EXPECT_EQ(SIGBUS, look32(self->regs, &value_)) {		\
		TH_LOG("the mapping gives %#x", value_);		\
	}								\
	EXPECT_EQ(-1, pread(self->fd, &value_, 4, 0));			\
	EXPECT_EQ(ENODEV, errno);					\
	at_ = mmap(NULL, LENGTH, RW, MAP_SHARED, self->fd, 0);		\
	EXPECT_EQ(MAP_FAILED, at_);					\
	EXPECT_EQ(ENODEV, errno);					\
	if (at_ != MAP_FAILED)						\
		munmap(at_, LENGTH);					\
	EXPECT_EQ(ENODEV, unmask(self->fd));				\
	EXPECT_STREQ(self->before, claims_);				\
	free(claims_);							\
} while (0)

FIXTURE_SETUP(topology)
{
	const char *ko = getenv("IOMEM_KO"), *folder = getenv("IOMEM_EDU_PCI");

	self->up = false;
	self->fd = -1;
	if (!ko || !folder)
		SKIP(return, "IOMEM_KO or IOMEM_EDU_PCI is not set: see tests/topology.c");
	ASSERT_EQ(0, catch_faults());
	self->s = mmap(NULL, sizeof(*self->s), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->s);
	self->log = open_log();
	ASSERT_LE(0, self->log);
	snprintf(self->edu.folder, sizeof(self->edu.folder), "%s", folder);
	ASSERT_TRUE(look_up(&self->edu));
	/* A test that failed has left it. */
	unload("iomem_dev");
	ASSERT_EQ(0, load(ko, ""));
	self->up = true;
	self->before = claims();
}

/* Ends the programs that are still there. */
static void end_users(struct _test_data_topology *self)
{
	int i;

	for (i = 0; i < USERS; i++) {
		if (self->user[i] <= 0)
			continue;
		kill(self->user[i], SIGKILL);
		waitpid(self->user[i], NULL, 0);
		self->user[i] = 0;
	}
}

/* Nothing is left, and the kernel has seen nothing released that it does not know. */
FIXTURE_TEARDOWN(topology)
{
	char line[4096], *after;

	if (!self->up)
		return;
	/* Of a test that failed they still have the window. */
	end_users(self);
	if (self->fd >= 0)
		drop(self);
	tell(DRIVER "delete_device", LABEL);
	after = claims();
	EXPECT_STREQ(self->before, after);
	EXPECT_EQ(0, unload("iomem_dev"));
	EXPECT_EQ(0, logged(self->log, "resource: Trying to free", line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	close(self->log);
	free(after);
	free(self->before);
}

/* --- The device ------------------------------------------------------------------------- */

static int take_off(struct edu *edu)
{
	return tell_in(edu->folder, "remove", "1");
}

static bool find_again(struct edu *edu)
{
	return !tell(PCI "rescan", "1") && look_up(edu);
}

/* A window by address goes with the device that has its addresses. */
TEST_F_TIMEOUT(topology, removed_and_found_again, 300)
{
	struct edu *edu = &self->edu;
	int i;

	for (i = 0; i < 3; i++) {
		make(_metadata, self);
		EXPECT_WORKS();
		EXPECT_TRUE(is_listed(edu));
		ASSERT_EQ(0, take_off(edu));
		EXPECT_FALSE(is_listed(edu));
		EXPECT_GONE();
		tell(DRIVER "delete_device", LABEL);
		EXPECT_GONE();

		ASSERT_TRUE(find_again(edu));
		EXPECT_TRUE(is_listed(edu));
		EXPECT_GONE();
		drop(self);
		/* It is another window, and the first cannot have it as well. */
		make(_metadata, self);
		EXPECT_WORKS();
		ASSERT_EQ(0, tell(DRIVER "delete_device", LABEL));
		EXPECT_GONE();
		drop(self);
	}
}

/*
 * How often a device is plugged in: a second one is not announced by QEMU's port where the kernel
 * drives it itself, without ACPI.
 */
#ifdef __x86_64__
#define PLUGGED 2
#else
#define PLUGGED 1
#endif

/* Pulled out by the host, which does not ask whether it is in use. */
TEST_F_TIMEOUT(topology, unplugged_and_plugged_in_again, 300)
{
	struct edu fixed = self->edu, *edu = &self->edu;
	FILE *plug;
	int i;

	for (i = 0; i < PLUGGED; i++) {
		fflush(NULL);
		plug = popen("hostdev plug", "r");
		ASSERT_NE(NULL, plug);
		ASSERT_NE(NULL, fgets(edu->folder, sizeof(edu->folder), plug));
		ASSERT_EQ(0, pclose(plug));
		edu->folder[strcspn(edu->folder, "\n")] = 0;
		ASSERT_TRUE(look_up(edu));
		make(_metadata, self);
		EXPECT_WORKS();
		EXPECT_TRUE(is_listed(edu));

		ASSERT_EQ(0, tool("hostdev unplug"));
		EXPECT_FALSE(is_listed(edu));
		EXPECT_GONE();
		tell(DRIVER "delete_device", LABEL);
		EXPECT_GONE();
		drop(self);
	}
	*edu = fixed;
}

/* Looks for the range of a bridge behind which nothing has a range: where it begins. */
static bool empty_bus(uint64_t *start)
{
	char *all = proc_iomem(), *line, *rest = all;
	size_t bus = 0;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n"))) {
		size_t depth = strspn(line, " ");

		/* The one before is a bus's, and this is not in it. */
		found = bus && depth <= bus;
		bus = 0;
		/* Not that of the whole machine, which bridges and devices are in. */
		if (!found && depth && strstr(line, " : PCI Bus ") &&
		    sscanf(line, "%" SCNx64, start) == 1)
			bus = depth;
	}
	free(all);
	return found;
}

/* The kernel can give such a range to a device that is plugged in, whether or not it is claimed. */
TEST_F(topology, slot_without_a_device)
{
	char *claims_, text[256], line[4096];
	uint64_t start;

	ASSERT_TRUE(empty_bus(&start));
	snprintf(text, sizeof(text), LABEL " mem=%#" PRIx64 ",%#x width=4", start, LENGTH);
	EXPECT_EQ(-ENXIO, tell(DRIVER "new_device", text));
	logged(self->log, "iomem_dev", line, sizeof(line));
	EXPECT_NE(NULL, strstr(line, "no device on that has it"));
	claims_ = claims();
	EXPECT_STREQ(self->before, claims_);
	free(claims_);
}

/* The smallest size of a BAR, as the power of two of its MiB, that is among those in a file. */
static int smallest_size(const char *path)
{
	char *text = proc_text(path);
	uint64_t sizes = text ? strtoull(text, NULL, 16) : 0;

	free(text);
	return sizes ? __builtin_ctzll(sizes) : -1;
}

/* Where what a device keeps for the BARs of its virtual functions begins; 0 if it has none. */
static uint64_t kept_for_functions(const char *folder)
{
	char path[640], *text, *line, *rest;
	uint64_t start = 0;
	int n = 0;

	snprintf(path, sizeof(path), "%s/sriov_totalvfs", folder);
	if (access(path, F_OK))
		return 0;
	snprintf(path, sizeof(path), "%s/resource", folder);
	text = proc_text(path);
	rest = text;
	/* Behind six BARs and the ROM. */
	while ((line = strsep(&rest, "\n")) && n++ < 7)
		;
	if (line)
		start = strtoull(line, NULL, 16);
	free(text);
	return start;
}

/*
 * No device has the addresses that one keeps for its virtual functions, as long as it has
 * none. They are refused all the same: to make a function the kernel takes them, and stops with
 * a BUG if it cannot.
 */
TEST_F(topology, addresses_of_functions_to_come)
{
	char folder[300], line[64];
	struct dirent *entry;
	uint64_t start = 0;
	DIR *dir;

	dir = opendir(PCI "devices");
	ASSERT_NE(NULL, dir);
	while (!start && (entry = readdir(dir))) {
		snprintf(folder, sizeof(folder), PCI "devices/%s", entry->d_name);
		start = kept_for_functions(folder);
	}
	closedir(dir);
	ASSERT_NE(0, start);
	ASSERT_EQ(0, number_in(folder, "sriov_numvfs"));
	snprintf(line, sizeof(line), LABEL " mem=%#" PRIx64 ",0x1000", start);
	EXPECT_EQ(-ENXIO, tell(DRIVER "new_device", line));
}

/* Of all devices, those that can be made larger or smaller. */
TEST_F(topology, resized)
{
	char path[512], size[32];
	struct dirent *device;
	DIR *devices = opendir(PCI "devices");
	int n = 0, i;

	ASSERT_NE(NULL, devices);
	while ((device = readdir(devices))) {
		for (i = 0; i < 6; i++) {
			snprintf(path, sizeof(path), PCI "devices/%s/resource%d_resize",
				 device->d_name, i);
			if (access(path, F_OK))
				continue;
			/* The smallest of those that are offered. */
			snprintf(size, sizeof(size), "%d", smallest_size(path));
			EXPECT_EQ(0, tell(path, size));
			n++;
		}
	}
	closedir(devices);
	if (!n)
		SKIP(return, "QEMU has no device whose BARs can be resized");
}

/* --- The system ------------------------------------------------------------------------- */

static const struct { const char *state, *level; } suspensions[] = {
	{ "freeze", "freezer" }, { "freeze", "devices" }, { "freeze", "platform" },
	{ "mem", "freezer" }, { "mem", "devices" }, { "mem", "platform" }, { "mem", "processors" },
	{ "mem", "core" },
};

/* Where "mem" is no more than "freeze", the rest of its levels is not there. */
static bool can_suspend(size_t i)
{
	return has_word("/sys/power/state", suspensions[i].state) &&
	       (strcmp(suspensions[i].state, "mem") || has_word("/sys/power/mem_sleep", "deep"));
}

/* An interrupt keeps its mask and its count, and a mapping its registers. */
TEST_F_TIMEOUT(topology, suspended, 300)
{
	struct iomem_irq_info masked, after;
	int tried = 0, i;

	make(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(suspensions); i++) {
		if (!can_suspend(i))
			continue;
		tried++;
		EXPECT_WORKS();
		/* Masked, with the line still raised. */
		masked = irq_of(self->fd);
		ASSERT_TRUE(put(self->fd, EDU_RAISE, 1));
		ASSERT_TRUE(comes_to(self->fd, masked.count + 1));
		masked = irq_of(self->fd);
		EXPECT_EQ(IOMEM_IRQ_LEVEL | IOMEM_IRQ_MASKED, masked.flags);
		self->regs[EDU_INVERT / 4] = 0x600dcafe + i;
		ASSERT_EQ(0, sleep_until(suspensions[i].state, suspensions[i].level)) {
			TH_LOG("%s, %s", suspensions[i].state, suspensions[i].level);
		}
		after = irq_of(self->fd);
		EXPECT_EQ(masked.flags, after.flags);
		EXPECT_EQ(masked.count, after.count);
		EXPECT_EQ(~(0x600dcafe + i), self->regs[EDU_INVERT / 4]);
		/* Still raised: unmasked it comes at once. */
		EXPECT_EQ(0, unmask(self->fd));
		EXPECT_TRUE(comes_to(self->fd, masked.count + 1));
		EXPECT_TRUE(put(self->fd, EDU_ACKNOWLEDGE, ~0u));
		EXPECT_EQ(0, unmask(self->fd));

		/* And one that is not masked is not either afterwards. */
		ASSERT_EQ(0, sleep_until(suspensions[i].state, suspensions[i].level));
		EXPECT_EQ(IOMEM_IRQ_LEVEL, irq_of(self->fd).flags);
		EXPECT_EQ(masked.count + 1, irq_of(self->fd).count);
		EXPECT_WORKS();
	}
#ifdef __x86_64__
	EXPECT_EQ(8, tried);
#else
	EXPECT_LE(3, tried);
#endif
}

/* Waits with a limit, for ever; ends with the errno of one that no time or interrupt ended. */
static void wait_and_wait(int fd)
{
	struct iomem_irq_wait wait = {
		.size = sizeof(wait), .timeout_ns = 1000000, .count = irq_of(fd).count,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait) || errno == ETIMEDOUT)
		;
	_exit(errno);
}

#define FREEZER "/tmp/freezer"

/*
 * That a program is frozen is no signal, at whatever moment of its waiting that is; nor that it
 * was to be frozen and then was not.
 */
TEST_F_TIMEOUT(topology, frozen_while_it_waits, 300)
{
	uint32_t rounds = chosen_rounds(2000), round;
	uint64_t random = chosen_seed();
	char pid[16];
	int status, i;

	mkdir(FREEZER, 0700);
	if (mount("none", FREEZER, "cgroup", 0, "freezer"))
		SKIP(return, "this kernel has no freezer of version 1: CONFIG_CGROUP_FREEZER");
	TH_LOG("seed %#" PRIx64, random);
	ASSERT_EQ(0, mkdir(FREEZER "/waiting", 0700));
	make(_metadata, self);
	for (i = 0; i < USERS; i++) {
		self->user[i] = fork();
		ASSERT_LE(0, self->user[i]);
		if (!self->user[i])
			wait_and_wait(self->fd);
		snprintf(pid, sizeof(pid), "%d", self->user[i]);
		ASSERT_EQ(0, tell(FREEZER "/waiting/tasks", pid));
	}
	for (round = 0; round < rounds; round++) {
		ASSERT_EQ(0, tell(FREEZER "/waiting/freezer.state", "FROZEN"));
		if (next_random(&random) % 2)
			usleep(next_random(&random) % 1000);
		ASSERT_EQ(0, tell(FREEZER "/waiting/freezer.state", "THAWED"));
		usleep(next_random(&random) % 1000);
	}
	for (i = 0; i < USERS; i++) {
		EXPECT_EQ(0, waitpid(self->user[i], &status, WNOHANG)) {
			TH_LOG("a wait ended: %s", strerror(WEXITSTATUS(status)));
			self->user[i] = 0;
		}
	}
	end_users(self);
	EXPECT_EQ(0, rmdir(FREEZER "/waiting"));
	EXPECT_EQ(0, umount(FREEZER));
}

/* --- Beside programs that use it -------------------------------------------------------- */

static void let_users_in(struct __test_metadata *_metadata, struct _test_data_topology *self)
{
	int i;

	memset(self->s, 0, sizeof(*self->s));
	self->s->seed = chosen_seed();
	TH_LOG("seed %#" PRIx64, self->s->seed);
	for (i = 0; i < USERS; i++) {
		self->user[i] = fork();
		ASSERT_LE(0, self->user[i]);
		if (!self->user[i])
			user(self->s, i);
	}
}

static void see_users_out(struct __test_metadata *_metadata, struct _test_data_topology *self,
			  double took)
{
	struct shared *s = self->s;
	int status, i;

	atomic_store(&s->stop, true);
	futex(&s->live, FUTEX_WAKE, INT_MAX);
	for (i = 0; i < USERS; i++) {
		ASSERT_EQ(self->user[i], waitpid(self->user[i], &status, 0));
		self->user[i] = 0;
		EXPECT_EQ(0, status);
	}
	sum_up(_metadata, s, s->live, took);
	EXPECT_EQ(0, s->findings);
}

TEST_F_TIMEOUT(topology, processors_come_and_go, 300)
{
	double begin = now();
	uint64_t random = 0;
	int i;

	if (access(CPUS "cpu1/online", F_OK))
		SKIP(return, "there is one processor only");
	make(_metadata, self);
	let_users_in(_metadata, self);
	let_loose(self->s, 1);
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, without_processor(self->edu.irq));
		dawdle(&random, true);
		ASSERT_TRUE(put(self->fd, EDU_RAISE, 1));
		ASSERT_EQ(0, with_processor());
		dawdle(&random, true);
		ASSERT_TRUE(put(self->fd, EDU_RAISE, 1));
	}
	see_users_out(_metadata, self, now() - begin);
	EXPECT_TRUE(put(self->fd, EDU_ACKNOWLEDGE, ~0u));
	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_WORKS();
}

enum change { REMOVE, REBIND, REMAKE, SLEEP, PROCESSOR, CHANGES };

static const char *const change_names[] = {
	"remove", "unbind", "delete_device", "suspend", "processor",
};

/* The window ends in one of three ways, and is made again. */
static void end_window(struct __test_metadata *_metadata, struct _test_data_topology *self,
		       enum change how, uint32_t round)
{
	struct shared *s = self->s;
	char link[128], target[256];
	uint32_t value;
	struct stat st;
	ssize_t n;

	atomic_store(&s->leaving, round);
	switch (how) {
	case REMOVE:
		ASSERT_EQ(0, take_off(&self->edu));
		break;
	case REBIND:
		ASSERT_EQ(0, fstat(self->fd, &st));
		snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
			 minor(st.st_rdev));
		n = readlink(link, target, sizeof(target) - 1);
		ASSERT_LT(0, n);
		target[n] = 0;
		ASSERT_EQ(0, tell(DRIVER "unbind", strrchr(target, '/') + 1));
		break;
	default:
		ASSERT_EQ(0, tell(DRIVER "delete_device", LABEL));
	}
	atomic_store(&s->dead, round);
	EXPECT_EQ(SIGBUS, look32(self->regs, &value));
	ASSERT_TRUE(all_finished(s, USERS));
	drop(self);
	tell(DRIVER "delete_device", LABEL);
	if (how == REMOVE)
		ASSERT_TRUE(find_again(&self->edu));
	make(_metadata, self);
}

TEST_F_TIMEOUT(topology, in_any_order, 7200)
{
	uint32_t rounds = chosen_rounds(16), done[CHANGES] = {}, i, round = 1, level;
	struct shared *s = self->s;
	double begin = now();
	uint64_t random;

	make(_metadata, self);
	let_users_in(_metadata, self);
	random = s->seed;
	let_loose(s, round);
	for (i = 0; i < rounds && !s->findings; i++) {
		/* Each once first, so that few rounds will do. */
		enum change change = (i < CHANGES ? i + s->seed : next_random(&random)) % CHANGES;

		dawdle(&random, true);
		put(self->fd, EDU_RAISE, 1);
		done[change]++;
		switch (change) {
		case SLEEP:
			do
				level = next_random(&random) % ARRAY_SIZE(suspensions);
			while (!can_suspend(level));
			ASSERT_EQ(0, sleep_until(suspensions[level].state,
						 suspensions[level].level));
			break;
		case PROCESSOR:
			if (access(CPUS "cpu1/online", F_OK))
				break;
			ASSERT_EQ(0, without_processor(self->edu.irq));
			dawdle(&random, false);
			ASSERT_EQ(0, with_processor());
			break;
		default:
			end_window(_metadata, self, change, round);
			let_loose(s, ++round);
		}
		ASSERT_EQ(EDU_ID, self->regs[0]) {
			TH_LOG("after %s", change_names[change]);
		}
	}
	see_users_out(_metadata, self, now() - begin);
	for (i = 0; i < CHANGES; i++)
		TH_LOG("%s: %u", change_names[i], done[i]);
	EXPECT_TRUE(put(self->fd, EDU_ACKNOWLEDGE, ~0u));
	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_WORKS();
}

TEST_HARNESS_MAIN
