// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings: whole and in part, filled at once and when touched, in small pages and huge ones, at
 * addresses of the kernel's choice and of the program's own, moved and split.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "oracle.h"
#include "touch.h"
#include "vma.h"

/* Up to this length a mapping is read throughout, and a longer one where it matters. */
#define THROUGHOUT (128 << 10)

#define WORD(map, at) (*(volatile uint64_t *)((map) + (at)))

/* A mapping that is being looked at, and what it should be one of. */
struct mapping {
	uint32_t region;
	volatile char *at;
	size_t length;
	uint64_t place;
	bool combining, writable;
};

static bool word_shows(struct window *w, const char *how, uint32_t region, volatile char *map,
		       uint64_t place, size_t at)
{
	uint64_t wanted = memory_word(place + at), seen = WORD(map, at);
	char whose[64];

	if (seen == wanted)
		return true;
	memory_describe(seen, whose, sizeof(whose));
	return wrong(w,
		     "%s, region %u: %#zx bytes into the mapping, wanted %#" PRIx64
		     ", of the place %#" PRIx64 ", got %#" PRIx64 ", %s",
		     how, region, at, wanted, place + at, seen, whose);
}

static bool range_shows(struct window *w, const char *how, uint32_t region, volatile char *map,
			uint64_t place, size_t from, size_t to)
{
	for (; from < to; from += 8)
		if (!word_shows(w, how, region, map, place, from))
			return false;
	return true;
}

/* The ends, and borders of pages and of huge pages in between. */
static bool samples_show(struct window *w, const char *how, uint32_t region, volatile char *map,
			 uint64_t place, size_t length)
{
	size_t page = page_size(), i;

	if (!range_shows(w, how, region, map, place, 0, page) ||
	    !range_shows(w, how, region, map, place, length - page, length))
		return false;
	for (i = 0; i < 96; i++) {
		uint64_t chosen = memory_stamped(&w->chance, place + below(&w->chance, length));
		size_t at = (chosen - place) & ~7UL;

		switch (below(&w->chance, 3)) {
		case 0:
			at = ((chosen & -huge_size()) - place);
			break;
		case 1:
			at &= -page;
			break;
		}
		/* Some of these are before it. */
		if (at > length - 16)
			continue;
		if (!word_shows(w, how, region, map, place, at) ||
		    !word_shows(w, how, region, map, place, at + 8) ||
		    (at && !word_shows(w, how, region, map, place, at - 8)))
			return false;
	}
	return true;
}

bool map_shows(struct window *w, const char *how, uint32_t region, volatile char *map,
	       uint64_t place, size_t length)
{
	int sig = sigsetjmp(jump, 1);

	if (sig)
		return wrong(w, "%s, region %u: %s while %#zx bytes of the place %#" PRIx64 " were read",
			     how, region, strsignal(sig), length, place);
	if (length <= THROUGHOUT)
		return range_shows(w, how, region, map, place, 0, length);
	return samples_show(w, how, region, map, place, length);
}

/* What the page tables say of an address; false if nothing is there, or it cannot be asked. */
static bool look_up(struct window *w, volatile char *at, struct iomem_test_pagetable *entry)
{
	*entry = (struct iomem_test_pagetable){ .address = (uintptr_t)at };
	return w->pagetable >= 0 && !ioctl(w->pagetable, IOMEM_TEST_PAGETABLE, entry);
}

