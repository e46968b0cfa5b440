/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of tests/race.c do with a window while it is taken back: the
 * state that they share, and each thing that they do, with what it has to give.
 *
 * Time is counted in rounds. In each, the device is bound, the memory behind the
 * window is marked with the round's number, the programs are let loose, and the
 * device is unbound under them. Whatever a program has belongs to the round in
 * which it was opened, and
 *
 *	what is begun after that round's unbinding is over must fail;
 *	what is over before that round's unbinding has begun must not;
 *	what is read must be that round's number, never a later one.
 */
#ifndef _IOMEM_RACE_H
#define _IOMEM_RACE_H

#include "iomem_test.h"

#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#define PAGE		4096UL
#define RW		(PROT_READ | PROT_WRITE)
#define OTHER_NODE	"/tmp/iomem-race-other"

#define PROCESSES	2
#define THREADS		2
#define WORKERS		(PROCESSES * THREADS)
/* How many parts of the window are marked, and how many a mapping has at most. */
#define PARTS		32
#define SPAN		16
#define MAPPINGS	6
#define FILES		3
/* Where in a part the mark is, and where each worker writes what nobody reads. */
#define SCRATCH(worker)	(64 + 8 * (worker))

enum what {
	OPEN, MAP, READ, WRITE, SPLIT, MPROTECT, MREMAP, FORK, DEBUG, PREAD, PREADS, PWRITE, INFO,
	SEEK, BATCH, POLL, WINDOW, ACTS
};

static const char *const act_names[ACTS] = {
	"open", "mmap", "read", "write", "split", "mprotect", "mremap", "fork", "/proc/self/mem",
	"pread", "long pread", "pwrite", "region", "lseek", "batch", "poll", "window",
};

/* What was found, for the one who waits for all: there is no printing from within. */
struct finding {
	const char *what;
	enum what act;
	uint32_t of, round;
	uint64_t detail;
};

struct shared {
	/* The round that is on; the one whose unbinding has begun; the one whose is over. */
	_Atomic uint32_t live, leaving, dead;
	_Atomic uint32_t finished;
	_Atomic bool stop;
	/* How often each act was well, and how often it was refused as it had to be. */
	_Atomic uint64_t done[ACTS], refused[ACTS];
	_Atomic uint32_t findings;
	struct finding finding[8];
	uint64_t seed;
	/* The length of a part, in bytes. */
	size_t unit;
	char node[64];
};

/* Part of a window, in this program. */
struct mapping {
	char *at;
	uint32_t parts, first, of;
	/* It is several areas, which only mremap() minds. */
	bool pieces;
};

struct file {
	int fd;
	uint32_t of;
};

struct worker {
	struct shared *s;
	uint32_t number, round;
	uint64_t random;
	struct mapping mapping[MAPPINGS];
	struct file file[FILES];
	int mem;
	pid_t child;
};

static __thread sigjmp_buf jump;

static void on_fault(int sig)
{
	siglongjmp(jump, sig);
}

/* Reads from, or writes to, an address; 0, or the signal that came of it. */
static inline int touch(volatile void *at, uint64_t *value, bool write)
{
	int sig = sigsetjmp(jump, 1);

	if (sig)
		return sig;
	if (write)
		*(volatile uint64_t *)at = *value;
	else
		*value = *(volatile uint64_t *)at;
	return 0;
}

static inline long futex(_Atomic uint32_t *word, int what, uint32_t value)
{
	struct timespec limit = { .tv_sec = 1 };

	return syscall(SYS_futex, word, what, value, what == FUTEX_WAIT ? &limit : NULL, NULL, 0);
}

/* splitmix64: one seed, a sequence for each worker and round. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline uint32_t below(struct worker *w, uint32_t limit)
{
	return next_random(&w->random) % limit;
}

static inline uint64_t mark(uint32_t round, uint32_t part)
{
	return (uint64_t)round << 32 | part;
}

static inline void found(struct shared *s, const char *what, enum what act, uint32_t of,
			 uint64_t detail)
{
	uint32_t n = atomic_fetch_add(&s->findings, 1);

	if (n < ARRAY_SIZE(s->finding))
		s->finding[n] = (struct finding){ what, act, of, s->live, detail };
}

/* Whether something of round `of` is dead already, to be asked before it is used. */
static inline bool is_dead(struct shared *s, uint32_t of)
{
	return atomic_load(&s->dead) >= of;
}

/* To be told after it was used: whether that went well, and whether it was dead before. */
static inline void judge(struct shared *s, enum what act, uint32_t of, bool was_dead, bool well,
			 uint64_t detail)
{
	if (well)
		atomic_fetch_add(&s->done[act], 1);
	else
		atomic_fetch_add(&s->refused[act], 1);
	if (well && was_dead)
		found(s, "was possible after the unbinding", act, of, detail);
	if (!well && atomic_load(&s->leaving) < of)
		found(s, "was refused before the unbinding", act, of, detail);
}

/* As above, for a call: what it may fail with is ENODEV. */
static inline void judge_call(struct shared *s, enum what act, uint32_t of, bool was_dead,
			      bool well)
{
	int err = well ? 0 : errno;

	judge(s, act, of, was_dead, well, err);
	if (!well && err != ENODEV)
		found(s, "failed with another errno", act, of, err);
}

static inline void judge_value(struct shared *s, enum what act, uint32_t of, uint32_t part,
			       uint64_t value)
{
	if (value != mark(of, part))
		found(s, "read something else", act, of, value);
}

/* A number that the window tells of itself in sysfs; -1 if it does not. */
static inline long attribute(struct shared *s, const char *name)
{
	char path[128], *text;
	long value;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", s->node + strlen("/dev/"), name);
	text = proc_text(path);
	value = text ? strtol(text, NULL, 10) : -1;
	free(text);

	return value;
}

#endif /* _IOMEM_RACE_H */
