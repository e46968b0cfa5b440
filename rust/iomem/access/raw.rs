// SPDX-License-Identifier: GPL-2.0

//! One access, as the architecture makes it.
//!
//! What C's `readl()` and its kin expand to, inline: one load or store of exactly the width, with
//! the architecture's barriers in the ordered forms, and nothing else. Where the kernel watches
//! accesses (`CONFIG_TRACE_MMIO_ACCESS`), where a sanitizer would take them for accesses of
//! memory, and on architectures that have not been looked at, the C function is called. The Kbuild
//! decides, with `iomem_mmio_inline`.

/// Where an access goes: an address in the kernel, as a base and an offset.
///
/// Kept apart, because an instruction can hold an offset that the compiler knows.
#[derive(Clone, Copy)]
pub struct Place {
    base: usize,
    offset: usize,
    #[allow(dead_code, reason = "some architectures make no difference")]
    constant: bool,
}

impl Place {
    /// A place whose offset was checked by the compiler: nearly always a constant.
    #[inline(always)]
    pub(crate) fn constant_at(base: usize, offset: usize) -> Self {
        Self {
            base,
            offset,
            constant: true,
        }
    }

    /// A place whose offset was checked when the access was made.
    #[inline(always)]
    pub(crate) fn checked_at(base: usize, offset: usize) -> Self {
        Self {
            base,
            offset,
            constant: false,
        }
    }

    /// Returns the address. It does not overflow: the offset is within a mapping that begins at the
    /// base; wrapping arithmetic spares the check.
    #[inline(always)]
    pub(crate) fn address(self) -> usize {
        self.base.wrapping_add(self.offset)
    }

    /// Returns the offset if it is one that an instruction may hold, else a number that no offset
    /// has.
    #[cfg(all(iomem_mmio_inline, CONFIG_ARM64))]
    #[inline(always)]
    fn constant(self) -> usize {
        if self.constant {
            self.offset
        } else {
            usize::MAX
        }
    }
}

#[cfg(all(iomem_mmio_inline, CONFIG_ARM64))]
#[path = "raw/arm64.rs"]
mod imp;

#[cfg(all(iomem_mmio_inline, CONFIG_X86_64))]
#[path = "raw/x86.rs"]
mod imp;

#[cfg(not(iomem_mmio_inline))]
#[path = "raw/helper.rs"]
mod imp;

pub(crate) use imp::*;
