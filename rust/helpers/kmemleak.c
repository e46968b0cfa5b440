// SPDX-License-Identifier: GPL-2.0

#include <linux/kmemleak.h>

/* Nothing where the kernel does not look for what was forgotten. */
void iomem_helper_kmemleak_not_leak(const void *p)
{
	kmemleak_not_leak(p);
}
