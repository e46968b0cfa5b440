// SPDX-License-Identifier: GPL-2.0
/*
 * Calls at random, of all that programs and root can say to the driver, by programs
 * of a few calls that are kept and changed where they reached code that none had
 * reached before. Whatever they are, each call returns what it may or an errno that
 * there is, the kernel has nothing to report, and at the end nothing is left.
 *
 *	IOMEM_KO	the module iomem_dev.ko, not loaded
 *	IOMEM_LARGE	START-LAST of memory that is not used otherwise
 *	IOMEM_IRQ	the number of an interrupt line that is free
 *	IOMEM_RAM	an address in RAM
 *	IOMEM_FUZZ_CALLS	how many calls, 20,000 without it
 *	IOMEM_SEED	to repeat a run
 *	IOMEM_CORPUS	a file with programs to begin with: tests/fuzz.corpus
 *	IOMEM_FUZZ_PRINT	prints the programs that were kept, for that file
 */

#include "fuzz_calls.h"
#include "fuzz_cover.h"

#define KEPT	2048
/* Of the memory, so much is used. */
#define ROOM	(8 << 20)

static struct program kept[KEPT];
static size_t keeps;
static uint64_t made[KINDS], succeeded[KINDS];

static void print_program(const char *prefix, const struct program *p)
{
	int i;

	printf("%s", prefix);
	for (i = 0; i < p->count; i++) {
		const struct call *c = &p->call[i];

		printf(" %s,%u,%u,%u,%" PRIx64 ",%" PRIx64 ",%" PRIx64 ",%" PRIx64,
		       kind_names[c->kind], c->file, c->map, c->flags, c->a, c->b, c->c, c->d);
	}
	puts("");
}

/* A line of the corpus; false if it is none. */
static bool read_program(char *text, struct program *p)
{
	char *word, *rest = text;

	memset(p, 0, sizeof(*p));
	text[strcspn(text, "\n")] = 0;
	while ((word = strsep(&rest, " "))) {
		struct call *c = &p->call[p->count];
		char kind[16];
		unsigned int file, map, flags, k;

		if (!*word)
			continue;
		if (p->count == CALLS ||
		    sscanf(word, "%15[a-z_],%u,%u,%u,%" SCNx64 ",%" SCNx64 ",%" SCNx64 ",%" SCNx64,
			   kind, &file, &map, &flags, &c->a, &c->b, &c->c, &c->d) != 8)
			return false;
		for (k = 0; k < KINDS && strcmp(kind, kind_names[k]); k++)
			;
		if (k == KINDS || file >= FILES || map >= MAPS || flags > 255)
			return false;
		c->kind = k;
		c->file = file;
		c->map = map;
		c->flags = flags;
		p->count++;
	}
	return p->count > 0;
}

/* How many programs the corpus has; -1 if a line is none. */
static int read_corpus(const char *path)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	char line[4096];

	while (file && keeps < KEPT && fgets(line, sizeof(line), file)) {
		if (*line == '#' || *line == '\n')
			continue;
		if (!read_program(line, &kept[keeps]))
			return -1;
		keeps++;
	}
	if (file)
		fclose(file);
	return keeps;
}

/* What a call to the driver, or to the kernel on the way there, can say. */
static bool is_documented(int err)
{
	static const int all[] = {
		EPERM, ENOENT, EINTR, EIO, ENXIO, E2BIG, EBADF, EAGAIN, ENOMEM, EACCES, EFAULT,
		EBUSY, EEXIST, ENODEV, EINVAL, ENOTTY, ENOSPC, ESPIPE, ERANGE, EOVERFLOW,
		EOPNOTSUPP, ETIMEDOUT,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i] == err)
			return true;
	return false;
}

/* Runs a program; which of its calls said what none may say, or -1. */
static int run_program(const struct program *p, int *err)
{
	int i;

	for (i = 0; i < p->count; i++) {
		long ret;

		errno = 0;
		ret = make_call(&p->call[i]);
		*err = ret == -2 ? 0 : errno;
		made[p->call[i].kind]++;
		succeeded[p->call[i].kind] += ret >= 0;
		if (ret == -2 || (ret < 0 && !is_documented(errno)))
			return i;
	}
	return -1;
}

static void let_go(void)
{
	int i;

	for (i = 0; i < FILES; i++) {
		if (world.file[i] >= 0)
			close(world.file[i]);
		world.file[i] = -1;
	}
	for (i = 0; i < MAPS; i++) {
		if (world.map[i].at)
			munmap(world.map[i].at, world.map[i].length);
		world.map[i].at = NULL;
	}
}

