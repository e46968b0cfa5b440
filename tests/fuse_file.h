/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file whose contents never come: a FUSE file system of one file, served by a
 * process of its own that answers everything but reads. No privilege is needed.
 * A program that touches a page of it sleeps until the server ends.
 */
#ifndef _IOMEM_FUSE_FILE_H
#define _IOMEM_FUSE_FILE_H

#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signal.h>

#include "iomem_test.h"

/* Answers one request; false when there are no more. */
static inline bool fuse_answer(int fuse, volatile int *reads)
{
	static char request[1 << 17];
	struct {
		struct fuse_out_header header;
		union {
			struct fuse_init_out init;
			struct fuse_open_out open;
			struct fuse_attr_out attr;
		};
	} answer = {};
	const struct fuse_in_header *in = (void *)request;
	const struct fuse_init_in *init = (void *)(in + 1);
	size_t length = 0;

	if (read(fuse, request, sizeof(request)) < (ssize_t)sizeof(*in))
		return errno == EINTR || errno == ENOENT;
	answer.header.unique = in->unique;
	switch (in->opcode) {
	case FUSE_INIT:
		answer.init.major = FUSE_KERNEL_VERSION;
		answer.init.minor = init->minor;
		answer.init.max_readahead = init->max_readahead;
		answer.init.max_write = 4096;
		length = sizeof(answer.init);
		break;
	case FUSE_GETATTR:
		answer.attr.attr.ino = FUSE_ROOT_ID;
		answer.attr.attr.mode = S_IFREG | 0666;
		answer.attr.attr.nlink = 1;
		answer.attr.attr.size = 1 << 20;
		answer.attr.attr_valid = 3600;
		length = sizeof(answer.attr);
		break;
	case FUSE_OPEN:
		answer.open.fh = 1;
		length = sizeof(answer.open);
		break;
	case FUSE_READ:
		++*reads;
		return true;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return true;
	default:
		answer.header.error = -EIO;
	}
	answer.header.len = sizeof(answer.header) + length;
	return write(fuse, &answer, answer.header.len) > 0;
}

/*
 * In an unprivileged program that has no threads yet: opens such a file. `path` is a
 * regular file that it may read. Counts reads that wait in `reads`, which other programs see. The
 * server ends with this program, or when it is killed.
 */
static inline int open_fuse_file(const char *path, volatile int *reads, pid_t *server)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	char text[64];
	struct stat st;
	pid_t child;
	int fuse;

	/* Else its own /proc files are not its own after setuid(). */
	if (prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	snprintf(text, sizeof(text), "0 %u 1", uid);
	if (tell("/proc/self/uid_map", text) || tell("/proc/self/setgroups", "deny"))
		return -1;
	snprintf(text, sizeof(text), "0 %u 1", gid);
	if (tell("/proc/self/gid_map", text))
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(text, sizeof(text), "fd=%d,rootmode=100000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || mount("never", path, "fuse", 0, text))
		return -1;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (fuse_answer(fuse, reads))
			;
		_exit(0);
	}
	/* The last descriptor but the server's: without it the file system is gone. */
	close(fuse);
	*server = child;
	if (child < 0 || stat(path, &st))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

#endif /* _IOMEM_FUSE_FILE_H */
