// SPDX-License-Identifier: GPL-2.0

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>

/*
 * An inode of its own, for the address space in it. There is a call that makes
 * such an inode, and it makes a file along with it, which is not wanted. The
 * file may be released a little later; until then it keeps its operations, and
 * so this module, in place.
 */
struct inode *iomem_helper_anon_inode_create(const char *name)
{
	static const struct file_operations fops = { .owner = THIS_MODULE };
	struct inode *inode;
	struct file *file;

	file = anon_inode_create_getfile(name, &fops, NULL, O_RDWR, NULL);
	if (IS_ERR(file))
		return ERR_CAST(file);

	inode = file_inode(file);
	ihold(inode);
	fput(file);

	return inode;
}
