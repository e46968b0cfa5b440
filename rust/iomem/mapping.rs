// SPDX-License-Identifier: GPL-2.0

//! Mappings of I/O memory into the kernel's address space.
//!
//! # The life of a mapping
//!
//! [`Mapping::ioremap`] maps a claim, uncached, and gives a [`Mapping`], through which the kernel
//! crate's [`Io`](kernel::io::Io) reads and writes registers. The mapping holds its claim, by
//! reference, by [`Arc`](kernel::sync::Arc) or by value, so the claim cannot end first. Dropping the
//! mapping unmaps the range and then lets go of the claim.
//!
//! [`Mapping::with_cache`] maps in another [`Cache`] mode, [`Mapping::part_of`] a part of the claim
//! only. A claim that is held by reference or by `Arc` can be mapped several times: registers
//! uncached and pixels write-combining, say.
//!
//! | C | here |
//! |---|---|
//! | `ioremap` | [`Mapping::ioremap`] |
//! | `ioremap_wc`, `ioremap_uc`, `ioremap_np`, `ioremap_cache` | [`Mapping::with_cache`] and a [`Cache`] |
//! | `iounmap` | dropping the mapping |
//! | `devm_ioremap`, `devm_ioremap_resource`, … | [`devm_ioremap`], [`devm_ioremap_resource`], … |
//!
//! Where the number of bytes that a driver needs is known when it is compiled, it says so with
//! `SIZE`: `Mapping<_, 0x100>`. Offsets are then checked by the compiler, and `read32` and its
//! kin cannot fail. Where it is not, `SIZE` is 0 and `try_read32` and its kin check at run time.
//!
//! # One page, two modes
//!
//! A cache mode belongs to a page, not to a byte. On x86 the kernel keeps a list of the pages that
//! are mapped and in which mode, for kernel and programs together, and makes a second mapping of a
//! page like the first. So the mode is read back from the page tables after mapping: a mapping
//! that would be weaker than what was asked for is refused with `EBUSY`, one that is stricter is
//! granted, and [`Mapping::cache`] tells. arm64 keeps no such list and gives each mapping its own
//! mode; then accesses through the one are not ordered against those through the other.
//!
//! C header: [`include/linux/io.h`](srctree/include/linux/io.h)

use core::mem::ManuallyDrop;

use kernel::{
    io::ResourceSize,
    prelude::*, //
};

use crate::{
    access::{
        BigEndian,
        Ordered,
        Relaxed,
        Window, //
    },
    bindings,
    context::may_drop,
    error::eopnotsupp,
    range::Range,
    resource::{
        has_memory,
        Holder,
        Mem,
        MemRegion, //
    }, //
};

mod cache;
mod devm;

pub use self::{
    cache::Cache,
    devm::{
        devm_ioremap,
        devm_ioremap_resource,
        devm_ioremap_resource_wc,
        devm_platform_ioremap_resource,
        devm_platform_ioremap_resource_byname,
        DevmMapping, //
    },
};

/// A claim on I/O memory, or a part of it, mapped into the kernel's address space.
///
/// It is an [`Io`](kernel::io::Io), so the kernel crate's accessors and `register!` blocks work on
/// it. An access is one load or store of exactly its width, ordered as `readl()` and `writel()`
/// are in C. Accesses can be made in any context.
///
/// Context of the drop: may sleep. Where this is not a task that may sleep, the drop does nothing but
/// log that: the range stays mapped, and claimed, for good.
///
/// # Invariants
///
/// - `io` is a live mapping of `range`, made by `ioremap()` or one of its kin, which ends with the
///   value. `range` is within the claim of `holder`.
/// - `cache` is the mode that the page tables give it.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     mapping::Mapping,
///     resource::request_mem_region, //
/// };
/// use kernel::io::Io;
///
/// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
///
/// // The size is known: offsets are checked by the compiler.
/// let regs = Mapping::<_, 0x100>::ioremap(&claim)?;
/// let id = regs.read32(0x00);
///
/// // It is not: they are checked when the access is made.
/// let regs = Mapping::<_>::ioremap(&claim)?;
/// let id = regs.try_read32(0x00)?;
/// # Ok::<(), Error>(())
/// ```
pub struct Mapping<H: Holder<Mem>, const SIZE: usize = 0> {
    io: Window<'static, Ordered, SIZE>,
    cache: Cache,
    range: Range,
    holder: ManuallyDrop<H>,
}

