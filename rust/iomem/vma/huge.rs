// SPDX-License-Identifier: GPL-2.0

//! Huge pages of I/O memory.

use crate::{
    bindings,
    compat, //
};

/// Returns the size of the huge page that an entry of a table can show, in bytes. It is 0 where the
/// architecture does not support huge pages of I/O memory, or the kernel has calls that take one for memory.
/// Context: any.
pub(super) fn size() -> usize {
    if !compat::LOOKS_AT_HUGE_PFNS {
        return 0;
    }
    // SAFETY: The function returns a constant.
    unsafe { bindings::pmd_pfnmap_size() }
}
