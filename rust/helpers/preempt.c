// SPDX-License-Identifier: GPL-2.0

#include <linux/preempt.h>

/* in_task() is a macro. */
bool iomem_helper_in_task(void)
{
	return in_task();
}
