/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What others than the window's own programs do in tests/race.c: they look at it, in
 * sysfs, debugfs and proc, trace it, and try to unload the module.
 */
#ifndef _IOMEM_RACE_SEE_H
#define _IOMEM_RACE_SEE_H

#include "race_acts.h"
#include "tracefs.h"

/* Files of the window's folder. It is that of this round: the next one waits for the worker. */
static inline void act_attribute(struct worker *w)
{
	static const char *const names[] = {
		"name", "regions", "irqs", "open_files", "mappings", "region0/name", "region0/address",
		"region0/size", "region0/flags", "region0/cache_modes", "region0/width",
		"region0/offset", "region0/wc_offset", "region0/mappings",
	};
	const char *name = names[below(w, ARRAY_SIZE(names))];
	bool dead = is_dead(w->s, w->round);
	char path[128], text[256];
	uint64_t value;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", w->s->node + strlen("/dev/"), name);
	n = read_file(path, text, sizeof(text), 0);
	judge_call(w->s, ATTRIBUTE, w->round, dead, n >= 0);
	if (n < 0)
		return;
	value = strtoull(text, NULL, 0);
	/* The one who unbinds has it open and mapped all the time. */
	if (!n || text[n - 1] != '\n' || (!strcmp(name, "regions") && value != 1) ||
	    (!strcmp(name, "region0/size") && value != w->window->length) ||
	    (!strcmp(name, "open_files") && (value < 1 || value > 10 * WORKERS * FILES)) ||
	    (!strcmp(name, "mappings") && (value < 1 || value > 1000 * WORKERS * MAPPINGS)))
		found(w->s, "said something else", ATTRIBUTE, w->round, value);
}

/* The registers of a mark, which are two lines: as wide as registers of unspecified width are. */
static inline void act_dump(struct worker *w)
{
	uint32_t part = below(w, PARTS), digits = snprintf(NULL, 0, "%zx", w->window->length - 1);
	uint64_t at = part * w->window->unit;
	uint32_t row = digits + strlen(": 01234567\n");
	bool dead = is_dead(w->s, w->round);
	char path[128], text[64], wanted[128];
	ssize_t n;

	snprintf(path, sizeof(path), DEBUGFS "/iomem/%s/region0", w->s->node + strlen("/dev/"));
	n = read_file(path, text, 2 * row + 1, at / 4 * row);
	judge_call(w->s, DUMP, w->round, dead, n >= 0);
	if (n < 0)
		return;
	/* It may have gone between the two. */
	snprintf(wanted, sizeof(wanted), "%0*" PRIx64 ": %08x\n%0*" PRIx64 ": %08x\n", (int)digits,
		 at, part, (int)digits, at + 4, w->round);
	if ((n != row && n != 2 * row) || strncmp(text, wanted, n))
		found(w->s, "showed something else", DUMP, w->round, n);
}

/* It says of an open file whether the device is there. */
static inline void act_fdinfo(struct worker *w, const struct file *f)
{
	bool dead = is_dead(w->s, f->of);
	char path[64], text[1024];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", f->fd);
	n = read_file(path, text, sizeof(text), 0);
	if (n < 0 || (!strstr(text, "\niomem-state:\tbound\n") &&
		      !strstr(text, "\niomem-state:\tgone\n"))) {
		found(w->s, "said something else", FDINFO, f->of, n);
		return;
	}
	judge(w->s, FDINFO, f->of, dead, strstr(text, "bound\n"), 0);
}

/*
 * Turns one of the events on or off that only a window which is there has. Done when none is: the
 * kernel writes to the code that the event is in, and a processor that QEMU emulates (10.0) can go
 * on with what it had translated just before, if it is at that place then: the breakpoint that is
 * there while the code is written to. The kernel panics then, also at a tracepoint of its own. So
 * tests/guest/suite has the kernel not record the names of programs for events, for which it
 * writes to its scheduler.
 */
static inline void trace_differently(struct shared *s, uint64_t random)
{
	static const char *const events[] = {
		"iomem_read", "iomem_write", "iomem_mmap", "iomem_revoke",
	};
	char path[64];
	int err;

	snprintf(path, sizeof(path), TRACEFS "/events/iomem/%s/enable",
		 events[random / 2 % ARRAY_SIZE(events)]);
	err = put(path, random % 2 ? "1" : "0");
	if (err)
		found(s, "failed", TRACE, s->dead, err);
	atomic_fetch_add(&s->done[TRACE], 1);
}

/* Now and then one of these, which take long; whether it was done. */
static inline bool act_seldom(struct worker *w, const struct file *f)
{
	switch (below(w, 256)) {
	case 0 ... 3:
		act_attribute(w);
		return true;
	case 4 ... 6:
		act_dump(w);
		return true;
	case 7 ... 9:
		if (f->fd >= 0)
			act_fdinfo(w, f);
		return true;
	case 10 ... 11:
		/* Of a device that has gone will do. */
		if (f->fd >= 0)
			act_unload(w->s, UNLOAD, below(w, 4) ? "iomem_dev" : "iomem");
		return true;
	}
	return false;
}

#endif /* _IOMEM_RACE_SEE_H */
