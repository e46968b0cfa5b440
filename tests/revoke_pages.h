/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory whose pages do not come until the program is released: by userfaultfd, and of a file of
 * FUSE.
 */
#ifndef _IOMEM_REVOKE_PAGES_H
#define _IOMEM_REVOKE_PAGES_H

#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <poll.h>

#include "revoke.h"

#define FUSE_FILE_SIZE	(64 << 10)

/* --- Pages that do not come ------------------------------------------------------------ */

struct pages {
	struct actor *a;
	int fd;
	char *at;
};

/* Says when a page is waited for, and hands it out when the program is released. */
static inline void *give_page(void *arg)
{
	struct pages *p = arg;
	char *from = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)p->at, .src = (uintptr_t)from, .len = getpagesize(),
	};
	struct uffd_msg message;

	MUST(p->a, read(p->fd, &message, sizeof(message)) == sizeof(message));
	MUST(p->a, message.event == UFFD_EVENT_PAGEFAULT);
	atomic_store(&p->a->ready, true);
	wait_for(&p->a->release);
	memcpy(from, p->a->content, sizeof(p->a->content));
	MUST(p->a, !ioctl(p->fd, UFFDIO_COPY, &copy));
	return NULL;
}

/* A page by userfaultfd. */
static inline struct pages page_of_user(struct actor *a)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct pages p = { .a = a };

	p.fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	MUST(a, p.fd >= 0);
	MUST(a, !ioctl(p.fd, UFFDIO_API, &api));
	p.at = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	MUST(a, p.at != MAP_FAILED);
	range.range.start = (uintptr_t)p.at;
	range.range.len = getpagesize();
	MUST(a, !ioctl(p.fd, UFFDIO_REGISTER, &range));
	return p;
}

/* A page of a file of FUSE: its server says when it is waited for. */
static inline struct pages page_of_file(struct actor *a)
{
	struct pages p = { .a = a };
	char path[80];

	snprintf(path, sizeof(path), "%s/page", a->folder);
	p.fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(a, p.fd >= 0);
	p.at = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE, p.fd, 0);
	MUST(a, p.at != MAP_FAILED);
	return p;
}

/* --- A file system of one file --------------------------------------------------------- */

static inline void fuse_answer(int fd, uint64_t unique, int error, const void *data, size_t length)
{
	struct fuse_out_header head = {
		.len = sizeof(head) + length, .error = error, .unique = unique,
	};
	char answer[sizeof(head) + FUSE_FILE_SIZE];

	memcpy(answer, &head, sizeof(head));
	memcpy(answer + sizeof(head), data, length);
	/* The program that asked may be gone. */
	if (write(fd, answer, head.len) < 0)
		return;
}

static inline struct fuse_attr fuse_attributes(uint64_t number)
{
	struct fuse_attr attr = { .ino = number, .mode = S_IFDIR | 0755, .nlink = 2 };

	if (number != FUSE_ROOT_ID) {
		attr.mode = S_IFREG | 0755;
		attr.nlink = 1;
		attr.size = FUSE_FILE_SIZE;
		attr.blocks = FUSE_FILE_SIZE / 512;
	}
	return attr;
}

/* Serves, in a process of its own; what is read is answered when the program is released. */
static inline void serve(struct actor *a, int fd)
{
	static char request[FUSE_FILE_SIZE + FUSE_MIN_READ_BUFFER], file[FUSE_FILE_SIZE];
	struct { uint64_t unique, offset; uint32_t size; } waiting[64];
	struct fuse_in_header *in = (void *)request;
	void *body = in + 1;
	unsigned int n = 0;

	while (1) {
		struct pollfd pollfd = { .fd = fd, .events = POLLIN };

		while (n && atomic_load(&a->release)) {
			n--;
			memcpy(file, a->content, sizeof(a->content));
			fuse_answer(fd, waiting[n].unique, 0, file + waiting[n].offset,
				    waiting[n].size);
		}
		if (poll(&pollfd, 1, 2) <= 0)
			continue;
		if (read(fd, request, sizeof(request)) < 0) {
			if (errno == ENODEV)
				_exit(0);
			continue;
		}
		switch (in->opcode) {
		case FUSE_INIT: {
			struct fuse_init_out out = {
				.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
				.max_readahead = 0, .max_write = 4096, .max_background = 16,
			};

			fuse_answer(fd, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_LOOKUP: {
			struct fuse_entry_out out = {
				.nodeid = 2, .entry_valid = 60, .attr_valid = 60,
				.attr = fuse_attributes(2),
			};

			fuse_answer(fd, in->unique, strcmp(body, "page") ? -ENOENT : 0, &out,
				    strcmp(body, "page") ? 0 : sizeof(out));
			break;
		}
		case FUSE_GETATTR: {
			struct fuse_attr_out out = {
				.attr_valid = 60, .attr = fuse_attributes(in->nodeid),
			};

			fuse_answer(fd, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_OPEN: {
			struct fuse_open_out out = { .fh = 1 };

			fuse_answer(fd, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_READ: {
			struct fuse_read_in *read_in = body;

			if (n == ARRAY_SIZE(waiting))
				_exit(2);
			waiting[n].unique = in->unique;
			waiting[n].offset = FUSE_FILE_SIZE;
			if (waiting[n].offset > read_in->offset)
				waiting[n].offset = read_in->offset;
			waiting[n].size = FUSE_FILE_SIZE - waiting[n].offset;
			if (waiting[n].size > read_in->size)
				waiting[n].size = read_in->size;
			n++;
			atomic_store(&a->ready, true);
			break;
		}
		case FUSE_FLUSH:
		case FUSE_RELEASE:
			fuse_answer(fd, in->unique, 0, NULL, 0);
			break;
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
		case FUSE_INTERRUPT:
			break;
		default:
			fuse_answer(fd, in->unique, -EOPNOTSUPP, NULL, 0);
		}
	}
}

/* Mounts it, and leaves its server behind. */
static inline void mount_fuse(struct actor *a)
{
	char options[128];
	pid_t server;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	MUST(a, fd >= 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	mkdir(a->folder, 0700);
	MUST(a, !mount("iomem-test", a->folder, "fuse", MS_NOSUID | MS_NODEV, options));
	server = fork();
	MUST(a, server >= 0);
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(a, fd);
	}
	a->server = server;
	close(fd);
}

#endif /* _IOMEM_REVOKE_PAGES_H */
