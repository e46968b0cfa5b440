// SPDX-License-Identifier: GPL-2.0

//! An offset that is known to the compiler, and not a multiple of the width.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::Io;

/// Reads a register of 16 bits at an even offset.
#[inline(never)]
pub fn even(regs: &Mapping<MemRegion, 0x100>) -> u32 {
    #[cfg(misuse)]
    return regs.read32(0x42); //~ LINK rust_build_error
    #[cfg(not(misuse))]
    regs.read16(0x42).into()
}
