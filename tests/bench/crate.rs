// SPDX-License-Identifier: GPL-2.0

//! The same accesses through the kernel crate's own `Mmio`, which has no repeated, big-endian, copy
//! and port forms.

use kernel::io::Io;

use crate::{
    Mmio,
    OFFSET, //
};

macro_rules! accesses {
    ($($ty:ty: $read:ident $write:ident, $object_read:ident $object_write:ident,
       $relaxed_read:ident $relaxed_write:ident;)*) => {
        $(
            #[no_mangle]
            extern "C" fn $object_read(mmio: &Mmio) -> $ty {
                mmio.$read(OFFSET)
            }

            #[no_mangle]
            extern "C" fn $object_write(mmio: &Mmio, value: $ty) {
                mmio.$write(value, OFFSET)
            }

            #[no_mangle]
            extern "C" fn $relaxed_read(mmio: &Mmio) -> $ty {
                mmio.relaxed().$read(OFFSET)
            }

            #[no_mangle]
            extern "C" fn $relaxed_write(mmio: &Mmio, value: $ty) {
                mmio.relaxed().$write(value, OFFSET)
            }
        )*
    };
}

accesses! {
    u8: read8 write8, crate_read8 crate_write8, crate_read8_relaxed crate_write8_relaxed;
    u16: read16 write16, crate_read16 crate_write16, crate_read16_relaxed crate_write16_relaxed;
    u32: read32 write32, crate_read32 crate_write32, crate_read32_relaxed crate_write32_relaxed;
    u64: read64 write64, crate_read64 crate_write64, crate_read64_relaxed crate_write64_relaxed;
}

#[no_mangle]
extern "C" fn crate_update32(mmio: &Mmio) {
    mmio.update(crate::SCRATCH, |scratch| scratch.with_low(0x12))
}
