// SPDX-License-Identifier: GPL-2.0

//! A register whose reading changes the device, read as if it did not.

use iomem::access::{
    Ordered,
    ReadEffect,
    Reg,
    Window, //
};

const FIFO: Reg<u8, ReadEffect> = Reg::at(0x28);

/// Reads an element.
pub fn element(regs: Window<'_, Ordered, 0x100>) -> u8 {
    #[cfg(misuse)]
    return regs.get(FIFO); //~ ERROR E0277: a register that is `ReadEffect` cannot be looked at
    #[cfg(not(misuse))]
    regs.take(FIFO)
}
