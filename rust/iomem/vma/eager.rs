// SPDX-License-Identifier: GPL-2.0

//! Filling a VMA at once, so that it never faults.

use kernel::{
    error::to_result,
    page::PAGE_SHIFT,
    prelude::*, //
};

use super::{
    backing,
    fits,
    huge,
    Backing,
    Mapped,
    NewVma,
    PageProt, //
};
use crate::bindings;

/// `remap_pfn_range()` and its kin: VMA, address, frame, size in bytes, protection.
type Remap = unsafe extern "C" fn(
    *mut bindings::vm_area_struct,
    c_ulong,
    c_ulong,
    c_ulong,
    bindings::pgprot_t,
) -> c_int;

impl<'a> NewVma<'a> {
    /// Maps a claim into the program, the whole VMA at once, so that it never faults.
    ///
    /// The VMA shows the claim from page [`page_offset`](Self::page_offset) on; a driver whose offsets
    /// say more than that takes [`io_remap_pfn_range`](Self::io_remap_pfn_range). It is marked as I/O
    /// (`VM_IO`, `VM_PFNMAP`), does not grow with `mremap()` and is left out of core dumps.
    /// Context: called from `->mmap`; may sleep.
    ///
    /// Corresponds to the C function `vm_iomap_memory()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the VMA is longer than what the claim has from the offset on; or the claim does
    ///   not begin and end at page boundaries, so that its pages would show what is next to it; or
    ///   the mapping is private and writable.
    /// - `EINVAL` (x86): the range is mapped already, in a way that cannot be had together with
    ///   `prot`.
    /// - `ENOMEM`: no memory for page tables.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Mapped,
    ///         NewVma, //
    ///     },
    /// };
    ///
    /// fn mmap<'a>(claim: &'a MemRegion, vma: NewVma<'a>) -> Result<Mapped<'a>> {
    ///     vma.forbid_exec()?;
    ///     let prot = vma.page_prot().noncached();
    ///     vma.vm_iomap_memory(claim, prot)
    /// }
    /// ```
    pub fn vm_iomap_memory(self, claim: &'a impl Backing, prot: PageProt) -> Result<Mapped<'a>> {
        let range = claim.frames().ok_or(EINVAL)?;
        let length = usize::try_from(range.length()).map_err(|_| EINVAL)?;
        self.prepare(prot)?;

        // SAFETY: The VMA is undergoing initial setup, is empty and is not a mixed map, by the type
        // invariant. The function checks offset and length. The range is claimed for `'a`, which lasts
        // for as long as the mapping does.
        to_result(unsafe { bindings::vm_iomap_memory(self.as_ptr(), range.start(), length) })?;

        Ok(self.into_mapped())
    }

    /// Tells whether huge pages can show the claim in the VMA, from page `page` of the claim on: the
    /// VMA is long enough for one, and is where the addresses are aligned alike.
    ///
    /// Where they can, a VMA that is filled on fault ([`map_on_fault`](Self::map_on_fault), with a
    /// [`huge_fault`](super::VmaOps::huge_fault)) costs a fraction of one that is filled at once.
    /// [`CharDevice::physical_address`](crate::chardev::CharDevice::physical_address) makes the kernel
    /// choose such places.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::vma::{Backing, Mapped, NewVma, VmaOps};
    /// # use kernel::sync::Arc;
    /// fn mmap<'a, T: VmaOps>(
    ///     claim: &'a impl Backing,
    ///     ops: Arc<T>,
    ///     vma: NewVma<'a>,
    /// ) -> Result<Mapped<'a>> {
    ///     let prot = vma.page_prot().noncached();
    ///     if vma.has_room_for_huge_pages(claim, 0) {
    ///         return vma.map_on_fault(ops, prot);
    ///     }
    ///     vma.with_ops(ops).io_remap_pfn_range(claim, 0, prot)
    /// }
    /// ```
    pub fn has_room_for_huge_pages(&self, claim: &impl Backing, page: usize) -> bool {
        let size = huge::size();
        backing::pfn(claim, page, 1)
            .is_some_and(|pfn| fits::has_room(size, self.start(), self.length(), pfn))
    }

    /// Maps part of a claim into the program, the whole VMA at once: the pages from `page` on, where
    /// page 0 is the claim's first, whatever the VMA's offset is.
    ///
    /// For memory that behaves as RAM does. Where memory is encrypted, the pages are taken for
    /// encrypted ones; for a device use [`io_remap_pfn_range`](Self::io_remap_pfn_range). The VMA is
    /// marked as by [`vm_iomap_memory`](Self::vm_iomap_memory). Context: called from `->mmap`; may
    /// sleep.
    ///
    /// Corresponds to the C function `remap_pfn_range()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h).
    ///
    /// # Errors
    ///
    /// As [`vm_iomap_memory`](Self::vm_iomap_memory), with `page` for the offset.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Mapped,
    ///         NewVma, //
    ///     },
    /// };
    ///
    /// // What the program sees at offset 0 is the second page of the claim.
    /// fn mmap<'a>(claim: &'a MemRegion, vma: NewVma<'a>) -> Result<Mapped<'a>> {
    ///     let page = vma.page_offset().checked_add(1).ok_or(EINVAL)?;
    ///     let prot = vma.page_prot().writecombine();
    ///     vma.remap_pfn_range(claim, page, prot)
    /// }
    /// ```
    pub fn remap_pfn_range(
        self,
        claim: &'a impl Backing,
        page: usize,
        prot: PageProt,
    ) -> Result<Mapped<'a>> {
        self.remap(claim, page, prot, bindings::remap_pfn_range)
    }