/* The page tables say the same as the memory does, and how it is mapped. */
static bool tables_agree(struct window *w, const struct mapping *m)
{
	struct iomem_test_pagetable entry;
	size_t at = below(&w->chance, m->length);
	uint32_t caching = m->combining ? CACHING_WRITECOMBINE : CACHING_UNCACHED;

	if (look(m->at + (at & ~7UL)))
		return wrong(w, "region %u: a signal at %#zx", m->region, at);
	if (!look_up(w, m->at + at, &entry))
		return w->pagetable < 0 ||
		       wrong(w, "region %u: no page-table entry at %#zx", m->region, at);
	if (entry.physical != w->start + m->place + at)
		return wrong(w, "region %u: the page tables show %#" PRIx64 ", not %#" PRIx64,
			     m->region, (uint64_t)entry.physical, w->start + m->place + at);
	if (entry.caching != caching || !!entry.writable != m->writable)
		return wrong(w, "region %u: cache mode %u, not %u, or writable: %u", m->region,
			     entry.caching, caching, entry.writable);
	return entry.size == page_size() || went(w, MAP_HUGE);
}

/* Registers of the region that are in the mapping are written through it. */
static bool map_write(struct window *w, const struct mapping *m)
{
	const struct plan *plan = &w->plan;
	uint32_t width = layout_width(plan, &w->chance);
	uint64_t offset, place;
	int sig;

	if (!layout_register(plan, m->region, width, &w->chance, &offset))
		return true;
	place = plan->part[m->region].place + offset;
	if (place < m->place || place + width > m->place + m->length)
		return true;
	sig = sigsetjmp(jump, 1);
	if (sig)
		return wrong(w, "region %u: %s while %#" PRIx64 " was written", m->region,
			     strsignal(sig), offset);
	switch (width) {
	case 1:
		*(volatile uint8_t *)(m->at + (place - m->place)) ^= 0xff;
		break;
	case 2:
		*(volatile uint16_t *)(m->at + (place - m->place)) ^= 0xffff;
		break;
	case 4:
		*(volatile uint32_t *)(m->at + (place - m->place)) ^= 0xffffffff;
		break;
	default:
		*(volatile uint64_t *)(m->at + (place - m->place)) ^= ~UINT64_C(0);
	}
	memory_inverted(place, width);
	return went(w, MAP_WRITTEN);
}

/* Some of its pages go to another address, and show what they did. */
static bool map_move(struct window *w, struct mapping *m)
{
	size_t page = page_size(), pages = m->length / page;
	size_t from = below(&w->chance, pages) * page, length;
	volatile char *to;
	bool good;

	length = (1 + below(&w->chance, pages - from / page)) * page;
	to = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		return true;
	if (mremap((void *)(m->at + from), length, length, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	    MAP_FAILED)
		return wrong(w, "region %u: mremap of %#zx bytes: %s", m->region, length,
			     strerror(errno));
	good = map_shows(w, "a mapping moved", m->region, to, m->place + from, length);
	munmap((void *)to, length);
	if (!good ||
	    (from && !map_shows(w, "before what was moved", m->region, m->at, m->place, from)))
		return false;
	if (from + length < m->length &&
	    !map_shows(w, "behind what was moved", m->region, m->at + from + length,
		       m->place + from + length, m->length - from - length))
		return false;
	return went(w, MAP_MOVED);
}

/* A page in the midst of it is unmapped. */
static bool map_split(struct window *w, struct mapping *m)
{
	size_t page = page_size(), hole = below(&w->chance, m->length / page) * page;

	munmap((void *)(m->at + hole), page);
	if (hole && !map_shows(w, "before a hole", m->region, m->at, m->place, hole))
		return false;
	if (hole + page < m->length &&
	    !map_shows(w, "behind a hole", m->region, m->at + hole + page, m->place + hole + page,
		       m->length - hole - page))
		return false;
	return went(w, MAP_SPLIT);
}

/* Where the pages of a region begin: `first` bytes before its registers, as the driver says. */
static bool pages_of(struct window *w, uint32_t region, uint64_t *place)
{
	const struct iomem_region_info *info = &w->info[region];
	const struct part *part = &w->plan.part[region];

	*place = part->place - info->first;
	if (info->first >= page_size() || *place % page_size() || info->mmap_length % page_size() ||
	    info->mmap_length < info->first + part->length)
		return wrong(w, "region %u: first %#x and mmap_length %#" PRIx64 " cannot be",
			     region, info->first, (uint64_t)info->mmap_length);
	return true;
}

volatile char *map_open(struct window *w, uint32_t region, uint64_t *place, size_t *length)
{
	const struct iomem_region_info *info = &w->info[region];
	int prot = PROT_READ | (w->plan.read_only ? 0 : PROT_WRITE);
	void *at;

	if (!(info->flags & IOMEM_REGION_MMAP) || !pages_of(w, region, place))
		return NULL;
	*length = info->mmap_length;
	at = mmap(NULL, *length, prot, MAP_SHARED, w->fd, info->offset);
	if (at == MAP_FAILED) {
		wrong(w, "region %u: mmap of %#zx bytes: %s", region, *length, strerror(errno));
		return NULL;
	}
	return at;
}

/* What cannot be mapped says so. */
static bool map_refused(struct window *w, uint32_t region)
{
	const struct iomem_region_info *info = &w->info[region];
	const struct part *part = &w->plan.part[region];
	bool whole = !(part->place % page_size()) && !(part->length % page_size());
	void *at = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, w->fd, info->offset);

	if (at != MAP_FAILED)
		return wrong(w, "region %u was mapped, though it says that it cannot be", region);
	/* No other device has anything there. */
	if (whole || !w->words.share || w->plan.may_share)
		return wrong(w, "region %u cannot be mapped: %s", region, strerror(errno));
	return went(w, MAP_REFUSED);
}

