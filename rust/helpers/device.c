// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

/* device_lock() is inline, and device_is_bound() wants it held. */
bool iomem_helper_device_is_bound_locked(struct device *dev)
{
	bool bound;

	device_lock(dev);
	bound = device_is_bound(dev);
	device_unlock(dev);

	return bound;
}

/* How long the path of a device below /sys is; below 0 without memory. */
long iomem_helper_device_path_length(struct device *dev)
{
	char *path = kobject_get_path(&dev->kobj, GFP_KERNEL);
	long length;

	if (!path)
		return -ENOMEM;
	length = strlen(path);
	kfree(path);
	return length;
}

/*
 * Whether there is something of that name in the folder of a device, or in that of platform devices
 * without a parent. sysfs_get_dirent() is inline. A device that is not in sysfs has no folder.
 */
bool iomem_helper_platform_folder_has(struct device *parent, const char *name)
{
	struct kernfs_node *folder = (parent ? parent : &platform_bus)->kobj.sd;
	struct kernfs_node *found;

	if (!folder)
		return false;
	found = sysfs_get_dirent(folder, name);
	sysfs_put(found);
	return found;
}

static int iomem_is_called(struct device *dev, const void *name)
{
	return !dev->class && !strcmp(dev_name(dev), name);
}

/*
 * Whether a device has a child of that name in its own folder. Those of a class are in the folder
 * of the class. dev_name() is inline.
 */
bool iomem_helper_device_has_child_in_folder(struct device *parent, const char *name)
{
	struct device *child = device_find_child(parent, name, iomem_is_called);

	put_device(child);
	return child;
}
