// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>
#include <linux/preempt.h>
#include <linux/sched.h>

unsigned int iomem_helper_iminor(const struct inode *inode)
{
	return iminor(inode);
}

/* Not a wrapper of anything: the field is in a union, which bindgen names by a number. */
struct cdev *iomem_helper_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}

/* The field is in a union, too. */
struct dentry *iomem_helper_file_dentry(const struct file *file)
{
	return file_dentry(file);
}

/* From C, so that bindgen need not make sense of the type of the constants. */
bool iomem_helper_file_may_read(const struct file *file)
{
	return file->f_mode & FMODE_READ;
}

bool iomem_helper_file_may_write(const struct file *file)
{
	return file->f_mode & FMODE_WRITE;
}

/* Not a wrapper of anything: fdget() does not ask. A task that ends has let go of its table. */
bool iomem_helper_has_descriptors(void)
{
	return in_task() && current->files;
}
