/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory whose pages do not come until the program is released: by userfaultfd, and of a file of
 * FUSE.
 */
#ifndef _IOMEM_REVOKE_PAGES_H
#define _IOMEM_REVOKE_PAGES_H

#include <linux/userfaultfd.h>

#include "fuse_file.h"
#include "revoke.h"

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

	p.fd = open(a->file, O_RDONLY | O_CLOEXEC);
	MUST(a, p.fd >= 0);
	p.at = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE, p.fd, 0);
	MUST(a, p.at != MAP_FAILED);
	return p;
}

/* The server says when its page is waited for. */
static inline void page_came(void *arg)
{
	struct actor *a = arg;

	atomic_store(&a->ready, true);
}

/* Mounts the file; what it has, it gives when the program is released. */
static inline void mount_page(struct actor *a)
{
	struct fuse_reads reads = {
		.came = page_came, .arg = a, .release = &a->release,
		.content = a->content, .length = sizeof(a->content),
	};

	MUST(a, mknod(a->file, S_IFREG | 0700, 0) == 0 || errno == EEXIST);
	a->server = mount_fuse_file(a->file, &reads);
	MUST(a, a->server > 0);
}

#endif /* _IOMEM_REVOKE_PAGES_H */
