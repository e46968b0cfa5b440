// SPDX-License-Identifier: GPL-2.0

//! An `mmap` that says it mapped the VMA, and did not.

use iomem::{
    resource::MemRegion,
    vma::{
        Mapped,
        NewVma, //
    }, //
};
use kernel::prelude::*;

/// Maps a claim into a program.
pub fn mmap<'a>(vma: NewVma<'a>, claim: &'a MemRegion) -> Result<Mapped<'a>> {
    #[cfg(misuse)]
    return Ok(Mapped {
        device: core::marker::PhantomData, //~ ERROR E0451: field `device` of struct `Mapped` is private
    });
    #[cfg(not(misuse))]
    {
        let prot = vma.page_prot().noncached();
        vma.vm_iomap_memory(claim, prot)
    }
}
