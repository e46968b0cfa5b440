// SPDX-License-Identifier: GPL-2.0

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
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

struct iomem_unbinding {
	struct device *dev;
	struct task_struct *thread;
	struct completion done;
};

static int iomem_unbind(void *data)
{
	struct iomem_unbinding *unbinding = data;

	device_release_driver(unbinding->dev);
	complete(&unbinding->done);
	return 0;
}

/*
 * device_release_driver() by another thread, for callers that hold the lock of a bus's notifiers:
 * those of another bus are called in the course of it, and for lockdep all buses have one lock.
 * The caller keeps a reference to the device, and waits for what is returned. That is NULL if
 * there was no memory for it: then the device has been unbound by the caller.
 * kthread_create() and get_task_struct() are macros, and the kernel's bindings have neither.
 */
void *iomem_helper_device_release_driver_begin(struct device *dev)
{
	struct iomem_unbinding *unbinding = kzalloc(sizeof(*unbinding), GFP_KERNEL);

	if (!unbinding)
		goto here;
	unbinding->dev = dev;
	init_completion(&unbinding->done);
	unbinding->thread = kthread_create(iomem_unbind, unbinding, "iomem_unbind");
	if (IS_ERR(unbinding->thread))
		goto here;
	get_task_struct(unbinding->thread);
	wake_up_process(unbinding->thread);
	return unbinding;

here:
	kfree(unbinding);
	device_release_driver(dev);
	return NULL;
}

void iomem_helper_device_release_driver_wait(void *begun)
{
	struct iomem_unbinding *unbinding = begun;

	wait_for_completion(&unbinding->done);
	/* It is in the code of this module until it has ended. */
	kthread_stop_put(unbinding->thread);
	kfree(unbinding);
}
