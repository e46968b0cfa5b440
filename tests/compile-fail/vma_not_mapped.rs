// SPDX-License-Identifier: GPL-2.0

//! An `mmap` that says it mapped the VMA, and did not.

use core::marker::PhantomData;
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
    let device = PhantomData::<fn(&'a ()) -> &'a ()>;
    let _ = device;
    #[cfg(misuse)]
    return Ok(Mapped { device }); //~ ERROR cannot construct `Mapped<'_>` with struct literal syntax
    #[cfg(not(misuse))]
    {
        let prot = vma.page_prot().noncached();
        vma.vm_iomap_memory(claim, prot)
    }
}
