/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Each thing that the programs of tests/race.c do with a window, with what it has to
 * give: see race.h. The memory behind it is marked with the round's number, and what
 * is read must be that of the round in which the file was opened, never a later one.
 */
#ifndef _IOMEM_RACE_ACTS_H
#define _IOMEM_RACE_ACTS_H

#include "race.h"

#define OTHER_NODE	"/tmp/iomem-race-other"

#define PROCESSES	2
#define THREADS		2
#define WORKERS		(PROCESSES * THREADS)
/* How many parts of the window are marked, and how many a mapping has at most. */
#define PARTS		32
#define SPAN		16
#define MAPPINGS	6
#define FILES		3
/* Where in a part the mark is, and where each worker writes what is not read. */
#define SCRATCH(worker)	(64 + 8 * (worker))

enum what {
	OPEN, MAP, READ, WRITE, SPLIT, MPROTECT, MREMAP, FORK, DEBUG, PREAD, PREADS, PWRITE, INFO,
	SEEK, BATCH, POLL, WINDOW, ATTRIBUTE, DUMP, FDINFO, UNLOAD, TRACE
};

static const char *const act_names[MOST_ACTS] = {
	"open", "mmap", "read", "write", "split", "mprotect", "mremap", "fork", "/proc/self/mem",
	"pread", "long pread", "pwrite", "region", "lseek", "batch", "poll", "window",
	"attribute", "dump", "fdinfo", "rmmod", "trace",
};

/* What the window is like, for all of them. */
struct window {
	struct shared s;
	/* The length of a part, and of all, in bytes. */
	size_t unit, length;
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
	struct window *window;
	struct shared *s;
	uint32_t number, round;
	uint64_t random;
	struct mapping mapping[MAPPINGS];
	struct file file[FILES];
	int mem;
	pid_t child;
};

static inline uint64_t mark(uint32_t round, uint32_t part)
{
	return (uint64_t)round << 32 | part;
}

static inline void judge_value(struct shared *s, int act, uint32_t of, uint32_t part,
			       uint64_t value)
{
	if (value != mark(of, part))
		found(s, "read something else", act, of, value);
}

static inline char *part_of(struct worker *w, const struct mapping *m, uint32_t part)
{
	return m->at + part * w->window->unit;
}

static inline void act_touch(struct worker *w, const struct mapping *m, uint32_t part, bool write,
			     enum what act)
{
	bool dead = is_dead(w->s, m->of);
	uint64_t value = 0;
	int sig = touch(part_of(w, m, part) + (write ? SCRATCH(w->number) : 0), &value, write);

	judge(w->s, act, m->of, dead, !sig, value);
	if (sig && sig != SIGBUS)
		found(w->s, "got another signal than SIGBUS", act, m->of, sig);
	if (!sig && !write)
		judge_value(w->s, act, m->of, m->first + part, value);
}

static inline void act_open(struct worker *w, struct file *f)
{
	uint32_t of = w->round;
	bool dead = is_dead(w->s, of);
	int fd = open(below(w, 2) ? w->s->node : OTHER_NODE, O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENXIO))
		errno = ENODEV;
	judge_call(w->s, OPEN, of, dead, fd >= 0);
	*f = (struct file){ fd, of };
}

static inline void act_map(struct worker *w, const struct file *f, struct mapping *m)
{
	bool dead = is_dead(w->s, f->of);
	uint32_t parts = 1 + below(w, SPAN), first = below(w, PARTS - parts + 1);
	size_t unit = w->window->unit;
	char *at = mmap(NULL, parts * unit, RW, MAP_SHARED, f->fd, first * unit);

	judge_call(w->s, MAP, f->of, dead, at != MAP_FAILED);
	*m = (struct mapping){ at == MAP_FAILED ? NULL : at, parts, first, f->of, false };
	/* At once, since the device may be going this moment. */
	if (m->at)
		act_touch(w, m, below(w, parts), below(w, 2), MAP);
}

static inline void forget(struct worker *w, struct mapping *m)
{
	if (m->at && munmap(m->at, m->parts * w->window->unit))
		found(w->s, "could not be unmapped", MAP, m->of, errno);
	m->at = NULL;
}

/* Unmaps what is before a part in the midst, or behind it, or both at once. */
static inline void act_split(struct worker *w, struct mapping *m)
{
	uint32_t keep = below(w, m->parts), behind = m->parts - keep - 1;

	if (keep && munmap(m->at, keep * w->window->unit))
		found(w->s, "could not be unmapped", SPLIT, m->of, errno);
	if (behind && munmap(part_of(w, m, keep + 1), behind * w->window->unit))
		found(w->s, "could not be unmapped", SPLIT, m->of, errno);
	*m = (struct mapping){ part_of(w, m, keep), 1, m->first + keep, m->of,
			       m->pieces && w->window->unit != PAGE };
	act_touch(w, m, 0, below(w, 2), SPLIT);
}

/* One page in the midst can only be read for a while: then writing is SIGSEGV, dead or not. */
static inline void act_mprotect(struct worker *w, struct mapping *m)
{
	uint32_t part = below(w, m->parts);
	uint64_t value = 0;
	int sig;

	m->pieces = true;
	if (mprotect(part_of(w, m, part), PAGE, PROT_READ))
		found(w->s, "could not be made read-only", MPROTECT, m->of, errno);
	sig = touch(part_of(w, m, part) + SCRATCH(w->number), &value, true);
	if (sig != SIGSEGV)
		found(w->s, "could be written", MPROTECT, m->of, sig);
	act_touch(w, m, part, false, MPROTECT);
	if (mprotect(part_of(w, m, part), PAGE, RW))
		found(w->s, "could not be made writable", MPROTECT, m->of, errno);
	act_touch(w, m, part, true, MPROTECT);
}

