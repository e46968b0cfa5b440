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
	return !dev->bus && !dev->class && !strncmp(dev_name(dev), "pci", 3);
}

static int is_root_bus(struct device *dev, const void *data)
{
	return dev->class && !strcmp(dev->class->name, "pci_bus");
}

static bool is_below(const struct device *dev, const struct device *above)
{
	while (dev && dev != above)
		dev = dev->parent;
	return dev;
}

/* Which window is looked for, and what it is. */
struct search {
	unsigned int index;
	const struct resource *found;
};

static int find_window(struct device *bridge, void *data)
{
	struct search *search = data;
	struct resource *res;
	struct device *bus;

	bus = may_be_bridge(bridge, NULL) ? device_find_child(bridge, NULL, is_root_bus) : NULL;
	if (!bus)
		return 0;
	pci_bus_for_each_resource(to_pci_bus(bus), res) {
		if (res && res->parent && !search->found && !search->index--)
			search->found = res;
	}
	put_device(bus);
	return !!search->found;
}

/*
 * Tells of a window that the host bridges below a device have. The binding of the device's driver
 * keeps the bridge, the bus and the windows, so the device has to be locked. The bus is looked for
 * below the bridge: in the list of all root buses there are others, which nothing keeps.
 */
bool iomem_helper_host_window(struct device *host, unsigned int index, unsigned long *type,
			      u64 *start, u64 *last)
{
	struct search search = { .index = index };

	if (!IS_ENABLED(CONFIG_PCI) || !device_for_each_child(host, &search, find_window))
		return false;
	*type = resource_type(search.found);
	*start = search.found->start;
	*last = search.found->end;
	return true;
}

static bool passes_on(struct device *host, const struct window *window)
{
	unsigned long type;
	u64 start, last;

	for (int i = 0; iomem_helper_host_window(host, i, &type, &start, &last); i++) {
		if (type == window->type && start <= window->start && window->last <= last)
			return true;
	}
	return false;
}

static bool is_bound(const struct device *dev)
{
	enum dl_dev_state state = READ_ONCE(dev->links.status);

	return state == DL_DEV_PROBING || state == DL_DEV_DRIVER_BOUND;
}

/*
 * The kernel looks at the bindings of both only when a link is made, and makes one without
 * effect while one of them begins or ends. For the supplier's the lock is held, which can be held
 * by a task that waits for the caller: so it is not waited for without a limit. The consumer's
 * can end meanwhile, and the supplier's unbinding does not wait for that, and must not find a
 * link that is to go with it: so the link is made one that goes with the supplier's binding then.
 */
static int link_locked(struct device *host, struct device *bridge, const struct window *window)
{
	int err = 0;

	for (int tries = 0; !device_trylock(host); tries++) {
		if (tries == 50)
			return -EBUSY;
		msleep(20);
	}
	if (!host->driver || !device_is_registered(bridge) || !passes_on(host, window))
		goto unlock;
	/* Above the bridge, it stays; and it can be no consumer. */
	if (is_below(host, window->dev)) {
		err = -EINVAL;
	} else if (!device_is_bound(host) || host->links.status != DL_DEV_DRIVER_BOUND) {
		err = -EBUSY;
	} else if (!is_bound(window->dev)) {
		err = -ENODEV;
	} else if (!device_link_add(window->dev, host, DL_FLAG_AUTOREMOVE_CONSUMER)) {
		err = -ENOMEM;
	} else if (!is_bound(window->dev)) {
		device_link_add(window->dev, host, DL_FLAG_AUTOREMOVE_SUPPLIER);
		err = -ENODEV;
	}
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
	/* Its own lock may be the caller's. */
	if (host == window->dev)
		goto put;
	/* What is behind the bridge is unbound before it anyway. */
	if (!is_below(window->dev, bridge))
		err = link_locked(host, bridge, window);
put:
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

static int wait_if_host(struct device *host, void *data)
{
	struct device *bridge = device_find_child(host, NULL, may_be_bridge);

	put_device(bridge);
	if (!bridge)
		return 0;
	for (int tries = 0; READ_ONCE(host->links.status) == DL_DEV_UNBINDING; tries++) {
		if (tries == 500)
			return -EBUSY;
		msleep(20);
	}
	return 0;
}

/*
 * Until no host bridge is being unbound that was before the library was told of such, but not for
 * more than ten seconds: unbinding it can wait for programs.
 */
int iomem_helper_wait_for_host_bridges(void)
{
	return bus_for_each_dev(&platform_bus_type, NULL, NULL, wait_if_host);
}
