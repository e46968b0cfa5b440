// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

static int is_same(struct device *child, void *device)
{
	return child == device;
}

static int is_parent(struct device *dev, const void *child)
{
	return device_for_each_child(dev, (void *)child, is_same);
}

/*
 * The platform device whose driver made the host bridge that has a window; a reference, or NULL.
 * A window goes with the binding of that driver, and is only compared. A PCI device keeps the
 * buses that it is on, and those keep their bridges.
 */
static struct device *host_of(const void *window)
{
	struct pci_dev *pdev = NULL;

	if (!IS_ENABLED(CONFIG_PCI))
		return NULL;
	for_each_pci_dev(pdev) {
		struct pci_bus *bus = pdev->bus;
		struct resource *res;

		while (!pci_is_root_bus(bus))
			bus = bus->parent;
		pci_bus_for_each_resource(bus, res) {
			struct device *host;

			if (!res || res != window)
				continue;
			host = bus_find_device(&platform_bus_type, NULL, bus->bridge, is_parent);
			pci_dev_put(pdev);
			return host;
		}
	}
	return NULL;
}

static bool is_below(const struct device *dev, const struct device *above)
{
	while (dev && dev != above)
		dev = dev->parent;
	return dev;
}

/*
 * Has the kernel unbind a device before the driver of the host bridge that has a window. That
 * driver takes the window away, and the mapping of ports, which tells those alone that are below
 * the bridge.
 */
int iomem_helper_link_to_host_bridge(struct device *dev, const void *window)
{
	struct device *host = host_of(window);
	int err = 0;

	if (!host)
		return 0;
	/* Of these, one is unbound with the other, or has to stay. */
	if (!is_below(dev, host) && !is_below(host, dev) &&
	    !device_link_add(dev, host, DL_FLAG_AUTOREMOVE_CONSUMER))
		err = -ENOMEM;
	put_device(host);
	return err;
}
