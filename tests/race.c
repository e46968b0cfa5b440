// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is unbound and bound, over and over, under programs that use it in
 * every way there is: see race.h for what must hold.
 *
 *	IOMEM_RANGE	START-LAST of QEMU's ivshmem, 1 MiB
 *	IOMEM_LARGE	START-LAST of a second one, of 1 GiB, for huge pages
 *	IOMEM_SEED	a number that another run printed, to have its choices again
 *	IOMEM_ROUNDS	how many rounds, instead of as many as suit the suite
 */

#include "race_see.h"

#define DRIVER	"/sys/bus/platform/drivers/iomem_dev/"

FIXTURE(race)
{
	const char *ko;
	/* Which files to write to, and what. */
	const char *comes, *goes;
	char device[64], line[128], *before;
	struct window *w;
	struct shared *s;
	uint64_t saved[PARTS][SCRATCH(WORKERS) / 8];
	pid_t process[PROCESSES];
	/* What the one who unbinds has itself. */
	int fd;
	char *window;
	size_t length;
};

FIXTURE_VARIANT(race)
{
	const char *range;
	bool huge;
	uint32_t rounds;
	/* Made by new_device and removed by delete_device, instead of bound and unbound. */
	bool run_time;
};

/* Mapped at once, in pages. */
FIXTURE_VARIANT_ADD(race, small)
{
	.range = "IOMEM_RANGE", .rounds = 1300,
};

/* At fault time, in the largest pages that there are. */
FIXTURE_VARIANT_ADD(race, large)
{
	.range = "IOMEM_LARGE", .huge = true, .rounds = 600,
};

/* The device itself comes and goes. */
FIXTURE_VARIANT_ADD(race, run_time)
{
	.range = "IOMEM_RANGE", .rounds = 100, .run_time = true,
};

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		n = -errno;
	close(fd);

	return n == (ssize_t)strlen(text) ? 0 : n;
}

/* Whether a line of /proc/iomem ends with the node's name. */
static bool claimed(const char *node)
{
	char *now = proc_iomem(), name[80];
	bool found;

	snprintf(name, sizeof(name), " : %s\n", node + strlen("/dev/"));
	found = !now || strstr(now, name);
	free(now);

	return found;
}

