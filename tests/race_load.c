// SPDX-License-Identifier: GPL-2.0
/*
 * A module that is loaded and unloaded at any time, under programs that open what it
 * makes, look at it, and make windows. A program that comes too late finds nothing, and
 * only one that has a file open can keep the module.
 *
 *	IOMEM_RANGE	START-LAST of a device, of which each program gets a page
 *	IOMEM_SEED	as in tests/race.c
 *	IOMEM_ROUNDS	how many things each program does, and more until enough has ended
 */

#include "race.h"
#include "tracefs.h"

#define DRIVER	"/sys/bus/platform/drivers/iomem_dev/"
#define DEVICES	"/sys/bus/platform/devices"
#define WORKERS	4

/* As many as take some seconds. */
#define ROUNDS		800

/*
 * How many windows and modules have to go for it to be a race: where little is asked for, since the
 * kernel is slow, each program goes on until then.
 */
#define LEAST_ENDED	40
#define MOST_ROUNDS	(4 * ROUNDS)

enum what { LOAD, UNLOAD, HOLD, NEW, DELETE, OPEN, MAP, ATTRIBUTE, DUMP, POLL };

static const char *const act_names[MOST_ACTS] = {
	"insmod", "rmmod", "rmmod with a file open", "new_device", "delete_device", "open", "mmap",
	"attribute", "dump", "poll",
};

struct worker {
	struct shared *s;
	uint32_t number, round;
	uint64_t random, start;
	const char *ko;
};

/* What an act came to: 0, or one of those that it may fail with. */
static bool is_one_of(struct worker *w, int act, int err, const int *may)
{
	atomic_fetch_add(err ? &w->s->refused[act] : &w->s->done[act], 1);
	while (err && *may && *may != err)
		may++;
	if (err && !*may)
		found(w->s, "failed with another errno", act, w->round, err);
	return !err;
}

#define MAY(act, err, ...) is_one_of(w, act, err, (const int []){ __VA_ARGS__, 0 })

/* Any node, for a while; with it the module cannot go. */
static void open_one(struct worker *w)
{
	struct iomem_window_info info = { .size = sizeof(info) };
	struct pollfd polled = { .events = POLLIN };
	char path[32];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "/dev/iomem%u", below(w, WORKERS + 3));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (!MAY(OPEN, fd < 0 ? errno : 0, ENOENT, ENODEV, ENXIO))
		return;
	at = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	/* Those of the firmware can only be read, or not be mapped. */
	MAY(MAP, at == MAP_FAILED ? errno : 0, ENODEV, EACCES, EPERM, EBUSY);
	if (below(w, 2)) {
		polled.fd = fd;
		if (poll(&polled, 1, below(w, 3)) < 0)
			found(w->s, "failed", POLL, w->round, errno);
		atomic_fetch_add(polled.revents & POLLHUP ? &w->s->refused[POLL] :
				 &w->s->done[POLL], 1);
	}
	/* The mapping alone will do. */
	if (at != MAP_FAILED)
		close(fd);
	act_unload(w->s, HOLD, "iomem_dev");
	if (at == MAP_FAILED)
		close(fd);
	else
		munmap(at, PAGE);
}

/* Where the tests' own windows begin. */
static uint64_t first_page(const struct worker *w)
{
	return w->start - (w->number + 1) * PAGE;
}

/*
 * The registers of any window that is the tests' own: those of firmware's devices may not be of the
 * width that is read here, which some machines do not survive. A number goes from one window to the
 * next, but a file that is open does not: so it is opened first, and if it is asked then whose the
 * number is, the file is of that one, or of one that has gone.
 */
static void dump_one(struct worker *w)
{
	uint32_t number = below(w, WORKERS + 3);
	char path[128], text[256];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "/iomem/iomem%u/region0", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* debugfs says ENXIO while the module is on its way out. */
	if (fd < 0) {
		MAY(DUMP, errno, ENOENT, ENODEV, ENXIO);
		return;
	}
	snprintf(path, sizeof(path), "/sys/class/misc/iomem%u/region0/address", number);
	if (read_file(path, text, sizeof(text), 0) > 0 &&
	    strtoull(text, NULL, 0) - first_page(w) < (WORKERS + 1) * PAGE)
		MAY(DUMP, read(fd, text, sizeof(text)) < 0 ? errno : 0, ENODEV, ENXIO, EIO);
	close(fd);
}

