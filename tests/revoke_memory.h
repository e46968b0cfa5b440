/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs do with their memory while a window is taken back: see tests/revoke.c.
 */
#ifndef _IOMEM_REVOKE_MEMORY_H
#define _IOMEM_REVOKE_MEMORY_H

#include "revoke_pages.h"

/* --- Asleep in a fault of a call ------------------------------------------------------- */

enum call { PREAD, PWRITE, INFO, BATCH, OPERATIONS, DUMP };

struct stuck {
	struct actor *a;
	enum call call;
	char *page;
	/* What root sees of the registers, in debugfs. */
	int dump;
};

/* A call whose memory does not come. It does when the window has gone, and is all right. */
static void *make_call(void *arg)
{
	struct stuck *s = arg;
	struct actor *a = s->a;
	static struct iomem_op op = { .op = IOMEM_OP_READ, .width = 4 };
	struct iomem_region_info info = { .size = sizeof(info) };
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)&op, .count = 1, .op_size = sizeof(op),
	};
	long n = -1;

	if (s->call == INFO)
		memcpy(a->content, &info, sizeof(info));
	if (s->call == BATCH)
		memcpy(a->content, &batch, sizeof(batch));
	if (s->call == OPERATIONS)
		memcpy(a->content, &op, sizeof(op));
	batch.ops = (uintptr_t)s->page;
	switch (s->call) {
	case PREAD:
		n = pread(a->fd, s->page, 4, a->offset);
		/* The register may have been read before. */
		if (n == 4 || errno == EFAULT)
			return NULL;
		break;
	case PWRITE:
		n = pwrite(a->fd, s->page, 4, a->offset);
		break;
	case INFO:
		n = ioctl(a->fd, IOMEM_IOC_REGION_INFO, s->page);
		break;
	case BATCH:
		n = ioctl(a->fd, IOMEM_IOC_BATCH, s->page);
		break;
	case OPERATIONS:
		n = ioctl(a->fd, IOMEM_IOC_BATCH, &batch);
		break;
	case DUMP:
		n = read(s->dump, s->page, getpagesize());
		/* The first row may have been made before, and is all that there is. */
		if ((n > 0 && n < 32) || (n == -1 && (errno == EIO || errno == EFAULT)))
			return NULL;
		break;
	}
	if (n != -1 || errno != ENODEV)
		wrong(a, "call %d came to %ld, %s", s->call, n, strerror(errno));
	return NULL;
}

static void asleep(struct actor *a, struct pages p, enum call call, bool by_user)
{
	struct stuck s = { a, call, p.at, -1 };
	pthread_t giver = 0, caller, toucher;
	char path[128];

	take(a);
	if (call == DUMP) {
		mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
		snprintf(path, sizeof(path), "/sys/kernel/debug/iomem/%s/region0",
			 strrchr(a->node, '/') + 1);
		s.dump = open(path, O_RDONLY | O_CLOEXEC);
		MUST(a, s.dump >= 0);
	}
	if (by_user)
		giver = thread(a, give_page, &p);
	caller = thread(a, make_call, &s);
	toucher = thread(a, touch_on, a);
	wait_for(&a->release);
	pthread_join(caller, NULL);
	pthread_join(toucher, NULL);
	if (by_user)
		pthread_join(giver, NULL);
	all_is_gone(a);
}

#define ASLEEP(name, call)						\
static void user_##name(struct actor *a)				\
{									\
	asleep(a, page_of_user(a), call, true);				\
}									\
									\
static void fuse_##name(struct actor *a)				\
{									\
	asleep(a, page_of_file(a), call, false);			\
}

ASLEEP(pread, PREAD)
ASLEEP(pwrite, PWRITE)
ASLEEP(info, INFO)
ASLEEP(batch, BATCH)
ASLEEP(operations, OPERATIONS)
ASLEEP(dump, DUMP)

/* --- With the lock of its memory ------------------------------------------------------- */

