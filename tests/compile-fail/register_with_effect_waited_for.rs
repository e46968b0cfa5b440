// SPDX-License-Identifier: GPL-2.0

//! A register whose reading changes the device, read until it has some value.

use iomem::access::{
    Ordered,
    ReadEffect,
    ReadPure,
    Reg,
    Window, //
};
use kernel::{
    prelude::*,
    time::Delta, //
};

#[cfg(misuse)]
const STATUS: Reg<u32, ReadEffect> = Reg::at(0x20);
#[cfg(not(misuse))]
const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);

/// Names both classes, so that one of them is not unused.
pub type Classes = (ReadEffect, ReadPure);

/// Waits for a device.
pub fn wait(regs: Window<'_, Ordered, 0x100>) -> Result<u32> {
    let limit = Delta::from_millis(1);
    regs.wait_until(STATUS, |status| *status == 0, Delta::ZERO, limit) //~ ERROR E0277: a register that is `ReadEffect` cannot be looked at
}
