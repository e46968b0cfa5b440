// SPDX-License-Identifier: GPL-2.0

//! Faults: a page that a program touched and that is not there.

use core::{
    cell::Cell,
    marker::PhantomData, //
};

use kernel::page::{
    PAGE_SHIFT,
    PAGE_SIZE, //
};

use super::{
    backing,
    huge,
    Area,
    Backing,
    PageProt, //
};
use crate::bindings;

mod around;

/// The answer to a fault: a `vm_fault_t`.
///
/// # Examples
///
/// ```no_run
/// use iomem::vma::{
///     Fault,
///     VmFault, //
/// };
///
/// fn read_only(fault: &Fault<'_>) -> Option<VmFault> {
///     fault.is_write().then_some(VmFault::Sigbus)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmFault {
    /// The page is there now, or was already: the program tries again.
    NoPage,
    /// There is nothing at that address: the program gets `SIGBUS`.
    Sigbus,
    /// There is no memory for page tables.
    Oom,
    /// The program is to try again: what [`Fault::wait_and_retry`] says.
    Retry,
    /// A huge page does not fit here: try a smaller one. There is none smaller than a page, so from
    /// [`VmaOps::fault`](super::VmaOps::fault) it is the same as [`VmFault::Sigbus`].
    Fallback,
}

impl VmFault {
    /// Reads what one of the inserting functions returned.
    fn from_raw(answer: bindings::vm_fault_t) -> Self {
        match answer {
            bindings::vm_fault_reason_VM_FAULT_NOPAGE => Self::NoPage,
            bindings::vm_fault_reason_VM_FAULT_OOM => Self::Oom,
            bindings::vm_fault_reason_VM_FAULT_FALLBACK => Self::Fallback,
            _ => Self::Sigbus,
        }
    }
}

/// What is known of a fault while it is handled; on the stack of the C entry point.
///
/// # Invariants
///
/// - `vmf` is that of a fault at a page of 2^`order` pages, in a VMA that has `VM_PFNMAP`, not
///   `VM_MIXEDMAP`, and is no copy-on-write mapping. Until `retry` is set, a lock is held that keeps
///   the VMA.
/// - `retry` is set if, and only if, `VM_FAULT_RETRY` is what the core has to be told.
pub(super) struct State {
    vmf: *mut bindings::vm_fault,
    order: u32,
    retry: Cell<bool>,
}

impl State {
    /// # Safety
    ///
    /// `vmf` is as the type invariant says, during the life of the value.
    pub(super) unsafe fn new(vmf: *mut bindings::vm_fault, order: u32) -> Self {
        // INVARIANT: By the requirements.
        Self {
            vmf,
            order,
            retry: Cell::new(false),
        }
    }

    /// Turns the handler's answer into what the core may be told.
    ///
    /// `VM_FAULT_RETRY` says that the lock has been let go of, so it has to be said when that is so,
    /// and must not be said otherwise: trying again with the lock held is `VM_FAULT_NOPAGE`. The
    /// core does not know `VM_FAULT_FALLBACK` as the answer to the fault of a single page.
    pub(super) fn answer(&self, answer: VmFault) -> bindings::vm_fault_t {
        if self.retry.get() {
            return bindings::vm_fault_reason_VM_FAULT_RETRY;
        }
        match answer {
            VmFault::NoPage | VmFault::Retry => bindings::vm_fault_reason_VM_FAULT_NOPAGE,
            VmFault::Oom => bindings::vm_fault_reason_VM_FAULT_OOM,
            VmFault::Fallback if self.order != 0 => bindings::vm_fault_reason_VM_FAULT_FALLBACK,
            VmFault::Fallback | VmFault::Sigbus => bindings::vm_fault_reason_VM_FAULT_SIGBUS,
        }
    }
}