impl<H: Holder<Mem>, const SIZE: usize> Mapping<H, SIZE> {
    /// Maps the claim that `holder` holds, uncached. Context: may sleep.
    ///
    /// Corresponds to the C function `ioremap()` in
    /// [`include/linux/io.h`](srctree/include/linux/io.h).
    ///
    /// # Errors
    ///
    /// Those of [`Mapping::with_cache`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::Mapping,
    ///     resource::request_mem_region, //
    /// };
    ///
    /// // The mapping owns the claim: both end together.
    /// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    /// let regs = Mapping::<_, 0x100>::ioremap(claim)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn ioremap(holder: H) -> Result<Self> {
        Self::with_cache(holder, Cache::Uncached)
    }

    /// Maps the claim that `holder` holds in the given mode. Context: may sleep.
    ///
    /// Corresponds to the C functions `ioremap()`, `ioremap_wc()`, `ioremap_uc()`, `ioremap_np()`
    /// and `ioremap_cache()` in [`include/linux/io.h`](srctree/include/linux/io.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the claim is shorter than `SIZE` bytes, or longer than the kernel's address
    ///   space; or where `SIZE` is not 0, it does not begin at a multiple of 8 (of 4, 2 or 1, if
    ///   `SIZE` has room for no wider access): the compiler, which checks offsets, cannot know where
    ///   they begin.
    /// - `EOPNOTSUPP`: this architecture does not have the mode ([`Cache::is_supported`]).
    /// - `EPERM`: it is to be cached, and firmware keeps the range for itself
    ///   ([`Claim::is_firmware_reserved`](crate::resource::Claim::is_firmware_reserved)), or the device tree
    ///   or EFI has memory in the rest of its pages: where that is memory, what is written would be seen
    ///   late, or in part, by who uses it in another mode.
    /// - `EBUSY`: a page of it is mapped already, by whomever, in a weaker mode.
    /// - `ENOMEM`: the kernel cannot map it: no address space left, not I/O memory, or mapped
    ///   already in a mode that excludes this one.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::{
    ///         Cache,
    ///         Mapping, //
    ///     },
    ///     resource::request_mem_region, //
    /// };
    ///
    /// let claim = request_mem_region(0xfd00_0000, 0x100_0000, c"my-pixels")?;
    /// let pixels = Mapping::<_>::with_cache(&claim, Cache::WriteCombining)?;
    /// if pixels.cache() != Cache::WriteCombining {
    ///     pr_info!("it works, but drawing will be slow\n");
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_cache(holder: H, cache: Cache) -> Result<Self> {
        let range = holder.region().range();

        Self::map(holder, range, cache)
    }

    /// Maps a part of the claim that `holder` holds: `length` bytes from `offset` on, in the given
    /// mode. Neither has to be a multiple of the page size. The mapping holds the whole claim.
    /// Context: may sleep.
    ///
    /// Corresponds to the C functions of [`Mapping::with_cache`], given addresses within a claim.
    ///
    /// # Errors
    ///
    /// Those of [`Mapping::with_cache`], as to the part, and those of [`Range::part`]:
    ///
    /// - `EINVAL`: `length` is zero, or the part ends beyond the claim.
    /// - `EOVERFLOW`: `offset + length` is larger than the largest 64-bit number.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::{
    ///         Cache,
    ///         Mapping, //
    ///     },
    ///     resource::request_mem_region, //
    /// };
    /// use kernel::{
    ///     io::Io,
    ///     sync::Arc, //
    /// };
    ///
    /// // One BAR, registers first and a buffer from 64 KiB on.
    /// let claim = request_mem_region(0xfd00_0000, 0x2_0000, c"my-device")?;
    /// let claim = Arc::new(claim, GFP_KERNEL)?;
    /// let regs = Mapping::<_, 0x100>::part_of(claim.clone(), 0, 0x100, Cache::Uncached)?;
    /// let buffer = Mapping::<_>::part_of(claim, 0x1_0000, 0x1_0000, Cache::WriteCombining)?;
    ///
    /// buffer.try_write32(0xcafe, 0)?;
    /// regs.write32(1, 0x10);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn part_of(
        holder: H,
        offset: ResourceSize,
        length: ResourceSize,
        cache: Cache,
    ) -> Result<Self> {
        let part = holder.region().range().part(offset, length)?;

        Self::map(holder, part, cache)
    }

    /// Maps `range`, which is within the claim of `holder`.
    fn map(holder: H, range: Range, cache: Cache) -> Result<Self> {
        if !cache.is_supported() {
            return Err(eopnotsupp());
        }
        // Pages are mapped, of which memory may be the rest.
        if cache == Cache::Cached
            && (holder.region().is_firmware_reserved() || has_memory(range.whole_pages()?))
        {
            return Err(EPERM);
        }
        let length = usize::try_from(range.length()).map_err(|_| EINVAL)?;
        // Where it will be mapped is not known, but that is aligned as this is.
        #[allow(clippy::cast_possible_truncation)]
        let alike = range.start() as usize;
        // SAFETY: The window is only looked at: nothing is accessed through it.
        unsafe { Window::<'_, Ordered, SIZE>::new(alike, length) }?;

        // SAFETY: `range` is not empty, and it is claimed: no RAM is in it, since RAM is busy for
        // ever and could not have been claimed.
        let addr = unsafe { cache.ioremap(range.start(), length) };
        if addr.is_null() {
            return Err(ENOMEM);
        }

        // SAFETY: It was mapped just above.
        let now = unsafe { Cache::read_back(addr as usize) };
        let made = match now {
            Some(now) if now.is_no_weaker_than(cache) => {
                // SAFETY: `length` bytes were mapped just above, and only `drop` unmaps them.
                // That it is live for less than `'static` is what `window` says.
                unsafe { Window::new(addr as usize, length) }.map(|io| (io, now))
            }
            _ => Err(EBUSY),
        };

        match made {
            // INVARIANT: `length` bytes, at least `SIZE`, are mapped at `addr`; the start was
            // checked and the mode read back above.
            Ok((io, cache)) => {
                holder.region().memtypes().mapped();
                Ok(Self {
                    io,
                    cache,
                    range,
                    holder: ManuallyDrop::new(holder),
                })
            }
            Err(e) => {
                // SAFETY: This mapping was just made and is not used yet.
                unsafe { bindings::iounmap(addr) };
                Err(e)
            }
        }
    }

    /// Returns the mode that the mapping has: what was asked for, or a stricter one. Read back from
    /// the page tables when it was made. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::{
    ///         Cache,
    ///         Mapping, //
    ///     },
    ///     resource::request_mem_region, //
    /// };
    ///
    /// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    /// assert_eq!(Mapping::<_>::ioremap(&claim)?.cache(), Cache::Uncached);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn cache(&self) -> Cache {
        self.cache
    }

    /// Returns the claim that is mapped, in whole or in part. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::Mapping,
    ///     resource::request_mem_region, //
    /// };
    ///
    /// let regs = Mapping::<_>::ioremap(request_mem_region(0xfea0_0000, 0x1000, c"my-device")?)?;
    /// assert_eq!(regs.region().name(), Some(c"my-device"));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn region(&self) -> &MemRegion {
        self.holder.region()
    }

    /// Returns the range of physical addresses that is mapped: of the claim, or of the part of it.
    /// Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     mapping::{
    ///         Cache,
    ///         Mapping, //
    ///     },
    ///     resource::request_mem_region, //
    /// };
    ///
    /// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    /// let fifo = Mapping::<_, 0x10>::part_of(&claim, 0x800, 0x10, Cache::Uncached)?;
    /// assert_eq!(fifo.range().start(), 0xfea0_0800);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn range(&self) -> Range {
        self.range
    }

    /// Returns a view of the registers, ordered and little-endian, as the mapping itself is.
    ///
    /// # Examples
    ///
    /// See [`Window`].
    #[inline(always)]
    pub fn window(&self) -> Window<'_, Ordered, SIZE> {
        self.io
    }

    /// Returns a view whose accesses are not ordered against memory: `readl_relaxed()`.
    ///
    /// # Examples
    ///
    /// See [`Window`].
    #[inline(always)]
    pub fn relaxed(&self) -> Window<'_, Relaxed, SIZE> {
        self.io.relaxed()
    }

    /// Returns a view of registers that are big-endian: `ioread32be()`.
    ///
    /// # Examples
    ///
    /// See [`Window`].
    #[inline(always)]
    pub fn big_endian(&self) -> Window<'_, BigEndian, SIZE> {
        self.io.big_endian()
    }
}

impl<H: Holder<Mem>, const SIZE: usize> Drop for Mapping<H, SIZE> {
    fn drop(&mut self) {
        if !may_drop(c"a mapping") {
            return;
        }
        // SAFETY: By the type invariant this is a mapping made by `ioremap()` or its kin, and
        // its users borrowed it from `self`. The claim is released after this, with what holds
        // it, which is not used again.
        unsafe {
            bindings::iounmap(self.io.base() as *mut c_void);
            self.holder.region().memtypes().unmapped();
            ManuallyDrop::drop(&mut self.holder);
        }
    }
}
