// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>

/* device_lock() is inline, and device_is_bound() wants it held. */
bool iomem_helper_device_is_bound_locked(struct device *dev)
{
	bool bound;

	device_lock(dev);
	bound = device_is_bound(dev);
	device_unlock(dev);

	return bound;
}
