// SPDX-License-Identifier: GPL-2.0

#include <linux/pgtable.h>

IOMEM_HELPER(pgprot_t, pgprot_noncached, pgprot_t prot)
{
	return pgprot_noncached(prot);
}