static _Atomic bool may_look, may_map;
static _Atomic pid_t mapper_id;

/* As a debugger of its own, which holds the lock while the page is read. */
static void *look_at_page(void *arg)
{
	struct pages *p = arg;
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	wait_for(&may_look);
	if (pread(mem, &byte, 1, (uintptr_t)p->at) != 1)
		wrong(p->a, "/proc/self/mem at the page: %s", strerror(errno));
	close(mem);
	return NULL;
}

/* Waits for the lock, and so makes all that come later wait. */
static void *map_more(void *arg)
{
	struct actor *a = arg;

	atomic_store(&mapper_id, gettid());
	wait_for(&may_map);
	if (mmap(NULL, a->length, PROT_READ, MAP_SHARED, a->fd, a->offset) != MAP_FAILED)
		wrong(a, "mmap() was possible after the removal");
	else if (errno != ENODEV)
		wrong(a, "mmap(): %s", strerror(errno));
	return NULL;
}

/* A thread takes the lock of the memory to make, so all are made before. */
static void locked(struct actor *a)
{
	struct pages p = page_of_file(a);
	pthread_t looker, mapper, toucher;

	take(a);
	looker = thread(a, look_at_page, &p);
	mapper = thread(a, map_more, a);
	toucher = thread(a, touch_on, a);
	MUST(a, soon(mapper_id));
	atomic_store(&may_look, true);
	/* The server says so. */
	wait_for(&a->ready);
	atomic_store(&a->ready, false);
	atomic_store(&may_map, true);
	MUST(a, soon(state_of(mapper_id) == 'D'));
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	pthread_join(looker, NULL);
	pthread_join(mapper, NULL);
	pthread_join(toucher, NULL);
	all_is_gone(a);
}

/* --- Out of memory --------------------------------------------------------------------- */

/*
 * Page tables are memory too: mappings so far from each other that each needs some of its own, if
 * they are huge pages as well.
 */
static void hunger(struct actor *a)
{
	size_t step = PAGE / 8 * HUGE_PAGE, n = 256, i;

	while (!atomic_load(&a->release)) {
		char *space = mmap(NULL, n * step, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		MUST(a, space != MAP_FAILED);
		for (i = 0; i < n; i++) {
			bool gone = atomic_load(&a->gone);
			char *at = mmap(space + i * step, a->length, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_FIXED, a->fd, a->offset);

			if (at == MAP_FAILED)
				break;
			if (!look(at) && gone)
				wrong(a, "a new mapping was read after the removal");
		}
		munmap(space, n * step);
		touch_once(a);
		if (!i)
			usleep(1000);
	}
	all_is_gone(a);
}

static void limit_memory(struct actor *a, const char *file, const char *limit)
{
	group_file(a, "");
	MUST(a, !tell(GROUPS "/cgroup.subtree_control", "+memory"));
	MUST(a, !tell(group_file(a, file), limit));
}

/* There is no more, and each allocation is made to wait. */
static void throttled(struct actor *a)
{
	pid_t child = victim(a, hunger);

	limit_memory(a, "memory.high", "0");
	into_group(a, child);
	usleep(100000);
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	MUST(a, !tell(group_file(a, "memory.high"), "max"));
	reap(a, child, 0);
	leave_group(a);
}

/* There is no more, and the program that asks for it is killed. */
static void out_of_memory(struct actor *a)
{
	pid_t child;
	int i, status;

	limit_memory(a, "memory.max", "262144");
	for (i = 0; i < 3 && !a->going; i++) {
		child = victim(a, hunger);
		if (i == 2)
			atomic_store(&a->ready, true);
		into_group(a, child);
		MUST(a, waitpid(child, &status, 0) == child);
		/* The last one may find that there is nothing left to map. */
		if (status != SIGKILL && (status || i < 2))
			wrong(a, "the second program ended with %#x", status);
	}
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	leave_group(a);
}

#endif /* _IOMEM_REVOKE_MEMORY_H */
