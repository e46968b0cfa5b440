// SPDX-License-Identifier: GPL-2.0

#include <linux/sched/signal.h>

bool iomem_helper_fatal_signal_pending(struct task_struct *task)
{
	return fatal_signal_pending(task);
}

/* Not a wrapper of anything: recalc_sigpending(), with the lock that it is to be called with. */
void iomem_helper_recalc_sigpending_locked(void)
{
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}
