// SPDX-License-Identifier: GPL-2.0

//! Everywhere else: the kernel's C functions, with whatever they do beside the access.

use kernel::prelude::*;

use super::Place;
use crate::bindings;

macro_rules! accessors {
    ($ty:ty, $read:ident, $c_read:ident, $write:ident, $c_write:ident) => {
        /// # Safety
        ///
        /// The place is within a live mapping of I/O memory, and aligned to the width.
        #[inline(always)]
        pub(crate) unsafe fn $read(p: Place) -> $ty {
            // SAFETY: The caller gives an address of mapped I/O memory.
            unsafe { bindings::$c_read(p.address() as *const c_void) }
        }

        /// # Safety
        ///
        /// The place is within a live mapping of I/O memory, and aligned to the width.
        #[inline(always)]
        pub(crate) unsafe fn $write(p: Place, value: $ty) {
            // SAFETY: The caller gives an address of mapped I/O memory.
            unsafe { bindings::$c_write(value, p.address() as *mut c_void) }
        }
    };
}

accessors!(u8, read8, readb, write8, writeb);
accessors!(u16, read16, readw, write16, writew);
accessors!(u32, read32, readl, write32, writel);
accessors!(
    u8,
    read8_relaxed,
    readb_relaxed,
    write8_relaxed,
    writeb_relaxed
);
accessors!(
    u16,
    read16_relaxed,
    readw_relaxed,
    write16_relaxed,
    writew_relaxed
);
accessors!(
    u32,
    read32_relaxed,
    readl_relaxed,
    write32_relaxed,
    writel_relaxed
);
#[cfg(CONFIG_64BIT)]
accessors!(u64, read64, readq, write64, writeq);
#[cfg(CONFIG_64BIT)]
accessors!(
    u64,
    read64_relaxed,
    readq_relaxed,
    write64_relaxed,
    writeq_relaxed
);
