// SPDX-License-Identifier: GPL-2.0
/*
 * A clock on taking back: a window goes while programs that have it open and mapped do their worst.
 * Removing it returns within a bound whatever they do, from then on no mapping gives data, and
 * meanwhile an unrelated window can be made and removed within the same bound.
 *
 *	IOMEM_RANGE	START-LAST of QEMU's ivshmem, 1 MiB
 *	IOMEM_LARGE	START-LAST of a second one, of 1 GiB, for mappings that are filled by faults
 *	IOMEM_SEED	a number that another run printed, to have its choices again
 *	IOMEM_REVOKE_ROUNDS	how many rounds of chosen acts, instead of as many as suit the suite
 */

#include "revoke_acts.h"

#define SMALL	(64UL << 10)
#define LARGE	(64UL << 20)

struct clocked {
	/* How long it took, in seconds; 0 until it is over. */
	double removing, making, deleting;
	int removed, made, deleted;
};

FIXTURE(revoke)
{
	uint64_t start, last, large;
	struct actor *actor;
	struct clocked *clocked;
	char node[64], device[64], *before, *core_pattern;
	bool up;
	int actors;
	pid_t remover, bystander;
	/* The test's own. */
	int fd;
	volatile char *at;
	size_t length;
};

FIXTURE_SETUP(revoke)
{
	uint64_t last;
	const char *ko;
	const char *why_not = why_not_load(&ko, &self->start, &self->last);

	self->up = false;
	self->actors = 0;
	if (!why_not &&
	    sscanf(env_or("IOMEM_LARGE", ""), "%" SCNx64 "-%" SCNx64, &self->large, &last) != 2)
		why_not = "IOMEM_LARGE is not set: see tests/revoke.c";
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, catch_faults());
	self->actor = mmap(NULL, ACTORS * sizeof(struct actor), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	self->clocked = mmap(NULL, sizeof(struct clocked), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->actor);
	ASSERT_NE(MAP_FAILED, self->clocked);
	self->core_pattern = proc_text(CORE_PATTERN);
	self->before = proc_iomem();
	ASSERT_EQ(0, load(ko, ""));
	self->up = true;
}

/* With its programs gone, the module can be unloaded, and has left nothing. */
FIXTURE_TEARDOWN(revoke)
{
	double begin = now();
	char *after;
	int i;

	if (!self->up)
		return;
	/* Those of a test that failed. */
	for (i = 0; i < self->actors; i++) {
		if (self->actor[i].pid <= 0)
			continue;
		atomic_store(&self->actor[i].release, true);
		kill(-self->actor[i].pid, SIGKILL);
		waitpid(self->actor[i].pid, NULL, 0);
	}
	EXPECT_EQ(0, tell(CORE_PATTERN, self->core_pattern));
	umount2(GROUPS, MNT_DETACH);
	EXPECT_TRUE(soon(!unload("iomem_dev")));
	EXPECT_GE(BOUND, now() - begin);
	after = proc_iomem();
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
	free(self->core_pattern);
}

static void play(struct actor *a)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (a->act->fuse)
		mount_page(a);
	a->act->run(a);
	if (a->server)
		kill(a->server, SIGKILL);
	_exit(0);
}

