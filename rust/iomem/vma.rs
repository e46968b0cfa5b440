// SPDX-License-Identifier: GPL-2.0

//! Mapping a claim into a program, and taking it back.
//!
//! # The life of a mapping
//!
//! A program calls `mmap()` on a device node. The kernel sets up a VMA and passes it to the
//! driver's [`CharDevice::mmap`](crate::chardev::CharDevice::mmap) as a [`NewVma`]. The driver
//! looks at what is wanted, refuses it or restricts it, and then maps it, which consumes the VMA and
//! gives a [`Mapped`]; that is what `mmap` returns. So a VMA is mapped once, and in one way:
//!
//! - *at once*, so that it never faults later: [`NewVma::vm_iomap_memory`],
//!   [`NewVma::remap_pfn_range`], [`NewVma::io_remap_pfn_range`];
//! - *at fault time*, each page when it is first touched, or 2 MiB of them:
//!   [`NewVma::map_on_fault`], with [`VmaOps::fault`].
//!
//! From then on the VMA belongs to the program, which may split it, copy it with `fork()`, or
//! unmap it. Each VMA keeps the file open; the file keeps the driver's device, which owns the
//! claim. So the claim holds for as long as any program can reach the range.
//!
//! A device that can go away before its files do puts its claims into a [`Lease`]: when that is
//! revoked, every mapping is gone at once and the claims can be released.
//!
//! | item | what it is for |
//! |---|---|
//! | [`NewVma`], [`Mapped`] | a VMA to be mapped; the proof that it has been |
//! | [`PageProt`], [`WcReservation`] | how it is cached |
//! | [`VmaOps`], [`Area`] | what happens to it later: `struct vm_operations_struct` |
//! | [`Fault`], [`VmFault`] | a page that is not there yet, and the answer |
//! | [`Access`], [`Accessed`] | a debugger looks at it: `ptrace`, `/proc/<pid>/mem`; the proof that it was given something |
//! | [`Lease`], [`AddressSpace`] | taking mappings back |
//!
//! # What this makes impossible
//!
//! The kernel crate's `VmaNew` can be turned into a mixed map (pages that have a `struct page`
//! beside pages that do not), and argues that this is sound because nothing can make a PFN map of
//! it. The functions here make PFN maps. Therefore a [`NewVma`] does not give out the `VmaNew` that
//! it wraps: both flags on one VMA cannot be reached.
//!
//! A private writable mapping of a device would be a copy of its registers from the first write on.
//! No function here makes one.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use core::marker::PhantomData;

use kernel::{
    mm::virt::VmaNew,
    prelude::*,
    sync::Arc, //
};

use crate::bindings;

mod access;
mod align;
mod area;
mod backing;
mod copied;
mod eager;
mod fault;
mod fits;
mod huge;
mod lease;
mod ops;
mod prot;
mod space;

pub use self::{
    access::{
        Access,
        Accessed, //
    },
    area::Area,
    backing::Backing,
    fault::{
        Fault,
        VmFault, //
    },
    lease::{
        Lease,
        LeaseGuard, //
    },
    ops::VmaOps,
    prot::{
        PageProt,
        WcReservation,
        EXCLUSIVE_CACHE_MODES, //
    },
    space::AddressSpace, //
};

pub(crate) use self::align::get_unmapped_area;

use self::ops::{
    Filled,
    Operated, //
};

/// A VMA that is being set up by `mmap()`, not mapped yet.
///
/// `'a` is how long what is mapped has to live: the life of the open file's device, or, within
/// [`Lease::mmap`], that of what is leased. Context: there is one only while `->mmap` runs, where all
/// of its methods may sleep.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// - `VM_MIXEDMAP` is not set, and nothing has been mapped.
/// - The VMA's operations and private data are those of `ops`, if there are any.
///
/// # Examples
///
/// ```no_run
/// use iomem::vma::NewVma;
///
/// fn check(vma: &NewVma<'_>) -> Result {
///     if !vma.is_shared() || vma.page_offset() != 0 || vma.length() > 0x1000 {
///         return Err(EINVAL);
///     }
///     vma.forbid_exec()
/// }
/// ```
pub struct NewVma<'a> {
    vma: &'a VmaNew,
    ops: Option<Operated>,
    // Invariant in `'a`, so that it stays the life of the device and nothing shorter.
    device: PhantomData<fn(&'a ()) -> &'a ()>,
}

