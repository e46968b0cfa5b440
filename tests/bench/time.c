// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the loops, on one processor with interrupts off, and prints what an access
 * or 4 KiB took. Where the clock counts instructions that does not depend on what
 * the host does otherwise.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "bench.h"

/* One access in its forms; those that a crate does not have are NULL. */
struct bench_row {
	const char *name;
	bench_loop *library, *c, *crate;
	/* How many of them a round makes, and makes more. */
	unsigned int accesses;
	/* Bytes of an access. */
	unsigned int width;
};

#define BENCH_FORMS(name) \
	extern bench_loop library_time_##name __weak, c_time_##name, crate_time_##name __weak

BENCH_FORMS(read8);
BENCH_FORMS(read16);
BENCH_FORMS(read32);
BENCH_FORMS(read64);
BENCH_FORMS(write8);
BENCH_FORMS(write16);
BENCH_FORMS(write32);
BENCH_FORMS(write64);
BENCH_FORMS(read8_relaxed);
BENCH_FORMS(read16_relaxed);
BENCH_FORMS(read32_relaxed);
BENCH_FORMS(read64_relaxed);
BENCH_FORMS(write8_relaxed);
BENCH_FORMS(write16_relaxed);
BENCH_FORMS(write32_relaxed);
BENCH_FORMS(write64_relaxed);
BENCH_FORMS(words_in);
BENCH_FORMS(words_in_relaxed);
BENCH_FORMS(words_in_rep);
BENCH_FORMS(words_out);
BENCH_FORMS(words_out_relaxed);
BENCH_FORMS(words_out_rep);
BENCH_FORMS(copy_from);
BENCH_FORMS(copy_to);
BENCH_FORMS(fill);

#define BENCH_ROW(name, accesses, width) \
	{ #name, library_time_##name, c_time_##name, crate_time_##name, accesses, width }

static const struct bench_row bench_rows[] = {
	BENCH_ROW(read8, BENCH_ACCESSES, 1),
	BENCH_ROW(read16, BENCH_ACCESSES, 2),
	BENCH_ROW(read32, BENCH_ACCESSES, 4),
	BENCH_ROW(read64, BENCH_ACCESSES, 8),
	BENCH_ROW(write8, BENCH_ACCESSES, 1),
	BENCH_ROW(write16, BENCH_ACCESSES, 2),
	BENCH_ROW(write32, BENCH_ACCESSES, 4),
	BENCH_ROW(write64, BENCH_ACCESSES, 8),
	BENCH_ROW(read8_relaxed, BENCH_ACCESSES, 1),
	BENCH_ROW(read16_relaxed, BENCH_ACCESSES, 2),
	BENCH_ROW(read32_relaxed, BENCH_ACCESSES, 4),
	BENCH_ROW(read64_relaxed, BENCH_ACCESSES, 8),
	BENCH_ROW(write8_relaxed, BENCH_ACCESSES, 1),
	BENCH_ROW(write16_relaxed, BENCH_ACCESSES, 2),
	BENCH_ROW(write32_relaxed, BENCH_ACCESSES, 4),
	BENCH_ROW(write64_relaxed, BENCH_ACCESSES, 8),
	BENCH_ROW(words_in, 1, 4),
	BENCH_ROW(words_in_relaxed, 1, 4),
	BENCH_ROW(words_in_rep, 1, 4),
	BENCH_ROW(words_out, 1, 4),
	BENCH_ROW(words_out_relaxed, 1, 4),
	BENCH_ROW(words_out_rep, 1, 4),
	BENCH_ROW(copy_from, 1, 4),
	BENCH_ROW(copy_to, 1, 4),
	/* x86 may fill byte by byte. */
	BENCH_ROW(fill, 1, 1),
};

/* Returns picoseconds for each, or -1 where there is no such form. */
static s64 bench_measure(bench_loop *loop, const void *window, struct bench_buffer *buffer,
			 const struct bench_row *row)
{
	/* The shortest is a few nanoseconds: the clock's own steps must not matter. */
	unsigned long flags, rounds = row->accesses > 1 ? 1000 : 100;
	u64 start, once, more;

	if (!loop)
		return -1;

	/* The first time pages are looked up and code is translated. */
	loop(window, buffer, 2, false);
	loop(window, buffer, 2, true);

	local_irq_save(flags);
	start = ktime_get_ns();
	loop(window, buffer, rounds, false);
	once = ktime_get_ns();
	loop(window, buffer, rounds, true);
	more = ktime_get_ns();
	local_irq_restore(flags);

	return div64_s64(((s64)(more - once) - (s64)(once - start)) * 1000, rounds * row->accesses);
}

/**
 * bench_run() - measure all forms of access and print what they took
 * @library: the mapping of this library, for its loops
 * @crate: the mapping of the kernel crate, for its
 * @base: the address at which both begin, for those of C
 * @narrow: whether the device takes accesses of less than 4 bytes
 *
 * Return: 0, or -ENOMEM.
 */
int bench_run(const void *library, const void *crate, unsigned long base, bool narrow);
int bench_run(const void *library, const void *crate, unsigned long base, bool narrow)
{
	struct bench_window window = { .base = (void __iomem *)base };
	struct bench_buffer *buffer __free(kfree) = kzalloc(sizeof(*buffer), GFP_KERNEL);

	if (!buffer)
		return -ENOMEM;

	for (int i = 0; i < ARRAY_SIZE(bench_rows); i++) {
		const struct bench_row *row = &bench_rows[i];

		if (row->width < 4 && !narrow)
			continue;
		pr_info("time %s %lld %lld %lld\n", row->name,
			bench_measure(row->library, library, buffer, row),
			bench_measure(row->c, &window, buffer, row),
			bench_measure(row->crate, crate, buffer, row));
	}
	pr_info("done\n");

	return 0;
}
