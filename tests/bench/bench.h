/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the C of the benchmarks shares, and has in common with their Rust.
 */

#ifndef IOMEM_BENCH_H
#define IOMEM_BENCH_H

#include <linux/types.h>

/* The register that is accessed: edu has none there, and takes the access. */
#define BENCH_OFFSET 0x10

/* Repeated accesses, in object code. */
#define BENCH_REPEATED 64

/* Where copies begin, and how long they are. */
#define BENCH_COPY_OFFSET 0x1000
#define BENCH_COPY_BYTES 4096
#define BENCH_WORDS (BENCH_COPY_BYTES / 4)

/* What a driver keeps of its device: as in Rust, the address has to be loaded from there. */
struct bench_window {
	void __iomem *base;
	unsigned long port;
};

/* Where to and where from, once as words and once as bytes. */
struct bench_buffer {
	u32 words[BENCH_WORDS];
	u8 bytes[BENCH_COPY_BYTES];
};

/* How many times a round makes an access: enough that no compiler unrolls the loop. */
#define BENCH_ACCESSES 16

/*
 * A loop over one form of access. A round makes the access BENCH_ACCESSES times (moves
 * 4 KiB once), or with @more twice as often. The difference is that many accesses,
 * and nothing of the loop.
 */
typedef void bench_loop(const void *window, struct bench_buffer *buffer, unsigned long rounds,
			bool more);

#endif
