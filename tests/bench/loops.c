// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses in loops, as C does them. tests/bench/loops.rs has the same in Rust.
 */

#include <linux/io.h>
#include <linux/swab.h>

#include "bench.h"

/* A loop over @access, which uses @base. */
#define BENCH_ACCESS(name, access)						\
	void c_time_##name(const struct bench_window *w, struct bench_buffer *buffer,	\
			   unsigned long rounds, bool more)			\
	{									\
		void __iomem *base = w->base;					\
										\
		if (more) {							\
			while (rounds--) {					\
				FOUR(FOUR(access));				\
				FOUR(FOUR(access));				\
			}							\
		} else {							\
			while (rounds--)					\
				FOUR(FOUR(access));				\
		}								\
	}
#define FOUR(access) ((access), (access), (access), (access))

BENCH_ACCESS(read8, readb(base + BENCH_OFFSET))
BENCH_ACCESS(read16, readw(base + BENCH_OFFSET))
BENCH_ACCESS(read32, readl(base + BENCH_OFFSET))
BENCH_ACCESS(read64, readq(base + BENCH_OFFSET))
BENCH_ACCESS(write8, writeb(0, base + BENCH_OFFSET))
BENCH_ACCESS(write16, writew(0, base + BENCH_OFFSET))
BENCH_ACCESS(write32, writel(0, base + BENCH_OFFSET))
BENCH_ACCESS(write64, writeq(0, base + BENCH_OFFSET))

BENCH_ACCESS(read8_relaxed, readb_relaxed(base + BENCH_OFFSET))
BENCH_ACCESS(read16_relaxed, readw_relaxed(base + BENCH_OFFSET))
BENCH_ACCESS(read32_relaxed, readl_relaxed(base + BENCH_OFFSET))
BENCH_ACCESS(read64_relaxed, readq_relaxed(base + BENCH_OFFSET))
BENCH_ACCESS(write8_relaxed, writeb_relaxed(0, base + BENCH_OFFSET))
BENCH_ACCESS(write16_relaxed, writew_relaxed(0, base + BENCH_OFFSET))
BENCH_ACCESS(write32_relaxed, writel_relaxed(0, base + BENCH_OFFSET))
BENCH_ACCESS(write64_relaxed, writeq_relaxed(0, base + BENCH_OFFSET))

/* A loop over what moves 4 KiB. */
#define BENCH_BLOCK(name, block)						\
	static noinline void block_##name(void __iomem *base, struct bench_buffer *buffer)	\
	{									\
		block;								\
	}									\
	void c_time_##name(const struct bench_window *w, struct bench_buffer *buffer,	\
			   unsigned long rounds, bool more)			\
	{									\
		while (rounds--) {						\
			block_##name(w->base, buffer);				\
			if (more)						\
				block_##name(w->base, buffer);			\
		}								\
	}

#define BENCH_EACH(word, access)						\
	for (u32 *word = buffer->words, *end = word + BENCH_WORDS; word < end; word++)	\
		access

BENCH_BLOCK(words_in, BENCH_EACH(word, *word = readl(base + BENCH_OFFSET)))
BENCH_BLOCK(words_in_relaxed, BENCH_EACH(word, *word = readl_relaxed(base + BENCH_OFFSET)))
BENCH_BLOCK(words_in_rep, readsl(base + BENCH_OFFSET, buffer->words, BENCH_WORDS))
BENCH_BLOCK(words_out, BENCH_EACH(word, writel(*word, base + BENCH_OFFSET)))
BENCH_BLOCK(words_out_relaxed, BENCH_EACH(word, writel_relaxed(*word, base + BENCH_OFFSET)))
BENCH_BLOCK(words_out_rep, writesl(base + BENCH_OFFSET, buffer->words, BENCH_WORDS))
BENCH_BLOCK(copy_from, memcpy_fromio(buffer->bytes, base + BENCH_COPY_OFFSET, BENCH_COPY_BYTES))
BENCH_BLOCK(copy_to, memcpy_toio(base + BENCH_COPY_OFFSET, buffer->bytes, BENCH_COPY_BYTES))
BENCH_BLOCK(fill, memset_io(base + BENCH_COPY_OFFSET, 0, BENCH_COPY_BYTES))
