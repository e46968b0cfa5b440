// SPDX-License-Identifier: GPL-2.0

//! The same accesses through the kernel crate's own `Mmio`, which has no repeated, big-endian, copy
//! and port forms.

#[cfg(linux_7_3)]
use kernel::io::{
    IoBackend,
    IoBase,
    Region, //
};
use kernel::{
    io::{
        Io,
        MmioRaw, //
    },
    prelude::*,
};

use crate::{
    Regs,
    OFFSET,
    SIZE, //
};

/// What a driver has if it does with the kernel crate alone.
#[cfg(not(linux_7_3))]
pub(crate) type Mmio = kernel::io::Mmio<SIZE>;

/// What a driver has if it does with the kernel crate alone.
#[cfg(linux_7_3)]
pub(crate) type Mmio = kernel::io::Mmio<'static, Region<SIZE>>;

/// Lends the registers in the kernel crate's form, and where they begin.
#[cfg(not(linux_7_3))]
pub(crate) fn with_mmio(regs: &Regs, what: impl FnOnce(&Mmio, usize) -> Result) -> Result {
    let raw = MmioRaw::new(regs.addr(), regs.maxsize())?;
    // SAFETY: The library cannot carry this: it has no need of it. `regs` is a live mapping of this
    // address and size, and outlives the reference.
    what(unsafe { Mmio::from_raw(&raw) }, regs.addr())
}

/// Lends the registers in the kernel crate's form, and where they begin.
#[cfg(linux_7_3)]
pub(crate) fn with_mmio(regs: &Regs, what: impl FnOnce(&Mmio, usize) -> Result) -> Result {
    let address = start_of(regs);
    let raw = MmioRaw::new_region(address, SIZE)?;
    // SAFETY: The library cannot carry this: it has no need of it. `regs` is a live mapping from this
    // address on, of at least this size, and the loops that it is lent to keep none of it.
    what(&unsafe { Mmio::from_raw(raw) }, address)
}

/// The virtual address of the first register.
#[cfg(linux_7_3)]
fn start_of<'a, T: IoBase<'a>>(regs: T) -> usize {
    T::Backend::as_ptr(regs.as_view()).cast::<u8>().addr()
}

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
}

// From 7.3 on a region is aligned to 4 bytes, whatever it is, so that it has none of these.
#[cfg(not(linux_7_3))]
accesses! {
    u64: read64 write64, crate_read64 crate_write64, crate_read64_relaxed crate_write64_relaxed;
}

#[no_mangle]
extern "C" fn crate_update32(mmio: &Mmio) {
    mmio.update(crate::SCRATCH, |scratch| scratch.with_low(0x12))
}
