// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: pread(), pwrite() and their kin, one register and many; batches; and what debugfs shows.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "oracle.h"

#define MOST_OPS 24
/* More than the driver has room for at a time. */
#define MOST_BYTES 2048

static uint64_t ones(uint32_t width)
{
	return width == 8 ? ~UINT64_C(0) : (UINT64_C(1) << 8 * width) - 1;
}

static uint64_t place_of(const struct window *w, uint32_t region, uint64_t offset)
{
	return w->plan.part[region].place + offset;
}

static bool value_is(struct window *w, const char *how, uint32_t region, uint64_t offset,
		     uint32_t width, uint64_t value)
{
	uint64_t wanted = memory_value(place_of(w, region, offset), width, w->plan.big_endian);

	if (value == wanted)
		return true;
	return wrong(w,
		     "%s, region %u: %u bytes at %#" PRIx64 ", the place %#" PRIx64
		     ", wanted %#" PRIx64 ", got %#" PRIx64,
		     how, region, width, offset, place_of(w, region, offset), wanted, value);
}

/* What is no register is EINVAL, and has no effect, which the host will see. */
static bool no_register(struct window *w, uint32_t region)
{
	const struct part *part = &w->plan.part[region];
	uint32_t width = layout_width(&w->plan, &w->chance);
	uint64_t value = 0, offset = below(&w->chance, part->length);

	if (!((part->place + offset) % width) && offset + width <= part->length)
		return true;
	if (pread(w->fd, &value, width, w->info[region].offset + offset) != -1 || errno != EINVAL)
		return wrong(w,
			     "pread, region %u: %u bytes at %#" PRIx64 " are no register, but: %s",
			     region, width, offset, strerror(errno));
	if (w->plan.read_only)
		return went(w, NO_REGISTER);
	if (pwrite(w->fd, &value, width, w->info[region].offset + offset) != -1 || errno != EINVAL)
		return wrong(w,
			     "pwrite, region %u: %u bytes at %#" PRIx64 " are no register, but: %s",
			     region, width, offset, strerror(errno));
	return went(w, NO_REGISTER);
}

static bool read_one(struct window *w, uint32_t region)
{
	uint32_t width = layout_width(&w->plan, &w->chance);
	uint64_t offset, value = 0;
	ssize_t n;

	if (!layout_register(&w->plan, region, width, &w->chance, &offset))
		return true;
	n = pread(w->fd, &value, width, w->info[region].offset + offset);
	if (n != width)
		return wrong(w, "pread, region %u: %u bytes at %#" PRIx64 ": %zd, %s", region,
			     width, offset, n, strerror(errno));
	return value_is(w, "pread", region, offset, width, value) && went(w, PREAD);
}

static bool write_one(struct window *w, uint32_t region)
{
	uint32_t width = layout_width(&w->plan, &w->chance);
	bool read_only = w->plan.read_only;
	uint64_t offset, value;
	ssize_t n;

	if (!layout_register(&w->plan, region, width, &w->chance, &offset))
		return true;
	value = ~memory_value(place_of(w, region, offset), width, w->plan.big_endian);
	n = pwrite(w->fd, &value, width, w->info[region].offset + offset);
	if (n != (read_only ? -1 : (ssize_t)width) || (read_only && errno != EPERM))
		return wrong(w, "pwrite, region %u: %u bytes at %#" PRIx64 ": %zd, %s", region,
			     width, offset, n, strerror(errno));
	if (read_only)
		return went(w, READ_ONLY);
	memory_inverted(place_of(w, region, offset), width);
	return went(w, PWRITE);
}

