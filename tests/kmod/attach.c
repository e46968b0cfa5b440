// SPDX-License-Identifier: GPL-2.0
/*
 * A thread of the kernel that looks for a driver for a device, as it does for one whose supplier
 * comes late: loading this makes it do so for the platform device that is called device, and waits
 * until it has.
 */

#include <linux/device.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "the name of a platform device");

static struct device *dev;

static void attach(struct work_struct *work)
{
	/* What came of it, the device says. */
	if (device_attach(dev) < 0)
		pr_info("%s: no driver\n", dev_name(dev));
}

static DECLARE_WORK(work, attach);

static int __init attach_init(void)
{
	dev = bus_find_device_by_name(&platform_bus_type, NULL, device);
	if (!dev)
		return -ENODEV;
	schedule_work(&work);
	flush_work(&work);
	put_device(dev);
	return 0;
}
module_init(attach_init);

static void __exit attach_exit(void)
{
}
module_exit(attach_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Has a kernel thread probe a device, for tests");
MODULE_LICENSE("GPL");