static void act_once(struct worker *w)
{
	char text[256], path[128];
	int err;

	switch (below(w, 16)) {
	case 0 ... 1:
		/* With a window of its own, or without. */
		snprintf(text, sizeof(text), "start=%#" PRIx64 " length=%#lx",
			 first_page(w), PAGE);
		MAY(LOAD, -load(w->ko, below(w, 2) ? text : ""), EEXIST, EBUSY);
		break;
	case 2:
		MAY(UNLOAD, -unload("iomem_dev"), ENOENT, EWOULDBLOCK, EBUSY);
		break;
	case 3 ... 5:
		snprintf(text, sizeof(text), "load%u mem=%#" PRIx64 ",%#lx", w->number, w->start,
			 PAGE);
		MAY(NEW, -tell(DRIVER "new_device", text), ENOENT, ENODEV, EEXIST);
		break;
	case 6 ... 7:
		/* One's own, or another's. */
		snprintf(text, sizeof(text), "load%u", below(w, WORKERS));
		MAY(DELETE, -tell(DRIVER "delete_device", text), ENOENT, ENODEV);
		break;
	case 8 ... 11:
		open_one(w);
		break;
	case 12 ... 13:
		snprintf(path, sizeof(path), "/sys/class/misc/iomem%u/region0/address",
			 below(w, WORKERS + 3));
		err = read_file(path, text, sizeof(text), 0) < 0 ? errno : 0;
		MAY(ATTRIBUTE, err, ENODEV);
		break;
	default:
		dump_one(w);
	}
}

FIXTURE(load)
{
	const char *ko;
	uint64_t start, last;
	char *before, *ports;
	int nodes;
};

/* Windows that were deleted, and modules that went, with what windows they had. */
static uint32_t ended(struct shared *s)
{
	return s->done[DELETE] + s->done[UNLOAD];
}

static void work(struct shared *s, uint32_t number, const void *about)
{
	/* What the harness calls this fixture's data. */
	const struct _test_data_load *load = about;
	struct worker worker = {
		.s = s, .number = number, .start = load->start + (number + 1) * PAGE,
		.ko = load->ko, .random = s->seed ^ (uint64_t)number << 48,
	};
	uint32_t rounds = chosen_rounds(ROUNDS), most = rounds > MOST_ROUNDS ? rounds : MOST_ROUNDS;

	for (worker.round = 1; worker.round <= most && !s->findings; worker.round++) {
		if (worker.round > rounds && ended(s) >= LEAST_ENDED)
			break;
		act_once(&worker);
	}
}

FIXTURE_SETUP(load)
{
	const char *why = why_not_load(&self->ko, &self->start, &self->last);

	self->before = NULL;
	if (why)
		SKIP(return, "%s", why);
	ASSERT_LE((WORKERS + 1) * PAGE, self->last - self->start + 1);
	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	self->before = proc_iomem();
	self->ports = proc_text("/proc/ioports");
	self->nodes = count_entries("/sys/kernel/software_nodes", "");
	ASSERT_NE(NULL, self->before);
	ASSERT_NE(NULL, self->ports);
}

FIXTURE_TEARDOWN(load)
{
	char *after, *ports;

	if (!self->before)
		return;
	if (loaded("iomem_dev"))
		EXPECT_EQ(0, unload("iomem_dev"));
	after = proc_iomem();
	ports = proc_text("/proc/ioports");
	EXPECT_STREQ(self->before, after);
	EXPECT_STREQ(self->ports, ports);
	EXPECT_EQ(self->nodes, count_entries("/sys/kernel/software_nodes", ""));
	EXPECT_EQ(0, count_entries("/sys/class/misc", "iomem"));
	EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));
	EXPECT_NE(0, access(DEBUGFS "/iomem", F_OK));
}

TEST_F_TIMEOUT(load, nobody_is_in_the_way, 7200)
{
	struct shared *s = mmap(NULL, sizeof(*s), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double took;

	ASSERT_NE(MAP_FAILED, s);
	took = side_by_side(_metadata, s, WORKERS, work, self);
	sum_up(_metadata, s, ended(s), took);
	EXPECT_EQ(0, s->findings);
	EXPECT_LE(LEAST_ENDED, ended(s));
	if (enough_rounds(ROUNDS))
		each_was_both(_metadata, s, 1ULL << HOLD | 1ULL << MAP | 1ULL << POLL);
}

TEST_HARNESS_MAIN
