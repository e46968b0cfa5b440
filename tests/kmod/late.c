// SPDX-License-Identifier: GPL-2.0
/*
 * A processor that is slow at the worst moment. As long as this is loaded, there are two
 * seconds between the kernel's entering a claim of start into the tree and its telling the
 * caller; with leaving=1 instead, before it takes a resource of start out of the tree, such
 * as the BAR of a device that is removed. How often that came is in the parameter came.
 */

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address, in bytes");

static bool leaving;
module_param(leaving, bool, 0444);
MODULE_PARM_DESC(leaving, "whether it is late when a resource leaves the tree");

static uint came;
module_param(came, uint, 0444);
MODULE_PARM_DESC(came, "out: how often it was late");

static int be_late(const struct resource *res)
{
	if (res && res->start == start) {
		WRITE_ONCE(came, came + 1);
		mdelay(2000);
	}
	return 0;
}

static int entered(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	return be_late((const struct resource *)regs_return_value(regs));
}

static int leaves(struct kprobe *probe, struct pt_regs *regs)
{
	return be_late((const struct resource *)regs_get_kernel_argument(regs, 0));
}

static struct kretprobe after_request = {
	.kp.symbol_name = "__request_region",
	.handler = entered,
};

static struct kprobe before_release = {
	.symbol_name = "release_resource",
	.pre_handler = leaves,
};

static int __init late_init(void)
{
	return leaving ? register_kprobe(&before_release) : register_kretprobe(&after_request);
}
module_init(late_init);

static void __exit late_exit(void)
{
	if (leaving)
		unregister_kprobe(&before_release);
	else
		unregister_kretprobe(&after_request);
}
module_exit(late_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Is late where claims begin and resources end, for tests");
MODULE_LICENSE("GPL");
