// SPDX-License-Identifier: GPL-2.0

//! VMA operations: what a driver is told of a mapping after `mmap()`.

use core::marker::PhantomData;

use kernel::{
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
    types::ForeignOwnable, //
};

use super::{
    copied,
    fault::State,
    Access,
    Accessed,
    Area,
    Fault,
    VmFault, //
};
use crate::{
    bindings,
    owner, //
};

/// What happens to a VMA after `mmap()`: a `struct vm_operations_struct` and its private data.
///
/// The value is held by an [`Arc`], of which each VMA has a reference. A VMA can become several: by
/// `fork()`, which copies it, by `munmap()` or `mprotect()` of a part, which split it, and by
/// `mremap()`, which moves it. They all share the value; the last one to be closed drops its last
/// reference.
///
/// A VMA keeps its file, and the file the module that has the node. So the operations have to be of the
/// same module, or mapping fails: another one could be unloaded while the VMA is there.
///
/// What a handler puts into the program has to be borrowed from the value itself, for `'a`: a claim
/// that the value owns cannot end before its pages are gone. Claims that are to end earlier belong
/// in a [`Lease`](super::Lease).
///
/// Corresponds to the C structure `vm_operations_struct` in
/// [`include/linux/mm.h`](srctree/include/linux/mm.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     resource::MemRegion,
///     vma::{
///         Area,
///         Fault,
///         Mapped,
///         NewVma,
///         VmFault,
///         VmaOps, //
///     },
/// };
/// use kernel::sync::Arc;
///
/// struct Screen {
///     pixels: MemRegion,
/// }
///
/// impl VmaOps for Screen {
///     fn open(&self, vma: &Area<'_>) {
///         pr_info!("mapped at {:#x}\n", vma.start());
///     }
///
///     fn close(&self, vma: &Area<'_>) {
///         pr_info!("no longer mapped at {:#x}\n", vma.start());
///     }
///
///     fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
///         let page = fault.page_offset();
///         fault.insert_pfn(&self.pixels, page)
///     }
///
///     // The same, for as many pages at once as fit.
///     fn huge_fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
///         self.fault(fault)
///     }
/// }
///
/// fn mmap<'a>(screen: &Arc<Screen>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
///     let prot = vma.page_prot().writecombine();
///     vma.map_on_fault(screen.clone(), prot)
/// }
/// ```
pub trait VmaOps: Send + Sync + Sized + 'static {
    /// There is a VMA more: `mmap()` made it, or it comes of another one.
    ///
    /// Unlike in C, it is called for the first one too, by the function that maps it, as
    /// [`NewVma::vm_iomap_memory`](super::NewVma::vm_iomap_memory), before that returns: each call of
    /// [`close`](Self::close) has one of this before it. If `mmap()` fails after that, the
    /// [`Mapped`](super::Mapped) is dropped, which calls `close`. Context: may sleep; the program's
    /// `mmap_lock` is held for writing, and what the driver holds when it maps.
    fn open(&self, _vma: &Area<'_>) {}

    /// There is a VMA less: it has been unmapped, or its program ended. Its pages are gone already.
    /// Context: may sleep; the program's `mmap_lock` is held, for writing or, by `munmap()`, for
    /// reading.
    fn close(&self, _vma: &Area<'_>) {}

    /// The VMA is about to be split at `address`, which is within it. Context: may sleep; the
    /// program's `mmap_lock` is held for writing.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `munmap()`, `mprotect()` or `mremap()` fails with.
    fn may_split(&self, _vma: &Area<'_>, _address: usize) -> Result {
        Ok(())
    }

    /// The program touched a page that is not there. The default is [`VmFault::Sigbus`].
    ///
    /// Context: may sleep; the program's `mmap_lock` or the VMA's own lock is held for reading.
    /// Other faults of the same VMA are handled at the same time. What is locked here must not be
    /// held while a program's memory is accessed: that can fault.
    fn fault<'a>(&'a self, _fault: Fault<'a>) -> VmFault {
        VmFault::Sigbus
    }

    /// The program touched a page that is not there, and all of a huge page around it could be
    /// inserted. The default is [`VmFault::Fallback`]: [`fault`](Self::fault) is called next.
    ///
    /// The kernel asks for the largest first: 1 GiB on x86, then 2 MiB. [`Fault::insert_pfn`] says
    /// `Fallback` by itself to 1 GiB, and where it does not fit or the kernel has none, so the body of this can
    /// be that of `fault`, and that is needed as well.
    /// It is called only for a VMA that is [mapped on fault](super::NewVma::map_on_fault). `fork()` copies
    /// no huge page and `mremap()` moves none: the programs fault again.
    /// Context: as `fault`.
    fn huge_fault<'a>(&'a self, _fault: Fault<'a>) -> VmFault {
        VmFault::Fallback
    }

    /// A debugger reads or writes what is mapped: `ptrace()`, `/proc/<pid>/mem`. Returns what
    /// [`Access::region`] or [`Access::done`] gave.
    ///
    /// It is not called for what the program itself has no right to at present: the debugger gets `EIO`.
    ///
    /// The kernel calls it on architectures with `CONFIG_HAVE_IOREMAP_PROT`, such as x86 and arm64,
    /// again and again until it has all that the debugger asked for. A handler that looks for a
    /// fatal signal therefore ends a long transfer. Context: may sleep; the program's `mmap_lock` is
    /// held for reading.
    ///
    /// # Errors
    ///
    /// Any one: the debugger gets `EIO`. That is the default.
    fn access<'a>(&self, _access: Access<'a>) -> Result<Accessed<'a>> {
        Err(EIO)
    }

    /// Returns the name of the VMA, if it is to have one.
    ///
    /// The kernel asks for it when it dumps core: a VMA with a name is part of the dump, as a hole
    /// of its length since its pages cannot be read. `/proc/<pid>/maps` shows the node's path for
    /// every VMA that has a file, as those of devices have, and asks for this name for the others.
    /// Context: any.
    fn name(&self, _vma: &Area<'_>) -> Option<&CStr> {
        None
    }
}

