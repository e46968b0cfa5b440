// SPDX-License-Identifier: GPL-2.0

//! Filling more than was touched.

use kernel::page::PAGE_SIZE;

use super::{
    backing,
    Backing,
    Fault,
    VmFault, //
};
use crate::{
    bindings,
    vma::{
        fits,
        huge, //
    },
};

impl<'a> Fault<'a> {
    /// Inserts as [`insert_pfn`](Self::insert_pfn) does. If that is a page of 2 MiB, its neighbours
    /// are inserted with it, as far as they belong to the claim, are within the VMA, and are not there
    /// yet.
    ///
    /// So a program that touches all of a large device faults less often. The claim's pages must
    /// follow each other in the VMA as they do in the claim.
    ///
    /// `bytes` is the length of the block that is filled: a power of two, or else it is rounded down
    /// to one. The block is aligned to its length and is filled around what was touched. It is not
    /// longer than what one table of such pages has, 1 GiB. Context: may sleep.
    ///
    /// There is no such C function: `do_fault_around()` in
    /// [`mm/memory.c`](srctree/mm/memory.c) does it for the small pages of files.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Fault,
    ///         VmFault,
    ///         VmaOps, //
    ///     },
    /// };
    ///
    /// struct Pixels {
    ///     claim: MemRegion,
    /// }
    ///
    /// impl VmaOps for Pixels {
    ///     fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
    ///         let page = fault.page_offset();
    ///         fault.insert_pfn(&self.claim, page)
    ///     }
    ///
    ///     fn huge_fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
    ///         let page = fault.page_offset();
    ///         fault.insert_pfn_around(&self.claim, page, 64 << 20)
    ///     }
    /// }
    /// ```
    pub fn insert_pfn_around(self, claim: &'a impl Backing, page: usize, bytes: usize) -> VmFault {
        let state = self.state;
        let answer = self.insert_pfn(claim, page);
        // It was not `wait_and_retry` that consumed the fault, so the lock is still held.
        if answer == VmFault::NoPage {
            Fault::new(state).insert_neighbours(claim, page, bytes);
        }
        answer
    }

    /// Inserts what is around a huge page that has been inserted.
    fn insert_neighbours(self, claim: &'a impl Backing, page: usize, bytes: usize) {
        let size = huge::size();
        // SAFETY: The function returns a constant.
        let table = unsafe { bindings::pmd_table_span() };
        let count = 1usize.checked_shl(self.order()).unwrap_or(0);
        if size == 0 || count.wrapping_mul(PAGE_SIZE) != size {
            return;
        }
        let block = match bytes.min(table).checked_ilog2() {
            Some(log) => 1usize.wrapping_shl(log),
            None => return,
        };

        let vma = (self.vma().start(), self.vma().end());
        for (address, page) in fits::neighbours(size, block, self.address(), page, vma) {
            // It may be before the claim's first page, or after its last.
            let Some(pfn) = backing::pfn(claim, page, count) else {
                continue;
            };
            // SAFETY: As in `insert_huge`, for this huge page. Both the address and the frame are
            // whole huge pages away from those that were inserted there, so they are aligned. The
            // block is within one table, which is that of the fault. What is in it already is left
            // as it is.
            unsafe { bindings::vmf_insert_pfn_pmd_at(self.state.vmf, address, pfn) };
        }
    }
}
