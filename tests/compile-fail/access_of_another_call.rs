// SPDX-License-Identifier: GPL-2.0

//! A handler of a debugger's accesses that keeps what one call gave for another.

use iomem::vma::{
    Access,
    Accessed,
    VmaOps, //
};
use kernel::prelude::*;

/// Registers that a program maps.
pub struct Registers;

/// Answers two calls, one of which transferred nothing.
pub fn both<'a, 'b>(first: Access<'a>, second: Access<'b>) -> Result<(Accessed<'a>, Accessed<'b>)> {
    let mut first = first;
    let given = first.give(b"registers")?;
    let (first, second) = (first.done(given), second.done(given));
    #[cfg(misuse)]
    return Ok((second, first)); //~ ERROR lifetime may not live long enough
    #[cfg(not(misuse))]
    Ok((first, second))
}

impl VmaOps for Registers {
    fn access<'a>(&self, access: Access<'a>) -> Result<Accessed<'a>> {
        Ok(access.done(0))
    }
}