/// How the pages of a VMA get there.
pub(super) enum Filled {
    /// By `->mmap`, small ones. What is taken out later is inserted again only if the driver does so.
    AtOnce,
    /// By faults, over and over: small ones and huge ones.
    OnFault,
}

/// Operations that have been given to a VMA in `->mmap`, which has not succeeded yet.
///
/// Dropping it takes them away again: when `->mmap` fails, the core forgets the operations without
/// calling any, so the reference would be lost.
///
/// # Invariants
///
/// - `vma` is being set up, and nothing else uses it. It has a file.
/// - Its `vm_ops` and `vm_private_data` are as [`Operated::new`] set them for the type that `open`,
///   `close` and `take` are made for.
/// - `is_open` says whether `open` has been called, without `close` after it.
pub(super) struct Operated {
    vma: *mut bindings::vm_area_struct,
    previous: *const bindings::vm_operations_struct,
    open: unsafe fn(*mut bindings::vm_area_struct),
    close: unsafe fn(*mut bindings::vm_area_struct),
    take: unsafe fn(*mut bindings::vm_area_struct),
    is_open: bool,
}

impl Operated {
    /// Gives operations to a VMA, and a reference to `ops`.
    ///
    /// # Safety
    ///
    /// `vma` is being set up by `->mmap`, has no private data, and nothing else uses it as long as
    /// the value exists. It has a file. If [`Self::finish`] is called, [`Self::check_owner`] has been
    /// successful, `VM_PFNMAP` is set on it by then, it is no copy-on-write mapping, and `->mmap`
    /// succeeds.
    pub(super) unsafe fn new<T: VmaOps>(
        vma: *mut bindings::vm_area_struct,
        ops: Arc<T>,
        filled: Filled,
    ) -> Self {
        // SAFETY: By the requirements the VMA may be written to.
        let previous = unsafe {
            let previous = (*vma).vm_ops;
            (*vma).vm_ops = match filled {
                Filled::AtOnce => Vtable::<T>::AT_ONCE,
                Filled::OnFault => Vtable::<T>::ON_FAULT,
            };
            (*vma).vm_private_data = ops.into_foreign();
            previous
        };
        // INVARIANT: Both have just been set, for `T`; nothing has been called.
        Self {
            vma,
            previous,
            open: Vtable::<T>::first,
            close: Vtable::<T>::last,
            take: Vtable::<T>::take,
            is_open: false,
        }
    }

    /// Checks that the file keeps the operations' code.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it does not: they are in another module than the file's.
    pub(super) fn check_owner(&self) -> Result {
        // SAFETY: By the type invariant the VMA has a file. One that is open has operations, and keeps
        // their owner loaded.
        let is_kept = unsafe {
            let owner = (*(*(*self.vma).vm_file).f_op).owner;
            owner::has(owner, self.close as usize)
        };
        is_kept.then_some(()).ok_or(EINVAL)
    }

