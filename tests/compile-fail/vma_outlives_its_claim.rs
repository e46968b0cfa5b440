// SPDX-License-Identifier: GPL-2.0

//! A claim that ends with the call that maps it into a program.

use iomem::{
    resource::{
        request_mem_region,
        MemRegion, //
    },
    vma::{
        Mapped,
        NewVma, //
    }, //
};
use kernel::prelude::*;

/// Maps a claim into a program; the device has another for the same length.
pub fn mmap<'a>(vma: NewVma<'a>, claim: &'a MemRegion) -> Result<Mapped<'a>> {
    let prot = vma.page_prot().noncached();
    let own = request_mem_region(claim.range().start(), 0x1000, c"case")?;
    #[cfg(misuse)]
    return vma.vm_iomap_memory(&own, prot); //~ ERROR E0515: cannot return value referencing local variable `own`
    #[cfg(not(misuse))]
    {
        drop(own);
        vma.vm_iomap_memory(claim, prot)
    }
}