FIXTURE_SETUP(race)
{
	char params[128], link[128], target[256];
	uint64_t start, last;
	size_t unit;
	ssize_t n;

	self->ko = getenv("IOMEM_KO");
	if (!self->ko ||
	    sscanf(env_or(variant->range, ""), "%" SCNx64 "-%" SCNx64, &start, &last) != 2)
		SKIP(return, "IOMEM_KO or %s is not set: see tests/race.c", variant->range);
	if (loaded("iomem_dev"))
		SKIP(return, "iomem_dev is loaded: unload it, these tests load it themselves");
	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	ASSERT_TRUE(mounted("tracefs", TRACEFS));
	self->length = last - start + 1;
	unit = variant->huge ? HUGE_PAGE : PAGE;
	ASSERT_LE(PARTS * unit, self->length);
	ASSERT_EQ(0, catch_faults());

	self->w = mmap(NULL, sizeof(*self->w), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->w);
	self->w->unit = unit;
	self->w->length = self->length;
	self->s = &self->w->s;
	self->s->seed = chosen_seed();

	self->before = proc_iomem();
	ASSERT_NE(NULL, self->before);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=%#zx", start, self->length);
	ASSERT_EQ(0, load(self->ko, variant->run_time ? "" : params));
	if (variant->run_time) {
		self->comes = DRIVER "new_device";
		self->goes = DRIVER "delete_device";
		snprintf(self->device, sizeof(self->device), "race");
		snprintf(self->line, sizeof(self->line), "race mem=%#" PRIx64 ",%#zx", start,
			 self->length);
		ASSERT_EQ(0, write_to(self->comes, self->line));
	}
	ASSERT_TRUE(find_node(self->s->node, sizeof(self->s->node)));
	if (variant->run_time)
		return;

	self->comes = DRIVER "bind";
	self->goes = DRIVER "unbind";
	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", self->s->node + strlen("/dev/"));
	n = readlink(link, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = 0;
	snprintf(self->device, sizeof(self->device), "%s", strrchr(target, '/') + 1);
	snprintf(self->line, sizeof(self->line), "%s", self->device);
}

FIXTURE_TEARDOWN(race)
{
	char *after;

	unlink(OTHER_NODE);
	EXPECT_EQ(0, trace_events(false));
	EXPECT_EQ(0, unload("iomem_dev"));
	after = proc_iomem();
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
	munmap(self->w, sizeof(*self->w));
}

/* --- The programs ----------------------------------------------------------------------- */

/* One thing, chosen at random. `of_old`: only with what the worker has. */
static void act_once(struct worker *w, bool of_old)
{
	/* The race of a mapping against the unmapping is what this is most about. */
	static const enum what acts[] = {
		OPEN, MAP, MAP, MAP, MAP, READ, READ, WRITE, SPLIT, MPROTECT, MREMAP, PREAD, PREADS,
		PWRITE, INFO, SEEK, BATCH, DEBUG, POLL, WINDOW,
	};
	enum what act = acts[below(w, ARRAY_SIZE(acts))];
	struct mapping *m = &w->mapping[below(w, MAPPINGS)];
	struct file *f = &w->file[below(w, FILES)];

	if (!of_old && !below(w, 64)) {
		reap(w);
		act_fork(w, !below(w, 4));
		return;
	}
	if (!of_old && act_seldom(w, f))
		return;
	switch (act) {
	case OPEN:
		if (of_old)
			return;
		if (f->fd >= 0)
			close(f->fd);
		act_open(w, f);
		return;
	case MAP:
		if (f->fd < 0)
			return;
		forget(w, m);
		act_map(w, f, m);
		return;
	case READ:
	case WRITE:
		if (m->at)
			act_touch(w, m, below(w, m->parts), act == WRITE, act);
		return;
	case SPLIT:
		if (m->at)
			act_split(w, m);
		return;
	case MPROTECT:
		if (m->at)
			act_mprotect(w, m);
		return;
	case MREMAP:
		if (m->at)
			act_mremap(w, m);
		return;
	case DEBUG:
		if (m->at)
			act_debug(w, m);
		return;
	default:
		if (f->fd >= 0)
			act_call(w, f, act);
	}
}

/* All that it has, when the device has gone. */
static void all_is_dead(struct worker *w)
{
	struct mapping *m;
	uint32_t i;

	for (i = 0; i < MAPPINGS; i++) {
		m = &w->mapping[i];
		if (!m->at)
			continue;
		act_touch(w, m, 0, false, READ);
		act_touch(w, m, m->parts - 1, false, READ);
	}
	for (i = 0; i < FILES; i++) {
		if (w->file[i].fd < 0)
			continue;
		act_call(w, &w->file[i], PREAD);
		act_fdinfo(w, &w->file[i]);
	}
	act_attribute(w);
	act_dump(w);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct shared *s = w->s;
	uint32_t i;

	for (i = 0; i < FILES; i++)
		w->file[i].fd = -1;
	w->mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	while (!atomic_load(&s->stop)) {
		/* Meanwhile what is left of other rounds has to stay dead. */
		for (i = w->round ? below(w, 8) : 0; i; i--)
			act_once(w, true);
		i = next_round(s, w->round);
		if (!i)
			break;
		w->round = i;
		w->random = s->seed ^ (uint64_t)w->number << 48 ^ (uint64_t)w->round << 16;

		i = below(w, FILES);
		if (w->file[i].fd >= 0)
			close(w->file[i].fd);
		act_open(w, &w->file[i]);
		do {
			act_once(w, false);
		} while (!is_dead(s, w->round) && !atomic_load(&s->stop));
		if (is_dead(s, w->round))
			all_is_dead(w);
		reap(w);
		finish(s);
	}

	for (i = 0; i < MAPPINGS; i++)
		forget(w, &w->mapping[i]);
	for (i = 0; i < FILES; i++)
		if (w->file[i].fd >= 0)
			close(w->file[i].fd);
	close(w->mem);
	return NULL;
}

static int process(struct window *window, uint32_t number)
{
	static struct worker worker[THREADS];
	pthread_t thread[THREADS];
	uint32_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < THREADS; i++) {
		worker[i].window = window;
		worker[i].s = &window->s;
		worker[i].number = number * THREADS + i;
		if (pthread_create(&thread[i], NULL, work, &worker[i]))
			return 1;
	}
	for (i = 0; i < THREADS; i++)
		if (pthread_join(thread[i], NULL))
			return 1;
	return 0;
}

