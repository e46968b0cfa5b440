/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which edges of the modules' code the current thread went through, as KCOV tells.
 * The modules alone are instrumented for it (see Kbuild), so what is seen is theirs.
 */
#ifndef _IOMEM_FUZZ_COVER_H
#define _IOMEM_FUZZ_COVER_H

#include "iomem_test.h"

#include <linux/kcov.h>

#define COVER_ROOM	(64 << 10)
#define EDGES		65536

struct cover {
	/* NULL where the kernel has no KCOV: then nothing is ever new. */
	uint64_t *trace;
	uint8_t seen[EDGES / 8];
	unsigned int edges;
};

static inline void cover_open(struct cover *c)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	void *trace;

	memset(c, 0, sizeof(*c));
	if (fd < 0)
		return;
	if (!ioctl(fd, KCOV_INIT_TRACE, COVER_ROOM)) {
		trace = mmap(NULL, COVER_ROOM * sizeof(uint64_t), PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, 0);
		if (trace != MAP_FAILED && !ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
			c->trace = trace;
	}
	/* It stays open: closing it would end the tracing. */
}

static inline void cover_begin(struct cover *c)
{
	if (c->trace)
		__atomic_store_n(c->trace, 0, __ATOMIC_RELAXED);
}

/* How many edges were gone through since then that never were before. */
static inline unsigned int cover_end(struct cover *c)
{
	uint64_t n = c->trace ? __atomic_load_n(c->trace, __ATOMIC_RELAXED) : 0, before = 0, i;
	unsigned int fresh = 0;

	for (i = 0; i < n && i < COVER_ROOM - 1; i++) {
		uint64_t pc = c->trace[i + 1], edge = (pc * 0x9e3779b97f4a7c15ull ^ before) >> 48;

		before = pc * 0x9e3779b97f4a7c15ull >> 1;
		if (!(c->seen[edge / 8] & 1 << edge % 8)) {
			c->seen[edge / 8] |= 1 << edge % 8;
			fresh++;
		}
	}
	c->edges += fresh;

	return fresh;
}

#endif /* _IOMEM_FUZZ_COVER_H */
