// SPDX-License-Identifier: GPL-2.0

#include <linux/freezer.h>

bool iomem_helper_try_to_freeze(void)
{
	return try_to_freeze();
}
