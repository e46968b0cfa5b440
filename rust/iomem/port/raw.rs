// SPDX-License-Identifier: GPL-2.0

//! One access to a port, as the architecture makes it.
//!
//! What C's `inb()` and its kin expand to: on x86 the processor's instruction, inline; where ports are memory
//! behind more than one kind of bridge, the function that C calls. Where a sanitizer watches, and on
//! architectures that have not been looked at, a helper has C's macro in it. The Kbuild decides, with
//! `iomem_mmio_inline`, as it does for registers in memory.
//!
//! C headers: [`arch/x86/include/asm/shared/io.h`](srctree/arch/x86/include/asm/shared/io.h),
//! [`include/linux/logic_pio.h`](srctree/include/linux/logic_pio.h)

/// x86: `in` and `out`, which take the lower 16 bits of the number; a claim has no more. The compiler moves no access of memory across one, which C's form leaves to it.
#[cfg(all(iomem_mmio_inline, CONFIG_X86_64))]
mod imp {
    use core::arch::asm;

    macro_rules! accessors {
        ($ty:ty, $register:tt, $read:ident, $write:ident) => {
            /// # Safety
            ///
            /// The port is claimed.
            #[inline(always)]
            pub(in crate::port) unsafe fn $read(port: usize) -> $ty {
                let value: $ty;
                // SAFETY: The caller has claimed the port. The instruction changes no memory of Rust's.
                unsafe {
                    asm!(concat!("in ", $register, ", dx"), out($register) value, in("rdx") port,
                         options(nostack, preserves_flags))
                };
                value
            }

            /// # Safety
            ///
            /// The port is claimed.
            #[inline(always)]
            pub(in crate::port) unsafe fn $write(value: $ty, port: usize) {
                // SAFETY: The caller has claimed the port to write to it. No memory of Rust's is changed.
                unsafe {
                    asm!(concat!("out dx, ", $register), in($register) value, in("rdx") port,
                         options(nostack, preserves_flags))
                };
            }
        };
    }

    accessors!(u8, "al", inb, outb);
    accessors!(u16, "ax", inw, outw);
    accessors!(u32, "eax", inl, outl);
}

/// The functions that are C's `inb()` there: to call them through a helper is a call more.
#[cfg(all(iomem_mmio_inline, CONFIG_ARM64, CONFIG_INDIRECT_PIO))]
mod imp {
    pub(in crate::port) use crate::bindings::{
        logic_inb as inb,
        logic_inl as inl,
        logic_inw as inw,
        logic_outb as outb,
        logic_outl as outl,
        logic_outw as outw, //
    };
}

#[cfg(not(any(
    all(iomem_mmio_inline, CONFIG_X86_64),
    all(iomem_mmio_inline, CONFIG_ARM64, CONFIG_INDIRECT_PIO)
)))]
mod imp {
    pub(in crate::port) use crate::bindings::{
        inb,
        inl,
        inw,
        outb,
        outl,
        outw, //
    };
}

pub(super) use imp::*;