/* --- The one who unbinds ---------------------------------------------------------------- */

static volatile uint64_t *word(struct _test_data_race *self, uint32_t part, uint32_t number)
{
	return (volatile uint64_t *)(self->window + part * self->w->unit) + number;
}

/* Opens and maps what has been bound, and makes the second node. */
static void take(struct __test_metadata *_metadata, struct _test_data_race *self)
{
	struct stat st;

	self->fd = open(self->s->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->window = mmap(NULL, self->length, RW, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->window);
	ASSERT_EQ(0, stat(self->s->node, &st));
	unlink(OTHER_NODE);
	ASSERT_EQ(0, mknod(OTHER_NODE, S_IFCHR | 0600, st.st_rdev));
}

static void give_up(struct _test_data_race *self)
{
	munmap(self->window, self->length);
	close(self->fd);
}

TEST_F_TIMEOUT(race, nobody_reaches_what_was_taken_back, 7200)
{
	uint32_t rounds = chosen_rounds(variant->rounds);
	struct shared *s = self->s;
	uint64_t random = s->seed, value;
	uint32_t round, i, j;
	double start = now();
	int status;

	EXPECT_EQ(0, hurry());
	TH_LOG("seed %#" PRIx64, s->seed);
	take(_metadata, self);
	for (i = 0; i < PARTS; i++)
		for (j = 0; j < SCRATCH(WORKERS) / 8; j++)
			self->saved[i][j] = *word(self, i, j);
	for (i = 0; i < PROCESSES; i++) {
		self->process[i] = fork();
		ASSERT_LE(0, self->process[i]);
		if (!self->process[i]) {
			give_up(self);
			_exit(process(self->w, i));
		}
	}

	for (round = 1; round <= rounds && !atomic_load(&s->findings); round++) {
		ASSERT_TRUE(claimed(s->node));
		for (i = 0; i < PARTS; i++)
			*word(self, i, 0) = mark(round, i);
		let_loose(s, round);
		dawdle(&random, round % 8 == 0);

		atomic_store(&s->leaving, round);
		ASSERT_EQ(0, write_to(self->goes, self->device));
		atomic_store(&s->dead, round);

		ASSERT_FALSE(claimed(s->node));
		ASSERT_NE(0, access(s->node, F_OK));
		ASSERT_EQ(SIGBUS, touch(self->window, &value, false));
		ASSERT_EQ(-1, pread(self->fd, &value, 8, 0));
		ASSERT_EQ(ENODEV, errno);
		ASSERT_TRUE(all_finished(s, WORKERS)) {
			TH_LOG("round %u: %u of %u programs came to its end", round, s->finished,
			       WORKERS);
		}

		give_up(self);
		wait_for_room();
		dawdle(&random, false);
		if (round % 2)
			trace_differently(s, random >> 32);
		ASSERT_EQ(0, write_to(self->comes, self->line));
		take(_metadata, self);
	}
	sum_up(_metadata, s, round - 1, now() - start);
	EXPECT_EQ(0, s->findings);

	atomic_store(&s->stop, true);
	futex(&s->live, FUTEX_WAKE, INT_MAX);
	for (i = 0; i < PROCESSES; i++) {
		ASSERT_EQ(self->process[i], waitpid(self->process[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	for (i = 0; i < PARTS; i++)
		for (j = 0; j < SCRATCH(WORKERS) / 8; j++)
			*word(self, i, j) = self->saved[i][j];
	give_up(self);

	if (enough_rounds(variant->rounds))
		each_was_both(_metadata, s, 1ULL << UNLOAD | 1ULL << TRACE);
	EXPECT_EQ(0, attribute(s, "open_files"));
	EXPECT_EQ(0, attribute(s, "mappings"));
	EXPECT_EQ(0, users("iomem_dev"));
}

TEST_HARNESS_MAIN
