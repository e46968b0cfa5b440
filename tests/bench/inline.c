// SPDX-License-Identifier: GPL-2.0
/*
 * One access to a function, as C does it: what tests/bench/object.rs and
 * tests/bench/crate.rs are compared with. Nothing calls these. Each function
 * c_X has its equals library_X and crate_X there. No header declares them.
 */

#include <linux/io.h>
#include <linux/swab.h>

#include "bench.h"

/* What any function has. */
void c_nothing(const struct bench_window *w)
{
}

#define BENCH_READ(name, type, read)						\
	type c_##name(const struct bench_window *w)			\
	{								\
		return read(w->base + BENCH_OFFSET);			\
	}

#define BENCH_WRITE(name, type, write)					\
	void c_##name(const struct bench_window *w, type value)		\
	{								\
		write(value, w->base + BENCH_OFFSET);			\
	}

BENCH_READ(read8, u8, readb)
BENCH_READ(read16, u16, readw)
BENCH_READ(read32, u32, readl)
BENCH_READ(read64, u64, readq)
BENCH_WRITE(write8, u8, writeb)
BENCH_WRITE(write16, u16, writew)
BENCH_WRITE(write32, u32, writel)
BENCH_WRITE(write64, u64, writeq)

BENCH_READ(read8_relaxed, u8, readb_relaxed)
BENCH_READ(read16_relaxed, u16, readw_relaxed)
BENCH_READ(read32_relaxed, u32, readl_relaxed)
BENCH_READ(read64_relaxed, u64, readq_relaxed)
BENCH_WRITE(write8_relaxed, u8, writeb_relaxed)
BENCH_WRITE(write16_relaxed, u16, writew_relaxed)
BENCH_WRITE(write32_relaxed, u32, writel_relaxed)
BENCH_WRITE(write64_relaxed, u64, writeq_relaxed)

/*
 * ioread32be() itself is a call on x86, where it may be for a port; this is what
 * it does with memory.
 */
u32 c_read32_be(const struct bench_window *w)
{
	return swab32(readl(w->base + BENCH_OFFSET));
}

void c_write32_be(const struct bench_window *w, u32 value)
{
	writel(swab32(value), w->base + BENCH_OFFSET);
}

void c_update32(const struct bench_window *w)
{
	writel((readl(w->base + BENCH_OFFSET) & ~0xff) | 0x12, w->base + BENCH_OFFSET);
}

/* What is between two accesses stays there. Rust knows that no store changes the window. */
void c_between32(const struct bench_window *w, u32 *at)
{
	void __iomem *base = w->base;

	*at = 1;
	writel(2, base + BENCH_OFFSET);
	*at = 3;
	*at = readl(base + BENCH_OFFSET);
}

#define BENCH_IN(name, type, in)						\
	type c_##name(const struct bench_window *w)			\
	{								\
		return in(w->port + BENCH_OFFSET);			\
	}

#define BENCH_OUT(name, type, out)						\
	void c_##name(const struct bench_window *w, type value)		\
	{								\
		out(value, w->port + BENCH_OFFSET);			\
	}

BENCH_IN(in8, u8, inb)
BENCH_IN(in16, u16, inw)
BENCH_IN(in32, u32, inl)
BENCH_OUT(out8, u8, outb)
BENCH_OUT(out16, u16, outw)
BENCH_OUT(out32, u32, outl)

#define BENCH_READ_REP(name, rep)					\
	void c_##name(const struct bench_window *w, void *to)	\
	{								\
		rep(w->base + BENCH_OFFSET, to, BENCH_REPEATED);			\
	}

#define BENCH_WRITE_REP(name, rep)					\
	void c_##name(const struct bench_window *w, const void *from)	\
	{								\
		rep(w->base + BENCH_OFFSET, from, BENCH_REPEATED);		\
	}

BENCH_READ_REP(read8_rep, readsb)
BENCH_READ_REP(read16_rep, readsw)
BENCH_READ_REP(read32_rep, readsl)
BENCH_WRITE_REP(write8_rep, writesb)
BENCH_WRITE_REP(write16_rep, writesw)
BENCH_WRITE_REP(write32_rep, writesl)

/* Rust has the window's bounds at hand, and says whether they were kept: C trusts. */
void c_copy_from(const struct bench_window *w, u8 *to)
{
	memcpy_fromio(to, w->base + BENCH_COPY_OFFSET, BENCH_COPY_BYTES);
}

void c_copy_to(const struct bench_window *w, const u8 *from)
{
	memcpy_toio(w->base + BENCH_COPY_OFFSET, from, BENCH_COPY_BYTES);
}

void c_fill(const struct bench_window *w, u8 value)
{
	memset_io(w->base + BENCH_COPY_OFFSET, value, BENCH_COPY_BYTES);
}
