// SPDX-License-Identifier: GPL-2.0

//! A range that was not checked.

use iomem::range::Range;
use kernel::prelude::*;

/// Makes a range.
pub fn make(start: u64, length: u64) -> Result<Range> {
    #[cfg(misuse)]
    return Ok(Range { start, length }); //~ ERROR E0451: private
    #[cfg(not(misuse))]
    Range::new(start, length)
}
