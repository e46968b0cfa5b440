/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs for tests/fuzz.c: a few calls each, made at random, and changed a little
 * at a time. Addresses and interrupts that are given to the driver are those of
 * the test's own device, or such as no window can be given: a machine whose devices
 * are read from and written to at random proves nothing.
 */
#ifndef _IOMEM_FUZZ_CALLS_H
#define _IOMEM_FUZZ_CALLS_H

#include "iomem_test.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/random.h>

#define CALLS	12
#define FILES	4
#define MAPS	4
#define OPS	6
#define DRIVER	"/sys/bus/platform/drivers/iomem_dev/"

enum kind {
	OPEN, CLOSE, DUP, PREAD, PWRITE, READ, WRITE, SEEK, MAP, UNMAP, REMAP, PROTECT, TOUCH, FORK,
	POLL, INFO, REGION, BATCH, IRQ_INFO, IRQ_WAIT, IRQ_UNMASK, IRQ_MASK, IRQ_EVENTFD, ANY_IOCTL,
	NEW, DELETE, UNBIND, BIND, SEE, KINDS,
};

static const char *const kind_names[KINDS] = {
	"open", "close", "dup", "pread", "pwrite", "read", "write", "seek", "map", "unmap", "remap",
	"protect", "touch", "fork", "poll", "info", "region", "batch", "irq_info", "irq_wait",
	"irq_unmask", "irq_mask", "irq_eventfd", "any_ioctl", "new", "delete", "unbind", "bind", "see",
};

/* A call: what, with which file and mapping, and numbers of which each kind makes its own. */
struct call {
	uint8_t kind, file, map, flags;
	uint64_t a, b, c, d;
};

struct program {
	struct call call[CALLS];
	uint8_t count;
};

/* What a program has open while it runs, and where it may go. */
static struct {
	int file[FILES];
	struct {
		void *at;
		size_t length;
	} map[MAPS];
	char node[32], device[64];
	uint64_t start, length, ram;
	int irq;
} world;

/* xorshift64*: one number, and with it the whole run, comes from the seed. */
static uint64_t dice;

static uint64_t roll(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return dice * 0x2545f4914f6cdd1dull;
}

static uint64_t number(void)
{
	static const uint64_t known[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 64, 255, 256, 257, 4095, 4096, 4097, 65536, 1 << 20,
		(1 << 20) - 4, 1ull << 31, 1ull << 32, (1ull << 32) + 4, 1ull << 33, 1ull << 40,
		1ull << 62, 1ull << 63, INT64_MAX, UINT64_MAX, UINT64_MAX - 3, UINT32_MAX, 1024,
		1025,
	};

	switch (roll() % 8) {
	case 0:
		return roll();
	case 1:
		return roll() & 0xfffff;
	case 2:
		return (roll() & 0xff) * 4;
	default:
		return known[roll() % ARRAY_SIZE(known)];
	}
}

static struct call random_call(void)
{
	return (struct call){
		.kind = roll() % KINDS, .file = roll() % FILES, .map = roll() % MAPS,
		.flags = roll(), .a = number(), .b = number(), .c = number(), .d = number(),
	};
}

/* Changes a program a little. `other` gives its end now and then. */
static void mutate(struct program *p, const struct program *other)
{
	unsigned int times = 1 + roll() % 4, at;

	while (times--) {
		at = p->count ? roll() % p->count : 0;
		switch (roll() % 8) {
		case 0:
		case 1:
			if (p->count < CALLS) {
				memmove(&p->call[at + 1], &p->call[at],
					(p->count - at) * sizeof(*p->call));
				p->call[at] = random_call();
				p->count++;
			}
			break;
		case 2:
			if (p->count > 1) {
				p->count--;
				memmove(&p->call[at], &p->call[at + 1],
					(p->count - at) * sizeof(*p->call));
			}
			break;
		case 3:
			p->call[at].a = number();
			break;
		case 4:
			p->call[at].b = number();
			break;
		case 5:
			p->call[at].c ^= 1ull << roll() % 64;
			break;
		case 6:
			p->call[at].flags = roll();
			break;
		default:
			if (at < other->count) {
				memcpy(&p->call[at], &other->call[at],
				       (other->count - at) * sizeof(*p->call));
				p->count = other->count;
			}
		}
	}
}

