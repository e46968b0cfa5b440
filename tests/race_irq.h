/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of tests/race_irq.c do about interrupts while the device comes and
 * goes: the state that they share, and each thing that they do, with what it has to
 * give. Beside what tests/race.h says,
 *
 *	a count is never below one that was told before, in the same round;
 *	nor is it above what there can have been;
 *	who sleeps is up when another interrupt has come, or the device has gone;
 *	and no call fails with an errno but those of Documentation/uapi.rst.
 */
#ifndef _IOMEM_RACE_IRQ_H
#define _IOMEM_RACE_IRQ_H

#include "race.h"
#include "interrupts_edu.h"

#define WORKERS		4
#define FILES		2

enum what {
	OPEN, RAISE, TOUCH, ACKNOWLEDGE, UNMASK, INFO, WAIT, WAIT_UNMASK, SLEEP, POLL, POLL_SLEEP,
	EVENTFD, EVENT_SLEEP, KEPT, ATTRIBUTE, FDINFO, FORK, SIGNAL, UNLOAD, QUIET, MASK
};

static const char *const act_names[MOST_ACTS] = {
	"open", "raise", "raise mapped", "acknowledge", "unmask", "info", "wait", "unmask and wait",
	"sleep", "poll", "sleep in poll", "eventfd", "sleep for eventfd", "keep eventfd",
	"attribute", "fdinfo", "fork", "signal", "rmmod", "quiet moment", "mask",
};

struct irqs {
	struct shared s;
	bool level;
	/*
	 * Of this round: how many interrupts a program was told of; how many there have to be at
	 * least; how often one was raised, and how often unmasking was asked for, which is counted
	 * before it is done.
	 */
	_Atomic uint64_t told, owed, raised, unmasked;
	/* None is to be raised or acknowledged; and how many are about to. */
	_Atomic bool quiet;
	_Atomic uint32_t busy;
	struct {
		pid_t pid;
		/* Asleep: which time that is, and how many interrupts it had seen; or 0. */
		_Atomic uint64_t time, seen;
	} worker[WORKERS];
};

/* An open file, which its worker's children have as well. */
struct file {
	int fd;
	uint32_t of;
	bool nonblocking;
};

struct worker {
	struct irqs *irqs;
	struct shared *s;
	uint32_t number, round;
	uint64_t random, time;
	struct file file[FILES];
	/* This one is the worker's alone; so is what its eventfd has counted, after so many. */
	struct file mine;
	int event, other_event;
	uint64_t since, events;
	bool kept;
	char *registers;
	pid_t child;
};

static inline void raise_to(_Atomic uint64_t *most, uint64_t value)
{
	uint64_t old = atomic_load(most);

	while (old < value && !atomic_compare_exchange_weak(most, &old, value))
		;
}

/* A count was told, by something that was begun when `before` had been. */
static inline void note(struct irqs *irqs, int act, uint32_t of, uint64_t before, uint64_t count)
{
	/* A line that was raised when it was bound, or an edge from then, may come first. */
	uint64_t most = 1 + atomic_load(irqs->level ? &irqs->unmasked : &irqs->raised);

	if (count < before)
		found(&irqs->s, "told less than before", act, of, before - count);
	if (count > most)
		found(&irqs->s, "told of more than there were", act, of, count - most);
	raise_to(&irqs->told, count);
}

/* A call was made that may fail with ENODEV, and with one of two others, which is well. */
static inline bool judge_irq(struct worker *w, int act, uint32_t of, bool dead, int err, int may,
			     int may_too)
{
	bool well = !err || err == may || err == may_too;

	errno = err;
	judge_call(w->s, act, of, dead, well);
	return well;
}

/* To be asked before an interrupt is raised or acknowledged: not if it is quiet. */
static inline bool may_disturb(struct irqs *irqs)
{
	atomic_fetch_add(&irqs->busy, 1);
	if (!atomic_load(&irqs->quiet))
		return true;
	atomic_fetch_sub(&irqs->busy, 1);
	return false;
}

static inline void falls_asleep(struct worker *w, uint64_t seen)
{
	atomic_store(&w->irqs->worker[w->number].seen, seen);
	atomic_store(&w->irqs->worker[w->number].time, ++w->time);
}

static inline void is_up(struct worker *w)
{
	atomic_store(&w->irqs->worker[w->number].time, 0);
}

static inline bool act_open(struct worker *w, struct file *f, bool may_block)
{
	bool dead = is_dead(w->s, w->round), nonblocking = !may_block && !below(w, 4);
	int fd = open(w->s->node, O_RDWR | O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0));

	if (fd < 0 && (errno == ENOENT || errno == ENXIO))
		errno = ENODEV;
	judge_call(w->s, OPEN, w->round, dead, fd >= 0);
	*f = (struct file){ fd, w->round, nonblocking };
	return fd >= 0;
}