/* Nothing begins behind its last page, and nothing goes beyond it. */
static bool map_beyond(struct window *w, uint32_t region)
{
	const struct iomem_region_info *info = &w->info[region];
	uint64_t from = below(&w->chance, info->mmap_length / page_size()) * page_size();

	if (mmap(NULL, page_size(), PROT_READ, MAP_SHARED, w->fd,
		 info->offset + info->mmap_length) != MAP_FAILED ||
	    errno != ENXIO)
		return wrong(w, "region %u: mmap behind its pages: %s", region, strerror(errno));
	if (mmap(NULL, info->mmap_length - from + page_size(), PROT_READ, MAP_SHARED, w->fd,
		 info->offset + from) != MAP_FAILED ||
	    errno != EINVAL)
		return wrong(w, "region %u: mmap beyond its pages: %s", region, strerror(errno));
	return went(w, MAP_BEYOND);
}

static bool map_read_only(struct window *w, uint32_t region)
{
	if (mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, w->fd,
		 w->info[region].offset) != MAP_FAILED ||
	    errno != EACCES)
		return wrong(w, "region %u can only be read, and PROT_WRITE got: %s", region,
			     strerror(errno));
	return true;
}

/* Whether the pages are not there before they are touched; asked for the sake of the count. */
static void note_faults(struct window *w, const struct mapping *m)
{
	struct iomem_test_pagetable entry;

	if (w->pagetable >= 0 && !look_up(w, m->at, &entry))
		went(w, MAP_FAULTED);
}

static bool map_use(struct window *w, struct mapping *m, const char *how)
{
	uint32_t i;

	note_faults(w, m);
	/* Sometimes what comes first is a write. */
	if (m->writable && !below(&w->chance, 4) && !map_write(w, m))
		return false;
	if (!map_shows(w, how, m->region, m->at, m->place, m->length))
		return false;
	/* The longer it is, the more kinds of pages there can be. */
	for (i = m->length < huge_size() ? 1 : 8; i; i--)
		if (!tables_agree(w, m))
			return false;
	for (i = below(&w->chance, 3); m->writable && i; i--)
		if (!map_write(w, m))
			return false;
	if (!below(&w->chance, 4) &&
	    !map_shows(w, "a mapping written", m->region, m->at, m->place, m->length))
		return false;
	if (!below(&w->chance, 4))
		return map_move(w, m);
	if (!below(&w->chance, 4))
		return map_split(w, m);
	return true;
}

