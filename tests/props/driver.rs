// SPDX-License-Identifier: GPL-2.0

//! The files of the driver that are tried here.

// Not all of each file is.
#![allow(dead_code)]

#[path = "../../rust/iomem_dev/new_device/error.rs"]
pub mod error;
#[path = "../../rust/iomem_dev/offset.rs"]
pub mod offset;
#[path = "../../rust/iomem_dev/new_device/parse.rs"]
pub mod parse;
#[path = "../../rust/iomem_dev/region/register.rs"]
mod register;
#[path = "../../rust/iomem_dev/read_write/series.rs"]
mod series;

use iomem::{
    access::Width,
    range::Range, //
};
use kernel::prelude::*;

pub fn register(
    range: Range,
    is_ports: bool,
    only: Option<Width>,
    width: Width,
    offset: u64,
) -> Result<usize> {
    register::register(range, is_ports, only, width, offset)
}

pub fn accesses(only: Option<Width>, wanted: usize, left: u64) -> Result<(Width, usize)> {
    series::accesses(only, wanted, left)
}