static sigjmp_buf lost;

static void on_bus_error(int signal)
{
	siglongjmp(lost, 1);
}

/* Reads each page of a mapping; SIGBUS is an answer. */
static void touch(volatile uint8_t *at, size_t length)
{
	size_t i;

	if (!sigsetjmp(lost, 1))
		for (i = 0; i < length && i < 16 * 4096; i += 4096)
			(void)at[i];
}

/* A line for new_device, out of words that fit and of such that do not. */
static void line_of(const struct call *c, char *line, size_t room)
{
	static const char *const ends[] = {
		"", " width=4", " width=8", " read-only", " big-endian", " width=3", " width=",
		" mem=", " mem=0x1000", " irq=0", " irq=99999", " port=0x10000,4", " nothing",
		" read-only read-only", " mem=0xffffffffffffffff,2", " mem=0xfffffffffffff000,0x1000",
		" irq=99999,name", "\n", " \t", "\x01", " width=4 big-endian read-only",
	};
	uint64_t offset = c->a % world.length, length = 1 + c->b % (world.length - offset);

	switch (c->flags % 8) {
	case 0:
		snprintf(line, room, "%.*s", (int)(c->a % 40),
			 "..-name-that-is-none-or-too-long-by-far");
		return;
	case 1:
		snprintf(line, room, "fuzz mem=0x%" PRIx64 ",0x1000%s", world.ram,
			 ends[c->c % ARRAY_SIZE(ends)]);
		return;
	case 2:
		snprintf(line, room, "fuzz irq=%d%s", world.irq, ends[c->c % ARRAY_SIZE(ends)]);
		return;
	case 3:
		snprintf(line, room, "fuzz mem=0x%" PRIx64 ",0x%" PRIx64 ",one mem=0x%" PRIx64
			 ",0x1000,%s irq=%d%s", world.start, world.length / 2,
			 world.start + world.length / 2, c->b & 1 ? "one" : "two", world.irq,
			 ends[c->c % ARRAY_SIZE(ends)]);
		return;
	default:
		snprintf(line, room, "fuzz mem=0x%" PRIx64 ",0x%" PRIx64 "%s%s",
			 world.start + offset, length, ends[c->c % ARRAY_SIZE(ends)],
			 ends[c->d % ARRAY_SIZE(ends)]);
	}
}

/* The window that is ours, if there is one, and its device. Others may be of real devices. */
static void look_around(void)
{
	char path[128], *name, *real = NULL;
	int n;

	for (n = 0; n < 16; n++) {
		snprintf(path, sizeof(path), "/sys/class/misc/iomem%d/name", n);
		name = proc_text(path);
		if (name && !strcmp(name, "fuzz\n")) {
			snprintf(world.node, sizeof(world.node), "/dev/iomem%d", n);
			snprintf(path, sizeof(path), "/sys/class/misc/iomem%d/device", n);
			real = realpath(path, NULL);
		}
		free(name);
		if (real)
			break;
	}
	/* Otherwise what there was: it is gone, and is to say so. */
	if (real)
		snprintf(world.device, sizeof(world.device), "%s", strrchr(real, '/') + 1);
	free(real);
}