/* What the kernel says of its own clocks, on a machine that is busy, is not the driver's doing. */
static bool is_about_time(const char *line)
{
	static const char *const says[] = {
		"clocksource:", "hrtimer:", "sched:", "tsc:", "TSC ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(says) && strncmp(line, says[i], strlen(says[i])); i++)
		;
	return i < ARRAY_SIZE(says);
}

/*
 * The first record since the last call that is of the level of a warning and not the driver's own
 * line; false if there is none. What comes behind it is in the log.
 */
static bool reported(int log, char *text, size_t room)
{
	char record[8192], *line;
	bool found = false;
	ssize_t n;

	while ((n = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		record[n] = 0;
		line = strchr(record, ';');
		if (found || !line || (atoi(record) & 7) > 4)
			continue;
		if (!strncmp(line + 1, "iomem_dev", 9) || is_about_time(line + 1))
			continue;
		snprintf(text, room, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
		found = true;
	}
	return found;
}

FIXTURE(fuzz)
{
	char *before, *taint;
	/* The kernel's log; -1 if it is not asked. */
	int log;
	struct cover *cover;
};

FIXTURE_SETUP(fuzz)
{
	struct sigaction act = { .sa_handler = on_bus_error };
	uint64_t last;
	int i;

	self->before = NULL;
	if (!getenv("IOMEM_KO") || !getenv("IOMEM_IRQ") || !getenv("IOMEM_RAM") ||
	    sscanf(env_or("IOMEM_LARGE", ""), "%" SCNx64 "-%" SCNx64, &world.start, &last) != 2)
		SKIP(return, "IOMEM_KO, IOMEM_LARGE, IOMEM_IRQ or IOMEM_RAM is not set: see tests/fuzz.c");
	if (loaded("iomem_dev"))
		SKIP(return, "iomem_dev is loaded: unload it, this test loads it itself");
	world.length = last - world.start + 1 < ROOM ? last - world.start + 1 : ROOM;
	world.ram = strtoull(getenv("IOMEM_RAM"), NULL, 0);
	world.irq = atoi(getenv("IOMEM_IRQ"));
	for (i = 0; i < FILES; i++)
		world.file[i] = -1;
	snprintf(world.node, sizeof(world.node), "/dev/iomem-none");
	self->cover = malloc(sizeof(*self->cover));
	ASSERT_NE(NULL, self->cover);
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	self->before = proc_iomem();
	self->taint = proc_text("/proc/sys/kernel/tainted");
	/*
	 * A kernel that watches for data races reports many of its own. Whose one is takes all of
	 * the report, at which scripts/vm looks.
	 */
	self->log = -1;
	if (access("/sys/kernel/debug/kcsan", F_OK)) {
		self->log = open_log();
		ASSERT_LE(0, self->log);
	}
	ASSERT_EQ(0, load(getenv("IOMEM_KO"), ""));
}

FIXTURE_TEARDOWN(fuzz)
{
	char *after;

	if (!self->before)
		return;
	EXPECT_EQ(0, unload("iomem_dev"));
	if (self->log >= 0)
		close(self->log);
	after = proc_text("/proc/sys/kernel/tainted");
	EXPECT_STREQ(self->taint, after);
	free(after);
	free(self->taint);
	after = proc_iomem();
	EXPECT_STREQ(self->before, after);
	free(after);
	free(self->before);
}

TEST_F_TIMEOUT(fuzz, every_call_has_an_answer, 7200)
{
	uint64_t wanted = strtoull(env_or("IOMEM_FUZZ_CALLS", "20000"), NULL, 0), calls = 0, seed;
	size_t begun = 0, from_corpus;
	int failing = -1, err = 0, corpus, kind;
	char report[256] = "";
	struct program p;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = getpid();
	if (getenv("IOMEM_SEED"))
		seed = strtoull(getenv("IOMEM_SEED"), NULL, 0);
	printf("# IOMEM_SEED=0x%" PRIx64 "\n", seed);
	dice = seed ?: 1;
	corpus = read_corpus(getenv("IOMEM_CORPUS"));
	ASSERT_LE(0, corpus) TH_LOG("line of program %zu of the corpus is none", keeps + 1);
	from_corpus = keeps;
	cover_open(self->cover);

	while (calls < wanted && failing < 0) {
		/* All of the corpus as it is, then what comes of it. */
		if (begun < from_corpus) {
			p = kept[begun++];
		} else {
			memset(&p, 0, sizeof(p));
			if (keeps && roll() % 16)
				p = kept[roll() % keeps];
			mutate(&p, keeps ? &kept[roll() % keeps] : &p);
		}
		cover_begin(self->cover);
		failing = run_program(&p, &err);
		let_go();
		if (failing < 0 && self->log >= 0 && reported(self->log, report, sizeof(report)))
			failing = CALLS;
		calls += p.count;
		if (cover_end(self->cover) && keeps < KEPT && begun >= from_corpus)
			kept[keeps++] = p;
	}
	if (failing >= 0)
		print_program("# failing:", &p);
	EXPECT_EQ(-1, failing) TH_LOG("errno %d, of call %d; the log: %s", err, failing, report);

	printf("# %" PRIu64 " calls by %zu programs kept, %u edges%s\n", calls, keeps,
	       self->cover->edges, self->cover->trace ? "" : " (this kernel has no KCOV)");
	if (getenv("IOMEM_FUZZ_PRINT"))
		for (begun = 0; begun < keeps; begun++)
			print_program("#+", &kept[begun]);
	/* It is no test if the driver was never got to. */
	for (kind = 0; kind < KINDS && (succeeded[kind] || kind == ANY_IOCTL); kind++)
		;
	EXPECT_EQ(KINDS, kind)
		TH_LOG("of %" PRIu64 " calls of kind %d none succeeded", made[kind % KINDS], kind);
	tell(DRIVER "delete_device", "fuzz");
}

TEST_HARNESS_MAIN
