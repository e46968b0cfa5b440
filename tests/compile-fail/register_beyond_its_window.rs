// SPDX-License-Identifier: GPL-2.0

//! A register that says where it is, beyond the end of its window.

use iomem::access::{
    Ordered,
    ReadPure,
    Reg,
    Window, //
};

#[cfg(misuse)]
const LAST: Reg<u32, ReadPure> = Reg::at(0x100);
#[cfg(not(misuse))]
const LAST: Reg<u32, ReadPure> = Reg::at(0xfc);

/// Reads the last register.
#[inline(never)]
pub fn last(regs: Window<'_, Ordered, 0x100>) -> u32 {
    regs.get(LAST) //~ LINK rust_build_error
}