static long batch(int fd, const struct call *c)
{
	struct iomem_op ops[OPS];
	struct iomem_batch batch = {
		.size = c->flags & 1 ? c->d : sizeof(batch), .ops = (uintptr_t)ops,
		.count = c->flags & 2 ? c->c : OPS, .op_size = c->flags & 4 ? c->d : sizeof(*ops),
		.flags = c->flags & 8 ? c->d : 0,
	};
	long ret;
	size_t i;

	for (i = 0; i < OPS; i++)
		ops[i] = (struct iomem_op){
			.op = (c->a >> 2 * i) % 5, .width = 1 << (c->b >> 2 * i) % 5,
			.region = c->a >> 60, .offset = c->c + i * (c->b & 15),
			.mask = c->flags & 16 ? c->d : 0, .value = c->flags & 32 ? c->d : 0,
			.timeout_ns = c->flags & 64 ? 1000 : 0,
		};
	/* No more than there is, where the kernel would read on behind it. */
	if (batch.count > OPS)
		batch.ops = c->d;
	ret = ioctl(fd, IOMEM_IOC_BATCH, &batch);
	return ret < 0 || (batch.done <= OPS && batch.failed <= OPS) ? ret : -2;
}

static long irq_call(int fd, const struct call *c)
{
	struct iomem_irq_info info = { .size = c->flags & 1 ? c->d : sizeof(info), .irq = c->a };
	struct iomem_irq_wait wait = { .size = sizeof(wait), .irq = c->a, .flags = c->b & 3,
		.count = c->c, .timeout_ns = c->d % 100000 };
	struct iomem_irq_unmask unmask = { .size = sizeof(unmask), .irq = c->a, .flags = c->b & 1 };
	struct iomem_irq_mask mask = { .size = sizeof(mask), .irq = c->a, .flags = c->b & 1 };
	struct iomem_irq_eventfd listen = { .size = sizeof(listen), .irq = c->a, .fd = -1,
		.flags = c->b & 1 };
	long ret;

	switch (c->kind) {
	case IRQ_INFO:
		return ioctl(fd, IOMEM_IOC_IRQ_INFO, &info);
	case IRQ_WAIT:
		return ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait);
	case IRQ_UNMASK:
		return ioctl(fd, IOMEM_IOC_IRQ_UNMASK, &unmask);
	case IRQ_MASK:
		return ioctl(fd, IOMEM_IOC_IRQ_MASK, &mask);
	default:
		if (c->flags & 2)
			listen.fd = c->flags & 4 ? (int)c->d : eventfd(0, EFD_CLOEXEC);
		ret = ioctl(fd, IOMEM_IOC_IRQ_EVENTFD, &listen);
		if (c->flags & 2 && !(c->flags & 4))
			close(listen.fd);
		return ret;
	}
}

static long see(const struct call *c)
{
	static const char *const files[] = {
		"name", "regions", "irqs", "mappings", "open_files", "region0/address",
		"region0/flags", "region0/cache_modes", "region0/width", "region0/wc_offset",
		"irq0/count", "irq0/masked",
	};
	char path[160], text[512];
	long ret;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", world.node + strlen("/dev/"),
		 files[c->a % ARRAY_SIZE(files)]);
	if (c->flags & 1)
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", world.file[c->file]);
	if (c->flags & 2)
		snprintf(path, sizeof(path), "/sys/kernel/debug/iomem/%s/region0",
			 world.node + strlen("/dev/"));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ret = pread(fd, text, sizeof(text), c->flags & 4 ? c->b : 0);
	close(fd);
	return ret;
}

static long map_call(const struct call *c, int fd)
{
	size_t length = c->b % (2 << 20);
	void *at;

	if (c->kind == MAP) {
		at = mmap(NULL, length, c->flags & 7, c->flags & 8 ? MAP_PRIVATE : MAP_SHARED, fd,
			  c->flags & 16 ? c->a : c->a & -PAGE);
		if (at == MAP_FAILED)
			return -1;
		if (world.map[c->map].at)
			munmap(world.map[c->map].at, world.map[c->map].length);
		world.map[c->map].at = at;
		world.map[c->map].length = length;
		return 0;
	}
	at = world.map[c->map].at;
	if (!at) {
		errno = ENOENT;
		return -1;
	}
	length = world.map[c->map].length;
	switch (c->kind) {
	case UNMAP:
		/* A part from its end, so that what is left is one mapping. */
		if (c->flags & 1 && length > 2 * PAGE) {
			world.map[c->map].length = PAGE;
			return munmap((char *)at + PAGE, length - PAGE);
		}
		world.map[c->map].at = NULL;
		return munmap(at, length);
	case REMAP:
		at = mremap(at, length, c->b % (2 << 20), c->flags & 1);
		if (at == MAP_FAILED)
			return -1;
		world.map[c->map].at = at;
		world.map[c->map].length = c->b % (2 << 20);
		return 0;
	case PROTECT:
		return mprotect(at, c->flags & 8 ? PAGE : length, c->flags & 7);
	default:
		touch(at, length);
		return 0;
	}
}