    /// Tells the operations of the VMA, which has been mapped.
    pub(super) fn open(&mut self) {
        // SAFETY: By the type invariant the VMA is valid, and has the operations of the type that
        // `open` is made for.
        unsafe { (self.open)(self.vma) };
        // INVARIANT: It has just been called.
        self.is_open = true;
    }

    /// Leaves the operations to the VMA.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl Drop for Operated {
    fn drop(&mut self) {
        if self.is_open {
            // SAFETY: As in `open` above.
            unsafe { (self.close)(self.vma) };
        }
        // SAFETY: By the type invariant the VMA is valid and may be written to, and its private data
        // is a reference of the type that `take` is made for, which has not been taken.
        unsafe {
            (self.take)(self.vma);
            (*self.vma).vm_private_data = core::ptr::null_mut();
            (*self.vma).vm_ops = self.previous;
        }
    }
}

/// The operations of a [`VmaOps`], for C to call.
///
/// `vm_private_data` of a VMA that has them is a reference that [`Arc::into_foreign`] gave: put
/// there by [`Operated::new`] for the first VMA, and by `open` for each VMA that the core copied
/// from another; taken back by `close`. Such a VMA has `VM_PFNMAP`, not `VM_MIXEDMAP`, and is no
/// copy-on-write mapping.
struct Vtable<T>(PhantomData<T>);

