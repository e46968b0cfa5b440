// SPDX-License-Identifier: GPL-2.0

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

struct irq_desc *iomem_helper_irq_data_to_desc(struct irq_data *data)
{
	return irq_data_to_desc(data);
}

/*
 * Whether a number is still that of the line which was requested, alone, with a
 * cookie. Who has the number may give it back meanwhile, and another line get it:
 * the kernel frees neither the irqaction then nor looks at it again.
 */
bool iomem_helper_irq_is_handled_with(unsigned int irq, const void *cookie)
{
	bool is_handled = false;
	struct irq_data *data;

	/* The line's data are freed after a grace period. */
	rcu_read_lock();
	data = irq_get_irq_data(irq);
	if (data) {
		struct irq_desc *desc = irq_data_to_desc(data);
		unsigned long flags;

		/* free_irq() takes an irqaction away with this held. */
		raw_spin_lock_irqsave(&desc->lock, flags);
		is_handled = desc->action && desc->action->dev_id == cookie;
		raw_spin_unlock_irqrestore(&desc->lock, flags);
	}
	rcu_read_unlock();
	return is_handled;
}

void iomem_helper_note_handler_leaked(unsigned int irq, const char *label)
{
	pr_err("iomem: interrupt %u was taken away while %s handled it, and that handler is leaked: keep the device enabled that the line belongs to\n",
	       irq, label);
}
