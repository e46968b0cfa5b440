// SPDX-License-Identifier: GPL-2.0

//! What firmware keeps for itself.
//!
//! C header: [`include/linux/efi.h`](srctree/include/linux/efi.h)

use super::{
    entry::Entry,
    root::{
        Mem,
        Root, //
    },
};
use crate::{
    bindings,
    platform::described_as_memory,
    range::Range, //
};

/// Tells whether firmware keeps what a claim is of, or may use it. Context: may sleep.
///
/// A claim lies within one resource, which says what it is for all of the claim. What the device tree and
/// EFI have is not in the tree of resources, and can be anywhere in the claim.
pub(super) fn keeps<R: Root>(entry: &Entry, range: Range) -> bool {
    matches!(
        entry.desc(),
        bindings::IORES_DESC_RESERVED
            | bindings::IORES_DESC_ACPI_TABLES
            | bindings::IORES_DESC_ACPI_NV_STORAGE
    ) || R::PROC == Mem::PROC && has_memory(range)
}

/// Tells whether the device tree or EFI has memory in a range, or EFI what it calls its own. Context: may
/// sleep.
pub(crate) fn has_memory(range: Range) -> bool {
    described_as_memory(range)
        // SAFETY: The function looks for a range in a list that does not change.
        || unsafe { bindings::efi_has_memory(range.start(), range.last()) }
}
