/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the races share: rounds, choices that can be made again, and what was found.
 *
 * Time is counted in rounds. In each, the device is bound, the programs are let loose,
 * and the device is unbound under them. Whatever a program has belongs to the round
 * in which it was opened, and
 *
 *	what is begun after that round's unbinding is over must fail;
 *	what is over before that round's unbinding has begun must not.
 *
 * A race says which acts there are, act_names[], and has struct worker, with `random`.
 */
#ifndef _IOMEM_RACE_H
#define _IOMEM_RACE_H

#include "iomem_test.h"
#include "touch.h"

#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#define RW		(PROT_READ | PROT_WRITE)
#define MOST_ACTS	32

/* By number; a name that is NULL is no act. */
static const char *const act_names[MOST_ACTS];

/* What was found, for the one who waits for all: there is no printing from within. */
struct finding {
	const char *what;
	int act;
	uint32_t of, round;
	uint64_t detail;
};

struct shared {
	/* The round that is on; the one whose unbinding has begun; the one whose is over. */
	_Atomic uint32_t live, leaving, dead;
	_Atomic uint32_t finished;
	_Atomic bool stop;
	/* How often each act was well, and how often it was refused as it had to be. */
	_Atomic uint64_t done[MOST_ACTS], refused[MOST_ACTS];
	_Atomic uint32_t findings;
	struct finding finding[8];
	uint64_t seed;
	char node[64];
};

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

/* From 0 on, for a worker. */
#define below(w, limit)	((uint32_t)(next_random(&(w)->random) % (limit)))

