// SPDX-License-Identifier: GPL-2.0

//! Claims: exclusive use of a range of I/O memory or of I/O ports.
//!
//! # The life of a claim
//!
//! The kernel keeps two trees of ranges, one for memory (`/proc/iomem`) and one for ports
//! (`/proc/ioports`); [`Mem`] and [`Port`] stand for their roots. [`request_mem_region`] and
//! [`request_region`] enter a range into one of them under a name, marked as busy, and give a
//! [`Claim`]. As long as that value exists, nobody else can claim any part of the range, and with
//! `CONFIG_IO_STRICT_DEVMEM` nobody can reach it through `/dev/mem` either. When it is dropped, the
//! entry disappears.
//!
//! What is built on a claim borrows or owns it, so a claim cannot end before its last use:
//! [`Mapping`](crate::mapping::Mapping) for the kernel, [`NewVma`](crate::vma::NewVma) for
//! programs.
//!
//! There is no way here to ask whether a range is free before claiming it: the answer would be old
//! by the time it is read. Claiming *is* asking.
//!
//! C header: [`include/linux/ioport.h`](srctree/include/linux/ioport.h)

use core::marker::PhantomData;

use kernel::{
    io::{
        resource::{
            Flags,
            Region, //
        },
        PhysAddr,
        Resource,
        ResourceSize, //
    },
    prelude::*, //
};

use crate::{
    bindings,
    range::Range, //
};

mod private {
    pub trait Sealed {}
    impl Sealed for super::Mem {}
    impl Sealed for super::Port {}
}

/// One of the two trees that claims are entered into: [`Mem`] or [`Port`].
pub trait Root: private::Sealed {
    /// The file under `/proc` that shows the tree.
    const PROC: &'static str;

    /// The type of the tree's resources.
    #[doc(hidden)]
    const FLAGS: Flags;

    /// Returns the root of the tree, which spans the address space.
    fn root() -> &'static Resource;

    /// Returns the last address that there is: of memory the largest that the processors have, of
    /// ports the root's. Context: any.
    fn last() -> PhysAddr {
        let root = Self::root();
        root.start().wrapping_add(root.size().wrapping_sub(1))
    }
}

/// The tree of I/O memory, `/proc/iomem`. Addresses are physical.
///
/// Corresponds to the C variable `iomem_resource`.
#[derive(Debug)]
pub enum Mem {}

/// The tree of I/O ports, `/proc/ioports`. Addresses are port numbers.
///
/// Corresponds to the C variable `ioport_resource`.
#[derive(Debug)]
pub enum Port {}

impl Root for Mem {
    const PROC: &'static str = "/proc/iomem";
    const FLAGS: Flags = Flags::IORESOURCE_MEM;

    fn root() -> &'static Resource {
        // SAFETY: `iomem_resource` is part of the kernel image, so it is valid for ever, and
        // `Resource` is a transparent wrapper around `struct resource` that allows for changes made
        // by C.
        unsafe { &*(&raw const bindings::iomem_resource).cast::<Resource>() }
    }

    fn last() -> PhysAddr {
        // SAFETY: The function reads what the processors say of themselves.
        unsafe { bindings::phys_addr_max() }
    }
}

impl Root for Port {
    const PROC: &'static str = "/proc/ioports";
    const FLAGS: Flags = Flags::IORESOURCE_IO;

    fn root() -> &'static Resource {
        // SAFETY: As for `iomem_resource` above.
        unsafe { &*(&raw const bindings::ioport_resource).cast::<Resource>() }
    }
}

/// Exclusive use of a range of addresses, entered in `/proc/iomem` or `/proc/ioports`.
///
/// Dropping it releases the range, as `release_mem_region()` and `release_region()` do in C.
///
/// # Invariants
///
/// `region` is a busy region of `R`'s tree that spans exactly `range`.
pub struct Claim<R: Root> {
    region: Region,
    range: Range,
    root: PhantomData<R>,
}

/// A claim on I/O memory: what `request_mem_region()` gives.
pub type MemRegion = Claim<Mem>;

/// A claim on I/O ports: what `request_region()` gives.
pub type PortRegion = Claim<Port>;

impl<R: Root> Claim<R> {
    /// Claims `range` under `name`, which is what `/proc` shows.
    ///
    /// Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `ERANGE`: the range ends beyond the last address that there is ([`Root::last`]).
    /// - `EBUSY`: somebody else holds the range or a part of it.
    /// - `ENOMEM`: no memory for the entry.
    pub fn request(range: Range, name: &CStr) -> Result<Self> {
        if range.last() > R::last() {
            return Err(ERANGE);
        }

        let region = R::root()
            .request_region(range.start(), range.length(), name.to_cstring()?, R::FLAGS)
            .ok_or(EBUSY)?;

        // INVARIANT: `request_region` gave the region of exactly this range.
        Ok(Self {
            region,
            range,
            root: PhantomData,
        })
    }

    /// Returns the range that is held.
    #[inline]
    pub fn range(&self) -> Range {
        self.range
    }

    /// Returns the name under which it is held.
    pub fn name(&self) -> Option<&CStr> {
        self.region.name()
    }
}

/// Claims a range of I/O memory.
///
/// `start` is a physical address, `length` is in bytes, `name` is what `/proc/iomem` shows. The
/// range is released when the returned value is dropped. Context: may sleep.
///
/// Corresponds to the C macro `request_mem_region()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`Range::new`] and of [`Claim::request`].
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::request_mem_region;
///
/// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
/// assert_eq!(claim.range().last(), 0xfea0_0fff);
/// // Released here.
/// # Ok::<(), Error>(())
/// ```
pub fn request_mem_region(start: PhysAddr, length: ResourceSize, name: &CStr) -> Result<MemRegion> {
    MemRegion::request(Range::new(start, length)?, name)
}

/// Claims a range of I/O ports.
///
/// `start` is the number of the first port, `length` how many there are, `name` is what
/// `/proc/ioports` shows. The range is released when the returned value is dropped. Context: may
/// sleep.
///
/// Corresponds to the C macro `request_region()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`Range::new`] and of [`Claim::request`].
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::request_region;
///
/// // The parallel port.
/// let claim = request_region(0x378, 3, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub fn request_region(start: PhysAddr, length: ResourceSize, name: &CStr) -> Result<PortRegion> {
    PortRegion::request(Range::new(start, length)?, name)
}

/// Tells whether any byte of `range` is system RAM.
///
/// RAM is never a device: mapping it would give a program the memory of others. A claim on RAM is
/// refused anyway, because RAM is busy; asking first gives a better message. Context: any.
///
/// Corresponds to the C function `region_intersects()` in
/// [`include/linux/mm.h`](srctree/include/linux/mm.h), asked for `IORESOURCE_SYSTEM_RAM`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     range::Range,
///     resource::contains_ram, //
/// };
///
/// if contains_ram(Range::new(0x10_0000, 0x1000)?) {
///     return Err(EPERM);
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn contains_ram(range: Range) -> bool {
    // A range longer than the processor's addresses has been asked about as far as they go.
    let length = usize::try_from(range.length()).unwrap_or(usize::MAX);

    // SAFETY: The function takes any numbers: it walks the tree of resources under its lock and
    // keeps nothing.
    let found = unsafe {
        bindings::region_intersects(
            range.start(),
            length,
            bindings::IORESOURCE_SYSTEM_RAM as usize,
            bindings::IORES_DESC_NONE as usize,
        )
    };

    found != bindings::REGION_DISJOINT as c_int
}