/* The count, and whether there is one. */
static inline bool act_info(struct worker *w, const struct file *f, uint64_t *count)
{
	struct iomem_irq_info info = { .size = sizeof(info) };
	uint64_t before = atomic_load(&w->irqs->told);
	bool dead = is_dead(w->s, f->of);
	int err = ioctl(f->fd, IOMEM_IOC_IRQ_INFO, &info) ? errno : 0;

	if (!judge_irq(w, INFO, f->of, dead, err, 0, 0))
		return false;
	note(w->irqs, INFO, f->of, before, info.count);
	if (!!(info.flags & IOMEM_IRQ_LEVEL) != w->irqs->level)
		found(w->s, "said something else", INFO, f->of, info.flags);
	*count = info.count;
	return true;
}

/* By call, or through a mapping. */
static inline void act_raise(struct worker *w, const struct file *f, int act)
{
	uint32_t one = 1;
	uint64_t count = 0;
	bool dead, well, raised;
	int sig;

	if (!may_disturb(w->irqs))
		return;
	/* It is known to be another one only if it comes at once. */
	well = !w->irqs->level && act_info(w, f, &count);
	atomic_fetch_add(&w->irqs->raised, 1);
	dead = is_dead(w->s, f->of);
	if (act == RAISE) {
		raised = pwrite(f->fd, &one, sizeof(one), EDU_RAISE) == sizeof(one);
		judge_call(w->s, act, f->of, dead, raised);
	} else {
		sig = sigsetjmp(jump, 1);
		if (!sig)
			*(volatile uint32_t *)(w->registers + EDU_RAISE) = one;
		raised = !sig;
		judge(w->s, act, f->of, dead, raised, sig);
		if (sig && sig != SIGBUS)
			found(w->s, "got another signal than SIGBUS", act, f->of, sig);
	}
	if (well && raised)
		raise_to(&w->irqs->owed, count + 1);
	atomic_fetch_sub(&w->irqs->busy, 1);
}

static inline void act_acknowledge(struct worker *w, const struct file *f)
{
	uint32_t all = ~0u;
	bool dead;

	if (!may_disturb(w->irqs))
		return;
	dead = is_dead(w->s, f->of);
	judge_call(w->s, ACKNOWLEDGE, f->of, dead,
		   pwrite(f->fd, &all, sizeof(all), EDU_ACKNOWLEDGE) == sizeof(all));
	atomic_fetch_sub(&w->irqs->busy, 1);
}

static inline void act_unmask(struct worker *w, const struct file *f)
{
	bool dead = is_dead(w->s, f->of);

	atomic_fetch_add(&w->irqs->unmasked, 1);
	judge_irq(w, UNMASK, f->of, dead, unmask(f->fd), 0, 0);
}

/* Masks the line, and unmasks it: an edge that comes between is kept. Not while it is quiet. */
static inline void act_mask(struct worker *w, const struct file *f)
{
	bool dead = is_dead(w->s, f->of);

	if (!may_disturb(w->irqs))
		return;
	judge_irq(w, MASK, f->of, dead, mask(f->fd), 0, 0);
	act_unmask(w, f);
	atomic_fetch_sub(&w->irqs->busy, 1);
}

/* Waits after some count, which need not be one that there was. */
static inline void act_wait(struct worker *w, const struct file *f, uint64_t after, uint64_t limit,
			    int act)
{
	uint64_t before = atomic_load(&w->irqs->told), count = after;
	int passed = limit == IOMEM_WAIT_FOREVER ? 0 : ETIMEDOUT, err;
	bool dead = is_dead(w->s, f->of), well;

	if (act == WAIT_UNMASK)
		atomic_fetch_add(&w->irqs->unmasked, 1);
	err = wait_irq(f->fd, &count, limit, act == WAIT_UNMASK ? IOMEM_IRQ_WAIT_UNMASK : 0);
	well = judge_irq(w, act, f->of, dead, err, f->nonblocking ? EAGAIN : passed, EINTR);
	if (well && err != EINTR)
		note(w->irqs, act, f->of, before, count);
	else if (count != after)
		found(w->s, "told a count and failed", act, f->of, count);
	if (!err && count == after)
		found(w->s, "waited for nothing", act, f->of, count);
}

/* Without a limit: until another comes, or the device goes. */
static inline void act_sleep(struct worker *w, const struct file *f)
{
	uint64_t seen = atomic_load(&w->irqs->told);

	falls_asleep(w, seen);
	act_wait(w, f, seen, IOMEM_WAIT_FOREVER, SLEEP);
	is_up(w);
}

