// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>

unsigned int iomem_helper_iminor(const struct inode *inode)
{
	return iminor(inode);
}

/* Not a wrapper of anything: the field is in a union, which bindgen names by a number. */
struct cdev *iomem_helper_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}
