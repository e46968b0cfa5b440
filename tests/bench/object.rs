// SPDX-License-Identifier: GPL-2.0

//! One access to a function, as this library does it. tests/bench/inline.c has the same in C.
//!
//! Nothing calls these: it is their object code that is compared. Like C's, each is given what a
//! driver keeps of its device, and has to load the address from there.

use core::cell::Cell;

use kernel::io::Io;

use crate::{
    Regs, //
    BLOCK,
    COPY_OFFSET,
    OFFSET,
};

/// How many accesses the repeated forms make, as in tests/bench/bench.h.
const REPEATED: usize = 64;

#[cfg(CONFIG_HAS_IOPORT)]
type Ports = iomem::port::Ports<iomem::resource::PortRegion, 0x100>;

/// Functions with one argument beside the device, or with none.
macro_rules! forms {
    ($($name:ident($device:ident: $owner:ty $(, $arg:ident: $arg_ty:ty)?) $(-> $ty:ty)? = $access:expr;)*) => {
        $(
            #[no_mangle]
            extern "C" fn $name($device: &$owner $(, $arg: $arg_ty)?) $(-> $ty)? {
                $access
            }
        )*
    };
}

forms! {
    // What any function has.
    library_nothing(_regs: Regs) = ();

    library_read8(regs: Regs) -> u8 = regs.read8(OFFSET);
    library_read16(regs: Regs) -> u16 = regs.read16(OFFSET);
    library_read32(regs: Regs) -> u32 = regs.read32(OFFSET);
    library_read64(regs: Regs) -> u64 = regs.read64(OFFSET);
    library_write8(regs: Regs, value: u8) = regs.write8(value, OFFSET);
    library_write16(regs: Regs, value: u16) = regs.write16(value, OFFSET);
    library_write32(regs: Regs, value: u32) = regs.write32(value, OFFSET);
    library_write64(regs: Regs, value: u64) = regs.write64(value, OFFSET);

    library_read8_relaxed(regs: Regs) -> u8 = regs.relaxed().read8(OFFSET);
    library_read16_relaxed(regs: Regs) -> u16 = regs.relaxed().read16(OFFSET);
    library_read32_relaxed(regs: Regs) -> u32 = regs.relaxed().read32(OFFSET);
    library_read64_relaxed(regs: Regs) -> u64 = regs.relaxed().read64(OFFSET);
    library_write8_relaxed(regs: Regs, value: u8) = regs.relaxed().write8(value, OFFSET);
    library_write16_relaxed(regs: Regs, value: u16) = regs.relaxed().write16(value, OFFSET);
    library_write32_relaxed(regs: Regs, value: u32) = regs.relaxed().write32(value, OFFSET);
    library_write64_relaxed(regs: Regs, value: u64) = regs.relaxed().write64(value, OFFSET);

    library_read32_be(regs: Regs) -> u32 = regs.big_endian().read32(OFFSET);
    library_write32_be(regs: Regs, value: u32) = regs.big_endian().write32(value, OFFSET);
    library_update32(regs: Regs) = regs.update(crate::SCRATCH, |scratch| scratch.with_low(0x12));

    // What is between two accesses stays there: memory is written before and after the device.
    library_between32(regs: Regs, at: &Cell<u32>) = {
        at.set(1);
        regs.write32(2, OFFSET);
        at.set(3);
        at.set(regs.read32(OFFSET));
    };

    library_read8_rep(regs: Regs, to: &mut [u8; REPEATED]) = regs.window().read_rep(OFFSET, to);
    library_read16_rep(regs: Regs, to: &mut [u16; REPEATED]) = regs.window().read_rep(OFFSET, to);
    library_read32_rep(regs: Regs, to: &mut [u32; REPEATED]) = regs.window().read_rep(OFFSET, to);
    library_write8_rep(regs: Regs, from: &[u8; REPEATED]) = regs.window().write_rep(OFFSET, from);
    library_write16_rep(regs: Regs, from: &[u16; REPEATED]) = regs.window().write_rep(OFFSET, from);
    library_write32_rep(regs: Regs, from: &[u32; REPEATED]) = regs.window().write_rep(OFFSET, from);

    library_copy_from(regs: Regs, to: &mut [u8; BLOCK]) -> bool =
        regs.window().memcpy_fromio(COPY_OFFSET, to).is_ok();
    library_copy_to(regs: Regs, from: &[u8; BLOCK]) -> bool =
        regs.window().memcpy_toio(COPY_OFFSET, from).is_ok();
    library_fill(regs: Regs, value: u8) -> bool =
        regs.window().memset_io(COPY_OFFSET, value, BLOCK).is_ok();
}

#[cfg(CONFIG_HAS_IOPORT)]
forms! {
    library_in8(ports: Ports) -> u8 = ports.read8(OFFSET);
    library_in16(ports: Ports) -> u16 = ports.read16(OFFSET);
    library_in32(ports: Ports) -> u32 = ports.read32(OFFSET);
    library_out8(ports: Ports, value: u8) = ports.write8(value, OFFSET);
    library_out16(ports: Ports, value: u16) = ports.write16(value, OFFSET);
    library_out32(ports: Ports, value: u32) = ports.write32(value, OFFSET);
}