/* Gets a program into its position. */
static void engage(struct __test_metadata *_metadata, struct _test_data_revoke *self,
		   const struct act *act)
{
	struct actor *a = &self->actor[self->actors];
	pid_t pid;

	memset(a, 0, sizeof(*a));
	a->act = act;
	a->number = self->actors++;
	a->node = self->node;
	a->length = self->length;
	snprintf(a->file, sizeof(a->file), "/tmp/revoke-page-%d", a->number);
	/* The memory is shared: what fork() returns there would be the program's own 0. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		play(a);
	a->pid = pid;
	setpgid(pid, pid);
	ASSERT_TRUE(soon(a->ready || a->wrong) && !a->wrong) {
		TH_LOG("%s did not come into its position: %s", act->name, a->what);
		kill(-a->pid, SIGKILL);
	}
}

/* The window that is taken back, and the test's own mapping of it. */
static void make(struct __test_metadata *_metadata, struct _test_data_revoke *self, bool large)
{
	char line[128], link[128], target[256];
	ssize_t n;

	self->length = large ? LARGE : SMALL;
	snprintf(line, sizeof(line), "hostile mem=%#" PRIx64 ",%#zx width=4",
		 large ? self->large : self->start, self->length);
	ASSERT_EQ(0, tell(DRIVER "new_device", line));
	self->fd = open_window("hostile", O_RDWR);
	ASSERT_LE(0, self->fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", self->fd);
	n = readlink(link, self->node, sizeof(self->node) - 1);
	ASSERT_LT(0, n);
	self->node[n] = 0;
	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", strrchr(self->node, '/') + 1);
	n = readlink(link, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = 0;
	snprintf(self->device, sizeof(self->device), "%.63s", strrchr(target, '/') + 1);
	self->at = mmap(NULL, self->length, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->at);
	ASSERT_EQ(0, look(self->at));
	self->actors = 0;
}

static void remove_window(struct _test_data_revoke *self, bool unbind)
{
	double begin = now();

	self->clocked->removed = unbind ? tell(DRIVER "unbind", self->device) :
					  tell(DRIVER "delete_device", "hostile");
	self->clocked->removing = now() - begin;
}

/* Meanwhile another program makes a window, and removes it. */
static void stand_by(struct _test_data_revoke *self)
{
	double begin;
	char line[128];

	/* When the removal is under way, if it takes its time. */
	usleep(20000);
	snprintf(line, sizeof(line), "unrelated mem=%#" PRIx64 ",%#lx", self->start + 8 * SMALL,
		 SMALL);
	begin = now();
	self->clocked->made = tell(DRIVER "new_device", line);
	self->clocked->making = now() - begin;
	begin = now();
	self->clocked->deleted = tell(DRIVER "delete_device", "unrelated");
	self->clocked->deleting = now() - begin;
}

static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

static void tell_all_gone(struct _test_data_revoke *self)
{
	int i;

	for (i = 0; i < self->actors; i++)
		atomic_store(&self->actor[i].gone, true);
}

/* The window goes, against the clock. What did not end in time is let go of by its cause. */
static void remove_in_time(struct __test_metadata *_metadata, struct _test_data_revoke *self,
			   bool unbind)
{
	bool removed = false, stood_by = false;
	struct clocked *c = self->clocked;
	double begin = now();
	int i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < self->actors; i++)
		atomic_store(&self->actor[i].going, true);
	self->remover = fork();
	if (!self->remover) {
		remove_window(self, unbind);
		_exit(0);
	}
	self->bystander = fork();
	if (!self->bystander) {
		stand_by(self);
		_exit(0);
	}
	while (now() - begin < BOUND && !(removed && stood_by)) {
		if (!removed && has_ended(self->remover)) {
			removed = true;
			tell_all_gone(self);
		}
		stood_by = stood_by || has_ended(self->bystander);
		usleep(500);
	}
	EXPECT_TRUE(removed) {
		TH_LOG("removing the window took longer than %.0f s", BOUND);
	}
	EXPECT_TRUE(stood_by) {
		TH_LOG("an unrelated window could not be made and removed in %.0f s", BOUND);
	}
	if (removed && stood_by) {
		EXPECT_EQ(0, c->removed);
		EXPECT_EQ(0, c->made);
		EXPECT_EQ(0, c->deleted);
		EXPECT_EQ(SIGBUS, look(self->at));
		TH_LOG("removed in %.0f ms; meanwhile another was made in %.0f ms and removed in %.0f ms",
		       c->removing * 1000, c->making * 1000, c->deleting * 1000);
	}
	if (removed)
		self->remover = 0;
	if (stood_by)
		self->bystander = 0;
}

/* Where a program cannot look for itself, another does. */
static void look_from_without(struct __test_metadata *_metadata, struct actor *a)
{
	char path[64];
	uint32_t value;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", a->holder);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	EXPECT_LE(0, mem);
	EXPECT_EQ(-1, pread(mem, &value, 4, (uintptr_t)a->at)) {
		TH_LOG("%s: its mapping gives data to another program", a->act->name);
	}
	EXPECT_EQ(EIO, errno);
	close(mem);
}

/* The programs go on, and find all of it gone. */
static void let_go(struct __test_metadata *_metadata, struct _test_data_revoke *self)
{
	int status, i;
	bool ended;

	/* Those that can read the mapping have the time to. */
	usleep(20000);
	for (i = 0; i < self->actors; i++)
		if (self->actor[i].act->visible && self->actor[i].gone)
			look_from_without(_metadata, &self->actor[i]);
	for (i = 0; i < self->actors; i++) {
		struct actor *a = &self->actor[i];

		atomic_store(&a->release, true);
		ended = soon(waitpid(a->pid, &status, WNOHANG) == a->pid);
		kill(-a->pid, SIGKILL);
		EXPECT_TRUE(ended) {
			TH_LOG("%s did not come to its end", a->act->name);
			waitpid(a->pid, &status, 0);
		}
		EXPECT_EQ(0, status);
		EXPECT_FALSE(a->wrong) {
			TH_LOG("%s: %s", a->act->name, a->what);
		}
		EXPECT_LT(0, a->touches);
		EXPECT_EQ(0, a->late);
		if (a->act->fuse) {
			umount2(a->file, MNT_DETACH);
			unlink(a->file);
		}
	}
	/* Whatever was late. */
	if (self->remover)
		EXPECT_EQ(self->remover, waitpid(self->remover, NULL, 0));
	if (self->bystander)
		EXPECT_EQ(self->bystander, waitpid(self->bystander, NULL, 0));
	EXPECT_EQ(-1, pread(self->fd, &status, 4, 0));
	EXPECT_EQ(ENODEV, errno);
	munmap((void *)self->at, self->length);
	close(self->fd);
	/* What was unbound is still a device. */
	tell(DRIVER "delete_device", "hostile");
	self->actors = 0;
}

static const struct act *act_of(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(acts); i++)
		if (!strcmp(acts[i].name, name))
			return &acts[i];
	return NULL;
}

static void alone(struct __test_metadata *_metadata, struct _test_data_revoke *self,
		  const char *name)
{
	int i;

	/* As a mapping that was filled at once, and as one that was filled by faults. */
	for (i = 0; i < 2; i++) {
		make(_metadata, self, i);
		engage(_metadata, self, act_of(name));
		remove_in_time(_metadata, self, !i);
		let_go(_metadata, self);
	}
}

TEST_F(revoke, user_pread)
{
	alone(_metadata, self, "user_pread");
}

TEST_F(revoke, user_pwrite)
{
	alone(_metadata, self, "user_pwrite");
}

TEST_F(revoke, user_info)
{
	alone(_metadata, self, "user_info");
}

TEST_F(revoke, user_batch)
{
	alone(_metadata, self, "user_batch");
}

TEST_F(revoke, user_operations)
{
	alone(_metadata, self, "user_operations");
}

TEST_F(revoke, user_dump)
{
	alone(_metadata, self, "user_dump");
}

TEST_F(revoke, fuse_pread)
{
	alone(_metadata, self, "fuse_pread");
}

TEST_F(revoke, fuse_pwrite)
{
	alone(_metadata, self, "fuse_pwrite");
}

TEST_F(revoke, fuse_info)
{
	alone(_metadata, self, "fuse_info");
}

TEST_F(revoke, fuse_batch)
{
	alone(_metadata, self, "fuse_batch");
}

TEST_F(revoke, fuse_operations)
{
	alone(_metadata, self, "fuse_operations");
}

TEST_F(revoke, fuse_dump)
{
	alone(_metadata, self, "fuse_dump");
}

TEST_F(revoke, locked)
{
	alone(_metadata, self, "locked");
}

TEST_F(revoke, stopped)
{
	alone(_metadata, self, "stopped");
}

TEST_F(revoke, frozen)
{
	alone(_metadata, self, "frozen");
}

TEST_F(revoke, throttled)
{
	alone(_metadata, self, "throttled");
}

TEST_F(revoke, out_of_memory)
{
	alone(_metadata, self, "out_of_memory");
}

TEST_F(revoke, traced)
{
	alone(_metadata, self, "traced");
}

TEST_F(revoke, traced_entering)
{
	alone(_metadata, self, "traced_entering");
}

TEST_F(revoke, traced_leaving)
{
	alone(_metadata, self, "traced_leaving");
}

TEST_F(revoke, traced_faulting)
{
	alone(_metadata, self, "traced_faulting");
}

TEST_F(revoke, dumping_core)
{
	alone(_metadata, self, "dumping_core");
}

TEST_F(revoke, in_vfork)
{
	alone(_metadata, self, "in_vfork");
}

TEST_F(revoke, in_exec)
{
	alone(_metadata, self, "in_exec");
}

TEST_F(revoke, forking)
{
	alone(_metadata, self, "forking");
}

TEST_F(revoke, in_flight)
{
	alone(_metadata, self, "in_flight");
}

TEST_F(revoke, starved)
{
	alone(_metadata, self, "starved");
}

/* Maps a window in one of two modes. */
static void *map_mode(int fd, bool combining)
{
	struct iomem_region_info info = { .size = sizeof(info) };

	if (ioctl(fd, IOMEM_IOC_REGION_INFO, &info))
		return MAP_FAILED;
	return mmap(NULL, SMALL, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    combining ? info.wc_offset : info.offset);
}

/* Whether x86's list of the modes that ranges are mapped in has write-combining for an address. */
static bool is_combining(uint64_t address)
{
	char *text = proc_text("/sys/kernel/debug/x86/pat_memtype_list"), *line;
	bool is = false;
	uint64_t from;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "PAT: [mem 0x%" SCNx64, &from) == 1 && from == address)
			is |= !strncmp(line + strcspn(line, "]"), "] write-combining", 17);
	}
	free(text);
	return is;
}

