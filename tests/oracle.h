/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of tests/oracle.c share: memory that says its own address, windows
 * drawn at random in it, and the ways to their registers.
 *
 * A place is an offset in that memory, which the host stamped (tests/stamp.py). What is
 * expected at a place depends on nothing but the place, and on what was written there: no
 * offset of the driver's goes into it.
 */
#ifndef _IOMEM_ORACLE_H
#define _IOMEM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iomem.h"
#include "kselftest.h"

#define MIB (UINT64_C(1) << 20)
#define MEMORY_BYTES (UINT64_C(1) << 30)
/* Of it, so much is stamped throughout, and so much on either side of each MiB behind. */
#define DENSE_BYTES (64 * MIB)
#define EDGE_BYTES (UINT64_C(16) << 10)

#define MOST_REGIONS 8

/* The ways to a register, and what else is tried. */
enum way {
	MAP_WHOLE,
	MAP_PART,
	MAP_FAULTED,
	MAP_HUGE,
	MAP_CHOSEN,
	MAP_MOVED,
	MAP_SPLIT,
	MAP_COMBINING,
	MAP_FORKED,
	MAP_WRITTEN,
	MAP_BEYOND,
	MAP_REFUSED,
	SELF_MEM_READ,
	SELF_MEM_WRITTEN,
	SELF_MEM_BEYOND,
	PEEK,
	POKE,
	VM_READV,
	PREAD,
	PREADV,
	PWRITE,
	PWRITEV,
	NO_REGISTER,
	BATCH,
	READ_ONLY,
	DUMP,
	OVERLAP,
	NEIGHBOUR,
	WAYS
};

/* Choices that can be made again: splitmix64. */
struct chance {
	uint64_t state;
};

uint64_t chance_next(struct chance *chance);
/* From 0 on, below the limit. */
uint64_t below(struct chance *chance, uint64_t limit);

/* A region, as it was asked for: where it begins in the memory. */
struct part {
	uint64_t place, length;
};

/* A window, as it was asked for. */
struct plan {
	struct part part[MOST_REGIONS];
	uint32_t parts;
	/* In bytes, or 0. */
	uint32_t width;
	bool big_endian, read_only;
	/* Two of its regions overlap, so that it cannot be made. */
	bool overlaps;
	/* The driver's words for what has to be asked for, where it knows them. */
	bool may_combine, may_share;
	char line[1024];
};

/* What the driver wants asked for, by a word of new_device; NULL where it has no such word. */
struct words {
	const char *combine, *share;
};

/* A window that was made, and what was found to be wrong. */
struct window {
	struct plan plan;
	struct iomem_region_info info[MOST_REGIONS];
	struct words words;
	struct chance chance;
	int fd, pagetable;
	uint32_t node;
	/* The physical address of the memory. */
	uint64_t start;
	uint64_t *tally;
	char why[512];
};

/* Notes what is wrong, and returns false. */
__printf(2, 3) bool wrong(struct window *w, const char *format, ...);

/* Counts a way that was gone. */
static inline bool went(struct window *w, enum way way)
{
	w->tally[way]++;
	return true;
}

size_t page_size(void);
/* What a huge page of the lowest kind shows, in bytes. */
size_t huge_size(void);

/* oracle_memory.c */
bool memory_open(void);
/* What is expected at a place, which is a multiple of 8. */
uint64_t memory_word(uint64_t place);
void memory_bytes(uint64_t place, void *to, size_t length);
/* As the value of a register of up to 8 bytes, in the processor's order. */
uint64_t memory_value(uint64_t place, uint32_t width, bool big_endian);
/* These bytes have been inverted. */
void memory_inverted(uint64_t place, size_t length);
/* Of these bits of a register's value, whole bytes of it, the same. */
void memory_inverted_value(uint64_t place, uint32_t width, bool big_endian, uint64_t mask);
/* A place near this one that is stamped. */
uint64_t memory_stamped(struct chance *chance, uint64_t place);
/* Which place that word is from, for a message. */
void memory_describe(uint64_t word, char *text, size_t room);
/* Lists, for the host, what was inverted. */
void memory_print(void);
/* Whether bytes that were read are those of a place. */
bool memory_is(struct window *w, const char *how, uint32_t region, uint64_t place,
	       const void *bytes, size_t length);

/* oracle_layout.c */
void layout_draw(struct plan *plan, struct chance *chance, uint64_t start,
		 const struct words *words);
/* Whether pages of the window's own are all that is in that range. */
bool layout_owns(const struct plan *plan, uint64_t place, uint64_t length);
/* A register of that width in a region: its offset. False if there is none. */
bool layout_register(const struct plan *plan, uint32_t region, uint32_t width,
		     struct chance *chance, uint64_t *offset);
/* A width that registers of the window can have. */
uint32_t layout_width(const struct plan *plan, struct chance *chance);

/* oracle_map.c, oracle_calls.c, oracle_debugger.c: false if something is wrong. */
bool map_regions(struct window *w);
bool map_region(struct window *w, uint32_t region);
bool call_regions(struct window *w);
bool debug_regions(struct window *w);

/* What oracle_debugger.c needs of oracle_map.c: a region, mapped; NULL if it cannot be. */
volatile char *map_open(struct window *w, uint32_t region, uint64_t *place, size_t *length);
/* Whether a mapping shows the memory from a place on. */
bool map_shows(struct window *w, const char *how, uint32_t region, volatile char *map,
	       uint64_t place, size_t length);

#endif /* _IOMEM_ORACLE_H */
