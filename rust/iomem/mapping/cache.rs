// SPDX-License-Identifier: GPL-2.0

//! How a mapping is cached and ordered.

use kernel::{
    io::{
        resource::Flags,
        PhysAddr,
        Resource, //
    },
    prelude::*, //
};

use crate::bindings;

/// How the accesses through a mapping are cached and ordered.
///
/// A value, where C has a function for each: `ioremap()`, `ioremap_wc()`, and so on. What the
/// processor makes of it is an attribute of the page:
///
/// | | x86 (PAT) | arm64 (MAIR) |
/// |---|---|---|
/// | `StronglyUncached` | UC | does not exist |
/// | `NonPosted` | does not exist | Device-nGnRnE |
/// | `Uncached` | UC-minus | Device-nGnRE |
/// | `WriteCombining` | WC | Normal, non-cacheable |
/// | `Cached` | WB | Normal, write-back |
///
/// # Examples
///
/// ```
/// use iomem::mapping::Cache;
///
/// assert_eq!(Cache::default(), Cache::Uncached);
/// assert!(Cache::WriteCombining.is_supported());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    /// As [`Uncached`](Self::Uncached), and no memory-type register of the processor (MTRR) can
    /// weaken it to write-combining.
    ///
    /// x86 only. Corresponds to the C function `ioremap_uc()`.
    StronglyUncached,

    /// As [`Uncached`](Self::Uncached), and a write is not over before the device has answered it.
    ///
    /// For buses that refuse posted writes; a resource that is on one says so
    /// (`IORESOURCE_MEM_NONPOSTED`, [`Cache::of`]). arm64 only: Device-nGnRnE, where "no early
    /// acknowledgement" is that `E`. Corresponds to the C function `ioremap_np()`.
    NonPosted,

    /// Each access is one access of the bus, of its own width, and accesses to one device stay in
    /// program order. What registers want.
    ///
    /// Writes are posted: they may still be on their way when the next instruction runs; a read
    /// from the same device pushes them before it. On arm64 an access that is not aligned to its
    /// width faults. Corresponds to the C function `ioremap()`.
    #[default]
    Uncached,

    /// Writes are collected and go out in bursts, in any order; reads may be made ahead of time.
    /// What frame buffers and FIFO windows that are memory want, and registers do not survive.
    ///
    /// A `writel()` to an uncached register of the device, or a write barrier, makes collected
    /// writes visible. Corresponds to the C function `ioremap_wc()`.
    WriteCombining,

    /// As RAM: read ahead, kept, and written back whenever the processor likes. For device memory
    /// that is RAM (a shared memory, a ROM), and wrong for registers.
    ///
    /// Where the kernel does not allow it, as on x86 for a range that firmware has declared
    /// uncached in the MTRRs, the mapping is uncached, which
    /// [`Mapping::cache`](super::Mapping::cache) tells. Corresponds to the C function
    /// `ioremap_cache()`.
    Cached,
}

impl Cache {
    /// Tells whether this architecture has the mode. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::mapping::Cache;
    ///
    /// // Either is the strictest there is, on one architecture each.
    /// assert!(Cache::NonPosted.is_supported() != Cache::StronglyUncached.is_supported());
    /// ```
    #[inline]
    pub const fn is_supported(self) -> bool {
        match self {
            Self::StronglyUncached => cfg!(CONFIG_X86_64),
            Self::NonPosted => cfg!(CONFIG_ARM64),
            Self::Uncached | Self::WriteCombining | Self::Cached => true,
        }
    }

    /// Returns the mode that a device's resource asks for its registers:
    /// [`NonPosted`](Self::NonPosted) if it is marked so, else [`Uncached`](Self::Uncached).
    /// Context: any.
    ///
    /// Corresponds to what the C function `devm_ioremap_resource()` chooses by
    /// `IORESOURCE_MEM_NONPOSTED`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::{
    ///         Cache,
    ///         Mapping, //
    ///     },
    ///     resource::MemRegion, //
    /// };
    /// use kernel::io::Resource;
    ///
    /// fn map(resource: &Resource) -> Result<Mapping<MemRegion>> {
    ///     let claim = MemRegion::request_resource(resource, c"my-device")?;
    ///     Mapping::with_cache(claim, Cache::of(resource))
    /// }
    /// ```
    pub fn of(resource: &Resource) -> Self {
        if resource.flags().contains(Flags::IORESOURCE_MEM_NONPOSTED) {
            Self::NonPosted
        } else {
            Self::Uncached
        }
    }

    /// Tells whether a caller that wants `wanted` can do with this: it allows the processor nothing that
    /// `wanted` does not allow.
    pub(super) const fn is_no_weaker_than(self, wanted: Self) -> bool {
        self.strength() >= wanted.strength()
    }

    const fn strength(self) -> u8 {
        match self {
            Self::Cached => 0,
            Self::WriteCombining => 1,
            Self::Uncached => 2,
            // No architecture has both.
            Self::NonPosted | Self::StronglyUncached => 3,
        }
    }

    /// Maps addresses in this mode; null if that cannot be done.
    ///
    /// # Safety
    ///
    /// Of what `ioremap()` takes: the range is not empty, does not wrap around, and has no RAM.
    pub(super) unsafe fn ioremap(self, start: PhysAddr, length: usize) -> *mut c_void {
        // SAFETY: By the requirements of this function.
        unsafe {
            match self {
                Self::StronglyUncached => bindings::io_map_uc(start, length),
                Self::NonPosted => bindings::ioremap_np(start, length),
                Self::Uncached => bindings::ioremap(start, length),
                Self::WriteCombining => bindings::io_map_wc(start, length),
                Self::Cached => bindings::io_map_cache(start, length),
            }
        }
    }

    /// Reads back which mode the page of a mapped address has; `None` for one that has no name
    /// here.
    ///
    /// # Safety
    ///
    /// The address is mapped and stays so during the call.
    pub(super) unsafe fn read_back(addr: usize) -> Option<Self> {
        // SAFETY: The function looks at the page tables, which by the requirements of this one keep
        // what they have for the address.
        let attribute = unsafe { bindings::page_attribute(addr as *const c_void) };

        Self::from_attribute(attribute)
    }

    /// The types of the PAT: Intel's manual, volume 3, 12.12.2.
    #[cfg(CONFIG_X86_64)]
    const fn from_attribute(attribute: c_int) -> Option<Self> {
        match attribute {
            0 => Some(Self::StronglyUncached),
            1 => Some(Self::WriteCombining),
            6 => Some(Self::Cached),
            7 => Some(Self::Uncached),
            _ => None,
        }
    }

    /// The bytes of MAIR: Arm's manual, MAIR_EL1.
    #[cfg(CONFIG_ARM64)]
    const fn from_attribute(attribute: c_int) -> Option<Self> {
        match attribute {
            0x00 => Some(Self::NonPosted),
            0x04 => Some(Self::Uncached),
            0x44 => Some(Self::WriteCombining),
            // With and without tags.
            0xff | 0xf0 => Some(Self::Cached),
            _ => None,
        }
    }
}
