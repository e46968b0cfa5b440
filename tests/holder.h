/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module iomem_test_holder (IOMEM_HOLDER_KO): another driver that claims registers.
 */
#ifndef _IOMEM_HOLDER_H
#define _IOMEM_HOLDER_H

#include "iomem_test.h"

/* Loaded or refused, it is not left behind by a test that fails. */
static void unload_holder(void)
{
	unload("iomem_test_holder");
}

static inline int load_holder(uint64_t start, uint64_t length)
{
	char params[128];

	atexit(unload_holder);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=%#" PRIx64, start, length);
	return load(getenv("IOMEM_HOLDER_KO"), params);
}

#endif /* _IOMEM_HOLDER_H */
