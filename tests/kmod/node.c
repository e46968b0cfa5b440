// SPDX-License-Identifier: GPL-2.0
/*
 * A node of the device tree, as an overlay would add it: as long as this is loaded, there is
 * one below the root that is called name, a window of one page at start. The kernel makes its
 * device, and the driver is asked, before loading is over. With beside=, they are two nodes of
 * devices that nothing drives, with 256 bytes each: at start, and so many bytes behind.
 */

#include <linux/module.h>
#include <linux/of.h>

static char *name = "plain";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "what the node is called");

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address, in bytes");

static ulong beside;
module_param(beside, ulong, 0444);
MODULE_PARM_DESC(beside, "how far the second of two nodes is from the first, in bytes");

static struct of_changeset changes;

static int add(const char *called, const char *compatible, u64 first, u32 length)
{
	const u32 reg[] = { upper_32_bits(first), lower_32_bits(first), 0, length };
	struct device_node *node;
	int err;

	/* The changeset has the only reference. */
	node = of_changeset_create_node(&changes, of_root, called);
	err = node ? 0 : -ENOMEM;
	if (!err)
		err = of_changeset_add_prop_string(&changes, node, "compatible", compatible);
	if (!err)
		err = of_changeset_add_prop_u32_array(&changes, node, "reg", reg, ARRAY_SIZE(reg));
	return err;
}

static int __init node_init(void)
{
	int err;

	of_changeset_init(&changes);
	if (beside) {
		err = add("first", "iomem-test,undriven", start, 0x100);
		if (!err)
			err = add("second", "iomem-test,undriven", start + beside, 0x100);
	} else {
		err = add(name, "iomem,window", start, 0x1000);
	}
	if (!err)
		err = of_changeset_apply(&changes);
	if (err)
		of_changeset_destroy(&changes);
	return err;
}
module_init(node_init);

static void __exit node_exit(void)
{
	of_changeset_revert(&changes);
	of_changeset_destroy(&changes);
}
module_exit(node_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Adds a window to the device tree, for tests");
MODULE_LICENSE("GPL");
