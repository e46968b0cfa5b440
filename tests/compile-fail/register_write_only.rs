// SPDX-License-Identifier: GPL-2.0

//! A register that can only be written, read.

use iomem::access::{
    Ordered,
    ReadPure,
    Reg,
    Window,
    WriteOnly, //
};

const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);
const COMMAND: Reg<u32, WriteOnly> = Reg::at(0x24);

/// Looks at a device.
pub fn look(regs: Window<'_, Ordered, 0x100>) -> u32 {
    let _ = (STATUS, COMMAND);
    #[cfg(misuse)]
    return regs.get(COMMAND); //~ ERROR E0277: a register that is `WriteOnly` cannot be looked at
    #[cfg(not(misuse))]
    regs.get(STATUS)
}
