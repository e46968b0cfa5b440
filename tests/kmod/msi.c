// SPDX-License-Identifier: GPL-2.0
/*
 * An edge-triggered interrupt: as long as this is loaded, QEMU's edu raises a
 * message-signalled one, whose number is the module's parameter irq.
 */

#include <linux/module.h>
#include <linux/pci.h>

static int irq;
module_param(irq, int, 0444);
MODULE_PARM_DESC(irq, "out: the number of the interrupt");

static struct pci_dev *edu;

static int __init msi_init(void)
{
	int err;

	edu = pci_get_device(0x1234, 0x11e8, NULL);
	if (!edu)
		return -ENODEV;
	err = pci_enable_device(edu);
	if (err)
		goto put;
	/* The message is a write to memory. */
	pci_set_master(edu);
	err = pci_alloc_irq_vectors(edu, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		goto disable;
	irq = pci_irq_vector(edu, 0);
	return 0;

disable:
	pci_clear_master(edu);
	pci_disable_device(edu);
put:
	pci_dev_put(edu);
	return err;
}

static void __exit msi_exit(void)
{
	pci_free_irq_vectors(edu);
	pci_clear_master(edu);
	pci_disable_device(edu);
	pci_dev_put(edu);
}

module_init(msi_init);
module_exit(msi_exit);
MODULE_DESCRIPTION("Gives QEMU's edu an edge-triggered interrupt");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
