// SPDX-License-Identifier: GPL-2.0

//! A register declared with `register!`, on a mapping that is too short for it.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::{
    register,
    Io, //
};

register! {
    /// At 0x60.
    STATUS(u32) @ 0x60 {
        7:0 code;
    }
}

#[cfg(misuse)]
const SIZE: usize = 0x60;
#[cfg(not(misuse))]
const SIZE: usize = 0x64;

/// Reads the register.
#[inline(never)]
pub fn status(regs: &Mapping<MemRegion, SIZE>) -> u32 {
    regs.read(STATUS).code().get() //~ LINK rust_build_error
}
