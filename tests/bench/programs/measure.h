/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of the benchmarks share: the clock, and the three ways to a
 * range of addresses.
 *
 * They run on a machine whose clock counts instructions, and print lines for
 * tests/bench/costs.py. What does not go as it should ends them: there
 * is nothing to be measured then.
 */
#ifndef IOMEM_BENCH_MEASURE_H
#define IOMEM_BENCH_MEASURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "iomem.h"
#include "../plain.h"

#define PAGE 4096UL
#define DRIVER "/sys/bus/platform/drivers/iomem_dev/"

#define DIE(...)						\
	do {							\
		fprintf(stderr, __VA_ARGS__);			\
		fprintf(stderr, ": %s\n", strerror(errno));	\
		exit(1);					\
	} while (0)

/*
 * Nanoseconds that this thread ran, in the kernel too, so that what it waits for, and what runs
 * meanwhile, is not in it.
 */
static inline int64_t now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t))
		DIE("no clock");
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The one in the middle, so that a timer's tick in a round does not count. */
static inline int64_t median(int64_t *values, int n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static sigjmp_buf jump;

static inline void on_fault(int sig)
{
	siglongjmp(jump, sig);
}

/* Reads from an address: 0, or the signal that came of it. */
static inline int look(const volatile void *address)
{
	int sig = sigsetjmp(jump, 1);

	if (!sig)
		*(const volatile uint32_t *)address;
	return sig;
}

static inline void catch_faults(void)
{
	struct sigaction act = { .sa_handler = on_fault };

	if (sigaction(SIGBUS, &act, NULL))
		DIE("SIGBUS");
}

/* The window that the driver made last: its node and its device. */
struct window {
	char node[64];
	char device[64];
};

static inline struct window find_window(void)
{
	struct window w;
	char link[128], target[256];
	ssize_t n;
	int i;

	for (i = 15; i >= 0; i--) {
		snprintf(w.node, sizeof(w.node), "/dev/iomem%d", i);
		if (!access(w.node, F_OK))
			break;
	}
	snprintf(link, sizeof(link), "/sys/class/misc/%.16s/device", w.node + strlen("/dev/"));
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		DIE("%s", link);
	target[n] = 0;
	snprintf(w.device, sizeof(w.device), "%.60s", strrchr(target, '/') + 1);

	return w;
}

static inline int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		DIE("%s", path);
	return fd;
}

/* Writes the name of a window's device to the driver's file `bind` or `unbind`. */
static inline void tell_driver(int fd, const struct window *w)
{
	if (write(fd, w->device, strlen(w->device)) < 0)
		DIE("the driver and '%s'", w->device);
}

#endif
