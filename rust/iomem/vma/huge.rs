// SPDX-License-Identifier: GPL-2.0

//! Huge pages of I/O memory.

use crate::{
    bindings,
    compat, //
};

/// Returns how many bytes a huge page has that a table's entry can show, 0 where there is none: the
/// architecture has none for I/O memory, or the kernel has calls that take such a page for memory.
/// Context: any.
pub(super) fn size() -> usize {
    if !compat::LOOKS_AT_HUGE_PFNS {
        return 0;
    }
    // SAFETY: The function returns a constant.
    unsafe { bindings::pmd_pfnmap_size() }
}
