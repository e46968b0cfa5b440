// SPDX-License-Identifier: GPL-2.0
/*
 * Platform devices without a driver, called as names says, each with a page of memory: the first at
 * start, the second in the page after it.
 */

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define MOST 2

static char *names[MOST];
static uint count;
module_param_array(names, charp, &count, 0444);
MODULE_PARM_DESC(names, "what the devices are called");

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address of the first, in bytes");

static struct platform_device *devices[MOST];

static void named_exit(void)
{
	/* What was not made is an error or nothing, and left alone. */
	for (int i = 0; i < MOST; i++)
		platform_device_unregister(devices[i]);
}

static int __init named_init(void)
{
	for (int i = 0; i < count; i++) {
		struct resource mem = DEFINE_RES_MEM(start + i * PAGE_SIZE, PAGE_SIZE);

		devices[i] = platform_device_register_simple(names[i], PLATFORM_DEVID_NONE,
							     &mem, 1);
		if (IS_ERR(devices[i])) {
			int err = PTR_ERR(devices[i]);

			named_exit();
			return err;
		}
	}
	return 0;
}

module_init(named_init);
module_exit(named_exit);
MODULE_DESCRIPTION("Platform devices of given names, for tests");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
