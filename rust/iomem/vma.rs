// SPDX-License-Identifier: GPL-2.0

//! Mapping a claim into a program.
//!
//! # The life of a mapping
//!
//! A program calls `mmap()` on a device node. The kernel sets up a VMA and passes it to the
//! driver's [`CharDevice::mmap`](crate::chardev::CharDevice::mmap) as a [`NewVma`]. The driver
//! looks at what is wanted, refuses it or restricts it, and hands the VMA and a claim to one of
//! the mapping functions, [`NewVma::vm_iomap_memory`] for now. That consumes the VMA and gives a
//! [`Mapped`], which is what `mmap` returns: a VMA is mapped once, and in one way.
//!
//! From then on the VMA belongs to the program, which may split it, copy it with `fork()`, or
//! unmap it. Each VMA keeps the file open; the file keeps the driver's device, which owns the
//! claim. So the claim holds for as long as any program can reach the range.
//!
//! # What this makes impossible
//!
//! The kernel crate's `VmaNew` can be turned into a mixed map (pages that have a `struct page`
//! beside pages that do not), and argues that this is sound because nothing can make a PFN map of
//! it. The functions here make PFN maps. Therefore a [`NewVma`] does not give out the `VmaNew` that
//! it wraps: both flags on one VMA cannot be reached.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use core::marker::PhantomData;

use kernel::{
    error::to_result,
    mm::virt::VmaNew,
    prelude::*, //
};

use crate::{
    bindings,
    resource::MemRegion, //
};

/// How a mapping is cached and ordered, and who may do what with it: a `pgprot_t`.
///
/// It begins as what the VMA's flags give ([`NewVma::page_prot`]) and is then changed:
/// `vma.page_prot().noncached()`.
#[derive(Clone, Copy)]
pub struct PageProt(bindings::pgprot_t);

impl PageProt {
    /// Makes it uncached: each access of the program is one access of the bus, in program order.
    ///
    /// On arm64 this is Device-nGnRnE memory, where an access that is not aligned to its width
    /// faults (`SIGBUS`). On x86 it is UC-minus.
    ///
    /// Corresponds to the C macro `pgprot_noncached()` in
    /// [`include/linux/pgtable.h`](srctree/include/linux/pgtable.h).
    #[must_use]
    pub fn noncached(self) -> Self {
        // SAFETY: The macro computes on a number.
        Self(unsafe { bindings::pgprot_noncached(self.0) })
    }
}

/// A VMA that is being set up by `mmap()`, not mapped yet.
///
/// `'a` is the life of the open file's device: what is mapped has to live as long.
///
/// # Invariants
///
/// `VM_MIXEDMAP` is not set, and nothing has been mapped.
pub struct NewVma<'a> {
    vma: &'a VmaNew,
    // Invariant in `'a`, so that it stays the life of the device and nothing shorter.
    device: PhantomData<fn(&'a ()) -> &'a ()>,
}

/// The proof that a VMA has been mapped: what a driver's `mmap` returns.
pub struct Mapped<'a> {
    device: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> NewVma<'a> {
    /// Wraps a VMA that `->mmap` was called with.
    ///
    /// # Safety
    ///
    /// - `vma` is the one of a running `->mmap` call, and nothing else uses it during `'a`'s part
    ///   of that call.
    /// - What is borrowed for `'a` stays valid until the VMA's file is released.
    pub(crate) unsafe fn from_raw(vma: *mut bindings::vm_area_struct) -> Self {
        // INVARIANT: The core makes VMAs without `VM_MIXEDMAP`, and empty.
        Self {
            // SAFETY: By the requirements the VMA is undergoing initial setup.
            vma: unsafe { VmaNew::from_raw(vma) },
            device: PhantomData,
        }
    }

    /// Returns how many bytes the program asked for: whole pages, not zero.
    #[inline]
    pub fn length(&self) -> usize {
        self.vma.end().wrapping_sub(self.vma.start())
    }

    /// Returns the offset into the file, in pages: `offset / PAGE_SIZE`.
    #[inline]
    pub fn page_offset(&self) -> usize {
        // SAFETY: The VMA is valid and undergoing initial setup, so nothing writes to it.
        unsafe { (*self.vma.as_ptr()).vm_pgoff }
    }

    /// Tells whether the program asked for a shared mapping (`MAP_SHARED`).
    ///
    /// This is `VM_MAYSHARE`: `VM_SHARED` is clear also for a shared mapping of a file that was
    /// opened read-only.
    #[inline]
    pub fn is_shared(&self) -> bool {
        // SAFETY: The VMA is valid, and the function reads its flags.
        unsafe { bindings::vma_may_share(self.vma.as_ptr()) }
    }

    /// Makes sure that the mapping is not executable and never becomes so: `mprotect()` will
    /// refuse it with `EACCES`.
    ///
    /// # Errors
    ///
    /// `EPERM`: the program asked for `PROT_EXEC`.
    pub fn forbid_exec(&self) -> Result {
        self.vma.try_clear_mayexec().map_err(|_| EPERM)
    }

    /// Returns the page protection that the flags of the VMA give, cached as memory is.
    #[inline]
    pub fn page_prot(&self) -> PageProt {
        // SAFETY: The VMA is valid and undergoing initial setup, so nothing writes to it.
        PageProt(unsafe { (*self.vma.as_ptr()).vm_page_prot })
    }

    /// Maps a claim into the program, the whole VMA at once, so that it never faults.
    ///
    /// The VMA shows the claim from page [`page_offset`](Self::page_offset) on. It is marked as I/O
    /// (`VM_IO`, `VM_PFNMAP`), does not grow with `mremap()` and is left out of core dumps.
    /// Context: called from `->mmap`; may sleep.
    ///
    /// Corresponds to the C function `vm_iomap_memory()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the VMA is longer than what the claim has from the offset on, or the claim does
    ///   not begin and end at page boundaries: its pages would show what is next to it.
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
    pub fn vm_iomap_memory(self, claim: &'a MemRegion, prot: PageProt) -> Result<Mapped<'a>> {
        let range = claim.range();
        if !range.is_page_aligned() {
            return Err(EINVAL);
        }
        let length = usize::try_from(range.length()).map_err(|_| EINVAL)?;
        let vma = self.vma.as_ptr();

        // SAFETY: The VMA is undergoing initial setup and `self` is the only user of it, so it may
        // be written to. The protection was made from the VMA's own.
        unsafe { (*vma).vm_page_prot = prot.0 };

        // SAFETY: The VMA is undergoing initial setup, is empty and is not a mixed map, by the type
        // invariant. The function checks offset and length. The range is claimed for `'a`, which
        // lasts until the VMA's file is released, so for as long as the VMA.
        to_result(unsafe { bindings::vm_iomap_memory(vma, range.start(), length) })?;

        Ok(Mapped {
            device: PhantomData,
        })
    }
}
