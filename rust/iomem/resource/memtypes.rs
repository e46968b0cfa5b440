// SPDX-License-Identifier: GPL-2.0

//! What x86's list of memory types has of a claim.
//!
//! The list knows ranges and no owners: an entry that its maker does not take off stays, and the next
//! owner of the range gets its mode. A [`WcReservation`] takes its entry off when it is dropped, and
//! safe code can see to it that it never is ([`core::mem::forget`]). So what the reservation was made
//! on counts, and takes off what is left when it ends.
//!
//! A mapping of the kernel's has an entry as well, until it is unmapped. One that borrows its claim, and that is
//! forgotten or dropped where it cannot be unmapped, is counted by the claim, which then stays.
//!
//! C header: [`include/linux/io.h`](srctree/include/linux/io.h)
//!
//! [`WcReservation`]: crate::vma::WcReservation

use kernel::{
    error::to_result,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use crate::{
    bindings,
    range::Range, //
};

use super::entry::{
    has_border_within,
    lacks_pages, //
};

/// Tells whether some pages of a range are in a resource that is not a claim, and others are not: a device's
/// registers, the window of a bus.
///
/// x86 warns if such a range is entered, by a walk of all resources that others than the kernel itself
/// cannot make. This looks at the outermost ones, and at those of PCI and platform devices.
fn spans(range: Range) -> bool {
    /// Takes down whether an entry does not have all pages.
    ///
    /// # Safety
    ///
    /// `entry` points to a resource that may be read, and `looked` to a [`Looked`] that may be written.
    unsafe extern "C" fn look(entry: *mut bindings::resource, looked: *mut c_void) -> c_int {
        // SAFETY: By the requirements of this function.
        let (entry, looked) = unsafe { (&*entry, &mut *looked.cast::<Looked>()) };
        let is_claim = entry.flags & bindings::IORESOURCE_BUSY as c_ulong != 0;
        looked.spans |= !is_claim && lacks_pages(looked.range, entry.start, entry.end);
        0
    }

    struct Looked {
        range: Range,
        spans: bool,
    }

    let mut looked = Looked {
        range,
        spans: false,
    };
    // SAFETY: The function takes any numbers, and calls `look` with copies of entries, its own, which are cut
    // to the range, and with `looked`, which lives until it returns and which nothing else uses until then.
    unsafe {
        bindings::walk_iomem_res_desc(
            bindings::IORES_DESC_NONE as usize,
            bindings::IORESOURCE_MEM as usize,
            range.start(),
            range.last(),
            (&raw mut looked).cast(),
            Some(look),
        )
    };
    looked.spans || has_border_within(range)
}

/// The entries of a range. Dropping it takes them off the list.
///
/// Other architectures keep no such list, and there it does nothing.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// The list has at least `count` entries for exactly `range`, which are this value's.
pub struct Memtypes {
    range: Range,
    count: Atomic<i64>,
    /// How many mappings of the kernel's there are.
    mapped: Atomic<i64>,
}

impl Memtypes {
    /// Has no entries of a range that its owner has claimed, as long as this exists.
    pub(super) fn new(range: Range) -> Self {
        // INVARIANT: There are none.
        Self {
            range,
            count: Atomic::new(0),
            mapped: Atomic::new(0),
        }
    }

    /// A mapping has been made of the range, or a part of it. Context: any.
    pub(crate) fn mapped(&self) {
        self.mapped.fetch_add(1, Relaxed);
    }

    /// One has been unmapped. Context: any.
    pub(crate) fn unmapped(&self) {
        self.mapped.fetch_sub(1, Relaxed);
    }

    /// Tells whether there is one that has not been unmapped. Context: any.
    pub(super) fn is_mapped(&self) -> bool {
        self.mapped.load(Relaxed) > 0
    }

    /// Takes off what its makers did not, which cannot any more.
    pub(super) fn clear(&mut self) {
        while self.count.load(Relaxed) > 0 {
            // SAFETY: By the type invariant there is one, and who made it has no access to this any more.
            unsafe { self.free_wc() };
        }
    }

    /// Enters the range as write-combining. Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it goes across the border of a resource: see [`spans`].
    /// - `EBUSY`: a part of it is known in another mode.
    /// - `ENOMEM`: no memory.
    pub(crate) fn reserve_wc(&self) -> Result {
        if cfg!(CONFIG_X86) && spans(self.range) {
            return Err(EINVAL);
        }
        let (start, length) = (self.range.start(), self.range.length());
        // SAFETY: The function takes any range; this one is claimed, so it is no RAM.
        to_result(unsafe { bindings::io_reserve_memtype_wc(start, length) })?;
        // INVARIANT: There is one more.
        self.count.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Takes an entry off the list. Context: may sleep.
    ///
    /// # Safety
    ///
    /// The caller undoes one [`reserve_wc`](Self::reserve_wc), which was not undone.
    pub(crate) unsafe fn free_wc(&self) {
        // INVARIANT: One less, and then it is taken off.
        self.count.fetch_sub(1, Relaxed);
        // SAFETY: By the requirement there is one of this value's.
        unsafe { bindings::io_free_memtype_wc(self.range.start(), self.range.length()) };
    }
}

impl Drop for Memtypes {
    fn drop(&mut self) {
        self.clear();
    }
}
