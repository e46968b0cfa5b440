// SPDX-License-Identifier: GPL-2.0

//! The files of the crate `iomem` that are tried here, and stand-ins for what they call.

// Not all of each file is.
#![allow(dead_code)]

pub mod bindings;
pub mod resource;

#[path = "../../../rust/iomem/vma/align.rs"]
mod align;
#[path = "../../../rust/iomem/range.rs"]
pub mod range;
#[path = "../../../rust/iomem/chardev/transfer.rs"]
pub mod transfer;
#[path = "../../../rust/iomem/access/width.rs"]
mod width;

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