/// The proof that a VMA has been mapped: what a driver's `mmap` returns.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `VM_PFNMAP` is set on the VMA, and it is no copy-on-write mapping.
///
/// # Examples
///
/// See [`NewVma::vm_iomap_memory`].
pub struct Mapped<'a> {
    ops: Option<Operated>,
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
    /// - If a [`Mapped`] comes of it, either [`Mapped::finish`] is called and `->mmap` succeeds, or
    ///   `->mmap` fails.
    pub(crate) unsafe fn from_raw(vma: *mut bindings::vm_area_struct) -> Self {
        // INVARIANT: The core makes VMAs without `VM_MIXEDMAP`, empty, and without a driver's
        // operations.
        Self {
            // SAFETY: By the requirements the VMA is undergoing initial setup.
            vma: unsafe { VmaNew::from_raw(vma) },
            ops: None,
            device: PhantomData,
        }
    }

    fn as_ptr(&self) -> *mut bindings::vm_area_struct {
        self.vma.as_ptr()
    }

    fn start(&self) -> usize {
        self.vma.start()
    }

    /// Returns how many bytes the program asked for: whole pages, not zero.
    ///
    /// # Examples
    ///
    /// See [`NewVma`].
    #[inline]
    pub fn length(&self) -> usize {
        self.vma.end().wrapping_sub(self.vma.start())
    }

    /// Returns the offset into the file, in pages: `offset / PAGE_SIZE`.
    ///
    /// # Examples
    ///
    /// See [`NewVma`].
    #[inline]
    pub fn page_offset(&self) -> usize {
        // SAFETY: The VMA is valid and undergoing initial setup, so nothing writes to it.
        unsafe { (*self.vma.as_ptr()).vm_pgoff }
    }

    /// Tells whether the program asked for a shared mapping (`MAP_SHARED`).
    ///
    /// This is `VM_MAYSHARE`: `VM_SHARED` is clear also for a shared mapping of a file that was
    /// opened read-only.
    ///
    /// # Examples
    ///
    /// See [`NewVma`].
    #[inline]
    pub fn is_shared(&self) -> bool {
        // SAFETY: The VMA is valid, and the function reads its flags.
        unsafe { bindings::vma_may_share(self.vma.as_ptr()) }
    }

    /// Makes sure that the mapping is not executable and never becomes so: `mprotect()` will
    /// refuse it with `EACCES`.
    ///
    /// For a program of the personality `READ_IMPLIES_EXEC` the kernel itself asks for `PROT_EXEC`
    /// with each `PROT_READ`, before the driver sees it. What the program asked for cannot be told
    /// then, so the mapping is made, and is not executable.
    ///
    /// # Errors
    ///
    /// `EPERM`: the program asked for `PROT_EXEC`.
    ///
    /// # Examples
    ///
    /// See [`NewVma`].
    pub fn forbid_exec(&self) -> Result {
        if self.vma.try_clear_mayexec().is_ok() {
            return Ok(());
        }
        // SAFETY: The current task is valid, and only it changes its personality.
        let personality = unsafe { (*kernel::current!().as_ptr()).personality };
        if personality & bindings::READ_IMPLIES_EXEC == 0 {
            return Err(EPERM);
        }
        // SAFETY: The VMA is undergoing initial setup, and `self` is the only user of it, so its flags
        // may be cleared. The protection of its pages is taken from them later.
        unsafe { bindings::vma_clear_exec(self.as_ptr()) };
        Ok(())
    }

    /// Makes sure that the mapping is not writable and never becomes so: `mprotect()` will refuse it
    /// with `EACCES`.
    ///
    /// # Errors
    ///
    /// `EACCES`: the program asked for `PROT_WRITE`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::{resource::MemRegion, vma::{Mapped, NewVma}};
    /// fn mmap<'a>(claim: &'a MemRegion, vma: NewVma<'a>) -> Result<Mapped<'a>> {
    ///     vma.forbid_write()?;
    ///     let prot = vma.page_prot().noncached();
    ///     vma.vm_iomap_memory(claim, prot)
    /// }
    /// ```
    pub fn forbid_write(&self) -> Result {
        self.vma.try_clear_maywrite().map_err(|_| EACCES)
    }

    /// Tells whether the program may write to it now or, after `mprotect()`, later. Of a shared
    /// mapping: whether the file was opened for writing, as long as the driver has not called
    /// [`forbid_write`](Self::forbid_write).
    ///
    /// This is `VM_MAYWRITE`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(vma: &iomem::vma::NewVma<'_>) -> Result {
    /// // What excludes others is not for those who may only look.
    /// if !vma.may_be_written() {
    ///     return Err(EACCES);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn may_be_written(&self) -> bool {
        // SAFETY: The VMA is valid by the type invariant; `VM_MAYWRITE` is read, and nothing written.
        unsafe { bindings::vma_may_write(self.vma.as_ptr()) }
    }

    /// Returns the page protection to begin with: cached as memory is.
    ///
    /// # Examples
    ///
    /// See [`PageProt`].
    #[inline]
    pub fn page_prot(&self) -> PageProt {
        PageProt::CACHED
    }

    /// Gives the VMA operations: those of `ops` are called about it until it is unmapped. If their code is
    /// in another module than that of the node, mapping it fails with `EINVAL`: see [`VmaOps`].
    ///
    /// The VMA takes the reference, and every VMA that comes of it by `fork()`, by a split or by
    /// `mremap()` takes one more. It is still to be mapped. Giving operations twice drops the first
    /// ones.
    ///
    /// Corresponds to setting `vm_ops` and `vm_private_data` in C.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Mapped,
    ///         NewVma,
    ///         VmaOps, //
    ///     },
    /// };
    /// use kernel::sync::Arc;
    ///
    /// fn mmap<'a, T: VmaOps>(
    ///     claim: &'a MemRegion,
    ///     ops: Arc<T>,
    ///     vma: NewVma<'a>,
    /// ) -> Result<Mapped<'a>> {
    ///     let prot = vma.page_prot().noncached();
    ///     vma.with_ops(ops).vm_iomap_memory(claim, prot)
    /// }
    /// ```
    #[must_use]
    pub fn with_ops<T: VmaOps>(self, ops: Arc<T>) -> Self {
        self.operated(ops, Filled::AtOnce)
    }

    fn operated<T: VmaOps>(mut self, ops: Arc<T>, filled: Filled) -> Self {
        // What was there before is taken away first, since it puts back what it found.
        self.ops = None;
        // SAFETY: The VMA is undergoing initial setup and `self` is the only user of it.
        // INVARIANT: Operations and private data are those of the new `ops`.
        self.ops = Some(unsafe { Operated::new(self.as_ptr(), ops, filled) });
        self
    }

    /// Leaves the VMA empty, for `ops` to fill when it is touched: [`VmaOps::fault`] and
    /// [`VmaOps::huge_fault`].
    ///
    /// It is marked as by [`vm_iomap_memory`](Self::vm_iomap_memory). `prot` is what the pages get
    /// that [`Fault::insert_pfn`] inserts. Context: called from `->mmap`.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the mapping is private and writable; or the code of `ops` is in another module than
    /// that of the node.
    ///
    /// # Examples
    ///
    /// See [`VmaOps`].
    pub fn map_on_fault<T: VmaOps>(self, ops: Arc<T>, prot: PageProt) -> Result<Mapped<'a>> {
        let this = self.operated(ops, Filled::OnFault);
        this.prepare(prot)?;
        // SAFETY: The VMA is undergoing initial setup and `this` is the only user of it. By the type
        // invariant it is not a mixed map.
        unsafe { bindings::vma_set_pfnmap(this.as_ptr()) };
        Ok(this.into_mapped())
    }

    /// Sets how it is cached, after making sure that it is no copy-on-write mapping, and that its
    /// operations stay as long as it does.
    ///
    /// Set in the VMA itself: that is where `mprotect()` takes it from.
    fn prepare(&self, prot: PageProt) -> Result {
        let vma = self.as_ptr();
        // SAFETY: By the type invariant the VMA is valid; the function only reads its flags.
        if unsafe { bindings::vma_is_cow(vma) } {
            return Err(EINVAL);
        }
        if let Some(ops) = &self.ops {
            ops.check_owner()?;
        }
        // SAFETY: The VMA is undergoing initial setup and `self` is the only user of it, so it may
        // be written to.
        unsafe { (*vma).vm_page_prot = prot.of(vma) };
        Ok(())
    }

    /// To be called when the VMA has been mapped, after [`Self::prepare`].
    fn into_mapped(mut self) -> Mapped<'a> {
        // While the driver still holds what it mapped it under.
        if let Some(ops) = &mut self.ops {
            ops.open();
        }
        // INVARIANT: Mapping it has set `VM_PFNMAP`; `prepare` has looked at the flags.
        Mapped {
            ops: self.ops,
            device: PhantomData,
        }
    }
}

impl Mapped<'_> {
    /// Leaves the VMA to the program, and its operations with it: `->mmap` is about to succeed.
    pub(crate) fn finish(self) {
        if let Some(ops) = self.ops {
            ops.finish();
        }
    }
}
