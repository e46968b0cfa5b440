// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading of iomem.ko: what the library has that is not made by one
 * of its users. See module.h.
 */

#include <linux/init.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "module.h"

static int __init iomem_init(void)
{
	int err = iomem_unbinding_init();

	if (err)
		return err;
	err = iomem_leftovers_init();
	if (err)
		goto no_leftovers;
	err = iomem_library_init();
	if (err)
		goto no_library;
	return 0;

no_library:
	iomem_leftovers_exit();
no_leftovers:
	iomem_unbinding_exit();
	return err;
}
module_init(iomem_init);

static void __exit iomem_exit(void)
{
	/* Ends claims, which the other one has a list of. */
	iomem_leftovers_exit();
	/* A device that is being unbound may still have to come to what was dropped meanwhile. */
	iomem_devres_exit();
	iomem_library_exit();
	/* No device that is removed is told of any more. Waits for workers, see there. */
	iomem_unbinding_exit();
	/*
	 * Code of the library's has dropped what devices had of it. A thread that unbinds such a
	 * device may be preempted in that, with nothing left to do but to return.
	 */
	synchronize_rcu_tasks();
}
module_exit(iomem_exit);
