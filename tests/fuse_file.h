/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file whose contents do not come: a FUSE file system of one file, served by a process of its
 * own that answers everything but reads, and those late or never. No privilege is needed. A program
 * that touches a page of it sleeps until the server answers, or ends.
 */
#ifndef _IOMEM_FUSE_FILE_H
#define _IOMEM_FUSE_FILE_H

#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signal.h>

#include "iomem_test.h"

#define FUSE_FILE_SIZE	(64 << 10)

/* What a server does with reads. */
struct fuse_reads {
	/* Called in the server, when a page is waited for. */
	void (*came)(void *arg);
	void *arg;
	/* They are answered when this is set: zeroes behind what the file begins with. */
	_Atomic bool *release;
	const char *content;
	size_t length;
};

struct fuse_waiting {
	struct { uint64_t unique, offset; uint32_t size; } read[64];
	unsigned int n;
};

static inline bool fuse_answer(int fuse, uint64_t unique, int error, const void *data,
			       size_t length)
{
	struct fuse_out_header head = {
		.len = sizeof(head) + length, .error = error, .unique = unique,
	};
	char answer[sizeof(head) + FUSE_FILE_SIZE];

	memcpy(answer, &head, sizeof(head));
	memcpy(answer + sizeof(head), data, length);
	/* The program that asked may be gone, or the file system. */
	return write(fuse, answer, head.len) > 0 || errno == ENOENT;
}

/* Takes one request; false when there are no more. */
static inline bool fuse_request(int fuse, const struct fuse_reads *reads, struct fuse_waiting *w)
{
	static char request[FUSE_FILE_SIZE + FUSE_MIN_READ_BUFFER];
	const struct fuse_in_header *in = (void *)request;
	const struct fuse_read_in *read_in = (void *)(in + 1);
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096, .max_background = 16,
	};
	struct fuse_attr_out attr = {
		.attr_valid = 3600,
		.attr = {
			.ino = FUSE_ROOT_ID, .mode = S_IFREG | 0777, .nlink = 1,
			.size = FUSE_FILE_SIZE, .blocks = FUSE_FILE_SIZE / 512,
		},
	};
	struct fuse_open_out open = { .fh = 1 };

	if (read(fuse, request, sizeof(request)) < (ssize_t)sizeof(*in))
		return errno == EINTR || errno == ENOENT;
	switch (in->opcode) {
	case FUSE_INIT:
		return fuse_answer(fuse, in->unique, 0, &init, sizeof(init));
	case FUSE_GETATTR:
		return fuse_answer(fuse, in->unique, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return fuse_answer(fuse, in->unique, 0, &open, sizeof(open));
	case FUSE_READ:
		if (w->n == ARRAY_SIZE(w->read) || read_in->offset >= FUSE_FILE_SIZE)
			return fuse_answer(fuse, in->unique, -EIO, NULL, 0);
		w->read[w->n].unique = in->unique;
		w->read[w->n].offset = read_in->offset;
		w->read[w->n].size = FUSE_FILE_SIZE - read_in->offset;
		if (w->read[w->n].size > read_in->size)
			w->read[w->n].size = read_in->size;
		w->n++;
		reads->came(reads->arg);
		return true;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return fuse_answer(fuse, in->unique, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return true;
	default:
		return fuse_answer(fuse, in->unique, -EOPNOTSUPP, NULL, 0);
	}
}

static inline void fuse_serve(int fuse, const struct fuse_reads *reads)
{
	struct pollfd pollfd = { .fd = fuse, .events = POLLIN };
	static char file[FUSE_FILE_SIZE];
	struct fuse_waiting w = {};

	while (1) {
		while (w.n && reads->release && atomic_load(reads->release)) {
			w.n--;
			memcpy(file, reads->content, reads->length);
			fuse_answer(fuse, w.read[w.n].unique, 0, file + w.read[w.n].offset,
				    w.read[w.n].size);
		}
		if (poll(&pollfd, 1, reads->release ? 2 : -1) > 0 && !fuse_request(fuse, reads, &w))
			_exit(0);
	}
}

/*
 * Mounts the file on another, and leaves its server behind, which ends with this program, or when
 * it is killed: its process, or -1.
 */
static inline pid_t mount_fuse_file(const char *path, const struct fuse_reads *reads)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[64];
	struct stat st;
	pid_t server;

	snprintf(options, sizeof(options), "fd=%d,rootmode=100000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || mount("iomem-test", path, "fuse", MS_NOSUID | MS_NODEV, options))
		return -1;
	server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fuse_serve(fuse, reads);
	}
	/* The last descriptor but the server's: without it the file system is gone. */
	close(fuse);
	/* Until it is asked for, its length is 0. */
	return server < 0 || stat(path, &st) ? -1 : server;
}

/* In a program without privileges that has no threads yet: gives it a right to mount. */
static inline int own_mounts(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	char text[64];

	/* Else its own /proc files are not its own after setuid(). */
	if (prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	snprintf(text, sizeof(text), "0 %u 1", uid);
	if (tell("/proc/self/uid_map", text) || tell("/proc/self/setgroups", "deny"))
		return -1;
	snprintf(text, sizeof(text), "0 %u 1", gid);
	if (tell("/proc/self/gid_map", text))
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static inline void fuse_count(void *arg)
{
	++*(volatile int *)arg;
}

/*
 * In such a program: opens a file that never comes. `path` is a regular file that it may read.
 * Counts reads that wait in `count`, which other programs see.
 */
static inline int open_fuse_file(const char *path, volatile int *count, pid_t *server)
{
	struct fuse_reads reads = { .came = fuse_count, .arg = (void *)count };

	if (own_mounts())
		return -1;
	*server = mount_fuse_file(path, &reads);
	if (*server < 0)
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

#endif /* _IOMEM_FUSE_FILE_H */
