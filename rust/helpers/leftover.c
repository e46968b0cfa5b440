// SPDX-License-Identifier: GPL-2.0
/*
 * What modules have registered, by which the kernel calls into them, and what
 * ends it. A registration that its module forgot is ended when the module goes:
 * after its exit function, before its memory is freed. See rust/iomem/leftover.rs.
 */

#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../module.h"

void iomem_helper_module_refused_wait(const struct module *mod);

struct iomem_leftover {
	struct list_head list;
	unsigned long code;
	void (*end)(void *data);
	void *data;
};

/*
 * Protects the list, the newest first. No other lock is taken while it is held, and
 * what ends a registration is called without it.
 */
static DEFINE_MUTEX(leftovers_lock);
static LIST_HEAD(leftovers);

void *iomem_helper_leftover_new(void)
{
	struct iomem_leftover *leftover = kzalloc(sizeof(*leftover), GFP_KERNEL);

	if (leftover)
		INIT_LIST_HEAD(&leftover->list);
	return leftover;
}

void iomem_helper_leftover_arm(void *p, unsigned long code, void (*end)(void *data), void *data)
{
	struct iomem_leftover *leftover = p;

	leftover->code = code;
	leftover->end = end;
	leftover->data = data;
	mutex_lock(&leftovers_lock);
	list_add(&leftover->list, &leftovers);
	mutex_unlock(&leftovers_lock);
}

void iomem_helper_leftover_disarm(void *p)
{
	struct iomem_leftover *leftover = p;

	mutex_lock(&leftovers_lock);
	list_del_init(&leftover->list);
	mutex_unlock(&leftovers_lock);
}

void iomem_helper_leftover_free(void *p)
{
	iomem_helper_leftover_disarm(p);
	kfree(p);
}

/* What is left of a module, or of all. */
static struct iomem_leftover *leftover_of(const struct module *owner)
{
	struct iomem_leftover *leftover;

	mutex_lock(&leftovers_lock);
	list_for_each_entry(leftover, &leftovers, list) {
		if (!owner || within_module(leftover->code, owner)) {
			list_del_init(&leftover->list);
			mutex_unlock(&leftovers_lock);
			return leftover;
		}
	}
	mutex_unlock(&leftovers_lock);
	return NULL;
}

/* Returns whether there was something. */
static bool end_leftovers(const struct module *owner, const char *name)
{
	struct iomem_leftover *leftover;
	bool some = false;

	while ((leftover = leftover_of(owner))) {
		pr_notice("iomem: %s ends without having dropped a registration, which ends with it\n",
			  name);
		leftover->end(leftover->data);
		kfree(leftover);
		some = true;
	}
	return some;
}

static int module_changes(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *owner = data;

	if (state != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	if (end_leftovers(owner, owner->name))
		iomem_helper_module_refused_wait(owner);
	return NOTIFY_OK;
}

static struct notifier_block notifier = {
	.notifier_call = module_changes,
};

/* Called by rust/module.c, which begins and ends the module. */
int iomem_leftovers_init(void)
{
	return register_module_notifier(&notifier);
}

void iomem_leftovers_exit(void)
{
	unregister_module_notifier(&notifier);
	/* No module is left that uses the library: what it does for them has been forgotten. */
	end_leftovers(NULL, KBUILD_MODNAME);
}
