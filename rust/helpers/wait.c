// SPDX-License-Identifier: GPL-2.0

#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/*
 * Wakes those who sleep in a queue, as wake_up_all() does, from `entry` to before `end`, but not
 * more than so many. Returns where to go on. The queue is locked.
 */
static struct list_head *wake_some(struct list_head *entry, struct list_head *end,
				   unsigned int most)
{
	struct list_head *next;

	for (; entry != end && most; entry = next, most--) {
		struct wait_queue_entry *sleeper =
			list_entry(entry, struct wait_queue_entry, entry);

		/* It may leave the queue. */
		next = entry->next;
		if (sleeper->func(sleeper, TASK_NORMAL, 0, NULL) < 0)
			return end;
	}
	return entry;
}

/* Returns whether there are more than those. */
bool iomem_helper_wake_up_first(struct wait_queue_head *head, unsigned int most)
{
	unsigned long flags;
	bool more;

	spin_lock_irqsave(&head->lock, flags);
	more = wake_some(head->head.next, &head->head, most) != &head->head;
	spin_unlock_irqrestore(&head->lock, flags);
	return more;
}

/* An entry that only marks a place. */
static int wake_none(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	return 0;
}

/*
 * Wakes all, and lets others in after so many: interrupts, and who wants to enter the queue or to
 * leave it. Who enters it meanwhile is not waited for. It ends early once *stop is set, if there
 * is one.
 */
void iomem_helper_wake_up_in_pieces(struct wait_queue_head *head, unsigned int most,
				    const bool *stop)
{
	struct wait_queue_entry place = { .func = wake_none }, last = { .func = wake_none };
	struct list_head *next;

	might_sleep();
	spin_lock_irq(&head->lock);
	list_add(&place.entry, &head->head);
	list_add_tail(&last.entry, &head->head);
	while ((next = wake_some(place.entry.next, &last.entry, most)) != &last.entry) {
		list_move_tail(&place.entry, next);
		spin_unlock_irq(&head->lock);
		cond_resched();
		spin_lock_irq(&head->lock);
		if (stop && READ_ONCE(*stop))
			break;
	}
	list_del(&place.entry);
	list_del(&last.entry);
	spin_unlock_irq(&head->lock);
}

void iomem_helper_waking_init(struct work_struct *work, work_func_t wake)
{
	INIT_WORK(work, wake);
}

/* To be done by a thread that is of no real-time class. */
void iomem_helper_waking_queue(struct work_struct *work)
{
	queue_work(system_dfl_wq, work);
}
