// SPDX-License-Identifier: GPL-2.0

#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/printk.h>

/* in_task() is a macro. */
bool iomem_helper_in_task(void)
{
	return in_task();
}

/* preemptible(), but for kernels that do not count. */
bool iomem_helper_may_sleep(void)
{
	return in_task() && !irqs_disabled() &&
	       !(IS_ENABLED(CONFIG_PREEMPT_COUNT) && preempt_count());
}

void iomem_helper_note_stays(const char *what)
{
	pr_notice("iomem: %s is dropped where that must not sleep, and stays: drop it in a task, without a spinlock\n",
		  what);
}
