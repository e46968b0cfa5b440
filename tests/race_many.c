// SPDX-License-Identifier: GPL-2.0
/*
 * Many windows that come and go, each as chosen at random: made and deleted, unbound and
 * bound, none waiting for another. Each is its own, with a node and a number that no other
 * else has, and is gone when it is.
 *
 *	IOMEM_RANGE	START-LAST of a device, of which each window gets a page
 *	IOMEM_SEED, IOMEM_ROUNDS	as in tests/race.c
 */

#include "race.h"
#include "tracefs.h"

#define DRIVER	"/sys/bus/platform/drivers/iomem_dev/"
#define WORKERS	5

/* As many as take some seconds. */
#define ROUNDS		60

enum what { NEW, BIND, UNBIND, DELETE, FIND, LOOK, UNLOAD };

static const char *const act_names[MOST_ACTS] = {
	"new_device", "bind", "unbind", "delete_device", "open", "look", "rmmod",
};

struct worker {
	struct shared *s;
	uint32_t round;
	uint64_t random, start;
	/* What the window is called, its device and, as long as it is bound, its node. */
	char label[32], device[64], node[64];
	int fd;
};

/* Must succeed. */
static void must(struct worker *w, int act, const char *file, const char *text)
{
	int err = tell(file, text);

	if (err)
		found(w->s, "failed", act, w->round, -err);
	atomic_fetch_add(&w->s->done[act], 1);
}

static void must_not(struct worker *w, int act, const char *file, const char *text, int wanted)
{
	int err = tell(file, text);

	if (err != -wanted)
		found(w->s, "failed with another errno, or not", act, w->round, -err);
	atomic_fetch_add(&w->s->refused[act], 1);
}

/* Opens what has the window's label: one node has, and it is its device's. */
static void find(struct worker *w)
{
	uint32_t n, many = 0;
	char path[128], text[256];
	ssize_t length;

	w->fd = -1;
	for (n = 0; n < 3 * WORKERS; n++) {
		struct iomem_window_info info = { .size = sizeof(info) };
		int fd;

		snprintf(path, sizeof(path), "/dev/iomem%u", n);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			/* Another one, that goes at the moment. */
			if (errno != ENOENT && errno != ENODEV && errno != ENXIO)
				found(w->s, "failed with another errno", FIND, w->round, errno);
			continue;
		}
		if (ioctl(fd, IOMEM_IOC_WINDOW_INFO, &info) == 0 &&
		    strcmp((char *)info.name, w->label) == 0) {
			many++;
			w->fd = fd;
			snprintf(w->node, sizeof(w->node), "iomem%u", n);
			continue;
		}
		close(fd);
	}
	if (many != 1) {
		found(w->s, "found none or several", FIND, w->round, many);
		return;
	}
	atomic_fetch_add(&w->s->done[FIND], 1);
	snprintf(path, sizeof(path), "/sys/class/misc/%s/device", w->node);
	length = readlink(path, text, sizeof(text) - 1);
	text[length < 0 ? 0 : length] = 0;
	snprintf(w->device, sizeof(w->device), "%.60s",
		 strrchr(text, '/') ? strrchr(text, '/') + 1 : "");
}

/* Everything that shows it shows this one. */
static void look_at(struct worker *w)
{
	char path[128], text[256], wanted[128];
	struct iomem_region_info info = { .size = sizeof(info) };
	char *all = proc_iomem();
	void *at;

	if (ioctl(w->fd, IOMEM_IOC_REGION_INFO, &info) || info.length != PAGE)
		found(w->s, "has another region", LOOK, w->round, info.length);
	at = mmap(NULL, PAGE, RW, MAP_SHARED, w->fd, 0);
	if (at == MAP_FAILED)
		found(w->s, "cannot be mapped", LOOK, w->round, errno);
	else
		munmap(at, PAGE);
	snprintf(path, sizeof(path), "/sys/class/misc/%s/region0/address", w->node);
	if (read_file(path, text, sizeof(text), 0) < 0 || strtoull(text, NULL, 0) != w->start)
		found(w->s, "has another address", LOOK, w->round, strtoull(text, NULL, 0));
	snprintf(path, sizeof(path), DEBUGFS "/iomem/%s/region0", w->node);
	if (access(path, R_OK))
		found(w->s, "has no dump", LOOK, w->round, errno);
	snprintf(wanted, sizeof(wanted), "%08" PRIx64 "-%08" PRIx64 " : %s\n", w->start,
		 w->start + PAGE - 1, w->node);
	if (!all || !strstr(all, wanted))
		found(w->s, "does not have its range", LOOK, w->round, 0);
	free(all);
	act_unload(w->s, UNLOAD, "iomem_dev");
	atomic_fetch_add(&w->s->done[LOOK], 1);
}

