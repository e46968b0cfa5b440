// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver is compared with: a range is claimed, mapped the way most drivers
 * do it, all at once by vm_iomap_memory(), and taken back by
 * unmap_mapping_range(). Nothing of the library is in it.
 *
 * /dev/iomem-bench-plain maps the range start=, length= from offset 0, while it
 * is claimed; see plain.h.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "plain.h"

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "physical address of the range, in bytes");

static ulong length;
module_param(length, ulong, 0);
MODULE_PARM_DESC(length, "its length, in bytes");

/* Protects @claimed. Taken with mmap_lock held, and nothing else is taken within. */
static DEFINE_MUTEX(lock);
static bool claimed;

static int plain_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err = -ENXIO;

	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	mutex_lock(&lock);
	if (claimed)
		err = vm_iomap_memory(vma, start, length);
	mutex_unlock(&lock);

	return err;
}

static long plain_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long err = 0;

	/* Not under the lock, since mmap() takes that one within its own. */
	if (cmd == BENCH_PLAIN_ZAP) {
		unmap_mapping_range(file->f_mapping, 0, 0, 1);
		return 0;
	}

	mutex_lock(&lock);
	switch (cmd) {
	case BENCH_PLAIN_CLAIM:
		if (claimed || !request_mem_region(start, length, KBUILD_MODNAME))
			err = -EBUSY;
		else
			claimed = true;
		break;
	case BENCH_PLAIN_RELEASE:
		if (claimed)
			release_mem_region(start, length);
		claimed = false;
		break;
	default:
		err = -ENOTTY;
	}
	mutex_unlock(&lock);

	return err;
}

static const struct file_operations plain_fops = {
	.owner = THIS_MODULE,
	.mmap = plain_mmap,
	.unlocked_ioctl = plain_ioctl,
};

static struct miscdevice plain = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "iomem-bench-plain",
	.fops = &plain_fops,
	.mode = 0600,
};

static int __init plain_init(void)
{
	return misc_register(&plain);
}

static void __exit plain_exit(void)
{
	misc_deregister(&plain);
	if (claimed)
		release_mem_region(start, length);
}

module_init(plain_init);
module_exit(plain_exit);
MODULE_DESCRIPTION("Maps a range by vm_iomap_memory(), to compare iomem_dev with");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