static inline void act_mremap(struct worker *w, struct mapping *m)
{
	size_t length, room;
	char *to, *at;

	if (m->pieces)
		act_split(w, m);
	if (m->pieces)
		return;
	length = m->parts * w->window->unit;
	room = length + w->window->unit;

	/* It does not grow, nor is there a second one of it. */
	if (mremap(m->at, length, length + PAGE, MREMAP_MAYMOVE) != MAP_FAILED || errno != EFAULT)
		found(w->s, "grew", MREMAP, m->of, errno);
	if (mremap(m->at, 0, length, MREMAP_MAYMOVE) != MAP_FAILED)
		found(w->s, "was doubled", MREMAP, m->of, errno);

	/* A part goes far away, aligned as it was, so that huge pages can go as such. */
	to = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (to == MAP_FAILED)
		return;
	at = (char *)(((uintptr_t)to + w->window->unit - 1) & -w->window->unit);
	munmap(to, at - to);
	if (mremap(m->at, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, at) != at) {
		found(w->s, "could not be moved", MREMAP, m->of, errno);
		return;
	}
	munmap(at + length, to + room - (at + length));
	m->at = at;
	act_touch(w, m, below(w, m->parts), below(w, 2), MREMAP);
}

/* Takes its time, but not for ever: a worker that hangs is a finding. */
static inline bool wait_for_death(struct shared *s, uint32_t of)
{
	int i;

	for (i = 0; i < 20000 && !is_dead(s, of) && !s->stop; i++)
		usleep(500);
	return is_dead(s, of) || s->stop;
}

/* A child touches what it got, now, or when the device has gone as well. */
static inline void act_fork(struct worker *w, bool stays)
{
	uint32_t times = stays ? 2 : 1, i;
	struct mapping *m;

	w->child = fork();
	if (w->child)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (times--) {
		for (i = 0; i < MAPPINGS; i++) {
			m = &w->mapping[i];
			if (m->at)
				act_touch(w, m, below(w, m->parts), below(w, 2), FORK);
		}
		if (times && !wait_for_death(w->s, w->round))
			found(w->s, "waited in vain", FORK, w->round, 0);
	}
	_exit(0);
}

static inline void reap(struct worker *w)
{
	int status = 0;

	if (w->child > 0 && (waitpid(w->child, &status, 0) != w->child || status))
		found(w->s, "ended badly", FORK, w->round, status);
	w->child = 0;
}

static inline void act_call(struct worker *w, const struct file *f, enum what act)
{
	static const uint32_t lengths[] = { 64, 256, 1024, 4096 };
	struct iomem_region_info info = { .size = sizeof(info) };
	struct iomem_window_info window = { .size = sizeof(window) };
	struct pollfd polled = { .fd = f->fd, .events = POLLIN | POLLOUT };
	uint32_t part = below(w, PARTS), length = lengths[below(w, ARRAY_SIZE(lengths))];
	uint64_t buffer[4096 / 8] = {};
	off_t at = part * w->window->unit;
	/* The mark, then what is not read, then until the mark is there, as it is. */
	struct iomem_op ops[] = {
		{ .op = IOMEM_OP_READ, .width = 8, .offset = at },
		{ .op = IOMEM_OP_UPDATE, .width = 4, .offset = at + SCRATCH(w->number), .mask = 1 },
		{ .op = IOMEM_OP_WAIT, .width = 4, .offset = at, .mask = ~0U, .value = part,
		  .timeout_ns = 1000000000 },
	};
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)ops, .count = ARRAY_SIZE(ops),
		.op_size = sizeof(ops[0]),
	};
	bool dead = is_dead(w->s, f->of), well;

	switch (act) {
	case PREAD:
		well = pread(f->fd, buffer, 8, at) == 8;
		break;
	case PREADS:
		/* A part of it may have been read when the device went. */
		well = pread(f->fd, buffer, length, at) > 0;
		break;
	case PWRITE:
		well = pwrite(f->fd, buffer, 8, at + SCRATCH(w->number)) == 8;
		break;
	case INFO:
		well = ioctl(f->fd, IOMEM_IOC_REGION_INFO, &info) == 0;
		break;
	case SEEK:
		well = lseek(f->fd, at, SEEK_SET) == at;
		break;
	case WINDOW:
		well = ioctl(f->fd, IOMEM_IOC_WINDOW_INFO, &window) == 0;
		break;
	case BATCH:
		well = ioctl(f->fd, IOMEM_IOC_BATCH, &batch) == 0;
		buffer[0] = ops[0].value;
		break;
	default:
		if (poll(&polled, 1, 0) < 0)
			found(w->s, "failed", act, f->of, errno);
		well = !(polled.revents & (POLLERR | POLLHUP));
		errno = ENODEV;
	}
	judge_call(w->s, act, f->of, dead, well);
	if (well && (act == PREAD || act == PREADS || act == BATCH))
		judge_value(w->s, act, f->of, part, buffer[0]);
}

/* As a debugger looks at it. */
static inline void act_debug(struct worker *w, const struct mapping *m)
{
	uint32_t part = below(w, m->parts);
	bool dead = is_dead(w->s, m->of);
	uint64_t value = 0;
	ssize_t n = pread(w->mem, &value, 8, (uintptr_t)part_of(w, m, part));

	judge(w->s, DEBUG, m->of, dead, n == 8, n < 0 ? errno : n);
	if (n == 8)
		judge_value(w->s, DEBUG, m->of, m->first + part, value);
	else if (n != -1 || errno != EIO)
		found(w->s, "failed with another errno", DEBUG, m->of, errno);
}

#endif /* _IOMEM_RACE_ACTS_H */
