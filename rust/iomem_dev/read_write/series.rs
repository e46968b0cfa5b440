// SPDX-License-Identifier: GPL-2.0

//! How many accesses a transfer is, and of which width. Nothing but numbers, so that the tests can try
//! it outside the kernel.

use iomem::access::Width;
use kernel::prelude::*;

/// How wide the accesses of a series are where the device does not say.
const USUAL: Width = Width::W32;

/// Plans a transfer of `wanted` bytes, `left` bytes before the end of a region whose registers are
/// all `only` wide, if that is known. Returns the width of the accesses, and how many bytes they
/// are in all.
///
/// # Errors
///
/// `EINVAL`: the length is that of no register and no number of registers, or a single access would
/// go across the end.
pub(super) fn accesses(only: Option<Width>, wanted: usize, left: u64) -> Result<(Width, usize)> {
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    let (width, bytes) = match (Width::from_bytes(wanted), only) {
        (Ok(width), None) => (width, wanted),
        (Ok(width), Some(only)) if width == only => (width, wanted),
        (_, only) => {
            let width = only.unwrap_or(USUAL);
            if wanted % width.bytes() != 0 {
                return Err(EINVAL);
            }
            (width, wanted.min(left - left % width.bytes()))
        }
    };
    // Whether it is aligned is asked when the access is made.
    if bytes > left || bytes == 0 {
        return Err(EINVAL);
    }
    Ok((width, bytes))
}
