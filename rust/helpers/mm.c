// SPDX-License-Identifier: GPL-2.0

#include <linux/delay.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>

/*
 * Not a wrapper of anything: in the kernel's bindings of 7.2, VM_MAYSHARE has
 * the value of VM_MAYEXEC, so the flag has to be looked at from C.
 */
bool iomem_helper_vma_may_share(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_MAYSHARE;
}

bool iomem_helper_vma_may_write(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_MAYWRITE;
}

/* A private mapping that may be written to: its pages are copied on write. */
bool iomem_helper_vma_is_cow(struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

bool iomem_helper_vma_is_readable(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_READ;
}

bool iomem_helper_vma_is_writable(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE;
}

/* Not executable, and never to become so, whatever was asked for. */
void iomem_helper_vma_clear_exec(struct vm_area_struct *vma)
{
	vm_flags_clear(vma, VM_EXEC | VM_MAYEXEC);
}

/* From C, so that only this file depends on the type of the flags, which changes. */
pgprot_t iomem_helper_vma_get_page_prot(struct vm_area_struct *vma)
{
	return vm_get_page_prot(vma->vm_flags);
}

/*
 * What io_remap_pfn_range() sets, for a VMA that is filled by faults. Where memory is
 * encrypted, what is inserted belongs to a device, which knows nothing of that.
 */
void iomem_helper_vma_set_pfnmap(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
}

/* To vmf_insert_pfn_prot() as io_remap_pfn_range() is to remap_pfn_range(). */
vm_fault_t iomem_helper_io_vmf_insert_pfn_prot(struct vm_area_struct *vma, unsigned long addr,
					       unsigned long pfn, pgprot_t prot)
{
	return vmf_insert_pfn_prot(vma, addr, pfn, pgprot_decrypted(prot));
}

/*
 * Not wrappers of anything: whether a call that has a program's mmap_lock for
 * writing still has it. To be seen from without, and not by waiting for the lock,
 * which programs can keep from others for as long as they like.
 *
 * With locks for each VMA, the kernel counts when the lock is taken for writing
 * and when it is let go of or downgraded: the number is another one as soon as the
 * call that it was read in is over. (It comes again after 2^31 more such calls;
 * then a later call is taken for the one that is over, and is waited for.)
 *
 * On other kernels, which have one processor, or an architecture that lacks such
 * locks, what remains is to wait until the lock can be had.
 */
#ifdef CONFIG_PER_VMA_LOCK
unsigned int iomem_helper_mmap_write_section(struct mm_struct *mm)
{
	/* Pairs with the barrier in do_raw_write_seqcount_end(). */
	return smp_load_acquire(&mm->mm_lock_seq.sequence);
}

bool iomem_helper_mmap_write_section_is_over(struct mm_struct *mm, unsigned int section)
{
	return iomem_helper_mmap_write_section(mm) != section;
}

void iomem_helper_mmap_write_section_wait(struct mm_struct *mm, unsigned int section)
{
	while (!iomem_helper_mmap_write_section_is_over(mm, section))
		usleep_range(50, 500);
}
#else
unsigned int iomem_helper_mmap_write_section(struct mm_struct *mm)
{
	return 0;
}

bool iomem_helper_mmap_write_section_is_over(struct mm_struct *mm, unsigned int section)
{
	bool over = mmap_read_trylock(mm);

	if (over)
		mmap_read_unlock(mm);
	return over;
}

void iomem_helper_mmap_write_section_wait(struct mm_struct *mm, unsigned int section)
{
	mmap_read_lock(mm);
	mmap_read_unlock(mm);
}
#endif

int iomem_helper_io_remap_pfn_range(struct vm_area_struct *vma, unsigned long addr,
				    unsigned long pfn, unsigned long size, pgprot_t prot)
{
	return io_remap_pfn_range(vma, addr, pfn, size, prot);
}

/* Whether a fault handler may let go of the lock that it is called with. */
bool iomem_helper_fault_may_unlock(struct vm_fault *vmf)
{
	return fault_flag_allow_retry_first(vmf->flags) &&
	       !(vmf->flags & FAULT_FLAG_RETRY_NOWAIT);
}

/*
 * Lets go of it, as VM_FAULT_RETRY says has been done. Then the VMA may go too,
 * and with it its file; so the caller is given a reference to the file.
 */
struct file *iomem_helper_fault_unlock(struct vm_fault *vmf)
{
	struct file *file = get_file(vmf->vma->vm_file);

	release_fault_lock(vmf);

	return file;
}

bool iomem_helper_map_is_fixed(unsigned long flags)
{
	return flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
}
