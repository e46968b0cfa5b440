// SPDX-License-Identifier: GPL-2.0
/*
 * What sysfs has. The kernel looks too when it makes a file, but with a warning and a stack
 * trace if there is one of that name.
 */

#include <linux/device.h>
#include <linux/kdev_t.h>
#include <linux/kernfs.h>
#include <linux/limits.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

/* /sys: what is above all. It stays, and so does what is above the folder of platform devices. */
static struct kernfs_node *iomem_sysfs_root(void)
{
	struct kernfs_node *node = platform_bus.kobj.sd, *above;

	rcu_read_lock();
	while (node && (above = rcu_dereference(node->__parent)))
		node = above;
	rcu_read_unlock();
	return node;
}

/* What is in a folder, with a reference. */
static struct kernfs_node *iomem_sysfs_below(struct kernfs_node *node, const char *name)
{
	return kernfs_type(node) == KERNFS_DIR ? kernfs_find_and_get(node, name) : NULL;
}

/* Likewise; gives the reference of the folder back. */
static struct kernfs_node *iomem_sysfs_step(struct kernfs_node *node, const char *name)
{
	struct kernfs_node *below = iomem_sysfs_below(node, name);

	kernfs_put(node);
	return below;
}

/* What is at a path of two or three names below /sys, with a reference; NULL if nothing is. */
static struct kernfs_node *iomem_sysfs_find(const char *first, const char *second,
					    const char *third)
{
	struct kernfs_node *node = iomem_sysfs_root();

	if (node)
		node = iomem_sysfs_below(node, first);
	if (node)
		node = iomem_sysfs_step(node, second);
	if (node && third)
		node = iomem_sysfs_step(node, third);
	return node;
}

static bool iomem_sysfs_has(const char *first, const char *second, const char *third)
{
	struct kernfs_node *found = iomem_sysfs_find(first, second, third);

	kernfs_put(found);
	return found;
}

/* Whether there is a class of that name. */
bool iomem_helper_sysfs_has_class(const char *name)
{
	return iomem_sysfs_has("class", name, NULL);
}

/*
 * Whether a class has a device of that name, of at most NAME_MAX bytes. A file's name has no
 * slash.
 */
bool iomem_helper_sysfs_has_in_class(const char *class, const char *name)
{
	char text[NAME_MAX + 1];

	strscpy(text, name, sizeof(text));
	strreplace(text, '/', '!');
	return iomem_sysfs_has("class", class, text);
}

/* Whether there is a character device of that number. */
bool iomem_helper_sysfs_has_number(dev_t number)
{
	char text[32];

	scnprintf(text, sizeof(text), "%u:%u", MAJOR(number), MINOR(number));
	return iomem_sysfs_has("dev", "char", text);
}

/*
 * Whether something else is where the folder is to be that has a class's devices below @parent,
 * or below no device: a file, a folder of attributes, another device. That folder itself may be
 * there.
 */
bool iomem_helper_sysfs_has_beside_class(struct device *parent, const char *class)
{
	struct kernfs_node *found, *file;
	bool other = true;

	if (!parent)
		found = iomem_sysfs_find("devices", "virtual", class);
	else if (parent->kobj.sd)
		found = kernfs_find_and_get(parent->kobj.sd, class);
	else
		return false;
	if (!found)
		return false;
	/*
	 * Attributes belong to the device, and each device has a file called so; a class's folder
	 * has none.
	 */
	if (kernfs_type(found) == KERNFS_DIR && !(parent && found->priv == &parent->kobj)) {
		file = kernfs_find_and_get(found, "uevent");
		other = file && kernfs_type(file) == KERNFS_FILE;
		kernfs_put(file);
	}
	kernfs_put(found);
	return other;
}
