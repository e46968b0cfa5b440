// SPDX-License-Identifier: GPL-2.0
/*
 * What a mapping costs: to make it, to touch each of its pages, to unmap it, and
 * to take it back.
 *
 *	windows map here|plain|mem START LENGTH ROUNDS
 *	windows count here ROUNDS
 *
 * `here` maps the driver's window; `plain` maps by vm_iomap_memory() (plain.c), `mem`
 * by /dev/mem. The first prints
 *
 *	window WAY LENGTH MAP FIRST AGAIN UNMAP REVOKE
 *
 * where FIRST and AGAIN are one read from each page, the first time and the
 * second. REVOKE is how much longer it takes to take back what is mapped and touched than it does
 * where nothing is mapped: by unbinding the driver, by unmap_mapping_range(), and by claiming
 * the range, which is what takes it from /dev/mem. The second prints, for 1, 10, 100 and 1,000
 * mappings of a window's first page,
 *
 *	count COUNT REVOKE
 *
 * All in nanoseconds, of each the median. The first round warms up and does not count.
 */

#include "measure.h"

#define MAX_ROUNDS 32
#define MAX_COUNT 1000

enum way { HERE, PLAIN, MEM };
static const char *const names[] = { "here", "plain", "mem" };

/* A way to the range, with what is open for it. */
struct target {
	enum way way;
	uint64_t start;
	size_t length;
	/* What is mapped; what claims and takes back where that is plain.c. */
	int fd, plain;
	/* The driver's window, and its files. */
	struct window window;
	int bind, unbind;
};

static void make_ready(struct target *t)
{
	switch (t->way) {
	case HERE:
		t->window = find_window();
		t->bind = open_or_die(DRIVER "bind", O_WRONLY);
		t->unbind = open_or_die(DRIVER "unbind", O_WRONLY);
		t->fd = open_or_die(t->window.node, O_RDWR);
		break;
	case PLAIN:
		t->fd = open_or_die(BENCH_PLAIN_NODE, O_RDWR);
		if (ioctl(t->fd, BENCH_PLAIN_CLAIM))
			DIE("the claim");
		break;
	case MEM:
		t->plain = open_or_die(BENCH_PLAIN_NODE, O_RDWR);
		t->fd = open_or_die("/dev/mem", O_RDWR | O_SYNC);
		break;
	}
}

/* Returns how long it took to take back whatever is mapped. */
static int64_t take_back(struct target *t)
{
	int64_t start = now();
	int err = 0;

	switch (t->way) {
	case HERE:
		tell_driver(t->unbind, &t->window);
		break;
	case PLAIN:
		err = ioctl(t->fd, BENCH_PLAIN_ZAP);
		break;
	case MEM:
		err = ioctl(t->plain, BENCH_PLAIN_CLAIM);
		break;
	}
	start = now() - start;
	if (err)
		DIE("nothing was taken back by '%s'", names[t->way]);

	return start;
}

static void make_ready_again(struct target *t)
{
	switch (t->way) {
	case HERE:
		close(t->fd);
		tell_driver(t->bind, &t->window);
		t->window = find_window();
		t->fd = open_or_die(t->window.node, O_RDWR);
		break;
	case PLAIN:
		break;
	case MEM:
		if (ioctl(t->plain, BENCH_PLAIN_RELEASE))
			DIE("the claim");
		break;
	}
}

static char *map(const struct target *t)
{
	char *p = mmap(NULL, t->length, PROT_READ | PROT_WRITE,
		       MAP_SHARED, t->fd, t->way == MEM ? t->start : 0);

	if (p == MAP_FAILED)
		DIE("'%s' maps nothing", names[t->way]);
	return p;
}

static void touch(const char *p, size_t length)
{
	const char *end = p + length;

	for (; p < end; p += PAGE)
		*(const volatile uint32_t *)p;
}

/* The parts of a round. */
enum part { MAP, FIRST, AGAIN, UNMAP, REVOKE, REVOKE_NOTHING, PARTS };

static void round_trip(struct target *t, int64_t cost[PARTS])
{
	int64_t at[6];
	char *p;

	at[0] = now();
	at[1] = now();
	p = map(t);
	at[2] = now();
	touch(p, t->length);
	at[3] = now();
	touch(p, t->length);
	at[4] = now();
	munmap(p, t->length);
	at[5] = now();

	/* Asking the clock takes time as well. */
	cost[MAP] = at[2] - at[1] - (at[1] - at[0]);
	cost[FIRST] = at[3] - at[2] - (at[1] - at[0]);
	cost[AGAIN] = at[4] - at[3] - (at[1] - at[0]);
	cost[UNMAP] = at[5] - at[4] - (at[1] - at[0]);

	cost[REVOKE_NOTHING] = take_back(t);
	make_ready_again(t);

	p = map(t);
	touch(p, t->length);
	cost[REVOKE] = take_back(t);
	if (look(p) != SIGBUS || look(p + t->length - PAGE) != SIGBUS)
		DIE("'%s' is still mapped", names[t->way]);
	munmap(p, t->length);
	make_ready_again(t);
}

static void windows(struct target *t, int rounds)
{
	int64_t costs[PARTS][MAX_ROUNDS], cost[PARTS];
	int i, part;

	make_ready(t);
	for (i = -1; i < rounds; i++) {
		round_trip(t, cost);
		for (part = 0; i >= 0 && part < PARTS; part++)
			costs[part][i] = cost[part];
	}
	printf("window %s %zu", names[t->way], t->length);
	for (part = 0; part < REVOKE; part++)
		printf(" %lld", (long long)median(costs[part], rounds));
	printf(" %lld\n", (long long)(median(costs[REVOKE], rounds) -
				      median(costs[REVOKE_NOTHING], rounds)));
}

static int64_t revoke_many(struct target *t, int count, int rounds)
{
	static char *p[MAX_COUNT];
	int64_t costs[MAX_ROUNDS], cost;
	int i, j;

	for (i = -1; i < rounds; i++) {
		for (j = 0; j < count; j++) {
			p[j] = map(t);
			touch(p[j], t->length);
		}
		cost = take_back(t);
		if (i >= 0)
			costs[i] = cost;
		for (j = 0; j < count; j++) {
			if (look(p[j]) != SIGBUS)
				DIE("mapping %d is still there", j);
			munmap(p[j], t->length);
		}
		make_ready_again(t);
	}
	return median(costs, rounds);
}

static void counts(struct target *t, int rounds)
{
	int64_t nothing;
	int count;

	make_ready(t);
	nothing = revoke_many(t, 0, rounds);
	for (count = 1; count <= MAX_COUNT; count *= 10)
		printf("count %d %lld\n", count,
		       (long long)(revoke_many(t, count, rounds) - nothing));
}

int main(int argc, char **argv)
{
	struct target t = { .length = PAGE };
	int rounds = argc > 1 ? atoi(argv[argc - 1]) : 0;

	if (rounds < 1 || rounds > MAX_ROUNDS)
		return 2;
	catch_faults();
	if (argc == 6 && !strcmp(argv[1], "map")) {
		while (strcmp(names[t.way], argv[2]))
			if (++t.way > MEM)
				return 2;
		t.start = strtoull(argv[3], NULL, 0);
		t.length = strtoull(argv[4], NULL, 0);
		windows(&t, rounds);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "count") && !strcmp(argv[2], "here")) {
		counts(&t, rounds);
		return 0;
	}
	return 2;
}
