// SPDX-License-Identifier: GPL-2.0
/*
 * Takes an interrupt line from the driver that handles it, once, when this is
 * loaded, as another driver does that gives back the number of the line.
 */

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/module.h>

static int irq;
module_param(irq, int, 0444);
MODULE_PARM_DESC(irq, "the number of the line");

static int __init lose_init(void)
{
	struct irq_data *data = irq_get_irq_data(irq);
	struct irqaction *action = data ? irq_data_to_desc(data)->action : NULL;

	if (!action)
		return -ENOENT;
	free_irq(irq, action->dev_id);
	return 0;
}
module_init(lose_init);

static void __exit lose_exit(void)
{
}
module_exit(lose_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Takes an interrupt line from its driver, for tests");
MODULE_LICENSE("GPL");
