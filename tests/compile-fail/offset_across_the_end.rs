// SPDX-License-Identifier: GPL-2.0

//! An offset within a mapping of known size, but too close to its end for the width.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::Io;

/// Writes the last register of 16 bits.
#[inline(never)]
pub fn last(regs: &Mapping<MemRegion, 0x102>) {
    regs.write16(0, 0x100);
    #[cfg(misuse)]
    regs.write32(0, 0x100); //~ LINK rust_build_error
}
