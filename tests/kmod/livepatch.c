// SPDX-License-Identifier: GPL-2.0
/*
 * A livepatch of ioctl(), which then passes on what it is asked to the file without a look at it.
 * A program that is in an ioctl() keeps the kernel from changing to it. It stays until 0 is
 * written to /sys/kernel/livepatch/iomem_test_livepatch/enabled.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static long patched_ioctl(const struct pt_regs *regs)
{
	CLASS(fd, f)(regs->di);

	if (fd_empty(f))
		return -EBADF;
	if (!fd_file(f)->f_op->unlocked_ioctl)
		return -ENOTTY;
	return fd_file(f)->f_op->unlocked_ioctl(fd_file(f), regs->si, regs->dx);
}

static struct klp_func funcs[] = {
	{ .old_name = "__x64_sys_ioctl", .new_func = patched_ioctl },
	{ }
};

/* Without a name, the object is the kernel itself. */
static struct klp_object objects[] = {
	{ .funcs = funcs },
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objects,
};

static int __init livepatch_init(void)
{
	return klp_enable_patch(&patch);
}
module_init(livepatch_init);

/* The kernel does not let it go before the patch is out. */
static void __exit livepatch_exit(void)
{
}
module_exit(livepatch_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Exchanges ioctl() for one of its own, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
