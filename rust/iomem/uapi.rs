// SPDX-License-Identifier: GPL-2.0

//! What a driver and its programs agree on: [`rust/uapi/iomem.h`](srctree/rust/uapi/iomem.h).
//!
//! The types and constants are bindgen's, made from that header, which is the one definition.
//! The numbers of the ioctls are computed here as the header computes them, because bindgen does
//! not see through `_IO()`; the tests call them from C.

use kernel::{
    ioctl::_IO,
    transmute::{
        AsBytes,
        FromBytes, //
    },
};

use crate::bindings::uapi;

/// `struct iomem_region_info`: what a program needs to know to map a region.
///
/// # Examples
///
/// ```
/// use iomem::uapi::{
///     RegionInfo,
///     REGION_MMAP, //
/// };
///
/// let info = RegionInfo {
///     size: core::mem::size_of::<RegionInfo>() as u32,
///     region: 0,
///     flags: REGION_MMAP,
///     regions: 1,
///     offset: 0,
///     length: 0x1000,
/// };
/// assert_eq!(info.size, 32);
/// ```
pub use crate::bindings::uapi::iomem_region_info as RegionInfo;

/// The region can be mapped with `mmap()`.
pub use crate::bindings::uapi::IOMEM_REGION_MMAP as REGION_MMAP;

// SAFETY: Every field is an integer, so any bytes are a value.
unsafe impl FromBytes for RegionInfo {}

// SAFETY: The fields are integers that follow one another without padding: four of 32 bits, then
// two of 64.
unsafe impl AsBytes for RegionInfo {}

/// `IOMEM_IOC_REGION_INFO`: fills a [`RegionInfo`].
pub const IOC_REGION_INFO: u32 = _IO(uapi::IOMEM_IOC_TYPE, uapi::IOMEM_IOC_NR_REGION_INFO);
