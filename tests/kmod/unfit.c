// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that cannot be unbound while QEMU's edu is being removed, for tests/kmod/tied.rs to tie
 * itself to. Where their structures are is in the parameters above, beside and usb; edu's own is
 * in edu. The modules of USB are not loaded, so the bus that is called usb is this module's.
 */

#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>

static ulong above;
module_param(above, ulong, 0400);
MODULE_PARM_DESC(above, "out: the device that edu is below, and which is on no bus");

static ulong beside;
module_param(beside, ulong, 0400);
MODULE_PARM_DESC(beside, "out: another PCI device, QEMU's pci-testdev");

static ulong usb;
module_param(usb, ulong, 0400);
MODULE_PARM_DESC(usb, "out: a device on a bus that is called usb, which has a driver");

static ulong edu;
module_param(edu, ulong, 0400);
MODULE_PARM_DESC(edu, "out: edu itself");

static struct pci_dev *edu_pci, *testdev;
static struct device *interface;

static const struct bus_type usb_bus = { .name = "usb" };

static struct device_driver usb_driver = {
	.name = "iomem_test_unfit",
	.bus = &usb_bus,
	.owner = THIS_MODULE,
};

static void free_interface(struct device *dev)
{
	kfree(dev);
}

static int make_interface(void)
{
	int err;

	interface = kzalloc_obj(*interface);
	if (!interface)
		return -ENOMEM;
	device_initialize(interface);
	interface->bus = &usb_bus;
	interface->release = free_interface;
	err = dev_set_name(interface, "iomem_test_unfit");
	if (!err)
		err = device_add(interface);
	if (err)
		put_device(interface);
	return err;
}

static int __init unfit_init(void)
{
	int err = -ENODEV;

	edu_pci = pci_get_device(0x1234, 0x11e8, NULL);
	testdev = pci_get_device(0x1b36, 0x0005, NULL);
	if (!edu_pci || !testdev || !edu_pci->dev.parent)
		goto put;
	err = bus_register(&usb_bus);
	if (err)
		goto put;
	err = driver_register(&usb_driver);
	if (err)
		goto unregister_bus;
	err = make_interface();
	if (err)
		goto unregister_driver;

	above = (ulong)edu_pci->dev.parent;
	beside = (ulong)&testdev->dev;
	usb = (ulong)interface;
	edu = (ulong)&edu_pci->dev;
	return 0;

unregister_driver:
	driver_unregister(&usb_driver);
unregister_bus:
	bus_unregister(&usb_bus);
put:
	pci_dev_put(testdev);
	pci_dev_put(edu_pci);
	return err;
}
module_init(unfit_init);

static void __exit unfit_exit(void)
{
	device_unregister(interface);
	driver_unregister(&usb_driver);
	bus_unregister(&usb_bus);
	pci_dev_put(testdev);
	pci_dev_put(edu_pci);
}
module_exit(unfit_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Has devices that cannot be unbound while another one is removed, for tests");
MODULE_LICENSE("GPL");
