/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another processor that is late at an address: the module iomem_test_late (IOMEM_LATE_KO), see
 * tests/kmod/late.c.
 */
#ifndef _IOMEM_LATE_H
#define _IOMEM_LATE_H

#include "holder.h"
#include "run_time_test.h"

static void unload_late(void)
{
	unload("iomem_test_late");
}

static int load_late(uint64_t start, const char *more)
{
	char params[64];

	atexit(unload_late);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " %s", start, more);
	return load(getenv("IOMEM_LATE_KO"), params);
}

static int let_it_go(void)
{
	return tell("/sys/module/iomem_test_late/parameters/go", "1");
}

static void until_it_is_late(void)
{
	char *text = NULL;

	do {
		free(text);
		text = proc_text("/sys/module/iomem_test_late/parameters/came");
	} while (text && !atoi(text));
	free(text);
}

#endif /* _IOMEM_LATE_H */
