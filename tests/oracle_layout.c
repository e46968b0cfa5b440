// SPDX-License-Identifier: GPL-2.0
/*
 * Draws windows: 1 to 8 regions that begin and end anywhere, touch each other, share pages, or have
 * gaps between them, near the borders of pages and huge pages.
 */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "oracle.h"

size_t page_size(void)
{
	static size_t size;

	if (!size)
		size = sysconf(_SC_PAGESIZE);
	return size;
}

/* A table of page-table entries, of 8 bytes each, is a page. */
size_t huge_size(void)
{
	return page_size() / 8 * page_size();
}

uint64_t chance_next(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t below(struct chance *chance, uint64_t limit)
{
	return chance_next(chance) % limit;
}

/* Where a window is to begin. */
static uint64_t draw_place(struct chance *c)
{
	uint64_t border, around = below(c, 2 * EDGE_BYTES);

	switch (below(c, 8)) {
	case 0 ... 3:
		return below(c, DENSE_BYTES);
	case 4:
		border = below(c, MEMORY_BYTES / huge_size()) * huge_size();
		break;
	case 5:
		border = below(c, MEMORY_BYTES / MIB) * MIB;
		break;
	case 6:
		border = 0;
		break;
	default:
		border = MEMORY_BYTES;
	}
	return border + around < EDGE_BYTES ? 0 : border + around - EDGE_BYTES;
}

static uint64_t draw_gap(struct chance *c, uint64_t at)
{
	size_t page = page_size();

	switch (below(c, 6)) {
	case 0 ... 1:
		return 0;
	case 2:
		return below(c, 16);
	case 3:
		return below(c, page);
	case 4:
		return -at & (page - 1);
	default:
		return below(c, 4) * page + below(c, page);
	}
}

static uint64_t draw_length(struct chance *c)
{
	size_t page = page_size();

	switch (below(c, 16)) {
	case 0:
		return 1;
	case 1 ... 2:
		return 1 + below(c, 16);
	case 3 ... 4:
		return UINT64_C(4) << below(c, 8);
	case 5 ... 7:
		return 1 + below(c, page);
	case 8:
		return page;
	case 9 ... 10:
		return page * (1 + below(c, 8));
	case 11 ... 14:
		return 1 + below(c, 8 * page);
	default:
		return below(c, MIB) + 1;
	}
}

/* Long enough for huge pages, and now and then all there is. */
static uint64_t draw_huge(struct chance *c)
{
	uint64_t length = huge_size() * (1 + below(c, 3));

	switch (below(c, 8)) {
	case 0:
		return MEMORY_BYTES;
	case 1 ... 2:
		return length + below(c, huge_size());
	case 3:
		return length - below(c, huge_size() / 2);
	default:
		return length;
	}
}

static uint64_t draw_huge_place(struct chance *c)
{
	uint64_t place = below(c, DENSE_BYTES / huge_size()) * huge_size();

	switch (below(c, 4)) {
	case 0:
		return place + below(c, 64) * page_size();
	case 1:
		return place + below(c, page_size());
	default:
		return place;
	}
}

static void shuffle(struct plan *plan, struct chance *c)
{
	uint32_t i;

	for (i = plan->parts; i > 1; i--) {
		uint32_t other = below(c, i);
		struct part kept = plan->part[i - 1];

		plan->part[i - 1] = plan->part[other];
		plan->part[other] = kept;
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Regions one after the other, of which number `huge` is a long one. */
static void draw_parts(struct plan *plan, struct chance *c, uint32_t parts, uint32_t huge,
		       uint64_t align)
{
	uint64_t at = huge < parts ? draw_huge_place(c) : draw_place(c), end = 0, back;
	uint32_t i;

	for (i = 0; i < parts; i++) {
		struct part *part = &plan->part[i];

		part->place = (at + (align - 1)) & ~(align - 1);
		part->length = i == huge ? draw_huge(c) : draw_length(c);
		if (part->length > align)
			part->length &= ~(align - 1);
		if (part->length > MEMORY_BYTES)
			part->length = MEMORY_BYTES;
		end = part->place + part->length;
		at = end + draw_gap(c, end);
	}
	/* What goes beyond the end is moved to it, by whole pages or so that it ends there. */
	if (end > MEMORY_BYTES) {
		back = end - MEMORY_BYTES;
		if (below(c, 2) && back + page_size() < plan->part[0].place)
			back = (back + page_size() - 1) & ~(page_size() - 1);
		for (i = 0; i < parts; i++)
			plan->part[i].place -= least(back, plan->part[i].place);
	}
	plan->parts = parts;
}

static bool overlap(const struct part *a, const struct part *b)
{
	return a->place < b->place + b->length && b->place < a->place + a->length;
}

static bool has_overlap(const struct plan *plan)
{
	uint32_t i, j;

	for (i = 0; i < plan->parts; i++)
		for (j = 0; j < i; j++)
			if (overlap(&plan->part[i], &plan->part[j]))
				return true;
	return false;
}

static void write_line(struct plan *plan, uint64_t start, const struct words *words)
{
	char *to = plan->line, *end = plan->line + sizeof(plan->line);
	uint32_t i;

	to += snprintf(to, end - to, "oracle");
	for (i = 0; i < plan->parts; i++)
		to += snprintf(to, end - to, " mem=%#" PRIx64 ",%#" PRIx64,
			       start + plan->part[i].place, plan->part[i].length);
	if (plan->width)
		to += snprintf(to, end - to, " width=%u", plan->width);
	if (plan->big_endian)
		to += snprintf(to, end - to, " big-endian");
	if (plan->read_only)
		to += snprintf(to, end - to, " read-only");
	if (words->combine && plan->may_combine)
		to += snprintf(to, end - to, " %s", words->combine);
	if (words->share && plan->may_share)
		to += snprintf(to, end - to, " %s", words->share);
}

void layout_draw(struct plan *plan, struct chance *c, uint64_t start, const struct words *words)
{
	uint32_t parts = below(c, 4) ? 1 + below(c, 4) : 1 + below(c, MOST_REGIONS), huge = parts;
	uint64_t align = 1;
	int tries = 0;

	*plan = (struct plan){};
	plan->width = below(c, 3) ? 0 : UINT32_C(1) << below(c, 4);
	plan->big_endian = !below(c, 5);
	plan->read_only = !below(c, 5);
	plan->may_combine = below(c, 2);
	plan->may_share = below(c, 5);
	/* Registers are aligned, as a rule. */
	if (plan->width && below(c, 8))
		align = plan->width;
	else if (below(c, 2))
		align = 8;
	if (!below(c, 10))
		huge = below(c, parts);

	do {
		draw_parts(plan, c, parts, huge, align);
		/* They were pushed together, at the end of the memory. */
		if (++tries == 8)
			parts = 1;
	} while (has_overlap(plan));
	if (parts > 1 && !below(c, 16)) {
		struct part *one = &plan->part[below(c, parts - 1) + 1];
		struct part *other = &plan->part[0];

		one->place = other->place + below(c, other->length);
		if (one->place + one->length > MEMORY_BYTES)
			one->length = MEMORY_BYTES - one->place;
		plan->overlaps = true;
	}
	shuffle(plan, c);
	write_line(plan, start, words);
}

bool layout_owns(const struct plan *plan, uint64_t place, uint64_t length)
{
	uint64_t mask = page_size() - 1, end = place + length;
	uint32_t i;
	bool found = true;

	/* From one region's pages on to the next that continues them. */
	while (place < end && found) {
		found = false;
		for (i = 0; i < plan->parts && !found; i++) {
			uint64_t first = plan->part[i].place & ~mask;
			uint64_t last = (plan->part[i].place + plan->part[i].length + mask) & ~mask;

			if (place >= first && place < last) {
				place = last;
				found = true;
			}
		}
	}
	return place >= end;
}

uint32_t layout_width(const struct plan *plan, struct chance *chance)
{
	return plan->width ?: UINT32_C(1) << below(chance, 4);
}

bool layout_register(const struct plan *plan, uint32_t region, uint32_t width,
		     struct chance *chance, uint64_t *offset)
{
	const struct part *part = &plan->part[region];
	uint64_t first = -part->place & (width - 1), count, near;

	if (first + width > part->length)
		return false;
	count = (part->length - first) / width;
	switch (below(chance, 6)) {
	case 0:
		*offset = first;
		break;
	case 1:
		*offset = first + (count - 1) * width;
		break;
	case 2:
		/* On either side of a page. */
		near = -part->place & (page_size() - 1);
		near += below(chance, part->length / page_size() + 1) * page_size();
		near -= below(chance, 2) && near ? width : 0;
		*offset = first + (near < count * width ? near / width * width : 0);
		if (*offset + width > part->length)
			*offset = first;
		break;
	default:
		*offset = first + below(chance, count) * width;
	}
	near = memory_stamped(chance, part->place + *offset) & ~UINT64_C(7);
	if (near >= part->place && near + 8 <= part->place + part->length &&
	    part->place + *offset - near >= 8)
		*offset = near - part->place;
	return true;
}
