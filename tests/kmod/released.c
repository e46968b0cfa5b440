// SPDX-License-Identifier: GPL-2.0
/*
 * A witness of references: how many platform devices whose names begin with prefix have been
 * freed since this was loaded is in the parameter released. A device is freed when the last
 * reference to it is given back, which nothing in /sys shows.
 */

#include <linux/device.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static char *prefix = "";
module_param(prefix, charp, 0444);
MODULE_PARM_DESC(prefix, "what the names of the devices begin with");

static atomic_t released;

static int get_released(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&released));
}

static const struct kernel_param_ops released_ops = { .get = get_released };
module_param_cb(released, &released_ops, NULL, 0444);
MODULE_PARM_DESC(released, "out: how many have been freed");

static int releases(struct kprobe *probe, struct pt_regs *regs)
{
	const struct device *dev = (const struct device *)regs_get_kernel_argument(regs, 0);

	if (!strncmp(dev_name(dev), prefix, strlen(prefix)))
		atomic_inc(&released);
	return 0;
}

static struct kprobe release = {
	.symbol_name = "platform_device_release",
	.pre_handler = releases,
};

static int __init released_init(void)
{
	return register_kprobe(&release);
}
module_init(released_init);

static void __exit released_exit(void)
{
	unregister_kprobe(&release);
}
module_exit(released_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Counts platform devices that are freed, for tests");
MODULE_LICENSE("GPL");
