/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests/revoke.c and its acts share: programs that have a window open and mapped while it is
 * taken back, and what they need to get themselves into a position.
 */
#ifndef _IOMEM_REVOKE_H
#define _IOMEM_REVOKE_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <time.h>

#include "iomem_test.h"
#include "touch.h"

#define DRIVER		"/sys/bus/platform/drivers/iomem_dev/"
#define ACTORS		4
#define GROUPS		"/tmp/revoke-cgroup"

/*
 * In seconds: how long a window may take to go, whatever programs do. Documentation/driver.rst
 * states it for a machine; this is for one that is made of software, with others beside it.
 */
#define BOUND		10.0

struct act;

/* A program, in memory that it shares with the test. */
struct actor {
	const struct act *act;
	int number;
	pid_t pid, server;
	/* Who has the mapping. */
	pid_t holder;
	/* It is in the position that the act is about. */
	_Atomic bool ready;
	/* The removal has begun; has returned; the program may go on. */
	_Atomic bool going, gone, release;
	/* How often a mapping was read, and how often though the window had gone. */
	_Atomic uint64_t touches, late;
	/* What was wrong, the first time. */
	_Atomic bool wrong;
	char what[160];
	/* What the page begins with that does not come. */
	char content[sizeof(struct iomem_region_info)];

	/* The program's own. */
	const char *node;
	size_t length;
	off_t offset;
	int fd;
	volatile char *at;
	char file[64];
};

/* How a program gets into its position, and stays there until it is released. */
struct act {
	const char *name;
	void (*run)(struct actor *a);
	/* It needs a file system whose reads are not answered. */
	bool fuse;
	/* Another program can look into its memory without waiting for it. */
	bool visible;
};

static inline void wrong(struct actor *a, const char *format, ...)
{
	va_list args;

	if (atomic_exchange(&a->wrong, true))
		return;
	va_start(args, format);
	vsnprintf(a->what, sizeof(a->what), format, args);
	va_end(args);
}

/* An act that cannot be done here says why, as a finding: none is left out silently. */
#define MUST(a, condition) do {						\
	if (!(condition)) {						\
		wrong(a, "line %d: " #condition ": %s", __LINE__,	\
		      strerror(errno));					\
		_exit(1);						\
	}								\
} while (0)

static inline void wait_for(_Atomic bool *flag)
{
	while (!atomic_load(flag))
		usleep(1000);
}

/* Waits for a condition, a minute at most: there may be others that keep the processors busy. */
#define soon(condition) ({						\
	double end_ = now() + 60;					\
	bool is_;							\
									\
	while (!(is_ = (condition)) && now() < end_)			\
		usleep(2000);						\
	is_;								\
})

/* --- What the programs do with the window ---------------------------------------------- */

/* Reads the mapping once, and judges that. */
static inline int touch_once(struct actor *a)
{
	bool gone = atomic_load(&a->gone);
	int sig = look(a->at);

	if (!sig) {
		atomic_fetch_add(&a->touches, 1);
		if (gone) {
			atomic_fetch_add(&a->late, 1);
			wrong(a, "the mapping was read after the removal");
		}
	} else if (sig != SIGBUS) {
		wrong(a, "the mapping gave signal %d", sig);
	} else if (!atomic_load(&a->going)) {
		wrong(a, "the mapping was gone before the removal");
	}
	return sig;
}

/* In a program of its own, since a file and a mapping are inherited. */
static inline void take(struct actor *a)
{
	a->holder = getpid();
	a->fd = open(a->node, O_RDWR | O_CLOEXEC);
	MUST(a, a->fd >= 0);
	a->at = mmap(NULL, a->length, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, a->offset);
	MUST(a, a->at != MAP_FAILED);
	touch_once(a);
}

/* One call each, of which nothing may come any more. */
static inline void all_is_gone(struct actor *a)
{
	struct iomem_op op = { .op = IOMEM_OP_READ, .width = 4 };
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)&op, .count = 1, .op_size = sizeof(op),
	};
	uint32_t value;
	int mem;

	if (touch_once(a) != SIGBUS)
		wrong(a, "the mapping was there after all");
	mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (pread(mem, &value, 4, (uintptr_t)a->at) != -1 || errno != EIO)
		wrong(a, "/proc/self/mem: %s", strerror(errno));
	close(mem);
	if (pread(a->fd, &value, 4, a->offset) != -1 || errno != ENODEV)
		wrong(a, "pread(): %s", strerror(errno));
	if (pwrite(a->fd, &value, 4, a->offset) != -1 || errno != ENODEV)
		wrong(a, "pwrite(): %s", strerror(errno));
	if (ioctl(a->fd, IOMEM_IOC_BATCH, &batch) != -1 || errno != ENODEV)
		wrong(a, "IOMEM_IOC_BATCH: %s", strerror(errno));
	if (mmap(NULL, a->length, PROT_READ, MAP_SHARED, a->fd, a->offset) != MAP_FAILED ||
	    errno != ENODEV)
		wrong(a, "mmap(): %s", strerror(errno));
}

static inline void *touch_on(void *arg)
{
	struct actor *a = arg;

	while (!atomic_load(&a->release) && !touch_once(a))
		usleep(500);
	return NULL;
}

static inline pthread_t thread(struct actor *a, void *(*run)(void *), void *arg)
{
	pthread_t id;

	MUST(a, !pthread_create(&id, NULL, run, arg));
	return id;
}

/* --- A second program, which something is done to -------------------------------------- */

/* Its way: over and over it reads the mapping and calls, until it is released. */
static inline void live(struct actor *a)
{
	struct iomem_region_info info = { .size = sizeof(info) };

	while (!atomic_load(&a->release)) {
		bool gone = atomic_load(&a->gone);

		touch_once(a);
		if (!ioctl(a->fd, IOMEM_IOC_REGION_INFO, &info) && gone)
			wrong(a, "an ioctl() was possible after the removal");
		usleep(500);
	}
	all_is_gone(a);
}

static inline pid_t victim(struct actor *a, void (*life)(struct actor *))
{
	uint64_t before = a->touches;
	pid_t child = fork();

	MUST(a, child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		take(a);
		life(a);
		_exit(0);
	}
	MUST(a, soon(a->touches > before));
	return child;
}

static inline void reap(struct actor *a, pid_t child, int wanted)
{
	int status;

	MUST(a, waitpid(child, &status, 0) == child);
	if (status != wanted)
		wrong(a, "the second program ended with %#x", status);
}

/* The file of a cgroup of this program's own; it is made when it is first named. */
static inline char *group_file(struct actor *a, const char *name)
{
	static char path[128];

	mkdir(GROUPS, 0700);
	if (access(GROUPS "/cgroup.procs", F_OK))
		MUST(a, !mount("none", GROUPS, "cgroup2", 0, NULL) || errno == EBUSY);
	snprintf(path, sizeof(path), GROUPS "/%d", a->number);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), GROUPS "/%d/%s", a->number, name);
	return path;
}

static inline void into_group(struct actor *a, pid_t child)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", child);
	MUST(a, !tell(group_file(a, "cgroup.procs"), number));
}

/* Once all that was in it has gone, which takes a moment. */
static inline void leave_group(struct actor *a)
{
	char folder[64];

	snprintf(folder, sizeof(folder), GROUPS "/%d", a->number);
	MUST(a, soon(!rmdir(folder)));
}

static inline bool group_says(struct actor *a, const char *name, const char *words)
{
	char *text = proc_text(group_file(a, name));
	bool does = text && strstr(text, words);

	free(text);
	return does;
}

#endif /* _IOMEM_REVOKE_H */