    /// Maps part of a device's memory into the program, the whole VMA at once: the pages from `page`
    /// on, where page 0 is the claim's first, whatever the VMA's offset is.
    ///
    /// As [`remap_pfn_range`](Self::remap_pfn_range), but the pages are never taken for encrypted
    /// memory. It is what [`vm_iomap_memory`](Self::vm_iomap_memory) comes down to, for drivers
    /// whose offsets say more than which page of the claim it is. Context: called from `->mmap`; may
    /// sleep.
    ///
    /// Corresponds to the C function `io_remap_pfn_range()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h).
    ///
    /// # Errors
    ///
    /// As [`vm_iomap_memory`](Self::vm_iomap_memory), with `page` for the offset.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Mapped,
    ///         NewVma, //
    ///     },
    /// };
    ///
    /// // Bits 8 to 11 of the page offset say which of the claims it is.
    /// fn mmap<'a>(claims: &'a [MemRegion], vma: NewVma<'a>) -> Result<Mapped<'a>> {
    ///     let claim = claims.get(vma.page_offset() >> 8 & 0xf).ok_or(ENXIO)?;
    ///     let page = vma.page_offset() & 0xff;
    ///     let prot = vma.page_prot().noncached();
    ///     vma.io_remap_pfn_range(claim, page, prot)
    /// }
    /// ```
    pub fn io_remap_pfn_range(
        self,
        claim: &'a impl Backing,
        page: usize,
        prot: PageProt,
    ) -> Result<Mapped<'a>> {
        self.remap(claim, page, prot, bindings::io_remap_pfn_range)
    }

    /// Maps part of a claim by `function`: `remap_pfn_range()`, or its kin of the same arguments.
    fn remap(
        self,
        claim: &'a impl Backing,
        page: usize,
        prot: PageProt,
        function: Remap,
    ) -> Result<Mapped<'a>> {
        let pfn = backing::pfn(claim, page, self.length() >> PAGE_SHIFT).ok_or(EINVAL)?;
        self.prepare(prot)?;

        let vma = self.as_ptr();
        // SAFETY: The VMA is undergoing initial setup, is empty and is not a mixed map, by the type
        // invariant. `pfn` and as many frames as the VMA has pages belong to the claim, which lasts
        // for `'a` and so for as long as the mapping does.
        to_result(unsafe { function(vma, self.start(), pfn, self.length(), (*vma).vm_page_prot) })?;

        Ok(self.into_mapped())
    }
}
