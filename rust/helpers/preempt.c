// SPDX-License-Identifier: GPL-2.0

#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/printk.h>

/*
 * Whether this may wait for a lock that others hold with interrupts enabled: it is in no
 * interrupt, and holds nothing that one waits for. These are macros.
 */
bool iomem_helper_interrupts_enabled(void)
{
	return in_task() && !irqs_disabled() && !softirq_count();
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

/* The same of a claim, for the sake of a mapping. */
void iomem_helper_note_claim_stays(const char *name)
{
	pr_notice("iomem: %s stays claimed: a mapping of it was not dropped, or not in a task that may sleep\n",
		  name);
}
