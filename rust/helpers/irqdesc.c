// SPDX-License-Identifier: GPL-2.0

#include <linux/irq.h>
#include <linux/irqdesc.h>

struct irq_desc *iomem_helper_irq_data_to_desc(struct irq_data *data)
{
	return irq_data_to_desc(data);
}
