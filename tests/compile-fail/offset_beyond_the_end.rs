// SPDX-License-Identifier: GPL-2.0

//! An offset that is known to the compiler, and beyond the end of a mapping of known size.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::Io;

/// Reads the last register of 32 bits.
#[inline(never)]
pub fn last(regs: &Mapping<MemRegion, 0x100>) -> u32 {
    #[cfg(misuse)]
    return regs.read32(0x100); //~ LINK rust_build_error
    #[cfg(not(misuse))]
    regs.read32(0xfc)
}
