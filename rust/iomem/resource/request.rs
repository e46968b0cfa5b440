// SPDX-License-Identifier: GPL-2.0

//! Claiming by numbers, under the names that C has for it.

use kernel::{
    io::{
        PhysAddr,
        ResourceSize, //
    },
    prelude::*, //
};

use super::{
    Mem,
    MemRegion,
    MuxedMemRegion,
    MuxedRegion,
    Port,
    PortRegion,
    Refused,
    Root, //
};
use crate::{
    bindings,
    range::Range, //
};

/// Makes a range, or says that it is none.
fn range<R: Root>(start: PhysAddr, length: ResourceSize) -> Result<Range, Refused> {
    Range::new(start, length).map_err(|_| Refused::no_range::<R>(start, length))
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
/// [`Refused`]: those of [`Range::new`] and of [`Claim::request`](super::Claim::request).
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
pub fn request_mem_region(
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<MemRegion, Refused> {
    MemRegion::request(range::<Mem>(start, length)?, name)
}

/// Claims a range of I/O memory that not even `/dev/mem` may reach.
///
/// A kernel with `CONFIG_IO_STRICT_DEVMEM` closes every claimed range to `/dev/mem`; one with
/// `CONFIG_STRICT_DEVMEM` alone only those that are claimed by this. Booting with `iomem=relaxed`
/// opens both. Context: may sleep.
///
/// Corresponds to the C macro `request_mem_region_exclusive()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`request_mem_region`].
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::request_mem_region_exclusive;
///
/// let claim = request_mem_region_exclusive(0xfea0_0000, 0x1000, c"my-device")?;
/// assert!(claim.is_exclusive());
/// # Ok::<(), Error>(())
/// ```
pub fn request_mem_region_exclusive(
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<MemRegion, Refused> {
    let flags = Mem::FLAGS | bindings::IORESOURCE_EXCLUSIVE;

    MemRegion::enter(range::<Mem>(start, length)?, name, flags)
}

/// Claims a range of I/O memory, and waits where another muxed claim is in the way.
///
/// As [`request_muxed_region`], for memory. Context: sleeps, without limit.
///
/// Corresponds to the C macro `request_mem_region_muxed()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`request_mem_region`]; `EBUSY` as [`Muxed::request`](super::Muxed::request) has it.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::request_mem_region_muxed;
///
/// let claim = request_mem_region_muxed(0xfea0_0000, 0x10, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub fn request_mem_region_muxed(
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<MuxedMemRegion, Refused> {
    MuxedMemRegion::request(range::<Mem>(start, length)?, name)
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
/// [`Refused`]: those of [`Range::new`] and of [`Claim::request`](super::Claim::request).
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
pub fn request_region(
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<PortRegion, Refused> {
    PortRegion::request(range::<Port>(start, length)?, name)
}

/// Claims a range of I/O ports, and waits where another muxed claim is in the way.
///
/// See [`Muxed`](super::Muxed) for what it is for. A plain [`request_region`] does not wait for a muxed claim: it
/// is `EBUSY`. Context: sleeps, without limit.
///
/// Corresponds to the C macro `request_muxed_region()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`request_region`]; `EBUSY` as [`Muxed::request`](super::Muxed::request) has it.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::request_muxed_region;
///
/// let chip = request_muxed_region(0x2e, 2, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub fn request_muxed_region(
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<MuxedRegion, Refused> {
    MuxedRegion::request(range::<Port>(start, length)?, name)
}