impl<T: VmaOps> Vtable<T> {
    /// Without `huge_fault`: the kernel would ask for a huge page only where there are no small ones.
    const AT_ONCE: &'static bindings::vm_operations_struct = &bindings::vm_operations_struct {
        open: Some(Self::open),
        close: Some(Self::close),
        may_split: Some(Self::may_split),
        fault: Some(Self::fault),
        access: Some(Self::access),
        name: Some(Self::name),
        ..pin_init::zeroed()
    };
    const ON_FAULT: &'static bindings::vm_operations_struct = &bindings::vm_operations_struct {
        open: Some(Self::open_to_faults),
        huge_fault: Some(Self::huge_fault),
        ..*Self::AT_ONCE
    };

    /// Returns what the VMA has a reference to.
    ///
    /// # Safety
    ///
    /// `vma` has these operations, and is not closed during `'a`.
    unsafe fn ops<'a>(vma: *mut bindings::vm_area_struct) -> ArcBorrow<'a, T> {
        // SAFETY: The private data is a reference that `into_foreign` gave, and only `close` takes it
        // back, after `'a`.
        unsafe { Arc::borrow((*vma).vm_private_data) }
    }

    /// For the first VMA, which C does not call `open` for.
    ///
    /// # Safety
    ///
    /// `vma` is being set up and has these operations.
    unsafe fn first(vma: *mut bindings::vm_area_struct) {
        // SAFETY: By the requirements.
        unsafe { Self::ops(vma).open(&Area::from_raw(vma)) };
    }

    /// For a first VMA of which nothing comes, which C does not call `close` for.
    ///
    /// # Safety
    ///
    /// `vma` is being set up, has these operations, and was passed to [`Self::first`].
    unsafe fn last(vma: *mut bindings::vm_area_struct) {
        // SAFETY: By the requirements.
        unsafe { Self::ops(vma).close(&Area::from_raw(vma)) };
    }

    /// # Safety
    ///
    /// `vma` has these operations, and its private data is not used from now on.
    unsafe fn take(vma: *mut bindings::vm_area_struct) {
        // SAFETY: The private data is a reference that `into_foreign` gave.
        drop(unsafe { Arc::<T>::from_foreign((*vma).vm_private_data) });
    }

    /// # Safety
    ///
    /// To be called by the core, for a VMA that it copied, private data and all, from one that has
    /// these operations.
    unsafe extern "C" fn open(vma: *mut bindings::vm_area_struct) {
        // SAFETY: The private data is the reference of the VMA that this one was copied from, which
        // cannot be closed before this returns: both are under locks that are held for writing.
        let ops = unsafe { Self::ops(vma) };
        // The one that is there belongs to the other VMA; this one gets its own.
        let _own = Arc::from(ops).into_foreign();
        // SAFETY: The core holds `mmap_lock` for writing.
        ops.open(&unsafe { Area::from_raw(vma) });
    }

    /// # Safety
    ///
    /// As `open`; the VMA's pages are inserted by faults.
    unsafe extern "C" fn open_to_faults(vma: *mut bindings::vm_area_struct) {
        // SAFETY: By the requirements.
        unsafe {
            copied::take_huge_pages(vma);
            Self::open(vma);
        }
    }

    /// # Safety
    ///
    /// To be called by the core, once, for a VMA that has these operations.
    unsafe extern "C" fn close(vma: *mut bindings::vm_area_struct) {
        // SAFETY: The VMA has a reference of its own, and no other operation is called any more.
        unsafe {
            Self::ops(vma).close(&Area::from_raw(vma));
            Self::take(vma);
        }
    }

    /// # Safety
    ///
    /// To be called by the core, for a VMA that has these operations.
    unsafe extern "C" fn may_split(vma: *mut bindings::vm_area_struct, address: c_ulong) -> c_int {
        // SAFETY: The core holds `mmap_lock` for writing.
        let (ops, area) = unsafe { (Self::ops(vma), Area::from_raw(vma)) };
        match ops.may_split(&area, address) {
            Ok(()) => 0,
            Err(e) => crate::error::for_c(e),
        }
    }

    /// # Safety
    ///
    /// `vmf` is that of a fault in a VMA that has these operations, at the huge page of 2^`order`
    /// pages that contains the address, or at a page if `order` is 0.
    unsafe fn answer(vmf: *mut bindings::vm_fault, order: u32) -> bindings::vm_fault_t {
        // A reference of our own: a handler that waits lets go of the lock that keeps the VMA, and
        // with it the VMA's reference.
        // SAFETY: The core holds a lock that keeps the VMA from being closed.
        let ops: Arc<T> = unsafe { Self::ops((*vmf).__bindgen_anon_1.vma) }.into();
        // SAFETY: By the requirements, and as the documentation of `Vtable` says of the VMA's flags.
        let state = unsafe { State::new(vmf, order) };
        let answer = if order == 0 {
            ops.fault(Fault::new(&state))
        } else {
            ops.huge_fault(Fault::new(&state))
        };
        state.answer(answer)
    }

    /// # Safety
    ///
    /// To be called by the core, for a fault in a VMA that has these operations.
    unsafe extern "C" fn fault(vmf: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        // SAFETY: By the requirements.
        unsafe { Self::answer(vmf, 0) }
    }

    /// # Safety
    ///
    /// To be called by the core, for a fault in a VMA that has these operations; `order` is that of
    /// a huge page.
    unsafe extern "C" fn huge_fault(
        vmf: *mut bindings::vm_fault,
        order: c_uint,
    ) -> bindings::vm_fault_t {
        // SAFETY: By the requirements.
        unsafe { Self::answer(vmf, order) }
    }

    /// # Safety
    ///
    /// To be called by the core, for a VMA that has these operations and contains `address`; `buf`
    /// is a buffer of `len` bytes.
    unsafe extern "C" fn access(
        vma: *mut bindings::vm_area_struct,
        address: c_ulong,
        buf: *mut c_void,
        len: c_int,
        write: c_int,
    ) -> c_int {
        // SAFETY: The core holds `mmap_lock` for reading.
        let (ops, area) = unsafe { (Self::ops(vma), Area::from_raw(vma)) };
        let write = write & bindings::FOLL_WRITE as c_int != 0;
        // SAFETY: The buffer is of that length, and the core does not use it during the call. It has
        // filled it if it writes. The handler is for any life, so that of this value is its own.
        let access = unsafe { Access::new(area, address, buf.cast(), len.max(0) as usize, write) };
        match access.check().and_then(|()| ops.access(access)) {
            // Not above `len`.
            Ok(accessed) => c_int::try_from(accessed.bytes()).unwrap_or(c_int::MAX),
            Err(e) => crate::error::for_c(e),
        }
    }

    /// # Safety
    ///
    /// To be called by the core, for a VMA that has these operations.
    unsafe extern "C" fn name(vma: *mut bindings::vm_area_struct) -> *const c_char {
        // SAFETY: The core holds a lock that keeps the VMA, and with it what the name is borrowed
        // from, for as long as it uses the name.
        let (ops, area) = unsafe { (Self::ops(vma), Area::from_raw(vma)) };
        // SAFETY: As above: the VMA's reference keeps the value in place.
        let ops = unsafe { &*core::ptr::from_ref::<T>(&ops) };
        ops.name(&area)
            .map_or(core::ptr::null(), |name| name.as_char_ptr())
    }
}
