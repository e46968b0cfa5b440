// SPDX-License-Identifier: GPL-2.0
/*
 * A resource within BAR 0 of QEMU's edu: between the BAR and a claim there. As long
 * as this is loaded, start to start + length - 1 is that of a platform device that
 * no driver is for; with device=0, it is of no device. It stays below the BAR when edu
 * is removed, so the module keeps edu's structure.
 *
 * "echo 1 >claim" makes claims of a C driver, as tests/attack/outlived.rs has them, of
 * the three pages from start on. They are released when this is unloaded. "echo 1 >wake"
 * makes a muxed claim of the last byte of the resource and releases it, which wakes all who wait
 * for one. "echo 1 >part" parts the resource from what is claimed in it, as the kernel does with a
 * BAR that it gives up, to place it elsewhere: release_child_resources() in kernel/resource.c.
 */

#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#define CLAIMS	3
#define LENGTH	0x1000

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address, in bytes");

static ulong length;
module_param(length, ulong, 0444);
MODULE_PARM_DESC(length, "length, in bytes");

static bool device = true;
module_param(device, bool, 0444);
MODULE_PARM_DESC(device, "whether the resource is that of a platform device");

static struct pci_dev *edu;
static struct platform_device *pdev;
static struct resource plain = { .name = "iomem_test_within", .flags = IORESOURCE_MEM };
static struct resource *claims[CLAIMS];

static int claim(const char *value, const struct kernel_param *param)
{
	for (int i = 0; i < CLAIMS; i++) {
		if (claims[i])
			continue;
		claims[i] = request_mem_region(start + i * LENGTH, LENGTH, "neighbour in C");
		if (!claims[i])
			return -EBUSY;
	}
	return 0;
}

static const struct kernel_param_ops claim_ops = { .set = claim };
module_param_cb(claim, &claim_ops, NULL, 0200);
MODULE_PARM_DESC(claim, "writing to it claims the first three pages");

static int wake(const char *value, const struct kernel_param *param)
{
	resource_size_t last = start + length - 1;

	if (!__request_region(&iomem_resource, last, 1, "muxed in C", IORESOURCE_MUXED))
		return -EBUSY;
	release_mem_region(last, 1);
	return 0;
}

static const struct kernel_param_ops wake_ops = { .set = wake };
module_param_cb(wake, &wake_ops, NULL, 0200);
MODULE_PARM_DESC(wake, "writing to it wakes those who wait for a muxed claim");

static int part(const char *value, const struct kernel_param *param)
{
	struct resource *res = pdev ? &pdev->resource[0] : &plain, *child = res->child;

	/* No test changes the tree meanwhile. */
	res->child = NULL;
	while (child) {
		struct resource *next = child->sibling;

		child->end -= child->start;
		child->start = 0;
		child->parent = NULL;
		child->sibling = NULL;
		child = next;
	}
	return 0;
}

static const struct kernel_param_ops part_ops = { .set = part };
module_param_cb(part, &part_ops, NULL, 0200);
MODULE_PARM_DESC(part, "writing to it parts the resource from what is claimed in it");

static int __init within_init(void)
{
	struct resource mem = DEFINE_RES_MEM(start, length);
	int err;

	edu = pci_get_device(0x1234, 0x11e8, NULL);
	if (!edu)
		return -ENODEV;
	if (device) {
		pdev = platform_device_register_simple("iomem_test_within", PLATFORM_DEVID_NONE,
						       &mem, 1);
		err = PTR_ERR_OR_ZERO(pdev);
	} else {
		plain.start = start;
		plain.end = start + length - 1;
		err = insert_resource(&iomem_resource, &plain);
	}
	if (err)
		pci_dev_put(edu);
	return err;
}
module_init(within_init);

static void __exit within_exit(void)
{
	for (int i = 0; i < CLAIMS; i++)
		if (claims[i])
			release_mem_region(start + i * LENGTH, LENGTH);
	if (device)
		platform_device_unregister(pdev);
	else
		release_resource(&plain);
	pci_dev_put(edu);
}
module_exit(within_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("A resource within the BAR of a PCI device, for tests");
MODULE_LICENSE("GPL");
