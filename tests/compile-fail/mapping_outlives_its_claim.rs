// SPDX-License-Identifier: GPL-2.0

//! A mapping that is returned, of a claim that is not.

use iomem::{
    mapping::Mapping,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::prelude::*;

/// Maps a device for ever, as far as the caller is concerned.
#[cfg(misuse)]
pub fn map(start: u64) -> Result<Mapping<&'static MemRegion>> {
    let claim = request_mem_region(start, 0x1000, c"case")?;
    Mapping::ioremap(&claim) //~ ERROR E0515: cannot return value referencing local variable `claim`
}

/// Maps a device; the mapping owns the claim.
#[cfg(not(misuse))]
pub fn map(start: u64) -> Result<Mapping<MemRegion>> {
    let claim = request_mem_region(start, 0x1000, c"case")?;
    Mapping::ioremap(claim)
}
