// SPDX-License-Identifier: GPL-2.0

//! Mappings of I/O memory into the kernel's address space.
//!
//! # The life of a mapping
//!
//! [`Mapping::ioremap`] maps a claim, uncached, and gives a [`Mapping`], through which the kernel
//! crate's [`Io`](kernel::io::Io) reads and writes registers. The mapping holds its claim, by
//! reference, by [`Arc`] or by value, so the claim cannot end first. Dropping the mapping unmaps
//! the range and then lets go of the claim.
//!
//! Where the number of bytes that a driver needs is known when it is compiled, it says so with
//! `SIZE`: `Mapping<_, 0x100>`. Offsets are then checked by the compiler, and `read32` and its
//! kin cannot fail. Where it is not, `SIZE` is 0 and `try_read32` and its kin check at run time.
//!
//! C header: [`include/linux/io.h`](srctree/include/linux/io.h)

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    bindings,
    compat,
    range::Range,
    resource::MemRegion, //
};

mod private {
    pub trait Sealed {}
}

/// What can hold a claim on behalf of a mapping: the claim itself, a reference, or an [`Arc`].
pub trait Holder: private::Sealed {
    /// Returns the claim that is held, the same one each time.
    fn region(&self) -> &MemRegion;
}

impl private::Sealed for MemRegion {}
impl Holder for MemRegion {
    #[inline]
    fn region(&self) -> &MemRegion {
        self
    }
}

impl private::Sealed for &MemRegion {}
impl Holder for &MemRegion {
    #[inline]
    fn region(&self) -> &MemRegion {
        self
    }
}

impl private::Sealed for Arc<MemRegion> {}
impl Holder for Arc<MemRegion> {
    #[inline]
    fn region(&self) -> &MemRegion {
        self
    }
}

/// A claim on I/O memory, mapped into the kernel's address space, uncached.
///
/// It is an [`Io`](kernel::io::Io), so the kernel crate's accessors and `register!` blocks work on
/// it. An access is one load or store of exactly its width, ordered as `readl()` and `writel()`
/// are in C. Accesses can be made in any context.
///
/// # Invariants
///
/// `io` is a live mapping of the whole of `holder`'s claim, made by `ioremap()`, and no shorter
/// than `SIZE` bytes.
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
pub struct Mapping<H: Holder, const SIZE: usize = 0> {
    io: compat::RawMapping<SIZE>,
    holder: H,
}

impl<H: Holder, const SIZE: usize> Mapping<H, SIZE> {
    /// Maps the claim that `holder` holds, uncached. Context: may sleep.
    ///
    /// Corresponds to the C function `ioremap()` in
    /// [`include/linux/io.h`](srctree/include/linux/io.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the claim is shorter than `SIZE` bytes, or longer than the kernel's address
    ///   space.
    /// - `ENOMEM`: the kernel cannot map it: no address space left, or not I/O memory.
    pub fn ioremap(holder: H) -> Result<Self> {
        let range = holder.region().range();
        let length = usize::try_from(range.length()).map_err(|_| EINVAL)?;
        if length < SIZE {
            return Err(EINVAL);
        }

        // SAFETY: `range` is not empty, and it is claimed: no RAM is in it, since RAM is busy for
        // ever and could not have been claimed.
        let addr = unsafe { bindings::ioremap(range.start(), length) };
        if addr.is_null() {
            return Err(ENOMEM);
        }

        match compat::RawMapping::new(addr as usize, length) {
            // INVARIANT: `ioremap` mapped `length` bytes, at least `SIZE`, at `addr`.
            Ok(io) => Ok(Self { io, holder }),
            Err(e) => {
                // SAFETY: `ioremap` just made this mapping and nobody uses it.
                unsafe { bindings::iounmap(addr) };
                Err(e)
            }
        }
    }

    /// Returns the claim that is mapped.
    #[inline]
    pub fn region(&self) -> &MemRegion {
        self.holder.region()
    }

    /// Returns the range of physical addresses that is mapped.
    #[inline]
    pub fn range(&self) -> Range {
        self.region().range()
    }

    /// Returns the raw mapping, for the implementation of `Io`.
    #[inline]
    pub(crate) fn raw(&self) -> &compat::RawMapping<SIZE> {
        &self.io
    }
}

impl<H: Holder, const SIZE: usize> Drop for Mapping<H, SIZE> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant this is a mapping made by `ioremap()`, and whoever used it
        // borrowed it from `self`. The claim is released after this, with the field that holds it.
        unsafe { bindings::iounmap(self.io.addr() as *mut c_void) };
    }
}