static int mode_window(const char *line)
{
	return tell(DRIVER "new_device", line) ? -1 : open_window("modes", O_RDWR);
}

/*
 * An uncached mapping of a window that is gone is still on that list, until it is unmapped, and
 * keeps those of the other mode away: none is uncached without saying so. One that is
 * write-combining is not: no register is mapped so for its sake.
 */
TEST_F(revoke, dead_mapping_stays_uncached)
{
	char line[128];
	int mode, fd, error;
	void *dead, *p;

#ifndef __x86_64__
	SKIP(return, "this processor can have both modes at a time");
#endif
	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	snprintf(line, sizeof(line), "modes mem=%#" PRIx64 ",%#lx write-combining", self->start,
		 SMALL);
	for (mode = 0; mode < 2; mode++) {
		fd = mode_window(line);
		ASSERT_LE(0, fd);
		dead = map_mode(fd, mode);
		ASSERT_NE(MAP_FAILED, dead);
		EXPECT_EQ(mode, is_combining(self->start));
		ASSERT_EQ(0, tell(DRIVER "delete_device", "modes"));
		EXPECT_EQ(SIGBUS, look(dead));
		close(fd);

		/* The other mode is asked for. */
		fd = mode_window(line);
		ASSERT_LE(0, fd);
		p = map_mode(fd, !mode);
		error = errno;
		EXPECT_FALSE(is_combining(self->start));
		if (mode) {
			ASSERT_NE(MAP_FAILED, p);
			munmap(p, SMALL);
		} else {
			EXPECT_EQ(MAP_FAILED, p);
			EXPECT_EQ(EBUSY, error);
		}
		munmap(dead, SMALL);
		close(fd);
		ASSERT_EQ(0, tell(DRIVER "delete_device", "modes"));

		/* And is had where nothing is left. */
		fd = mode_window(line);
		ASSERT_LE(0, fd);
		p = map_mode(fd, !mode);
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(!mode, is_combining(self->start));
		munmap(p, SMALL);
		close(fd);
		ASSERT_EQ(0, tell(DRIVER "delete_device", "modes"));
	}
}

