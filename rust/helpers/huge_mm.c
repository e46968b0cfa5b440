// SPDX-License-Identifier: GPL-2.0

/* It includes linux/huge_mm.h, which cannot be included first. */
#include <linux/mm.h>
#include <linux/pagemap.h>

/*
 * Pages of a device are never taken for encrypted memory, see io_remap_pfn_range().
 * The functions that insert huge ones take the VMA's own protection; mprotect() can
 * have left one that says otherwise.
 */
static __always_inline bool vma_is_decrypted(struct vm_area_struct *vma)
{
	pgprot_t prot = pgprot_decrypted(vma->vm_page_prot);

	return pgprot_val(prot) == pgprot_val(vma->vm_page_prot);
}

/*
 * Inserts a page of 2^order pages where the architecture maps such pages of I/O memory.
 *
 * None of PUD_SIZE: the kernel cannot split one. It takes what the entry points to, the
 * device, for a table of smaller pages, where munmap(), mprotect() or mremap() splits the
 * VMA in its midst (split_huge_pmd_address()), and where mremap() moves it to an address that
 * is not aligned alike (move_page_tables()).
 *
 * Not as one that is being written to: with that, the kernel insists on finding the
 * same page if one is there already, and a driver that chooses the page at each fault
 * need not keep to it. The VMA's protection lets the program write, if it may. Where the kernel
 * looks for what is written to, it does not: then what is there is write-protected,
 * and is made writable as it is. It cannot be taken away meanwhile: that needs one of
 * the locks that the fault is handled under, or the address space's.
 */
vm_fault_t iomem_helper_vmf_insert_pfn_order(struct vm_fault *vmf, unsigned long pfn,
					     unsigned int order)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == PMD_ORDER && vma_is_decrypted(vmf->vma)) {
		bool write = vmf->flags & FAULT_FLAG_WRITE;
		struct address_space *mapping = vmf->vma->vm_file->f_mapping;
		vm_fault_t ret = VM_FAULT_NOPAGE;
		pmd_t there = pmdp_get_lockless(vmf->pmd);

		if (!write || !pmd_present(there) || pmd_write(there))
			return vmf_insert_pfn_pmd(vmf, pfn, false);

		i_mmap_lock_write(mapping);
		there = pmdp_get_lockless(vmf->pmd);
		if (pmd_present(there) && pmd_leaf(there))
			ret = vmf_insert_pfn_pmd(vmf, pmd_pfn(there), true);
		i_mmap_unlock_write(mapping);
		return ret;
	}
#endif

	return VM_FAULT_FALLBACK;
}

/*
 * Inserts a page of PMD_SIZE at another address than that of the fault, in the same
 * table, unless something is there.
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

	if (vma_is_decrypted(vmf->vma))
		vmf_insert_pfn_pmd(&other, pfn, false);
#endif
}

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
/*
 * Whether a VMA can be what another one has just been copied from: that still has all of it, and
 * mremap() has locked it for writing.
 */
static bool is_like(const struct vm_area_struct *vma, const struct vm_area_struct *copy)
{
#ifdef CONFIG_PER_VMA_LOCK
	if (vma->vm_lock_seq != vma->vm_mm->mm_lock_seq.sequence)
		return false;
#endif
	return vma->vm_file == copy->vm_file && vma->vm_ops == copy->vm_ops &&
	       vma->vm_private_data == copy->vm_private_data;
}
#endif

/*
 * Not a wrapper of anything: for a VMA that has just been copied, the next one from the address on
 * that it may have been copied from, if there is room for a huge page in it; NULL if there is none.
 * The caller holds mmap_lock of the running program for writing, and of the copy's.
 *
 * The copy is in another program than the running one if it is fork() that copies, and at the same
 * address. Otherwise a VMA is split, or moved by mremap(), on behalf of the program that it is
 * in: process_madvise() and userfaultfd, which do so to other programs, split no VMA of a device.
 * A split has its place within the old one; where mremap() moves it to, there is nothing yet,
 * and what is moved is somewhere.
 */
struct vm_area_struct *iomem_helper_vma_huge_source(struct vm_area_struct *copy,
						    unsigned long from)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (!mm || copy->vm_end - copy->vm_start < PMD_SIZE)
		return NULL;
	vma = find_vma(mm, copy->vm_start);
	if (mm != copy->vm_mm)
		return !from && vma && vma->vm_start == copy->vm_start &&
		       vma->vm_end == copy->vm_end && vma->vm_file == copy->vm_file ? vma : NULL;
	if (vma && vma->vm_start <= copy->vm_start)
		return NULL;
	for (vma = find_vma(mm, from); vma; vma = find_vma(mm, vma->vm_end))
		if (is_like(vma, copy) && vma->vm_pgoff <= copy->vm_pgoff &&
		    vma->vm_pgoff + vma_pages(vma) >= copy->vm_pgoff + vma_pages(copy))
			return vma;
#endif

	return NULL;
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
