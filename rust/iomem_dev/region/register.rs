// SPDX-License-Identifier: GPL-2.0

//! Whether there is a register at an offset. Nothing but numbers, so that the tests can try it outside
//! the kernel.

use iomem::{
    access::Width,
    range::Range, //
};
use kernel::prelude::*;

/// Makes sure that a region of that range has a register of that width at `offset`, in bytes, where
/// all of its registers are `only` wide, if that is known. Returns the offset.
///
/// # Errors
///
/// `EINVAL`: there is none: it is beyond the end, not aligned, or not that wide.
pub(super) fn register(
    range: Range,
    is_ports: bool,
    only: Option<Width>,
    width: Width,
    offset: u64,
) -> Result<usize> {
    let other = only.is_some_and(|only| only != width);
    let too_wide = is_ports && width == Width::W64;
    let last = range.length().checked_sub(width.bytes() as u64);
    if other || too_wide || last.is_none_or(|last| offset > last) {
        return Err(EINVAL);
    }
    let offset = usize::try_from(offset).map_err(|_| EINVAL)?;
    // The pages of memory are aligned, so that its place within them is what counts.
    let place = (range.start() as usize).wrapping_add(offset);
    if !width.is_aligned(place) {
        return Err(EINVAL);
    }
    Ok(offset)
}
