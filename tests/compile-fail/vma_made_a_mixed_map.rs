// SPDX-License-Identifier: GPL-2.0

//! A VMA for a PFN map, made a mixed map as well: the kernel crate's own VMA is out of reach.

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
    vma.set_mixedmap(); //~ ERROR E0599: no method named `set_mixedmap` found
    #[cfg(misuse)]
    vma.vma.set_mixedmap(); //~ ERROR E0616: field `vma` of struct `NewVma` is private
    let prot = vma.page_prot().noncached();
    vma.vm_iomap_memory(claim, prot)
}
