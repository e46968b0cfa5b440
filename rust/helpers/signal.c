// SPDX-License-Identifier: GPL-2.0

#include <linux/sched/signal.h>

bool iomem_helper_fatal_signal_pending(struct task_struct *task)
{
	return fatal_signal_pending(task);
}

/* Not a wrapper of anything: recalc_sigpending(), with the lock that it is to be called with. */
void iomem_helper_recalc_sigpending_locked(void)
{
	/* The current task has it for as long as it runs. */
	struct sighand_struct *sighand = rcu_dereference_protected(current->sighand, true);

	spin_lock_irq(&sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&sighand->siglock);
}
