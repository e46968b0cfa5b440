// SPDX-License-Identifier: GPL-2.0

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>

/* Code that is built in has no module. */
bool iomem_helper_is_within_module(unsigned long addr, const struct module *mod)
{
	return mod && within_module(addr, mod);
}

/*
 * Whether a module has been loaded, and is not being unloaded. Once it has been, loading cannot
 * fail.
 */
bool iomem_helper_module_is_live(const struct module *mod)
{
	return READ_ONCE(mod->state) == MODULE_STATE_LIVE;
}

/*
 * If loading a module fails, its memory is freed, though others have references to it. Those who
 * open a file of a module that is being loaded are refused, but have one until they have got out
 * of open(). They are waited for, when no more of them can come. It takes them no time but for a
 * processor's, which a program of low priority can have to wait for. Who else has a reference, and
 * for how long, is not known: so there is a limit.
 */
void iomem_helper_module_refused_wait(const struct module *mod)
{
	unsigned long end = jiffies + 60 * HZ;
	/* What loads it has one as well, until it has failed. */
	int loading = READ_ONCE(mod->state) == MODULE_STATE_COMING;

	if (iomem_helper_module_is_live(mod))
		return;
	while (module_refcount((struct module *)mod) > loading && time_before(jiffies, end))
		usleep_range(1000, 2000);
	if (module_refcount((struct module *)mod) > loading)
		pr_warn("iomem: %s: others still use this module, which could not be loaded and is freed\n",
			mod->name);
}
