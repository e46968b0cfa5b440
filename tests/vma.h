/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests/vma.c agrees on with the modules that it tries: tests/kmod/vma.rs,
 * which has the same numbers, and tests/kmod/pagetable.c.
 */
#ifndef _IOMEM_TEST_VMA_H
#define _IOMEM_TEST_VMA_H

#include <linux/types.h>

/* /dev/iomem-vma-ctl: makes /dev/iomem-vma anew; takes it back, returns whether it was there. */
#define VMA_RENEW	0xbc00
#define VMA_REVOKE	0xbc01
#define VMA_REMOVE	0xbc02
/* /dev/iomem-vma: returns a counter. */
#define VMA_COUNT	0xbc10

enum vma_count {
	COUNT_OPEN,
	COUNT_CLOSE,
	COUNT_FAULT,
	COUNT_WRITE_FAULT,
	COUNT_HUGE_2M,
	COUNT_HUGE_1G,
	COUNT_FALLBACK,
	COUNT_ACCESS,
	COUNT_WAITED,
	COUNT_MADE,
	COUNT_DROPPED,
};

/* The offset that is mapped: which page of which device, cached how, mapped how. */
enum vma_caching { NONCACHED, WRITECOMBINE, CACHED };

enum vma_how {
	IOMAP, REMAP, IO_REMAP, EAGER, FAULT, FAULT_PROT, HUGE, BEYOND,
	RETRY, FAIL, DEFAULTS, NAMED, WHOLE, TWICE, ASKEW, STRAY, AROUND, MADE_UP, SHARED,
};

#define VMA_LARGE	((__u64)PAGE << 22)
#define VMA_EDU		((__u64)PAGE << 23)
#define VMA_OFFSET(how, caching, page)	\
	(((__u64)(how) << 24 | (__u64)(caching) << 20 | (__u64)(page)) * PAGE)

/* /dev/iomem-pagetable: fills the rest for an address; ENOENT or EINVAL if nothing is there. */
#define IOMEM_TEST_PAGETABLE	0xbc20

enum { CACHING_CACHED, CACHING_WRITECOMBINE, CACHING_UNCACHED, CACHING_OTHER };

struct iomem_test_pagetable {
	__u64 address;
	__u64 physical;
	__u64 size;
	__u32 caching;
	__u32 writable;
};

#endif /* _IOMEM_TEST_VMA_H */
