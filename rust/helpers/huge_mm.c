// SPDX-License-Identifier: GPL-2.0

/* It includes linux/huge_mm.h, which cannot be included first. */
#include <linux/mm.h>
#include <linux/pagemap.h>

/*
 * Inserts a page of 2^order pages where the architecture maps such pages of I/O memory.
 *
 * None of PUD_SIZE: the kernel cannot split one. It takes what the entry points to, the
 * device, for a table of smaller pages, where munmap(), mprotect() or mremap() splits the
 * VMA in its midst (split_huge_pmd_address()), and where mremap() moves it to an address that
 * is not aligned alike (move_page_tables()).
 */
vm_fault_t iomem_helper_vmf_insert_pfn_order(struct vm_fault *vmf, unsigned long pfn,
					     unsigned int order, bool write)
{
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, write);

	return VM_FAULT_FALLBACK;
}

/*
 * Inserts a page of PMD_SIZE at another address than that of the fault, in the same
 * table, unless something is there. Nobody wrote to it, so it is inserted clean.
 */
void iomem_helper_vmf_insert_pfn_pmd_at(struct vm_fault *vmf, unsigned long address,
					unsigned long pfn)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	struct vm_fault other = {
		.vma = vmf->vma,
		.gfp_mask = vmf->gfp_mask,
		.pgoff = linear_page_index(vmf->vma, address),
		.address = address,
		.real_address = address,
		.flags = vmf->flags & ~FAULT_FLAG_WRITE,
		.pmd = vmf->pmd + pmd_index(address) - pmd_index(vmf->address),
		.pud = vmf->pud,
	};

	vmf_insert_pfn_pmd(&other, pfn, false);
#endif
}

/* How many bytes the pages of one such table are. */
unsigned long iomem_helper_pmd_table_span(void)
{
	return PMD_SIZE * PTRS_PER_PMD;
}

/* The size of such pages in bytes, 0 where there is none. */
unsigned long iomem_helper_pmd_pfnmap_size(void)
{
	return IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) ? PMD_SIZE : 0;
}
