// SPDX-License-Identifier: GPL-2.0

#include <linux/cgroup.h>
#include <linux/freezer.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>

/*
 * What recalc_sigpending() looks at, but for the freezer; and TIF_NOTIFY_SIGNAL, by which
 * task_work and livepatch have a task leave the kernel. To be called with the lock of the
 * signals.
 */
static bool has_signal(void)
{
	sigset_t signals;

	sigorsets(&signals, &current->pending.signal, &current->signal->shared_pending.signal);
	sigandnsets(&signals, &signals, &current->blocked);
	return !sigisemptyset(&signals) ||
	       (current->jobctl & (JOBCTL_PENDING_MASK | JOBCTL_TRAP_FREEZE)) ||
	       cgroup_task_frozen(current) || test_thread_flag(TIF_NOTIFY_SIGNAL);
}

/*
 * Freezes the current task if the freezer asks for it. Returns whether there is a signal, or
 * something else that the task has to leave the kernel for.
 *
 * The freezer marks a task that is awake as having a signal pending. The mark stays where the
 * freezer gives up before the task comes here, because it could not freeze another one in time;
 * and it can be made, and be out of date, at any moment. So the signals themselves say whether
 * there is one.
 */
bool iomem_helper_freeze_or_signal(void)
{
	/* The current task has it for as long as it runs. */
	struct sighand_struct *sighand = rcu_dereference_protected(current->sighand, true);
	bool signal;

	try_to_freeze();
	spin_lock_irq(&sighand->siglock);
	recalc_sigpending();
	signal = has_signal();
	spin_unlock_irq(&sighand->siglock);
	return signal;
}
