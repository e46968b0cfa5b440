// SPDX-License-Identifier: GPL-2.0

//! A handler of a debugger's accesses that says how many bytes it gave, and gave none.

#[cfg(misuse)]
use core::marker::PhantomData;

use iomem::vma::{
    Access,
    Accessed,
    VmaOps, //
};
use kernel::prelude::*;

/// Registers that a program maps.
pub struct Registers;

impl VmaOps for Registers {
    fn access<'a>(&self, access: Access<'a>) -> Result<Accessed<'a>> {
        #[cfg(misuse)]
        return Ok(Accessed {
            bytes: 4096,       //~ ERROR E0451: field `bytes` of struct `Accessed` is private
            call: PhantomData, //~ ERROR E0451: field `call` of struct `Accessed` is private
        });
        #[cfg(not(misuse))]
        Ok(access.done(4096))
    }
}
