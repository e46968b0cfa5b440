// SPDX-License-Identifier: GPL-2.0

//! A register that can only be read, written.

use iomem::access::{
    Ordered,
    ReadPure,
    Reg,
    Window,
    WriteOnly, //
};

const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);
const COMMAND: Reg<u32, WriteOnly> = Reg::at(0x24);

/// Starts a device.
pub fn start(regs: Window<'_, Ordered, 0x100>) {
    let _ = STATUS;
    #[cfg(misuse)]
    regs.set(STATUS, 1); //~ ERROR E0277: a register that is `ReadPure` cannot be written
    #[cfg(not(misuse))]
    regs.set(COMMAND, 1);
}
