// SPDX-License-Identifier: GPL-2.0

//! The files of the crate `iomem` that are tried here, and stand-ins for what they call.

// Not all of each file is.
#![allow(dead_code)]

pub mod bindings;
pub mod resource;

#[path = "../../../rust/iomem/vma/align.rs"]
mod align;
mod huge {
    pub(super) fn size() -> usize {
        // SAFETY: It has no requirements.
        unsafe { crate::bindings::pmd_pfnmap_size() }
    }
}
#[path = "../../../rust/iomem/vma/fits.rs"]
mod fits;
#[path = "../../../rust/iomem/range.rs"]
pub mod range;
#[path = "../../../rust/iomem/chardev/transfer.rs"]
pub mod transfer;
#[path = "../../../rust/iomem/access/width.rs"]
mod width;

pub mod error {
    pub fn enametoolong() -> kernel::error::Error {
        kernel::error::code::ENAMETOOLONG
    }
}

pub mod access {
    pub use crate::width::Width;
}

pub mod chardev {
    pub use crate::transfer;
}

use self::{
    bindings::file,
    transfer::Seek, //
};
use kernel::io::PhysAddr;

/// Makes what a driver is given at a call of `lseek()`.
pub fn seek(file: &mut file, offset: i64, whence: i32) -> Seek<'_> {
    // SAFETY: The file is there for as long as the value is.
    unsafe { Seek::from_raw(file, offset, whence) }
}

/// Looks for room in the program that has the file open.
pub fn get_unmapped_area(
    file: &mut file,
    address: usize,
    length: usize,
    flags: usize,
    physical: Option<PhysAddr>,
) -> usize {
    // SAFETY: The file is there for as long as the call is.
    unsafe { align::get_unmapped_area(file, address, length, 0, flags, physical) }
}

pub fn frame(range: range::Range, page: usize, count: usize) -> Option<usize> {
    fits::frame(range, page, count)
}

pub fn has_room(size: usize, start: usize, length: usize, pfn: usize) -> bool {
    fits::has_room(size, start, length, pfn)
}

pub fn neighbours(
    size: usize,
    block: usize,
    address: usize,
    page: usize,
    within: (usize, usize),
) -> impl Iterator<Item = (usize, usize)> {
    fits::neighbours(size, block, address, page, within)
}
