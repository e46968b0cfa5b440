// SPDX-License-Identifier: GPL-2.0

//! One access to a function, as this library does it. tests/bench/object.c has the same in C.
//!
//! Nothing calls these: it is their object code that is compared. Like C's, each is given what a
//! driver keeps of its device, and has to load the address from there.

use kernel::io::Io;

use crate::{
    Regs,
    OFFSET, //
};

macro_rules! read {
    ($name:ident, $ty:ty, |$regs:ident| $access:expr) => {
        #[no_mangle]
        extern "C" fn $name($regs: &Regs) -> $ty {
            $access
        }
    };
}

macro_rules! write {
    ($name:ident, $ty:ty, |$regs:ident, $value:ident| $access:expr) => {
        #[no_mangle]
        extern "C" fn $name($regs: &Regs, $value: $ty) {
            $access
        }
    };
}

read!(library_read8, u8, |regs| regs.read8(OFFSET));
read!(library_read16, u16, |regs| regs.read16(OFFSET));
read!(library_read32, u32, |regs| regs.read32(OFFSET));
read!(library_read64, u64, |regs| regs.read64(OFFSET));
write!(library_write8, u8, |regs, value| regs.write8(value, OFFSET));
write!(library_write16, u16, |regs, value| regs
    .write16(value, OFFSET));
write!(library_write32, u32, |regs, value| regs
    .write32(value, OFFSET));
write!(library_write64, u64, |regs, value| regs
    .write64(value, OFFSET));

#[no_mangle]
extern "C" fn library_update32(regs: &Regs) {
    regs.update(crate::SCRATCH, |scratch| scratch.with_low(0x12))
}
