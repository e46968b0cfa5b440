// SPDX-License-Identifier: GPL-2.0

#include <linux/irq.h>

/* To be asked of a line that has a handler: until then its type may not be set up. */
bool iomem_helper_irqd_is_level_type(struct irq_data *data)
{
	return irqd_is_level_type(data);
}

/*
 * Disables the line where it is disabled, and not when the next interrupt comes:
 * for a line that is still raised then. free_irq() takes this back.
 */
void iomem_helper_irq_set_disable_unlazy(unsigned int irq)
{
	irq_set_status_flags(irq, IRQ_DISABLE_UNLAZY);
}