static void is_dead_now(struct worker *w)
{
	struct iomem_window_info info = { .size = sizeof(info) };

	if (!ioctl(w->fd, IOMEM_IOC_WINDOW_INFO, &info) || errno != ENODEV)
		found(w->s, "is not dead", LOOK, w->round, errno);
	atomic_fetch_add(&w->s->refused[LOOK], 1);
	close(w->fd);
}

static void work(struct shared *s, uint32_t number, const void *first)
{
	struct worker worker = {
		.s = s, .start = *(const uint64_t *)first + number * PAGE,
		.random = s->seed ^ (uint64_t)number << 48,
	}, *w = &worker;
	uint32_t rounds = chosen_rounds(ROUNDS), times;
	char line[256];

	snprintf(w->label, sizeof(w->label), "many%u", number);
	snprintf(line, sizeof(line), "%s mem=%#" PRIx64 ",%#lx", w->label, w->start, PAGE);
	for (w->round = 1; w->round <= rounds && !atomic_load(&s->findings); w->round++) {
		must(w, NEW, DRIVER "new_device", line);
		find(w);
		for (times = below(w, 4); times && w->fd >= 0; times--) {
			if (!below(w, 3))
				look_at(w);
			if (!below(w, 4))
				must_not(w, NEW, DRIVER "new_device", line, EEXIST);
			must(w, UNBIND, DRIVER "unbind", w->device);
			is_dead_now(w);
			must_not(w, UNBIND, DRIVER "unbind", w->device, ENODEV);
			if (!below(w, 3))
				dawdle(&w->random, false);
			must(w, BIND, DRIVER "bind", w->device);
			must_not(w, BIND, DRIVER "bind", w->device, EBUSY);
			find(w);
		}
		if (w->fd < 0)
			return;
		must(w, DELETE, DRIVER "delete_device", w->label);
		is_dead_now(w);
		if (!below(w, 4))
			must_not(w, DELETE, DRIVER "delete_device", w->label, ENOENT);
	}
}

FIXTURE(many)
{
	uint64_t start, last;
	char *before;
};

FIXTURE_SETUP(many)
{
	const char *ko, *why = why_not_load(&ko, &self->start, &self->last);

	self->before = NULL;
	if (why)
		SKIP(return, "%s", why);
	ASSERT_LE(WORKERS * PAGE, self->last - self->start + 1);
	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	self->before = proc_iomem();
	ASSERT_NE(NULL, self->before);
	ASSERT_EQ(0, load(ko, ""));
}

FIXTURE_TEARDOWN(many)
{
	char *after;

	if (!self->before)
		return;
	EXPECT_EQ(0, unload("iomem_dev"));
	after = proc_iomem();
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
}

TEST_F_TIMEOUT(many, each_is_its_own, 7200)
{
	struct shared *s = mmap(NULL, sizeof(*s), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double took;

	ASSERT_NE(MAP_FAILED, s);
	took = side_by_side(_metadata, s, WORKERS, work, &self->start);
	/* As many as there were bindings that ended. */
	sum_up(_metadata, s, s->done[UNBIND] + s->done[DELETE], took);
	EXPECT_EQ(0, s->findings);
	if (enough_rounds(ROUNDS))
		each_was_both(_metadata, s, 1ULL << FIND | 1ULL << UNLOAD);
}

TEST_HARNESS_MAIN
