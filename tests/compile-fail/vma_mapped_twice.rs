// SPDX-License-Identifier: GPL-2.0

//! A VMA that is mapped, and then again.

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
    let prot = vma.page_prot().noncached();
    #[cfg(misuse)]
    vma.vm_iomap_memory(claim, prot)?;
    vma.vm_iomap_memory(claim, prot) //~ ERROR E0382: use of moved value: `vma`
}
