// SPDX-License-Identifier: GPL-2.0
/*
 * Debuggers: /proc/<pid>/mem, ptrace(), process_vm_readv(), on mappings of the program's own and on
 * those of a child that has them by fork().
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle.h"

/* A region that is mapped. */
struct held {
	uint32_t region;
	volatile char *at;
	size_t length;
	uint64_t place;
};

static off_t address(const struct held *held, uint64_t place)
{
	return (uintptr_t)held->at + (place - held->place);
}

/* What pread() takes at a time, too: a register, or a series of them. */
static bool draw_bytes(struct window *w, const struct held *held, uint64_t *place, size_t *length)
{
	const struct part *part = &w->plan.part[held->region];
	bool series = below(&w->chance, 2);
	uint32_t width = series ? (w->plan.width ?: 4) : layout_width(&w->plan, &w->chance);
	uint64_t offset, most;

	if (!layout_register(&w->plan, held->region, width, &w->chance, &offset))
		return false;
	*place = part->place + offset;
	most = (part->length - offset) / width;
	*length = width;
	if (series && most >= 3)
		*length = width * (3 + below(&w->chance, most < 16 ? most - 2 : 14));
	return true;
}

static bool mem_read(struct window *w, const struct held *held, int mem)
{
	uint8_t bytes[256];
	uint64_t place;
	size_t length;
	ssize_t n;

	if (!draw_bytes(w, held, &place, &length))
		return true;
	n = pread(mem, bytes, length, address(held, place));
	if (n != (ssize_t)length)
		return wrong(w,
			     "/proc/self/mem, region %u: %zu bytes of the place %#" PRIx64
			     ": %zd, %s",
			     held->region, length, place, n, strerror(errno));
	return memory_is(w, "/proc/self/mem", held->region, place, bytes, n) &&
	       went(w, SELF_MEM_READ);
}

static bool mem_write(struct window *w, const struct held *held, int mem)
{
	uint8_t bytes[256];
	uint64_t place;
	size_t length, i;
	ssize_t n;

	if (!draw_bytes(w, held, &place, &length))
		return true;
	memory_bytes(place, bytes, length);
	for (i = 0; i < length; i++)
		bytes[i] = ~bytes[i];
	n = pwrite(mem, bytes, length, address(held, place));
	if (w->plan.read_only)
		return n > 0 ? wrong(w,
				     "/proc/self/mem, region %u can only be read, and %zd bytes were written",
				     held->region, n) :
			       went(w, READ_ONLY);
	if (n != (ssize_t)length)
		return wrong(w,
			     "/proc/self/mem, region %u: %zu bytes to the place %#" PRIx64
			     ": %zd, %s",
			     held->region, length, place, n, strerror(errno));
	memory_inverted(place, n);
	return went(w, SELF_MEM_WRITTEN);
}

/* Anywhere in the mapping: there is nothing but registers, whatever else the pages show. */
static bool mem_beyond(struct window *w, const struct held *held, int mem)
{
	const struct part *part = &w->plan.part[held->region];
	uint8_t bytes[256];
	uint64_t place = held->place + below(&w->chance, held->length);
	uint64_t end = part->place + part->length;
	size_t length = 1 + below(&w->chance, sizeof(bytes));
	uint64_t rest = held->place + held->length - place;
	ssize_t n = pread(mem, bytes, length, address(held, place));

	/* Behind the mapping there can be another one, of something else. */
	if (n > 0 && (uint64_t)n > rest)
		n = rest;
	if (n > 0 && (place < part->place || place + n > end))
		return wrong(w, "/proc/self/mem, region %u: %zd bytes of the place %#" PRIx64
			     " are not registers", held->region, n, place);
	if (n > 0)
		return memory_is(w, "/proc/self/mem, anywhere", held->region, place, bytes, n);
	return place >= part->place && place < end ? true : went(w, SELF_MEM_BEYOND);
}

/* The kernel has no page to copy from, and says so; or it has, and then it is the right one. */
static bool vm_readv(struct window *w, const struct held *held)
{
	uint8_t bytes[64];
	uint64_t at = below(&w->chance, held->length - sizeof(bytes));
	struct iovec to = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct iovec from = { .iov_base = (void *)(held->at + at), .iov_len = sizeof(bytes) };
	ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);

	if (n < 0 && errno != EFAULT)
		return wrong(w, "process_vm_readv, region %u: %s", held->region, strerror(errno));
	return (n < 0 ||
		memory_is(w, "process_vm_readv", held->region, held->place + at, bytes, n)) &&
	       went(w, VM_READV);
}

/* A word of 8 bytes in a child, which is stopped. */
static bool peek_and_poke(struct window *w, const struct held *held, pid_t child)
{
	const struct part *part = &w->plan.part[held->region];
	uint64_t first = -part->place & 7, count, place, seen, wanted;

	if (first + 8 > part->length)
		return true;
	count = (part->length - first) / 8;
	place = part->place + first + 8 * below(&w->chance, count);
	wanted = memory_word(place);
	errno = 0;
	seen = ptrace(PTRACE_PEEKDATA, child, (void *)address(held, place), NULL);
	if (errno)
		return wrong(w, "PTRACE_PEEKDATA, region %u: %s", held->region, strerror(errno));
	if (seen != wanted)
		return wrong(w,
			     "PTRACE_PEEKDATA, region %u: the place %#" PRIx64 ", wanted %#" PRIx64
			     ", got %#" PRIx64,
			     held->region, place, wanted, seen);
	went(w, PEEK);
	if (ptrace(PTRACE_POKEDATA, child, (void *)address(held, place), (void *)~wanted))
		return w->plan.read_only ? went(w, READ_ONLY) :
					   wrong(w, "PTRACE_POKEDATA, region %u: %s", held->region,
						 strerror(errno));
	if (w->plan.read_only)
		return wrong(w, "PTRACE_POKEDATA, region %u can only be read", held->region);
	memory_inverted(place, 8);
	return went(w, POKE);
}

/* A child has the same mapping: it looks, and is then looked at. */
static bool forked(struct window *w, const struct held *held)
{
	bool good = true;
	int status;
	pid_t child = fork();

	if (!child) {
		if (!map_shows(w, "a child's mapping", held->region, held->at, held->place,
			       held->length)) {
			fprintf(stderr, "%s\n", w->why);
			_exit(1);
		}
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(2);
		raise(SIGSTOP);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return wrong(w, "no child: %s", strerror(errno));
	if (!WIFSTOPPED(status))
		return wrong(w,
			     "region %u: a child saw something else in its mapping, or died: %#x",
			     held->region, status);
	went(w, MAP_FORKED);
	good = peek_and_poke(w, held, child) && peek_and_poke(w, held, child);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return good;
}

bool debug_regions(struct window *w)
{
	struct held held = { .region = below(&w->chance, w->plan.parts) };
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	bool good;

	if (mem < 0)
		return wrong(w, "/proc/self/mem: %s", strerror(errno));
	held.at = map_open(w, held.region, &held.place, &held.length);
	if (!held.at) {
		close(mem);
		return !w->why[0];
	}
	good = mem_read(w, &held, mem) && mem_write(w, &held, mem) && mem_beyond(w, &held, mem) &&
	       mem_read(w, &held, mem) && vm_readv(w, &held);
	if (good && !below(&w->chance, 3))
		good = forked(w, &held);
	munmap((void *)held.at, held.length);
	close(mem);
	return good;
}
