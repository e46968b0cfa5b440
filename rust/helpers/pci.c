// SPDX-License-Identifier: GPL-2.0

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

/* What is looked for: the host bridge that passes a range on. */
struct window {
	struct device *dev;
	unsigned long type;
	u64 start;
	u64 last;
};

/* The device of a host bridge is on no bus, and named by what is behind it: pci0000:00. */
static int may_be_bridge(struct device *dev, const void *data)
{
	return !dev->bus && !strncmp(dev_name(dev), "pci", 3);
}

static bool is_below(const struct device *dev, const struct device *above)
{
	while (dev && dev != above)
		dev = dev->parent;
	return dev;
}

/* Its driver's binding keeps the bridge, the bus and the windows, so that has to be locked. */
static bool passes_on(struct device *bridge, const struct window *window)
{
	struct pci_bus *bus = NULL;
	struct resource *res;

	do {
		bus = pci_find_next_bus(bus);
	} while (bus && bus->bridge != bridge);
	if (!bus)
		return false;
	pci_bus_for_each_resource(bus, res) {
		if (res && res->parent && resource_type(res) == window->type &&
		    res->start <= window->start && window->last <= res->end)
			return true;
	}
	return false;
}

/*
 * The kernel looks at the supplier's binding only when a link is made, and makes one without
 * effect while that begins or ends: so the lock is held. It may be held by who waits for the
 * caller: so it is not waited for without a limit.
 */
static int link_locked(struct device *host, struct device *bridge, const struct window *window)
{
	int err = 0;

	for (int tries = 0; !device_trylock(host); tries++) {
		if (tries == 50)
			return -EBUSY;
		msleep(20);
	}
	if (!host->driver || !device_is_registered(bridge) || !passes_on(bridge, window))
		goto unlock;
	/* Above the bridge, it stays; and it can be no consumer. */
	if (is_below(host, window->dev))
		goto unlock;
	if (!device_is_bound(host) || host->links.status != DL_DEV_DRIVER_BOUND)
		err = -EBUSY;
	else if (!device_link_add(window->dev, host, DL_FLAG_AUTOREMOVE_CONSUMER))
		err = -ENOMEM;
unlock:
	device_unlock(host);
	return err;
}

static int link_if_host(struct device *host, void *data)
{
	const struct window *window = data;
	struct device *bridge = device_find_child(host, NULL, may_be_bridge);
	int err = 0;

	if (!bridge)
		return 0;
	/* What is behind the bridge is unbound before it anyway. */
	if (!is_below(window->dev, bridge))
		err = link_locked(host, bridge, window);
	put_device(bridge);
	return err;
}

/*
 * Has the kernel unbind a device before the driver of the host bridge that passes a range on, if
 * that is a platform device's. That driver takes the windows away, and the mapping of ports, and
 * the kernel tells those alone that are below the bridge.
 */
int iomem_helper_link_to_host_bridge(struct device *dev, unsigned long type, u64 start, u64 last)
{
	struct window window = { .dev = dev, .type = type, .start = start, .last = last };

	if (!IS_ENABLED(CONFIG_PCI))
		return 0;
	return bus_for_each_dev(&platform_bus_type, NULL, &window, link_if_host);
}
