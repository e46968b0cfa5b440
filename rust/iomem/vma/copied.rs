// SPDX-License-Identifier: GPL-2.0

//! What `fork()` must not copy, nor `mremap()` move.

use super::Area;
use crate::bindings;

/// Takes the pages out of the VMA that `fork()` is about to copy to `copy`, or `mremap()` to move there, if
/// huge ones can be among them. The programs fault again.
///
/// `unmap_mapping_range()` takes pages away without any program's `mmap_lock`. For small pages the kernel
/// copies and moves under locks that it takes as well. For the huge pages of a device:
///
/// - `copy_huge_pmd()` reads the entry before it takes the locks of the page tables, and does not look
///   again.
/// - `move_huge_pmd()` empties one entry and fills the other under these locks. But where an entry is empty,
///   `unmap_mapping_range()` passes by without them, and so can see both empty.
///
/// A task that is preempted in between has a page that has been taken back from everyone. While `fork()` and
/// `mremap()` are at work no page is inserted into the VMA, so there is nothing to be read or moved.
///
/// # Safety
///
/// To be called from `->open` of a VMA that the core copied, and whose pages are inserted by faults.
pub(super) unsafe fn take_huge_pages(copy: *mut bindings::vm_area_struct) {
    let mut from = 0;
    loop {
        // SAFETY: By the requirements the VMA is valid. As it was copied, the running task holds `mmap_lock`
        // of its program and of the copy's for writing.
        let source = unsafe { bindings::vma_huge_source(copy, from) };
        if source.is_null() {
            return;
        }
        // SAFETY: The VMA is valid under the lock.
        let area = unsafe { Area::from_raw(source) };
        // SAFETY: The lock is held, and the range is that of the VMA. It has `VM_PFNMAP`, as all of its
        // file that can have huge pages have; the function does nothing to another.
        unsafe { bindings::zap_special_vma_range(source, area.start(), area.length()) };
        from = area.end();
    }
}
