// SPDX-License-Identifier: GPL-2.0

//! An access that cannot fail, on a mapping of which the compiler knows no size.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::{
    io::Io,
    prelude::*, //
};

/// Reads the first register.
#[inline(never)]
pub fn first(regs: &Mapping<MemRegion>) -> Result<u32> {
    #[cfg(misuse)]
    return Ok(regs.read32(0)); //~ LINK rust_build_error
    #[cfg(not(misuse))]
    regs.try_read32(0)
}