static long fork_call(const struct call *c)
{
	pid_t child = fork();
	int i;

	if (!child) {
		for (i = 0; i < MAPS; i++)
			if (world.map[i].at && !(c->flags & 1))
				touch(world.map[i].at, world.map[i].length);
		_exit(0);
	}
	return waitpid(child, NULL, 0);
}

/* Makes one call: what it returns, or -2 where that cannot be. */
static long make_call(const struct call *c)
{
	struct iomem_window_info info = { .size = c->flags & 1 ? c->d : sizeof(info) };
	struct iomem_region_info region = {
		.size = c->flags & 1 ? c->d : sizeof(region), .region = c->a,
		.flags = c->flags & 2 ? c->b : 0,
	};
	struct pollfd poll_one = { .fd = world.file[c->file], .events = c->a };
	static uint8_t bytes[8192];
	int *file = &world.file[c->file], fd = *file;
	size_t length = c->flags & 128 ? c->b % sizeof(bytes) : 1u << c->b % 5;
	char line[512];
	long ret;

	switch (c->kind) {
	case OPEN:
		look_around();
		fd = open(world.node, (c->flags & 3) | (c->flags & 4 ? O_NONBLOCK : 0) | O_CLOEXEC);
		if (fd < 0)
			return -1;
		close(*file);
		*file = fd;
		return 0;
	case CLOSE:
		*file = -1;
		return close(fd);
	case DUP:
		return dup2(fd, world.file[c->a % FILES]);
	case PREAD:
		ret = pread(fd, bytes, length, c->a);
		return ret <= (long)length ? ret : -2;
	case PWRITE:
		ret = pwrite(fd, bytes, length, c->a);
		return ret <= (long)length ? ret : -2;
	case READ:
		return read(fd, c->flags & 1 ? (void *)c->d : bytes, length);
	case WRITE:
		return write(fd, c->flags & 1 ? (void *)c->d : bytes, length);
	case SEEK:
		return lseek(fd, c->a, c->flags % 6) < 0 ? -1 : 0;
	case MAP ... TOUCH:
		return map_call(c, fd);
	case FORK:
		return fork_call(c);
	case POLL:
		return poll(&poll_one, 1, 0);
	case INFO:
		return ioctl(fd, IOMEM_IOC_WINDOW_INFO, c->flags & 2 ? (void *)c->d : &info);
	case REGION:
		return ioctl(fd, IOMEM_IOC_REGION_INFO, &region);
	case BATCH:
		return batch(fd, c);
	case IRQ_INFO ... IRQ_EVENTFD:
		return irq_call(fd, c);
	case ANY_IOCTL:
		memset(bytes, c->b, 64);
		return ioctl(fd, c->flags & 1 ? c->a : IOMEM_IOC_WINDOW_INFO + c->flags % 12,
			     bytes);
	case NEW:
		line_of(c, line, sizeof(line));
		return tell(DRIVER "new_device", line) ? -1 : 0;
	case DELETE:
		return tell(DRIVER "delete_device", c->flags & 1 ? "fuzz" : "other") ? -1 : 0;
	case UNBIND:
	case BIND:
		if (!*world.device)
			look_around();
		if (tell(c->kind == BIND ? DRIVER "bind" : DRIVER "unbind", world.device))
			return -1;
		return 0;
	default:
		return see(c);
	}
}

#endif /* _IOMEM_FUZZ_CALLS_H */
