// SPDX-License-Identifier: GPL-2.0

//! A claim that is used after a mapping took it.

use iomem::{
    mapping::Mapping,
    resource::request_mem_region, //
};
use kernel::prelude::*;

/// Maps a device and tells how long it is, in bytes.
pub fn length(start: u64) -> Result<u64> {
    let claim = request_mem_region(start, 0x1000, c"case")?;
    let regs = Mapping::<_, 0x100>::ioremap(claim)?;
    #[cfg(misuse)]
    return Ok(claim.range().length()); //~ ERROR E0382: borrow of moved value: `claim`
    #[cfg(not(misuse))]
    Ok(regs.range().length())
}
