// SPDX-License-Identifier: GPL-2.0

#include <linux/module.h>

/* Code that is built in has no module. */
bool iomem_helper_is_within_module(unsigned long addr, const struct module *mod)
{
	return mod && within_module(addr, mod);
}
