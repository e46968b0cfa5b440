/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_uring by its system calls: a ring for one operation at a time.
 */
#ifndef _URING_H
#define _URING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct uring {
	int fd;
	unsigned int *sq_tail, *cq_head, *cq_tail, *array, mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *ring;
	size_t length;
};

/* Whether the kernel has it. */
static inline bool has_uring(void)
{
	return !access("/proc/sys/kernel/io_uring_disabled", F_OK);
}

static inline int uring_open(struct uring *u)
{
	struct io_uring_params params = {};
	char *ring;

	u->fd = syscall(__NR_io_uring_setup, 4, &params);
	if (u->fd < 0)
		return -errno;
	u->length = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	if (u->length < params.sq_off.array + params.sq_entries * sizeof(unsigned int))
		u->length = params.sq_off.array + params.sq_entries * sizeof(unsigned int);
	ring = mmap(NULL, u->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
		    IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe),
		       PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, u->fd, IORING_OFF_SQES);
	if (ring == MAP_FAILED || u->sqes == MAP_FAILED)
		return -errno;
	u->ring = ring;
	u->sq_tail = (void *)(ring + params.sq_off.tail);
	u->array = (void *)(ring + params.sq_off.array);
	u->mask = *(unsigned int *)(ring + params.cq_off.ring_mask);
	u->cq_head = (void *)(ring + params.cq_off.head);
	u->cq_tail = (void *)(ring + params.cq_off.tail);
	u->cqes = (void *)(ring + params.cq_off.cqes);
	return 0;
}

/* Begins an operation, and waits for so many to be over; 0 or the error. */
static inline int uring_begin(struct uring *u, const struct io_uring_sqe *sqe, unsigned int over)
{
	unsigned int tail = *u->sq_tail, flags = over ? IORING_ENTER_GETEVENTS : 0;

	u->sqes[0] = *sqe;
	u->array[tail % 4] = 0;
	__atomic_store_n(u->sq_tail, tail + 1, __ATOMIC_RELEASE);
	return syscall(__NR_io_uring_enter, u->fd, 1, over, flags, NULL, 0) == 1 ? 0 : -errno;
}

/* The result of one that is over; -ENODATA if none is. */
static inline int uring_result(struct uring *u)
{
	unsigned int head = *u->cq_head;
	int res;

	if (head == __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE))
		return -ENODATA;
	res = u->cqes[head & u->mask].res;
	__atomic_store_n(u->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

/* The result of one that will be over soon; -ENODATA if it is not in five seconds. */
static inline int uring_comes(struct uring *u)
{
	int res, i;

	for (i = 0; i < 500 && (res = uring_result(u)) == -ENODATA; i++)
		usleep(10000);
	return res;
}

static inline void uring_close(struct uring *u)
{
	munmap(u->ring, u->length);
	close(u->fd);
}

#endif /* _URING_H */
