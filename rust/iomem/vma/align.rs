// SPDX-License-Identifier: GPL-2.0

//! Where in a program a mapping is put, so that huge pages fit.

use kernel::{
    io::PhysAddr,
    prelude::*, //
};

use super::huge;
use crate::bindings;

/// Looks for room in the program for `length` bytes.
///
/// A huge page can be used only where the address in the program and the physical address are
/// aligned alike, so more room is looked for than is needed, and the place within it is chosen to
/// be congruent to `physical`, modulo the size of a huge page, if one fits into `length`. Where the
/// program said where it wants its mapping, or where `physical` is not known, the kernel's own choice
/// is taken.
///
/// Returns the address, or an errno as C does. Corresponds to the C function
/// `mm_get_unmapped_area()` in [`include/linux/sched/mm.h`](srctree/include/linux/sched/mm.h).
///
/// # Safety
///
/// To be called from `->get_unmapped_area`, with its arguments.
pub(crate) unsafe fn get_unmapped_area(
    file: *mut bindings::file,
    address: c_ulong,
    length: c_ulong,
    page_offset: c_ulong,
    flags: c_ulong,
    physical: Option<PhysAddr>,
) -> c_ulong {
    // SAFETY: By the requirements; the function takes any length.
    let look_for = |length| unsafe {
        bindings::mm_get_unmapped_area(file, address, length, page_offset, flags)
    };

    // SAFETY: The function looks at a number.
    let chosen = address != 0 || unsafe { bindings::map_is_fixed(flags) };
    if let (Some(physical), false) = (physical, chosen) {
        let size = huge::size();
        let room = length
            .checked_add(size)
            .filter(|_| size != 0 && length >= size);
        // An errno is no page's address.
        let found = room
            .map(look_for)
            .filter(|found| found % kernel::page::PAGE_SIZE == 0);
        if let Some(found) = found {
            // Of an address that is no page's, the page counts; and of all, how it is aligned.
            #[allow(clippy::cast_possible_truncation)]
            let page = physical as c_ulong & kernel::page::PAGE_MASK as c_ulong;
            let off = page.wrapping_sub(found) & size.wrapping_sub(1);
            return found.wrapping_add(off);
        }
    }
    look_for(length)
}