bool map_region(struct window *w, uint32_t region)
{
	const struct iomem_region_info *info = &w->info[region];
	struct mapping m = { .region = region };
	size_t page = page_size(), from = 0, pages;
	void *chosen = NULL, *at;
	uint64_t place, offset;
	const char *how;
	bool good;

	catch_faults();
	if (!(info->flags & IOMEM_REGION_MMAP))
		return map_refused(w, region);
	if (!pages_of(w, region, &place))
		return false;
	if (w->plan.read_only && !map_read_only(w, region))
		return false;
	if (!below(&w->chance, 4) && !map_beyond(w, region))
		return false;

	pages = info->mmap_length / page;
	m.length = info->mmap_length;
	if (below(&w->chance, 2)) {
		from = below(&w->chance, pages);
		m.length = (1 + below(&w->chance, pages - from)) * page;
	}
	m.place = place + from * page;
	m.writable = !w->plan.read_only && below(&w->chance, 4);
	m.combining = info->flags & IOMEM_REGION_MMAP_WC && !below(&w->chance, 3);
	offset = (m.combining ? info->wc_offset : info->offset) + from * page;
	/* At an address of its own, where huge pages fit by chance only. */
	if (!below(&w->chance, 4)) {
		chosen = mmap(NULL, m.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (chosen == MAP_FAILED)
			chosen = NULL;
	}
	at = mmap(chosen, m.length, PROT_READ | (m.writable ? PROT_WRITE : 0),
		  MAP_SHARED | (chosen ? MAP_FIXED : 0), w->fd, offset);
	if (at == MAP_FAILED)
		return wrong(w, "region %u: mmap of %#zx bytes at %#" PRIx64 ": %s", region,
			     m.length, offset, strerror(errno));
	m.at = at;
	how = m.combining			   ? "a write-combining mapping" :
	      from || m.length < info->mmap_length ? "a mapping in part" :
						     "a mapping";
	good = map_use(w, &m, how);
	munmap(at, m.length);
	if (!good)
		return false;
	/* All of it is as it was said, and of the window's own. */
	if (!layout_owns(&w->plan, place, info->mmap_length))
		return wrong(w,
			     "region %u: its pages, %#" PRIx64 " bytes from %#" PRIx64
			     " on, are not the window's alone",
			     region, (uint64_t)info->mmap_length, place);
	if (chosen)
		went(w, MAP_CHOSEN);
	if (m.combining)
		went(w, MAP_COMBINING);
	return went(w, from || m.length < info->mmap_length ? MAP_PART : MAP_WHOLE);
}

/* Each region, in any order; then two at the same time, while one of them is written. */
bool map_regions(struct window *w)
{
	uint32_t i, other, parts = w->plan.parts, first = below(&w->chance, parts);
	uint64_t place[2];
	size_t length[2];
	volatile char *map[2];
	struct mapping m;
	bool good = true;

	for (i = 0; i < parts; i++)
		if (!map_region(w, (first + i) % parts))
			return false;
	if (parts == 1 || below(&w->chance, 4))
		return true;
	i = first;
	other = (first + 1 + below(&w->chance, parts - 1)) % parts;
	map[0] = map_open(w, i, &place[0], &length[0]);
	map[1] = map_open(w, other, &place[1], &length[1]);
	if (map[0] && map[1]) {
		m = (struct mapping){
			.region = i, .at = map[0], .length = length[0], .place = place[0]
		};
		good = (w->plan.read_only || map_write(w, &m)) &&
		       map_shows(w, "one of two", i, map[0], place[0], length[0]) &&
		       map_shows(w, "the other of two", other, map[1], place[1], length[1]);
	}
	if (map[0])
		munmap((void *)map[0], length[0]);
	if (map[1])
		munmap((void *)map[1], length[1]);
	return good && !w->why[0];
}
