// SPDX-License-Identifier: GPL-2.0
/*
 * For tests/vm/watched: what a kernel that watches itself must not keep quiet about. Loading this
 * switches lock debugging off in silence, or reads memory that was freed, twice and at two
 * places. It never stays.
 */

#include <linux/debug_locks.h>
#include <linux/module.h>
#include <linux/slab.h>

static bool locks;
module_param(locks, bool, 0);
MODULE_PARM_DESC(locks, "switch lock debugging off");

static bool freed;
module_param(freed, bool, 0);
MODULE_PARM_DESC(freed, "read freed memory twice");

static noinline u8 read_once(volatile u8 *byte)
{
	return *byte;
}

static noinline u8 read_again(volatile u8 *byte)
{
	return *byte;
}

static int __init watched_init(void)
{
	if (locks)
		xchg(&debug_locks, 0);
	if (freed) {
		u8 *byte = kmalloc(64, GFP_KERNEL);

		if (!byte)
			return -ENOMEM;
		/* The compiler knows what kfree() does. */
		OPTIMIZER_HIDE_VAR(byte);
		kfree(byte);
		OPTIMIZER_HIDE_VAR(byte);
		read_once(byte);
		read_again(byte);
	}
	return -ECANCELED;
}

module_init(watched_init);
MODULE_DESCRIPTION("Does what a kernel that watches itself has to report");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