/* A series of registers, to or from two buffers, which a register may be divided between. */
static bool series(struct window *w, uint32_t region, bool write)
{
	const struct part *part = &w->plan.part[region];
	uint32_t width = w->plan.width ?: 4;
	uint8_t bytes[MOST_BYTES];
	uint64_t offset, count, most, i;
	struct iovec vec[2];
	ssize_t n;

	if (!layout_register(&w->plan, region, width, &w->chance, &offset))
		return true;
	most = (part->length - offset) / width;
	count = below(&w->chance, 4) ? most < 16 ? most : 16 : most;
	if (count > MOST_BYTES / width)
		count = MOST_BYTES / width;
	count = 1 + below(&w->chance, count);
	/* Two of 4 bytes are one register of 8, if there is no width. */
	if (!w->plan.width && count <= 2)
		return true;
	for (i = 0; i < count; i++) {
		uint64_t value = write ? ~memory_value(place_of(w, region, offset + i * width),
						       width, w->plan.big_endian) :
					 0;

		memcpy(bytes + i * width, &value, width);
	}
	vec[0].iov_base = bytes;
	vec[0].iov_len = below(&w->chance, count * width + 1);
	vec[1].iov_base = bytes + vec[0].iov_len;
	vec[1].iov_len = count * width - vec[0].iov_len;
	n = (write ? pwritev : preadv)(w->fd, vec, 2, w->info[region].offset + offset);
	if (n != (ssize_t)(count * width))
		return wrong(w, "%s, region %u: %#" PRIx64 " bytes at %#" PRIx64 ": %zd, %s",
			     write ? "pwritev" : "preadv", region, count * width, offset, n,
			     strerror(errno));
	if (write) {
		memory_inverted(place_of(w, region, offset), n);
		return went(w, PWRITEV);
	}
	for (i = 0; i < count; i++) {
		uint64_t value = 0;

		memcpy(&value, bytes + i * width, width);
		if (!value_is(w, "preadv", region, offset + i * width, width, value))
			return false;
	}
	return went(w, PREADV);
}

/* Draws an operation, whose results are known in advance. */
static bool draw_op(struct window *w, struct iomem_op *op, uint64_t *wanted)
{
	const struct plan *plan = &w->plan;
	uint32_t region = below(&w->chance, plan->parts), width = layout_width(plan, &w->chance), i;
	uint64_t offset, now, place;

	if (!layout_register(plan, region, width, &w->chance, &offset))
		return false;
	place = place_of(w, region, offset);
	now = memory_value(place, width, plan->big_endian);
	*op = (struct iomem_op){ .region = region, .width = width, .offset = offset };
	*wanted = now;
	switch (below(&w->chance, plan->read_only ? 2 : 4)) {
	case 0:
		op->op = IOMEM_OP_READ;
		break;
	case 1:
		op->op = IOMEM_OP_WAIT;
		op->mask = (chance_next(&w->chance) & ones(width)) ?: 1;
		op->value = now & op->mask;
		break;
	case 2:
		op->op = IOMEM_OP_WRITE;
		op->value = ~now & ones(width);
		*wanted = op->value;
		memory_inverted(place, width);
		break;
	default:
		op->op = IOMEM_OP_UPDATE;
		for (i = 0; i < width; i++)
			op->mask |= below(&w->chance, 2) ? UINT64_C(0xff) << 8 * i : 0;
		op->mask = op->mask ?: 0xff;
		op->value = ~now & op->mask;
		memory_inverted_value(place, width, plan->big_endian, op->mask);
	}
	return true;
}

static bool batch_made(struct window *w)
{
	struct iomem_op op[MOST_OPS];
	uint64_t wanted[MOST_OPS];
	struct iomem_batch batch = { .size = sizeof(batch), .op_size = sizeof(op[0]) };
	uint32_t i, n = 0, most = 1 + below(&w->chance, MOST_OPS);

	for (i = 0; i < most; i++)
		n += draw_op(w, &op[n], &wanted[n]);
	if (!n)
		return true;
	batch.ops = (uintptr_t)op;
	batch.count = n;
	if (ioctl(w->fd, IOMEM_IOC_BATCH, &batch) || batch.done != n)
		return wrong(w, "a batch of %u operations: %u done, %u failed, %s", n, batch.done,
			     batch.failed, strerror(errno));
	for (i = 0; i < n; i++)
		if (op[i].value != wanted[i])
			return wrong(w, "a batch, operation %u of %u (%u): region %u, %u bytes at %#"
				     PRIx64 ", the place %#" PRIx64 ", wanted %#" PRIx64
				     ", got %#" PRIx64, i, n, op[i].op, op[i].region, op[i].width,
				     (uint64_t)op[i].offset,
				     place_of(w, op[i].region, op[i].offset), wanted[i],
				     (uint64_t)op[i].value);
	return went(w, BATCH);
}

