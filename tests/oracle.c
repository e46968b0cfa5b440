// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that says its own address. The host stamped it: each 8 bytes hold their own offset in
 * it (tests/stamp.py). Windows are drawn at random, and each register of theirs, by every way that
 * leads to it, must be the one that the window's line says is there. Bytes are inverted on the way,
 * and the host looks at the end whether those, and no others, are.
 *
 *	IOMEM_RANGE	START-LAST of the memory, 1 GiB
 *	IOMEM_STAMPED	set, where the host has stamped it
 *	IOMEM_WINDOWS	how many windows
 *	IOMEM_SEED	to repeat a run; the message about a window that failed has its own
 */

#include <stdarg.h>
#include <time.h>

#include "oracle.h"
#include "run_time_test.h"

/* As many as take less than a minute. */
#define WINDOWS 2000

static const char *const way_names[WAYS] = {
	[MAP_WHOLE] = "mapped whole",
	[MAP_PART] = "mapped in part",
	[MAP_FAULTED] = "filled when touched",
	[MAP_HUGE] = "huge page",
	[MAP_CHOSEN] = "mapped at an address chosen",
	[MAP_MOVED] = "mremap",
	[MAP_SPLIT] = "munmap of a part",
	[MAP_COMBINING] = "mapped write-combining",
	[MAP_FORKED] = "fork",
	[MAP_WRITTEN] = "written through a mapping",
	[MAP_BEYOND] = "mmap beyond the end",
	[MAP_REFUSED] = "mmap refused",
	[SELF_MEM_READ] = "/proc/self/mem read",
	[SELF_MEM_WRITTEN] = "/proc/self/mem written",
	[SELF_MEM_BEYOND] = "/proc/self/mem beside registers",
	[PEEK] = "PTRACE_PEEKDATA",
	[POKE] = "PTRACE_POKEDATA",
	[VM_READV] = "process_vm_readv",
	[PREAD] = "pread",
	[PREADV] = "preadv",
	[PWRITE] = "pwrite",
	[PWRITEV] = "pwritev",
	[NO_REGISTER] = "no register",
	[BATCH] = "batch",
	[READ_ONLY] = "write refused",
	[DUMP] = "debugfs",
	[OVERLAP] = "regions that overlap",
	[NEIGHBOUR] = "neighbour",
};

/* What all programs that are forked off share. */
static uint64_t *tally;

static void __attribute__((constructor)) prepare(void)
{
	tally = mmap(NULL, sizeof(*tally) * WAYS, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED || !memory_open())
		abort();
}

bool wrong(struct window *w, const char *format, ...)
{
	va_list args;

	/* What was found first is what the rest comes of. */
	if (w->why[0])
		return false;
	va_start(args, format);
	vsnprintf(w->why, sizeof(w->why), format, args);
	va_end(args);
	return false;
}

/* Finds the node of the window, and asks what it is. */
static bool window_open(struct window *w)
{
	struct iomem_window_info window;
	char path[32];
	uint32_t i;

	for (w->fd = -1, w->node = 0; w->fd < 0 && w->node < 16; w->node += w->fd < 0) {
		window = (struct iomem_window_info){ .size = sizeof(window) };
		snprintf(path, sizeof(path), "/dev/iomem%u", w->node);
		w->fd = open(path, O_RDWR | O_CLOEXEC);
		if (w->fd >= 0 && (ioctl(w->fd, IOMEM_IOC_WINDOW_INFO, &window) ||
				   strcmp((char *)window.name, "oracle"))) {
			close(w->fd);
			w->fd = -1;
		}
	}
	if (w->fd < 0)
		return wrong(w, "it has no node");
	if (window.regions != w->plan.parts)
		return wrong(w, "it has %u regions", window.regions);
	for (i = 0; i < w->plan.parts; i++) {
		struct iomem_region_info *info = &w->info[i];

		*info = (struct iomem_region_info){ .size = sizeof(*info), .region = i };
		if (ioctl(w->fd, IOMEM_IOC_REGION_INFO, info))
			return wrong(w, "region %u: %s", i, strerror(errno));
		if (info->length != w->plan.part[i].length)
			return wrong(w, "region %u is %#" PRIx64 " bytes long", i,
				     (uint64_t)info->length);
		if (w->words.combine && !w->plan.may_combine && info->flags & IOMEM_REGION_MMAP_WC)
			return wrong(w, "region %u can be combined, unasked", i);
	}
	return true;
}

/* The rest of the pages of a region that can be mapped is claimed: no other window gets it. */
static bool neighbour_refused(struct window *w)
{
	uint32_t region = below(&w->chance, w->plan.parts);
	const struct part *part = &w->plan.part[region];
	size_t page = page_size();
	uint64_t first = part->place & ~(page - 1);
	uint64_t pages = (part->place + part->length + page - 1 - first) / page;
	uint64_t place = first + below(&w->chance, pages) * page + below(&w->chance, page);
	bool own = place >= part->place && place < part->place + part->length;
	int err = make_window("neighbour mem=%#" PRIx64 ",1", w->start + place);

	if (!err)
		delete_window("neighbour");
	if (err != -EBUSY && (err || own || w->info[region].flags & IOMEM_REGION_MMAP))
		return wrong(w, "region %u: another window at the place %#" PRIx64 ": %s", region,
			     place, strerror(-err));
	return went(w, NEIGHBOUR);
}

