// SPDX-License-Identifier: GPL-2.0

#include <linux/irq.h>

/* The type of a line may not be set up before the line has a handler. */
bool iomem_helper_irqd_is_level_type(struct irq_data *data)
{
	return irqd_is_level_type(data);
}

/* As above. */
u32 iomem_helper_irqd_get_trigger_type(struct irq_data *data)
{
	return irqd_get_trigger_type(data);
}

struct msi_desc *iomem_helper_irq_data_get_msi_desc(struct irq_data *data)
{
	return irq_data_get_msi_desc(data);
}

/*
 * Has the line disabled where it is disabled, and not when the next interrupt
 * comes: for a line that is still raised then. free_irq() takes this back.
 */
void iomem_helper_irq_set_disable_unlazy(unsigned int irq)
{
	irq_set_status_flags(irq, IRQ_DISABLE_UNLAZY);
}
