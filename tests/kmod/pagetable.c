// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the page-table entry of an address of the program that asks, for
 * tests/vma.c: a witness that has nothing of the library in it.
 *
 * /dev/iomem-pagetable has one ioctl, IOMEM_TEST_PAGETABLE of tests/vma.h.
 */

#include <linux/bitfield.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "../vma.h"

#ifdef CONFIG_X86
/* The indices that the kernel gives its cache modes, of which it uses four for devices. */
static u32 caching(pgprot_t prot, bool huge)
{
	pgprotval_t val = pgprot_val(prot);
	bool pat = val & (huge ? _PAGE_PAT_LARGE : _PAGE_PAT);

	if (pat)
		return CACHING_OTHER;
	switch (val & (_PAGE_PCD | _PAGE_PWT)) {
	case 0:
		return CACHING_CACHED;
	case _PAGE_PWT:
		return CACHING_WRITECOMBINE;
	default:
		return CACHING_UNCACHED;
	}
}
#else
static u32 caching(pgprot_t prot, bool huge)
{
	switch (FIELD_GET(PTE_ATTRINDX_MASK, pgprot_val(prot))) {
	case MT_NORMAL:
		return CACHING_CACHED;
	case MT_NORMAL_NC:
		return CACHING_WRITECOMBINE;
	case MT_DEVICE_nGnRnE:
		return CACHING_UNCACHED;
	default:
		return CACHING_OTHER;
	}
}
#endif

static long pagetable_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct follow_pfnmap_args args = {};
	struct iomem_test_pagetable entry;
	int err;

	if (cmd != IOMEM_TEST_PAGETABLE)
		return -ENOTTY;
	if (copy_from_user(&entry, (void __user *)arg, sizeof(entry)))
		return -EFAULT;

	mmap_read_lock(current->mm);
	args.vma = vma_lookup(current->mm, entry.address);
	args.address = entry.address;
	err = args.vma ? follow_pfnmap_start(&args) : -ENOENT;
	if (!err) {
		entry.physical = ((u64)args.pfn << PAGE_SHIFT) | offset_in_page(entry.address);
		entry.size = -args.addr_mask;
		entry.caching = caching(args.pgprot, args.addr_mask != PAGE_MASK);
		entry.writable = args.writable;
		follow_pfnmap_end(&args);
	}
	mmap_read_unlock(current->mm);
	if (err)
		return err;

	return copy_to_user((void __user *)arg, &entry, sizeof(entry)) ? -EFAULT : 0;
}

static const struct file_operations pagetable_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = pagetable_ioctl,
};

static struct miscdevice pagetable = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "iomem-pagetable",
	.fops = &pagetable_fops,
	.mode = 0600,
};

module_misc_device(pagetable);
MODULE_DESCRIPTION("Reads page-table entries, for the tests of iomem");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
