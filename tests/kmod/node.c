// SPDX-License-Identifier: GPL-2.0
/*
 * A node of the device tree, as an overlay would add it: as long as this is loaded, there is
 * one below the root that is called name, a window of one page at start. The kernel makes its
 * device, and the driver is asked, before loading is over.
 */

#include <linux/module.h>
#include <linux/of.h>

static char *name = "plain";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "what the node is called");

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address, in bytes");

static struct of_changeset changes;

static int __init node_init(void)
{
	const u32 reg[] = { upper_32_bits(start), lower_32_bits(start), 0, 0x1000 };
	struct device_node *node;
	int err;

	of_changeset_init(&changes);
	/* The changeset has the only reference. */
	node = of_changeset_create_node(&changes, of_root, name);
	err = node ? 0 : -ENOMEM;
	if (!err)
		err = of_changeset_add_prop_string(&changes, node, "compatible", "iomem,window");
	if (!err)
		err = of_changeset_add_prop_u32_array(&changes, node, "reg", reg, ARRAY_SIZE(reg));
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
