// SPDX-License-Identifier: GPL-2.0

//! x86: one `mov`, which the architecture keeps in order.
//!
//! The load is volatile, so that the compiler makes exactly one of it and can use any address form
//! that the processor has. Its value then passes through an empty `asm!` as a register: without
//! it the compiler may fold the load into an instruction such as `test`, which the host of an
//! encrypted guest cannot decode and emulate. A store's value comes out of one for the same
//! reason.
//!
//! The value is consumed by it, so a driver that writes the same constant again loads it again;
//! to keep it would leave the compiler free to write it as an immediate, and of 64 bits the
//! kernel's own decoder for encrypted guests does not take one.
//!
//! The ordered forms differ in what the compiler may do, not the processor: there is an `asm!` that
//! may touch memory on either side, so nothing is moved across the access. C's `readl()` says the
//! same by its `"memory"` clobber.

use core::arch::asm;

use super::Place;

macro_rules! accessors {
    ($ty:ty, $class:ident, $asm:literal, $read:ident, $write:ident, $($relaxed:ident)?) => {
        /// # Safety
        ///
        /// The place is within a live mapping of I/O memory, and aligned to the width.
        #[inline(always)]
        pub(crate) unsafe fn $read(p: Place) -> $ty {
            // SAFETY: It has no instructions.
            unsafe { asm!("", options(nostack, preserves_flags, $($relaxed)?)) };
            // SAFETY: The caller gives an address of mapped I/O memory, which is no memory of
            // Rust's, so a volatile access is what the language has for it.
            let mut value = unsafe { (p.address() as *const $ty).read_volatile() };
            // SAFETY: It has no instructions.
            unsafe {
                asm!($asm, inlateout($class) value,
                     options(nostack, preserves_flags, $($relaxed)?))
            };
            value
        }

        /// # Safety
        ///
        /// The place is within a live mapping of I/O memory, and aligned to the width.
        #[inline(always)]
        pub(crate) unsafe fn $write(p: Place, mut value: $ty) {
            // SAFETY: It has no instructions.
            unsafe {
                asm!($asm, inlateout($class) value,
                     options(nostack, preserves_flags, $($relaxed)?))
            };
            // SAFETY: As for reading.
            unsafe { (p.address() as *mut $ty).write_volatile(value) };
            // SAFETY: It has no instructions.
            unsafe { asm!("", options(nostack, preserves_flags, $($relaxed)?)) };
        }
    };
}

accessors!(u8, reg_byte, "/* {0} */", read8, write8,);
accessors!(u16, reg, "/* {0:x} */", read16, write16,);
accessors!(u32, reg, "/* {0:e} */", read32, write32,);
accessors!(u64, reg, "/* {0:r} */", read64, write64,);
accessors!(
    u8,
    reg_byte,
    "/* {0} */",
    read8_relaxed,
    write8_relaxed,
    nomem
);
accessors!(
    u16,
    reg,
    "/* {0:x} */",
    read16_relaxed,
    write16_relaxed,
    nomem
);
accessors!(
    u32,
    reg,
    "/* {0:e} */",
    read32_relaxed,
    write32_relaxed,
    nomem
);
accessors!(
    u64,
    reg,
    "/* {0:r} */",
    read64_relaxed,
    write64_relaxed,
    nomem
);
