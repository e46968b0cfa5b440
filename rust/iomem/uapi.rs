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

#[allow(
    clippy::all,
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]
mod generated {
    use kernel::ffi;

    include!(concat!(
        env!("IOMEM_GENERATED"),
        "/rust/bindings/bindings_generated.rs"
    ));
}

/// `struct iomem_region_info`: what a program needs to know to map a region.
pub use generated::iomem_region_info as RegionInfo;

/// The region can be mapped with `mmap()`.
pub use generated::IOMEM_REGION_MMAP as REGION_MMAP;

// SAFETY: Every field is an integer, so any bytes are a value.
unsafe impl FromBytes for RegionInfo {}

// SAFETY: The fields are integers that follow one another without padding: four of 32 bits, then
// two of 64.
unsafe impl AsBytes for RegionInfo {}

/// `IOMEM_IOC_REGION_INFO`: fills a [`RegionInfo`].
pub const IOC_REGION_INFO: u32 = _IO(
    generated::IOMEM_IOC_TYPE,
    generated::IOMEM_IOC_NR_REGION_INFO,
);