static inline void found(struct shared *s, const char *what, int act, uint32_t of,
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
static inline void judge(struct shared *s, int act, uint32_t of, bool was_dead, bool well,
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
static inline void judge_call(struct shared *s, int act, uint32_t of, bool was_dead,
			      bool well)
{
	int err = well ? 0 : errno;

	judge(s, act, of, was_dead, well, err);
	if (!well && err != ENODEV)
		found(s, "failed with another errno", act, of, err);
}

/* What a test is to have its choices from: IOMEM_SEED, or something that is new each time. */
static inline uint64_t chosen_seed(void)
{
	uint64_t seed = strtoull(env_or("IOMEM_SEED", "0"), NULL, 0);

	return seed ?: (uint64_t)time(NULL) << 20 ^ getpid();
}

static inline uint32_t chosen_rounds(uint32_t otherwise)
{
	return strtoul(env_or("IOMEM_ROUNDS", "0"), NULL, 0) ?: otherwise;
}

/* Whether there are as many rounds as it takes to see everything once. */
static inline bool enough_rounds(uint32_t suit)
{
	return chosen_rounds(suit) >= suit;
}

/* Who unbinds need not wait for those whom it happens to. */
static inline int hurry(void)
{
	struct sched_param first = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

/* Lets the programs loose on what is bound now. */
static inline void let_loose(struct shared *s, uint32_t round)
{
	atomic_store(&s->finished, 0);
	atomic_store(&s->live, round);
	futex(&s->live, FUTEX_WAKE, INT_MAX);
}

/* For a program: waits for a round after that one; 0 if there is none any more. */
static inline uint32_t next_round(struct shared *s, uint32_t after)
{
	while (atomic_load(&s->live) == after && !atomic_load(&s->stop))
		futex(&s->live, FUTEX_WAIT, after);
	return atomic_load(&s->stop) ? 0 : atomic_load(&s->live);
}

/* For a program: this one has come to the end of the round. */
static inline void finish(struct shared *s)
{
	atomic_fetch_add(&s->finished, 1);
	futex(&s->finished, FUTEX_WAKE, 1);
}

static inline bool all_finished(struct shared *s, uint32_t workers)
{
	uint32_t n;
	int i;

	/* Each wait is a second at most. */
	for (i = 0; i < 30 && (n = atomic_load(&s->finished)) < workers; i++)
		futex(&s->finished, FUTEX_WAIT, n);
	return atomic_load(&s->finished) >= workers;
}

/*
 * From at once to milliseconds later; now and then so much later that the slowest of them is in
 * time as well. Asleep, so that there are processors for the others.
 */
static inline void dawdle(uint64_t *random, bool long_enough)
{
	uint64_t most = 1000ULL << next_random(random) % 13;
	struct timespec t = { .tv_nsec = next_random(random) % most };

	if (long_enough)
		t.tv_nsec += 50000000;
	nanosleep(&t, NULL);
}

/*
 * KASAN keeps an eighth of what the kernel has mapped, and of what it has unmapped until a worker
 * of the kernel's gets to it: those of some windows of 1 GiB would be all there is.
 */
static inline void wait_for_room(void)
{
	long available;
	char *memory;
	int i;

	for (i = 0; i < 2000; i++) {
		memory = proc_text("/proc/meminfo");
		available = number_behind(memory, "MemAvailable:");
		free(memory);
		/* In KiB; nothing to wait for if it is not said. */
		if (available < 0 || available > 192 << 10)
			break;
		usleep(10000);
	}
}

/*
 * Has processes do the same side by side, until each has come to its end, and says for how many
 * seconds. A process is told its number, and what it is to know of the fixture: 'about'.
 */
static inline double side_by_side(struct __test_metadata *_metadata, struct shared *s,
				  uint32_t workers,
				  void (*work)(struct shared *, uint32_t, const void *),
				  const void *about)
{
	pid_t process[workers];
	double start = now();
	uint32_t i;
	int status;

	s->seed = chosen_seed();
	TH_LOG("seed %#" PRIx64, s->seed);
	for (i = 0; i < workers; i++) {
		process[i] = fork();
		ASSERT_LE(0, process[i]);
		if (!process[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			work(s, i, about);
			_exit(0);
		}
	}
	for (i = 0; i < workers; i++) {
		ASSERT_EQ(process[i], waitpid(process[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	return now() - start;
}

static inline void sum_up(struct __test_metadata *_metadata, struct shared *s, uint32_t rounds,
			  double took)
{
	uint32_t i, n = atomic_load(&s->findings);
	char line[64 * MOST_ACTS];
	size_t at = 0;

	for (i = 0; i < MOST_ACTS; i++)
		if (act_names[i])
			at += snprintf(line + at, sizeof(line) - at, ", %s %" PRIu64 "/%" PRIu64,
				       act_names[i], s->done[i], s->refused[i]);
	TH_LOG("%u rounds, %.0f in a second; done/refused: %s", rounds, rounds / took, line + 2);
	for (i = 0; i < n && i < ARRAY_SIZE(s->finding); i++)
		TH_LOG("round %u: %s of round %u %s (%#" PRIx64 ")", s->finding[i].round,
		       act_names[s->finding[i].act], s->finding[i].of, s->finding[i].what,
		       s->finding[i].detail);
}

/* Each was in time at least once, and late at least once; but for those that never can be late. */
static inline void each_was_both(struct __test_metadata *_metadata, struct shared *s,
				 uint64_t never_late)
{
	uint32_t i;

	for (i = 0; i < MOST_ACTS && !s->findings; i++) {
		if (!act_names[i])
			continue;
		EXPECT_LT(0, s->done[i]) {
			TH_LOG("%s was never done", act_names[i]);
		}
		if (never_late & 1ULL << i)
			continue;
		EXPECT_LT(0, s->refused[i]) {
			TH_LOG("%s was never refused", act_names[i]);
		}
	}
}

/*
 * A module cannot be unloaded while a program has a file of it open, as the unbinding one has,
 * or another module needs it, whatever becomes of the device.
 */
static inline void act_unload(struct shared *s, int act, const char *module)
{
	int err = -unload(module);

	/* The system call can be interrupted before it looks. */
	if (err != EWOULDBLOCK && err != EINTR)
		found(s, "was not refused as it should", act, s->live, err);
	atomic_fetch_add(&s->done[act], 1);
}

/*
 * Reads a file by its name; its length, or -1 and errno. That it is not there, and that debugfs
 * says so in a word of its own, is the same as that the device is not.
 */
static inline ssize_t read_file(const char *path, char *text, size_t room, off_t offset)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0) {
		if (errno == ENOENT)
			errno = ENODEV;
		return -1;
	}
	n = offset ? pread(fd, text, room - 1, offset) : read(fd, text, room - 1);
	err = errno == EIO ? ENODEV : errno;
	close(fd);
	text[n > 0 ? n : 0] = 0;
	errno = err;
	return n;
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
