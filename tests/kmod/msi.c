// SPDX-License-Identifier: GPL-2.0
/*
 * An edge-triggered interrupt: as long as this is loaded, QEMU's edu raises a
 * message-signalled one, which is the module's parameter message. A driver of a
 * platform device cannot have that. So this handles it, and for each has a line
 * raised that is edge-triggered as well, whose number is the parameter irq.
 */

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/pci.h>

static int irq;
module_param(irq, int, 0444);
MODULE_PARM_DESC(irq, "out: the number of the line");

static int message;
module_param(message, int, 0444);
MODULE_PARM_DESC(message, "out: the number of the message-signalled interrupt");

static struct pci_dev *edu;

/* The kernel keeps one that comes while the line is masked: there is nothing to mask. */
static void line_nothing(struct irq_data *data)
{
}

static struct irq_chip line_chip = {
	.name		= "test-edge",
	.irq_ack	= line_nothing,
	.irq_mask	= line_nothing,
	.irq_unmask	= line_nothing,
};

static irqreturn_t came(int number, void *cookie)
{
	generic_handle_irq(irq);
	return IRQ_HANDLED;
}

static int __init msi_init(void)
{
	int err;

	edu = pci_get_device(0x1234, 0x11e8, NULL);
	if (!edu)
		return -ENODEV;
	/* 0 is no interrupt to a driver, and is free on arm64. */
	err = irq_alloc_descs(-1, 1, 1, NUMA_NO_NODE);
	if (err < 0)
		goto put;
	irq = err;
	irq_set_chip_and_handler(irq, &line_chip, handle_edge_irq);
	irq_modify_status(irq, IRQ_NOREQUEST, 0);
	err = pci_enable_device(edu);
	if (err)
		goto free_line;
	/* The message is a write to memory. */
	pci_set_master(edu);
	err = pci_alloc_irq_vectors(edu, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		goto disable;
	message = pci_irq_vector(edu, 0);
	err = request_irq(message, came, IRQF_NO_THREAD, "iomem_test_msi", edu);
	if (err)
		goto free_vectors;
	return 0;

free_vectors:
	pci_free_irq_vectors(edu);
disable:
	pci_clear_master(edu);
	pci_disable_device(edu);
free_line:
	irq_free_descs(irq, 1);
put:
	pci_dev_put(edu);
	return err;
}

static void __exit msi_exit(void)
{
	free_irq(message, edu);
	pci_free_irq_vectors(edu);
	pci_clear_master(edu);
	pci_disable_device(edu);
	irq_free_descs(irq, 1);
	pci_dev_put(edu);
}

module_init(msi_init);
module_exit(msi_exit);
MODULE_DESCRIPTION("Gives QEMU's edu an edge-triggered interrupt");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