/* All ways, in any order. */
static bool window_use(struct window *w)
{
	static bool (*const use[])(struct window *w) = { map_regions, call_regions, debug_regions };
	uint32_t i, first = below(&w->chance, 3), step = 1 + below(&w->chance, 2);

	for (i = 0; i < 3; i++)
		if (!use[(first + i * step) % 3](w))
			return false;
	/* What was written by one way is there by the others. */
	return map_region(w, below(&w->chance, w->plan.parts)) && call_regions(w) &&
	       (below(&w->chance, 8) || neighbour_refused(w));
}

/* One window, from its line to its end. */
static bool window_try(struct window *w)
{
	bool good;
	int err;

	layout_draw(&w->plan, &w->chance, w->start, &w->words);
	err = make_window("%s", w->plan.line);
	if (w->plan.overlaps) {
		if (!err)
			delete_window("oracle");
		return err == -EBUSY ? went(w, OVERLAP) :
				       wrong(w, "two regions overlap: %s", strerror(-err));
	}
	if (err)
		return wrong(w, "it was not made: %s", strerror(-err));
	good = window_open(w) && window_use(w);
	if (w->fd >= 0)
		close(w->fd);
	err = delete_window("oracle");
	return good && (!err || wrong(w, "it was not deleted: %s", strerror(-err)));
}

/* A word, if the driver knows it. */
static const char *word(uint64_t start, const char *word)
{
	int err = make_window("oracle mem=%#" PRIx64 ",%#zx %s", start, page_size(), word);

	if (!err)
		delete_window("oracle");
	return err ? NULL : word;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	return strtoull(env_or(name, "0"), NULL, 0) ?: otherwise;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

TEST_F_TIMEOUT(run_time, each_way_leads_to_the_register, 36000)
{
	uint64_t windows = number("IOMEM_WINDOWS", WINDOWS), n;
	uint64_t seed = number("IOMEM_SEED", (uint64_t)time(NULL) << 20 ^ getpid());
	struct words words;
	int pagetable;
	double begin;

	if (!getenv("IOMEM_STAMPED"))
		SKIP(return, "IOMEM_STAMPED is not set: see tests/oracle.c");
	ASSERT_EQ(MEMORY_BYTES, self->last - self->start + 1);
	words.combine = word(self->start, "write-combining");
	words.share = word(self->start, "map-whole-pages");
	pagetable = open("/dev/iomem-pagetable", O_RDWR | O_CLOEXEC);

	TH_LOG("IOMEM_SEED=%#" PRIx64 " IOMEM_WINDOWS=%" PRIu64, seed, windows);
	begin = seconds();
	for (n = 0; n < windows; n++) {
		/* Each has a seed of its own, so that it can be repeated alone. */
		struct window w = {
			.chance = { seed + n },
			.words = words,
			.fd = -1,
			.pagetable = pagetable,
			.start = self->start,
			.tally = tally,
		};

		if (!window_try(&w)) {
			TH_LOG("window %" PRIu64 ", IOMEM_SEED=%#" PRIx64 ": %s", n + 1, seed + n,
			       w.plan.line);
			TH_LOG("the memory begins at %#" PRIx64, self->start);
			TH_LOG("%s", w.why);
			break;
		}
	}
	EXPECT_EQ(windows, n);
	TH_LOG("%" PRIu64 " windows, %.1f in a second", n, n / (seconds() - begin));
	close(pagetable);
}

/* What comes after: tests without a fixture would come first. */
FIXTURE(afterwards)
{
};

FIXTURE_SETUP(afterwards)
{
	if (!getenv("IOMEM_STAMPED"))
		SKIP(return, "IOMEM_STAMPED is not set: see tests/oracle.c");
}

FIXTURE_TEARDOWN(afterwards)
{
}

TEST_F(afterwards, each_way_was_gone)
{
	bool few = number("IOMEM_WINDOWS", WINDOWS) < 500;
	int way;

	for (way = 0; way < WAYS; way++) {
		TH_LOG("%8" PRIu64 " %s", tally[way], way_names[way]);
		/*
		 * Nothing is refused where nothing has to be asked for, and not each kernel has
		 * huge pages.
		 */
		if (!few && way != MAP_REFUSED && (way != MAP_HUGE || has_huge_pages()))
			EXPECT_NE(0, tally[way]);
	}
}

/* For the host. */
TEST_F(afterwards, writes_are_listed)
{
	memory_print();
}

TEST_HARNESS_MAIN
