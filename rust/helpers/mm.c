// SPDX-License-Identifier: GPL-2.0

#include <linux/mm.h>

/*
 * Not a wrapper of anything: in the kernel's bindings of 7.2, VM_MAYSHARE has
 * the value of VM_MAYEXEC, so the flag has to be looked at from C.
 */
bool iomem_helper_vma_may_share(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_MAYSHARE;
}