/* Several at once, chosen at random, on a window that is removed either way. */
TEST_F_TIMEOUT(revoke, together, 7200)
{
	uint64_t seed = strtoull(env_or("IOMEM_SEED", "0"), NULL, 0) ?:
			(uint64_t)time(NULL) << 20 ^ getpid();
	uint32_t rounds = strtoul(env_or("IOMEM_REVOKE_ROUNDS", "8"), NULL, 0), round;
	struct random_data state = {};
	char room[64] = "", names[256];
	int32_t n[ACTORS + 2];
	int many, i;

	TH_LOG("seed %#" PRIx64, seed);
	ASSERT_EQ(0, initstate_r(seed ^ seed >> 32, room, sizeof(room), &state));
	for (round = 0; round < rounds; round++) {
		size_t used = 0;

		for (i = 0; i < ARRAY_SIZE(n); i++)
			random_r(&state, &n[i]);
		many = 2 + n[ACTORS] % (ACTORS - 1);
		for (i = 0; i < many; i++)
			used += snprintf(names + used, sizeof(names) - used, " %s",
					 acts[n[i] % ARRAY_SIZE(acts)].name);
		TH_LOG("round %u, %s, %s:%s", round, n[ACTORS] & 8 ? "large" : "small",
		       n[ACTORS + 1] & 8 ? "unbind" : "delete_device", names);
		make(_metadata, self, n[ACTORS] & 8);
		for (i = 0; i < many; i++)
			engage(_metadata, self, &acts[n[i] % ARRAY_SIZE(acts)]);
		remove_in_time(_metadata, self, n[ACTORS + 1] & 8);
		let_go(_metadata, self);
		if (!_metadata->exit_code)
			continue;
		TH_LOG("seed %#" PRIx64 ", round %u", seed, round);
		break;
	}
}

TEST_HARNESS_MAIN
