// SPDX-License-Identifier: GPL-2.0

//! A claim that ends while a mapping of it is in use.

use iomem::{
    mapping::Mapping,
    resource::request_mem_region, //
};
use kernel::{
    io::Io,
    prelude::*, //
};

/// Reads a register of a device.
pub fn read(start: u64) -> Result<u32> {
    let claim = request_mem_region(start, 0x1000, c"case")?;
    let regs = Mapping::<_, 0x100>::ioremap(&claim)?;
    #[cfg(misuse)]
    drop(claim); //~ ERROR E0505: cannot move out of `claim` because it is borrowed
    Ok(regs.read32(0))
}
