// SPDX-License-Identifier: GPL-2.0
/*
 * What is expected of the memory: the host's stamps, and which bytes were inverted since.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "oracle.h"

#define FACTOR 0x9e3779b97f4a7c15
/* FACTOR * INVERSE is 1. */
#define INVERSE 0xf1de83e19937733d

/* A bit for each byte of the memory, of all programs that are forked off. */
static uint8_t *inverted;

bool memory_open(void)
{
	inverted = mmap(NULL, MEMORY_BYTES / 8, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return inverted != MAP_FAILED;
}

static bool is_stamped(uint64_t place)
{
	uint64_t in = place % MIB;

	return place < DENSE_BYTES || in < EDGE_BYTES || in >= MIB - EDGE_BYTES;
}

static uint64_t stamp(uint64_t place)
{
	uint64_t product = (place / 8 + 1) * FACTOR;

	return is_stamped(place) ? product ^ product >> 32 : 0;
}

uint64_t memory_word(uint64_t place)
{
	uint8_t bits = inverted[place / 8];
	uint64_t word = stamp(place);
	int i;

	for (i = 0; bits; i++, bits >>= 1)
		if (bits & 1)
			word ^= UINT64_C(0xff) << 8 * i;
	return word;
}

void memory_bytes(uint64_t place, void *to, size_t length)
{
	uint8_t *byte = to;
	size_t i;

	for (i = 0; i < length; i++, place++)
		byte[i] = memory_word(place & ~UINT64_C(7)) >> 8 * (place & 7);
}

uint64_t memory_value(uint64_t place, uint32_t width, bool big_endian)
{
	uint8_t byte[8];
	uint64_t value = 0;
	uint32_t i;

	memory_bytes(place, byte, width);
	for (i = 0; i < width; i++)
		value |= (uint64_t)byte[i] << 8 * (big_endian ? width - 1 - i : i);
	return value;
}

void memory_inverted(uint64_t place, size_t length)
{
	for (; length; length--, place++)
		inverted[place / 8] ^= 1 << (place & 7);
}

void memory_inverted_value(uint64_t place, uint32_t width, bool big_endian, uint64_t mask)
{
	uint32_t i;

	for (i = 0; i < width; i++)
		if (mask >> 8 * i & 1)
			memory_inverted(place + (big_endian ? width - 1 - i : i), 1);
}

uint64_t memory_stamped(struct chance *chance, uint64_t place)
{
	uint64_t border;

	if (is_stamped(place))
		return place;
	border = place & ~(MIB - 1);
	return border + below(chance, EDGE_BYTES);
}

void memory_describe(uint64_t word, char *text, size_t room)
{
	uint64_t times;

	for (times = 0; times < 2; times++, word = ~word) {
		uint64_t place = ((word ^ word >> 32) * INVERSE - 1) * 8;

		if (place < MEMORY_BYTES && is_stamped(place)) {
			snprintf(text, room, "which is %s at %#" PRIx64,
				 times ? "inverted" : "stamped", place);
			return;
		}
	}
	snprintf(text, room, "which is at no place");
}

void memory_print(void)
{
	uint64_t place, begin = 0, length = 0;
	int column = 0;

	for (place = 0; place < MEMORY_BYTES;) {
		/* Most of it has never been written. */
		if (!length && !(place & 63) && !*(uint64_t *)(inverted + place / 8)) {
			place += 64;
			continue;
		}
		if (inverted[place / 8] >> (place & 7) & 1) {
			begin = length ? begin : place;
			length++;
		}
		place++;
		if (length &&
		    (place == MEMORY_BYTES || !(inverted[place / 8] >> (place & 7) & 1))) {
			if (!column)
				printf("# inverted");
			column += printf(" %" PRIx64 "+%" PRIx64, begin, length);
			length = 0;
			if (column > 80) {
				printf("\n");
				column = 0;
			}
		}
	}
	if (column)
		printf("\n");
	fflush(stdout);
}

bool memory_is(struct window *w, const char *how, uint32_t region, uint64_t place,
	       const void *bytes, size_t length)
{
	uint8_t wanted[4096];
	const uint8_t *seen = bytes;
	size_t done, n, i;

	for (done = 0; done < length; done += n) {
		n = length - done < sizeof(wanted) ? length - done : sizeof(wanted);
		memory_bytes(place + done, wanted, n);
		if (!memcmp(seen + done, wanted, n))
			continue;
		for (i = 0; seen[done + i] == wanted[i];)
			i++;
		return wrong(w, "%s, region %u: at %#" PRIx64 " wanted %02x, got %02x", how, region,
			     place + done + i, wanted[i], seen[done + i]);
	}
	return true;
}