/// A page that a program touched and that is not there, to be answered once.
///
/// `'a` is how long what is inserted has to live: the life of the VMA's operations, or, within
/// [`Lease::fault`](super::Lease::fault), that of what is leased.
///
/// Corresponds to the C structure `vm_fault` in
/// [`include/linux/mm.h`](srctree/include/linux/mm.h).
///
/// # Examples
///
/// See [`VmaOps`](super::VmaOps).
pub struct Fault<'a> {
    state: &'a State,
    // Invariant in `'a`, so that it stays what it was made for and nothing shorter.
    claim: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> Fault<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            state,
            claim: PhantomData,
        }
    }

    /// The same fault, for what lives shorter.
    pub(super) fn shorten<'t>(self) -> Fault<'t>
    where
        'a: 't,
    {
        Fault::new(self.state)
    }

    fn vmf(&self) -> &bindings::vm_fault__bindgen_ty_1 {
        // SAFETY: By the type invariant of `State` it is valid, and a `Fault` is consumed before the
        // lock is let go of. This part of the structure does not change.
        unsafe { &(*self.state.vmf).__bindgen_anon_1 }
    }

    pub(super) fn vma_ptr(&self) -> *mut bindings::vm_area_struct {
        self.vmf().vma
    }

    /// Returns the VMA that the address is in.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(fault: &iomem::vma::Fault<'_>) -> usize {
    /// fault.address() - fault.vma().start()
    /// # }
    /// ```
    pub fn vma(&self) -> Area<'_> {
        // SAFETY: A lock that keeps the VMA is held as long as the `Fault` exists.
        unsafe { Area::from_raw(self.vma_ptr()) }
    }

    /// Returns the address in the program that was touched, rounded down to its page.
    ///
    /// # Examples
    ///
    /// See [`Fault::vma`].
    pub fn address(&self) -> usize {
        self.vmf().address & !(PAGE_SIZE - 1)
    }

    /// Returns the offset into the file of the page that was touched, in pages.
    ///
    /// # Examples
    ///
    /// See [`VmaOps`](super::VmaOps).
    pub fn page_offset(&self) -> usize {
        self.vmf().pgoff
    }

    /// Tells whether the program wrote, or else read.
    ///
    /// # Examples
    ///
    /// See [`VmFault`].
    pub fn is_write(&self) -> bool {
        // SAFETY: As in `vmf` above.
        let flags = unsafe { (*self.state.vmf).flags };
        flags & bindings::fault_flag_FAULT_FLAG_WRITE != 0
    }

    /// Returns the size of the page that is asked for: 2^order pages of the smallest size. 0 in
    /// [`VmaOps::fault`](super::VmaOps::fault); of 4 KiB pages, 9 for 2 MiB and 18 for 1 GiB,
    /// which the kernel asks for first.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(fault: &iomem::vma::Fault<'_>) -> bool {
    /// use kernel::page::PAGE_SIZE;
    ///
    /// PAGE_SIZE << fault.order() >= 0x4000_0000
    /// # }
    /// ```
    pub fn order(&self) -> u32 {
        self.state.order
    }

    /// Returns a page protection to begin with, for [`insert_pfn_prot`](Self::insert_pfn_prot): cached
    /// as memory is, whatever that of the VMA is.
    ///
    /// # Examples
    ///
    /// See [`Fault::insert_pfn_prot`].
    pub fn page_prot(&self) -> PageProt {
        PageProt::CACHED
    }

    /// Inserts the claim's page number `page` at the address that was touched.
    ///
    /// In [`VmaOps::huge_fault`](super::VmaOps::huge_fault) it inserts the huge page around both. The
    /// answer is `Fallback` if that huge page would leave the VMA or the claim, if the address and
    /// the claim's physical address are not aligned alike, where the architecture has none, on Linux 7.2
    /// with `CONFIG_NUMA`, whose `mbind()` takes such a page for memory, or for 1 GiB: the kernel cannot
    /// split such a page when `munmap()`, `mprotect()` or `mremap()` splits its VMA.
    ///
    /// The answer is `Sigbus` if there is no such page in the claim, or if the claim does not begin
    /// and end at page boundaries. Context: may sleep.
    ///
    /// Where something is there already, that stays: the answer is `NoPage`, whatever page it is. As
    /// with [`NewVma::io_remap_pfn_range`](super::NewVma::io_remap_pfn_range), the pages are never
    /// taken for encrypted memory.
    ///
    /// Corresponds to the C functions `vmf_insert_pfn()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h) and `vmf_insert_pfn_pmd()` in
    /// [`include/linux/huge_mm.h`](srctree/include/linux/huge_mm.h).
    ///
    /// # Examples
    ///
    /// See [`VmaOps`](super::VmaOps).
    pub fn insert_pfn(self, claim: &'a impl Backing, page: usize) -> VmFault {
        if self.order() != 0 {
            return self.insert_huge(claim, page);
        }
        // SAFETY: A lock that keeps the VMA's fields from changing is held.
        let prot = unsafe { (*self.vma_ptr()).vm_page_prot };
        self.insert_page(claim, page, prot)
    }

    /// Inserts the claim's page number `page`, cached as `prot` says.
    ///
    /// Only single pages can be cached differently from the rest of their VMA: in
    /// [`VmaOps::huge_fault`](super::VmaOps::huge_fault) the answer is `Fallback`. On arm64
    /// `mprotect()` gives every page that is there the mode of its VMA, so what must not be seen in
    /// that mode belongs in a VMA of its own. Otherwise as [`insert_pfn`](Self::insert_pfn).
    ///
    /// Corresponds to the C function `vmf_insert_pfn_prot()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Fault,
    ///         VmFault, //
    ///     },
    /// };
    ///
    /// /// The first page has registers, the rest are pixels.
    /// fn fault<'a>(claim: &'a MemRegion, fault: Fault<'a>) -> VmFault {
    ///     let page = fault.page_offset();
    ///     let prot = fault.page_prot();
    ///     let prot = if page == 0 { prot.noncached() } else { prot.writecombine() };
    ///     fault.insert_pfn_prot(claim, page, prot)
    /// }
    /// ```
    pub fn insert_pfn_prot(self, claim: &'a impl Backing, page: usize, prot: PageProt) -> VmFault {
        if self.order() != 0 {
            return VmFault::Fallback;
        }
        // SAFETY: `of` reads the VMA's protection, which the lock that is held keeps from changing.
        let prot = unsafe { prot.of(self.vma_ptr()) };
        self.insert_page(claim, page, prot)
    }

    fn insert_page(
        self,
        claim: &'a impl Backing,
        page: usize,
        prot: bindings::pgprot_t,
    ) -> VmFault {
        let Some(pfn) = backing::pfn(claim, page, 1) else {
            return VmFault::Sigbus;
        };

        let vma = self.vma_ptr();
        // SAFETY: By the invariants of `State` the VMA is a PFN map and neither mixed nor
        // copy-on-write, and a lock is held that keeps it. The address is within it. The frame
        // belongs to the claim, which lasts for `'a`: until the VMA is closed, or until it has been
        // zapped for good. The protection was made from the VMA's own flags.
        VmFault::from_raw(unsafe {
            bindings::io_vmf_insert_pfn_prot(vma, self.address(), pfn, prot)
        })
    }

    fn insert_huge(self, claim: &'a impl Backing, page: usize) -> VmFault {
        let count = 1usize.checked_shl(self.order()).unwrap_or(0);
        let size = count.wrapping_mul(PAGE_SIZE);
        let Some(mask) = size.checked_sub(1).filter(|_| size == huge::size()) else {
            return VmFault::Fallback;
        };
        let base = self.address() & !mask;
        // The last byte of the huge page, so that nothing has to be added up to the end.
        let last = self.address() | mask;
        let vma = self.vma();
        if base < vma.start() || last >= vma.end() {
            return VmFault::Fallback;
        }

        let before = self.address().wrapping_sub(base) >> PAGE_SHIFT;
        let Some(pfn) = page
            .checked_sub(before)
            .and_then(|first| backing::pfn(claim, first, count))
        else {
            return VmFault::Fallback;
        };
        if pfn & count.wrapping_sub(1) != 0 {
            return VmFault::Fallback;
        }

        // SAFETY: As in `insert_page` above, for the whole of the huge page: it is within the
        // VMA, and all of its frames belong to the claim. The core asked for this order, so there is
        // nothing at that level of the page table yet.
        VmFault::from_raw(unsafe {
            bindings::vmf_insert_pfn_order(self.state.vmf, pfn, self.order())
        })
    }

    /// Waits for something, without the lock where that can be, and has the program try again.
    ///
    /// A fault is handled with a lock held that others need, to `mmap()` and `munmap()` for example.
    /// `wait` is called after it has been let go of. Then the VMA may be gone, which is why this
    /// consumes the fault. When the program tries again and faults again, or where the lock cannot be
    /// let go of, `wait` is called with the lock held. Where waiting is not wanted at all, `wait` is
    /// not called. Context: may sleep.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::vma::{
    ///     Fault,
    ///     VmFault, //
    /// };
    /// use kernel::sync::Completion;
    ///
    /// fn until_ready(fault: Fault<'_>, ready: &Completion) -> VmFault {
    ///     fault.wait_and_retry(|| ready.wait_for_completion())
    /// }
    /// ```
    pub fn wait_and_retry(self, wait: impl FnOnce()) -> VmFault {
        let vmf = self.state.vmf;
        // SAFETY: By the type invariant of `State` it is valid: the lock is still held.
        let flags = unsafe { (*vmf).flags };
        let nowait = bindings::fault_flag_FAULT_FLAG_ALLOW_RETRY
            | bindings::fault_flag_FAULT_FLAG_RETRY_NOWAIT;
        if flags & nowait == nowait {
            // INVARIANT: With this flag `VM_FAULT_RETRY` means that the lock is still held, as it is.
            self.state.retry.set(true);
            return VmFault::Retry;
        }

        // SAFETY: The lock is still held, so the fault that the function reads is the running one's.
        if !unsafe { bindings::fault_may_unlock(vmf) } {
            wait();
            return VmFault::Retry;
        }

        // SAFETY: The lock is held and may be let go of. `vmf` is not used from now on: `self` is
        // consumed, and `retry` is set. The file that it returns keeps this code loaded.
        let file = unsafe { bindings::fault_unlock(vmf) };
        // INVARIANT: The lock has just been let go of.
        self.state.retry.set(true);
        wait();
        // SAFETY: The reference is the one that `fault_unlock` took. Were it the last one, the file
        // would be released when this task leaves the kernel.
        unsafe { bindings::fput(file) };
        VmFault::Retry
    }
}
