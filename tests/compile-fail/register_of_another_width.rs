// SPDX-License-Identifier: GPL-2.0

//! The value of a register of 16 bits, written to a register of 32 bits.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::{
    register,
    Io, //
};

register! {
    /// Of 32 bits.
    WIDE(u32) @ 0x60 {
        7:0 code;
    }

    /// Of 16 bits.
    NARROW(u16) @ 0x64 {
        7:0 code;
    }
}

/// Copies a register to itself.
pub fn copy(regs: &Mapping<MemRegion, 0x100>) {
    let narrow = regs.read(NARROW);
    #[cfg(misuse)]
    regs.write(WIDE, narrow); //~ ERROR E0308: expected `WIDE`, found `NARROW`
    #[cfg(not(misuse))]
    regs.write(NARROW, narrow);
}