/* A batch in which there is a write cannot be made at all where nothing can be written. */
static bool batch_refused(struct window *w)
{
	struct iomem_op op[2] = { { .op = IOMEM_OP_READ },
				  { .op = IOMEM_OP_WRITE, .value = 0x5a } };
	struct iomem_batch batch = { .size = sizeof(batch), .op_size = sizeof(op[0]), .count = 2 };
	uint32_t width = layout_width(&w->plan, &w->chance);
	uint64_t offset;

	if (!layout_register(&w->plan, 0, width, &w->chance, &offset))
		return true;
	op[0].width = width;
	op[0].offset = offset;
	op[1].width = width;
	op[1].offset = offset;
	batch.ops = (uintptr_t)op;
	if (ioctl(w->fd, IOMEM_IOC_BATCH, &batch) != -1 || errno != EPERM || batch.failed != 1)
		return wrong(w, "a batch that writes a window that can only be read: %s",
			     strerror(errno));
	return went(w, READ_ONLY);
}

/* A row of the registers in debugfs: where it is, and what is there. */
static bool row_is(struct window *w, uint32_t region, const char *row, uint64_t offset,
		   uint32_t width)
{
	const struct part *part = &w->plan.part[region];
	const char *value = strstr(row, ": ");
	bool none = (part->place + offset) % width || offset + width > part->length;

	if (!value || strtoull(row, NULL, 16) != offset)
		return wrong(w, "debugfs, region %u: wanted a row for %#" PRIx64 ", got '%.40s'",
			     region, offset, row);
	if (none != (value[2] == 'X'))
		return wrong(w, "debugfs, region %u: '%.40s'", region, row);
	return none || value_is(w, "debugfs", region, offset, width, strtoull(value + 2, NULL, 16));
}

/* Some rows, in one read, from any of them on. */
static bool dump(struct window *w, uint32_t region)
{
	char path[96], text[2048];
	uint64_t rows, row;
	size_t length, digits;
	uint32_t width;
	ssize_t n;
	char *at, *end;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/iomem/iomem%u/region%u", w->node, region);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return wrong(w, "%s: %s", path, strerror(errno));
	n = pread(fd, text, 64, 0);
	end = n > 0 ? memchr(text, '\n', n) : NULL;
	at = end ? memchr(text, ':', end - text) : NULL;
	if (!at) {
		close(fd);
		return wrong(w, "%s: no row: %zd, %s", path, n, strerror(errno));
	}
	length = end - text + 1;
	digits = end - at - 2;
	width = digits / 2;
	rows = (w->plan.part[region].length + width - 1) / width;
	row = below(&w->chance, rows);
	n = pread(fd, text, sizeof(text) - 1, row * length);
	close(fd);
	if (n < (ssize_t)length || (w->plan.width && width != w->plan.width))
		return wrong(w, "%s: row %" PRIu64 " of %" PRIu64 ": %zd, %s", path, row, rows, n,
			     strerror(errno));
	text[n] = 0;
	for (at = text; at + length <= text + n; at += length, row++)
		if (!row_is(w, region, at, row * width, width))
			return false;
	return went(w, DUMP);
}

bool call_regions(struct window *w)
{
	uint32_t i, region;

	for (i = 0; i < 4 + w->plan.parts; i++) {
		region = below(&w->chance, w->plan.parts);
		switch (below(&w->chance, 12)) {
		case 0 ... 2:
			if (!read_one(w, region))
				return false;
			break;
		case 3 ... 4:
			if (!write_one(w, region))
				return false;
			break;
		case 5 ... 6:
			if (!series(w, region, false))
				return false;
			break;
		case 7:
			if (!w->plan.read_only && !series(w, region, true))
				return false;
			break;
		case 8:
			if (!dump(w, region))
				return false;
			break;
		case 9:
			if (!no_register(w, region))
				return false;
			break;
		default:
			if (!batch_made(w) || (w->plan.read_only && !batch_refused(w)))
				return false;
		}
	}
	return true;
}
