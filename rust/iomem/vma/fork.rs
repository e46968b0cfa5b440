// SPDX-License-Identifier: GPL-2.0

//! What `fork()` must not copy.

use super::Area;
use crate::{
    bindings,
    compat, //
};

/// Takes the pages out of the VMA that `fork()` is about to copy to `copy`, if huge ones can be among
/// them. Parent and child fault again.
///
/// `unmap_mapping_range()` takes pages away without any program's `mmap_lock`. The kernel relies on the
/// locks of page tables to keep `fork()` from copying what has just been taken away, but
/// `copy_huge_pmd()` reads a huge page of a device before it takes them, and does not look again. A
/// task that is preempted in between gives the child a page that has been taken back from everyone.
/// While `fork()` copies, no page is inserted into the parent, so nothing is there to be read.
///
/// # Safety
///
/// To be called from `->open` of a VMA that the core copied, and whose pages are inserted by faults.
pub(super) unsafe fn take_huge_pages(copy: *mut bindings::vm_area_struct) {
    // SAFETY: By the requirements the VMA is valid, and if `fork()` made it, both programs' `mmap_lock`
    // is held for writing, by the running task.
    let parent = unsafe { bindings::vma_huge_parent(copy) };
    if !parent.is_null() {
        // SAFETY: The VMA is valid under the lock.
        let area = unsafe { Area::from_raw(parent) };
        // SAFETY: The lock is held, and the range is that of the VMA, which has `VM_PFNMAP`.
        unsafe { compat::zap_special_vma_range(parent, area.start(), area.length()) };
    }
}
