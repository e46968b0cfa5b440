// SPDX-License-Identifier: GPL-2.0

#include <linux/of.h>
#include <linux/of_address.h>

#ifdef CONFIG_OF_ADDRESS
/* The kernel's bindings have <linux/of.h> and not <linux/of_address.h>. */
int iomem_helper_of_address_to_resource(struct device_node *node, int index, struct resource *res)
{
	return of_address_to_resource(node, index, res);
}

bool iomem_helper_of_node_is_type(const struct device_node *node, const char *type)
{
	return of_node_is_type(node, type);
}
#endif
