// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are unbound by other threads, all at once. See
 * rust/iomem/resource/entry/tied.rs.
 *
 * The process that begins an unbinding may have been killed, and kthread_create() fails then. So
 * a worker makes the thread. If there is no memory for one, the worker unbinds the device itself,
 * and the others have workers of their own.
 *
 * A worker alone would not do: how many a queue has at a time is limited, for each NUMA node
 * to its share, and one that unbinds can have to wait for long.
 *
 * The queue has no rescuer (WQ_MEM_RECLAIM): a driver's unbinding may wait for work on queues
 * without one, of which the kernel warns if the worker's queue has one.
 */

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../module.h"

struct iomem_unbinding {
	struct work_struct work;
	struct device *dev;
	struct task_struct *thread;
	struct completion done;
};

static struct workqueue_struct *unbinding_wq;

static int iomem_unbind(void *data)
{
	struct iomem_unbinding *unbinding = data;

	device_release_driver(unbinding->dev);
	complete(&unbinding->done);
	return 0;
}

static void unbind_by_a_thread(struct work_struct *work)
{
	struct iomem_unbinding *unbinding = container_of(work, struct iomem_unbinding, work);
	struct task_struct *thread = kthread_create(iomem_unbind, unbinding, "iomem_unbind");

	if (IS_ERR(thread)) {
		iomem_unbind(unbinding);
		return;
	}
	unbinding->thread = get_task_struct(thread);
	wake_up_process(thread);
}

/* The room that unbinding a device takes, so that none is needed then; NULL without memory. */
void *iomem_helper_unbinding_new(void)
{
	struct iomem_unbinding *unbinding = kzalloc(sizeof(*unbinding), GFP_KERNEL);

	if (unbinding) {
		INIT_WORK(&unbinding->work, unbind_by_a_thread);
		init_completion(&unbinding->done);
	}
	return unbinding;
}

void iomem_helper_unbinding_free(void *p)
{
	kfree(p);
}

/*
 * device_release_driver() by another thread, for callers that hold the lock of a bus's notifiers:
 * those of another bus are called in the course of it, and for lockdep all buses have one lock.
 * The caller keeps a reference to the device, and waits before the room is used again, or freed.
 */
void iomem_helper_unbinding_begin(void *p, struct device *dev)
{
	struct iomem_unbinding *unbinding = p;

	unbinding->dev = dev;
	queue_work(unbinding_wq, &unbinding->work);
}

/* Not by flush_work(): lockdep takes what the worker locks for a lock of the caller's. */
void iomem_helper_unbinding_wait(void *p)
{
	struct iomem_unbinding *unbinding = p;

	wait_for_completion(&unbinding->done);
	/* It is in the code of this module until it has ended. A worker is until the queue ends. */
	if (unbinding->thread)
		kthread_stop_put(unbinding->thread);
	unbinding->thread = NULL;
}

/* Called by rust/module.c, which begins and ends the module. */
int iomem_unbinding_init(void)
{
	unbinding_wq = alloc_workqueue("iomem_unbind", WQ_UNBOUND, 0);
	return unbinding_wq ? 0 : -ENOMEM;
}

void iomem_unbinding_exit(void)
{
	destroy_workqueue(unbinding_wq);
}
