// SPDX-License-Identifier: GPL-2.0
/*
 * A processor that is slow at the worst moment. As long as this is loaded, there are two
 * seconds between the kernel's entering a claim of start into the tree and its telling the
 * caller; with leaving=1 instead, before it takes a resource of start out of the tree, such
 * as the BAR of a device that is removed; with removing=1, before it begins to remove a PCI device
 * whose BAR 0 is at start. With hold=1 as well, it lasts until a 1 is written to the parameter go,
 * but no more than 15 seconds. How often that came is in the parameter came.
 */

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/pci.h>

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address, in bytes");

static bool leaving;
module_param(leaving, bool, 0444);
MODULE_PARM_DESC(leaving, "whether it is late when a resource leaves the tree");

static bool removing;
module_param(removing, bool, 0444);
MODULE_PARM_DESC(removing, "whether it is late when a PCI device is removed");

static bool hold;
module_param(hold, bool, 0444);
MODULE_PARM_DESC(hold, "whether it is late until it may go on");

static bool go;
module_param(go, bool, 0200);
MODULE_PARM_DESC(go, "writing 1 to it ends what hold=1 began");

static uint came;
module_param(came, uint, 0444);
MODULE_PARM_DESC(came, "out: how often it was late");

static int be_late(const struct resource *res)
{
	if (res && res->start == start) {
		WRITE_ONCE(came, came + 1);
		for (int ms = 0; ms < (hold ? 15000 : 2000) && !READ_ONCE(go); ms++) {
			mdelay(1);
			/* It is known to be on this processor. */
			touch_nmi_watchdog();
		}
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

static int removes(struct kprobe *probe, struct pt_regs *regs)
{
	struct device *dev = (struct device *)regs_get_kernel_argument(regs, 0);

	return dev_is_pci(dev) ? be_late(&to_pci_dev(dev)->resource[0]) : 0;
}

static struct kretprobe after_request = {
	.kp.symbol_name = "__request_region",
	.handler = entered,
};

static struct kprobe before_release = {
	.symbol_name = "release_resource",
	.pre_handler = leaves,
};

static struct kprobe before_removal = {
	.symbol_name = "device_del",
	.pre_handler = removes,
};

static int __init late_init(void)
{
	if (removing)
		return register_kprobe(&before_removal);
	return leaving ? register_kprobe(&before_release) : register_kretprobe(&after_request);
}
module_init(late_init);

static void __exit late_exit(void)
{
	if (removing)
		unregister_kprobe(&before_removal);
	else if (leaving)
		unregister_kprobe(&before_release);
	else
		unregister_kretprobe(&after_request);
}
module_exit(late_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Is late where claims begin and resources end, for tests");
MODULE_LICENSE("GPL");
