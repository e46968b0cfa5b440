// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>

unsigned int iomem_helper_iminor(const struct inode *inode)
{
	return iminor(inode);
}