static inline void act_poll(struct worker *w, const struct file *f, int timeout, int act)
{
	struct pollfd polled = { .fd = f->fd, .events = POLLIN | (timeout < 0 ? 0 : POLLOUT) };
	bool dead = is_dead(w->s, f->of), hangs_up;
	int n = poll(&polled, 1, timeout);

	if (n < 0 && errno != EINTR)
		found(w->s, "failed", act, f->of, errno);
	if (n < 0)
		return;
	hangs_up = polled.revents & (POLLHUP | POLLERR);
	judge(w->s, act, f->of, dead, !hangs_up, polled.revents);
	if (hangs_up ? polled.revents != (POLLHUP | POLLERR) : timeout < 0 && !n)
		found(w->s, "said something else", act, f->of, polled.revents);
}

/* With a file of its own, which no other program can have told. */
static inline void act_poll_sleep(struct worker *w)
{
	uint64_t before = atomic_load(&w->irqs->told), seen = ~0ull;
	bool dead = is_dead(w->s, w->mine.of);

	/* Which is no number that there is, so it does not wait. */
	if (!judge_irq(w, WAIT, w->mine.of, dead, wait_irq(w->mine.fd, &seen, 0, 0), 0, 0))
		return;
	note(w->irqs, WAIT, w->mine.of, before, seen);
	falls_asleep(w, seen);
	act_poll(w, &w->mine, -1, POLL_SLEEP);
	is_up(w);
}

/* Gives a file an eventfd or takes it away again; what it counts is not asked. */
static inline void act_eventfd(struct worker *w, const struct file *f)
{
	bool dead = is_dead(w->s, f->of);

	judge_irq(w, EVENTFD, f->of, dead, give_eventfd(f->fd, below(w, 4) ? w->other_event : -1),
		  0, 0);
}

/* Has every interrupt counted from here on, to the end of the round. */
static inline void keep_eventfd(struct worker *w)
{
	bool dead = is_dead(w->s, w->mine.of);

	counted(w->event);
	w->events = 0;
	w->kept = judge_irq(w, KEPT, w->mine.of, dead, give_eventfd(w->mine.fd, w->event), 0, 0) &&
		  act_info(w, &w->mine, &w->since);
}

/* The eventfd takes its own place, over and over: each interrupt is for the one or the other. */
static inline void act_replace(struct worker *w)
{
	uint32_t times = 1 + below(w, 50);
	bool dead;

	if (!w->kept)
		return;
	do {
		dead = is_dead(w->s, w->mine.of);
	} while (judge_irq(w, KEPT, w->mine.of, dead, give_eventfd(w->mine.fd, w->event), 0, 0) &&
		 --times);
}

static inline void act_event_sleep(struct worker *w)
{
	struct pollfd polled = { .fd = w->event, .events = POLLIN };
	uint64_t seen;

	if (!w->kept)
		return;
	w->events += counted(w->event);
	if (!act_info(w, &w->mine, &seen))
		return;
	falls_asleep(w, seen);
	if (poll(&polled, 1, -1) < 0 && errno != EINTR)
		found(w->s, "failed", EVENT_SLEEP, w->mine.of, errno);
	is_up(w);
	judge(w->s, EVENT_SLEEP, w->mine.of, false,
	      atomic_load(&w->s->leaving) < w->mine.of, polled.revents);
}

/* When the device has gone: each interrupt was counted, and the going. */
static inline void judge_kept(struct worker *w)
{
	uint64_t least = atomic_load(&w->irqs->told) + 1 - w->since;

	w->events += counted(w->event);
	if (w->kept && w->events < least)
		found(w->s, "was not counted", KEPT, w->mine.of, least - w->events);
	w->kept = false;
}

static inline void act_attribute(struct worker *w)
{
	static const char *const names[] = { "count", "masked", "trigger", "name" };
	const char *name = names[below(w, ARRAY_SIZE(names))];
	uint64_t before = atomic_load(&w->irqs->told);
	bool dead = is_dead(w->s, w->round);
	char path[128], text[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/irq0/%s", w->s->node + strlen("/dev/"),
		 name);
	n = read_file(path, text, sizeof(text), 0);
	judge_call(w->s, ATTRIBUTE, w->round, dead, n >= 0);
	if (n < 0)
		return;
	if (name == names[0])
		note(w->irqs, ATTRIBUTE, w->round, before, strtoull(text, NULL, 10));
	if (name == names[2] && strcmp(text, w->irqs->level ? "level\n" : "edge\n"))
		found(w->s, "said something else", ATTRIBUTE, w->round, n);
}

static inline void act_fdinfo(struct worker *w, const struct file *f)
{
	uint64_t before = atomic_load(&w->irqs->told);
	bool dead = is_dead(w->s, f->of);
	char path[64], text[1024], *count;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", f->fd);
	n = read_file(path, text, sizeof(text), 0);
	count = n < 0 ? NULL : strstr(text, "\niomem-irq0-count:\t");
	judge(w->s, FDINFO, f->of, dead, count, 0);
	if (count)
		note(w->irqs, FDINFO, f->of, before, strtoull(strchr(count, '\t'), NULL, 10));
}

#endif /* _IOMEM_RACE_IRQ_H */
