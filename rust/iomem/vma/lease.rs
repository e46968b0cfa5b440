// SPDX-License-Identifier: GPL-2.0

//! What programs can reach until it is taken back.

use core::marker::PhantomData;

use kernel::{
    mm::Mm,
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        Mutex, //
    },
};

use super::{
    AddressSpace,
    Fault,
    Mapped,
    NewVma,
    VmFault, //
};
use crate::{
    bindings,
    rwsem::{
        ReadGuard,
        RwSem, //
    },
};

/// Claims, or whatever has them, that programs can map until they are taken back.
///
/// A device can go away while programs have it mapped. [`revoke`](Self::revoke) takes every mapping
/// back at once: those of each file, each node, each process, and each part that was split off,
/// moved or copied by `fork()`. From then on touching one is `SIGBUS`, and mapping is `ENODEV`. What
/// was leased comes back by value, so its claims can be released, though files are still open.
///
/// Context of the drop: may sleep.
///
/// # How to use it
///
/// The driver puts what owns its claims in, returns the lease's [`AddressSpace`] from
/// [`CharDevice::address_space`](crate::chardev::CharDevice::address_space), and maps within
/// [`Lease::mmap`]; handlers of faults insert pages within [`Lease::fault`]; everything else looks
/// at it through [`Lease::get`].
///
/// # Locks
///
/// *The lease's lock* protects what is leased. It is held for reading while a VMA is filled, while
/// a page is inserted, and as long as a [`LeaseGuard`] exists; for writing while it is taken back.
/// A program's `mmap_lock`, and a VMA's own lock, is taken before it. So a program's memory must not
/// be accessed while it is held: that can fault, and the handler of the fault takes these locks in
/// the other order.
///
/// *In-flight* is a list under a mutex of its own, which is taken last.
///
/// *Revoking* is a mutex that makes a second [`revoke`](Self::revoke) wait for the first. It is
/// taken first. While it is held, the lease's lock and the list's are taken, one after the other, and
/// the kernel's locks of the address space and of page tables; never a program's `mmap_lock`.
///
/// # Why nothing is missed
///
/// `unmap_mapping_range()` takes the pages out of the VMAs that are in the address space. Whatever
/// it should find has to be there.
///
/// - *A page inserted by a fault*: the VMA has been entered into the address space, since it can
///   fault only after `mmap()` is done. The page is inserted under the lease's lock, so before the
///   lease is taken back, or not at all.
/// - *A VMA filled at once*: `->mmap` runs before the VMA is entered, so here the unmapping could
///   come in between. Under the lease's lock `->mmap` finds the lease there and puts itself on the
///   list of the calls in flight. `revoke` takes the lease away and unmaps; then it waits until each
///   call on the list is over, and so its VMA entered; then it unmaps once more.
/// - *A VMA copied by `fork()`, split or moved by `mremap()`*: the kernel enters the new one before
///   it copies or moves pages into it, and orders it so that the unmapping comes by it after the
///   old one, or moves the pages under a lock that the unmapping takes. That is how it truncates
///   files. With huge pages of devices it does not keep to that; the library takes those out of the old
///   VMA before, and the programs fault again.
///
/// # How long it takes
///
/// A program can keep its `mmap_lock` from others for as long as it likes: it reads, through
/// `/proc/self/mem`, a page of a file system that it serves itself, and calls `mmap()` in another
/// thread. So `revoke` waits for no such lock, but for three things that do not depend on what a
/// program does next:
///
/// - *Holders of the lease's lock.* A [`LeaseGuard`] is held for as long as the driver likes, who
///   must not touch a program's memory meanwhile; a fault, while it inserts a page; `->mmap`, while
///   it fills the VMA, 15 ms for 1 GiB in small pages.
/// - *The rest of each `mmap()` in flight*, from `->mmap` to where the kernel lets go of `mmap_lock`
///   for writing. It enters the VMA, which takes the address space's lock, for which it queues with
///   `fork()`, `munmap()` and the unmapping here; it tells performance counters, if there are any,
///   for which it allocates memory; it frees what was mapped there before, which has been unmapped
///   and closed before `->mmap` was called. If `->mmap` failed, it takes out again what was filled.
///   It touches no memory of the program, and calls no other driver: populating, and what
///   `userfaultfd` is told, come after the lock.
/// - *Unmapping*: 34 ms for 1 GiB in small pages and 0.1 ms in pages of 2 MiB, for each process that
///   has it mapped.
///
/// What is left are processors and memory. Filling and inserting allocate page tables, for which memory
/// may have to be reclaimed first. A cgroup beyond its `memory.high` sleeps for up to 2 s for each
/// 512 KiB of page tables, which are 256 MiB of mappings; one beyond its `memory.max` waits for its
/// OOM killer, who gives up on a process that does not die after 3 s and takes another one. A program
/// that was stopped, is frozen, or is being traced stops on its way out of the kernel, with none of
/// this held.
///
/// The end of a call in flight is seen by `mm_lock_seq`, which a kernel with `CONFIG_PER_VMA_LOCK`
/// changes whenever `mmap_lock` is let go of for writing. Kernels without, on one processor only or
/// on architectures without such locks, have nothing like it: there `revoke` takes and drops the
/// lock of each program in flight, and all of this holds only for programs that mean well.
///
/// # What stays until `munmap()`
///
/// The VMAs themselves: they are empty, and the program unmaps them, or ends, when it likes. On x86
/// a VMA that was filled at once also keeps its range on the kernel's list of what is mapped how.
/// As long as a write-combining one is left, who maps the range uncached gets it write-combining.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     chardev::{
///         CharDevice,
///         CharFile,
///         OpenFile, //
///     },
///     resource::MemRegion,
///     vma::{
///         AddressSpace,
///         Lease,
///         Mapped,
///         NewVma, //
///     },
/// };
/// use kernel::ThisModule;
///
/// #[pin_data]
/// struct Registers {
///     #[pin]
///     lease: Lease<MemRegion>,
/// }
///
/// #[vtable]
/// impl CharDevice for Registers {
///     const OWNER: ThisModule = iomem::this_module!();
///     type State = ();
///
///     fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
///         Ok(())
///     }
///
///     fn address_space(&self) -> Option<&AddressSpace> {
///         Some(self.lease.address_space())
///     }
///
///     fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
///         self.lease.mmap(vma, |claim, vma| {
///             let prot = vma.page_prot().noncached();
///             vma.vm_iomap_memory(claim, prot)
///         })
///     }
/// }
///
/// /// The device goes away.
/// fn unbind(registers: &Registers) {
///     // No program can reach it any more, and it leaves /proc/iomem.
///     drop(registers.lease.revoke());
/// }
/// ```
#[pin_data]
pub struct Lease<T> {
    space: AddressSpace,
    /// Not 0 once it is being taken back, which is before the lock says so.
    revoked: Atomic<i32>,
    #[pin]
    leased: RwSem<Option<T>>,
    #[pin]
    in_flight: Mutex<KVec<InFlight>>,
    #[pin]
    revoking: Mutex<()>,
}

impl<T> Lease<T> {
    /// Leases `value`. Context: may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory. Others: as [`AddressSpace::new`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::request_mem_region,
    ///     vma::Lease, //
    /// };
    /// use kernel::sync::Arc;
    ///
    /// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    /// let lease = Arc::pin_init(Lease::new(claim), GFP_KERNEL)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(value: T) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            space: AddressSpace::new()?,
            revoked: Atomic::new(0),
            leased <- RwSem::new(
                Some(value),
                c"Lease::leased",
                kernel::static_lock_class!()
            ),
            in_flight <- new_mutex!(KVec::new(), "Lease::in_flight"),
            revoking <- new_mutex!((), "Lease::revoking"),
        })
    }

    /// Returns the address space that all files of the device have to share.
    ///
    /// # Examples
    ///
    /// See [`Lease`].
    pub fn address_space(&self) -> &AddressSpace {
        &self.space
    }

    /// Returns what is leased, unless it has been taken back. That waits until the guard is dropped.
    ///
    /// No program's memory may be accessed as long as the guard exists: see the section on locks of
    /// [`Lease`]. Nor may the same task ask again, by this or by [`mmap`](Self::mmap) or
    /// [`fault`](Self::fault): if another task has begun to wait in [`revoke`](Self::revoke) in between,
    /// both wait for ever. Context: may sleep.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Lease,
    ///         LeaseGuard, //
    ///     },
    /// };
    ///
    /// fn length(lease: &Lease<MemRegion>) -> Result<u64> {
    ///     let claim: LeaseGuard<'_, MemRegion> = lease.get().ok_or(ENODEV)?;
    ///     Ok(claim.range().length())
    /// }
    /// ```
    pub fn get(&self) -> Option<LeaseGuard<'_, T>> {
        let guard = self.leased.read();
        // INVARIANT: It is there, and cannot be taken while the lock is held.
        guard.is_some().then_some(LeaseGuard { guard })
    }

    /// Tells whether it has been taken back, or is being. Context: any.
    ///
    /// For callers that must not wait for the lock, since others wait for them: `open()` of a node
    /// holds `misc_mtx`. While `revoke` waits, all who ask by [`get`](Self::get) queue behind it, and a
    /// program can have thousands of threads in that queue.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::{resource::MemRegion, vma::Lease};
    /// fn open(lease: &Lease<MemRegion>) -> Result {
    ///     if lease.is_revoked() {
    ///         return Err(ENODEV);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn is_revoked(&self) -> bool {
        self.revoked.load(Relaxed) != 0
    }

    /// Maps what is leased: `map` is given it and the VMA, both for as long as the lease lasts.
    ///
    /// Context: called from `->mmap`; may sleep.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: it has been taken back.
    /// - `EINVAL`: the file does not have the lease's address space.
    /// - `ENOMEM`: no memory.
    /// - Whatever `map` returns.
    ///
    /// # Examples
    ///
    /// See [`Lease`].
    pub fn mmap<'a>(
        &'a self,
        vma: NewVma<'a>,
        map: impl for<'t> FnOnce(&'t T, NewVma<'t>) -> Result<Mapped<'t>>,
    ) -> Result<Mapped<'a>> {
        // SAFETY: A VMA that `->mmap` was called for has a file.
        if !unsafe { self.space.reaches(vma.as_ptr()) } {
            return Err(EINVAL);
        }
        let leased = self.leased.read();
        let value = leased.as_ref().ok_or(ENODEV)?;
        self.enter(vma.vma.mm())?;

        // What is borrowed from the value is borrowed for less than `'a`, the device's life. That is
        // enough, because `revoke` unmaps the VMA before the value can be dropped: see above.
        let mapped = map(
            value,
            NewVma {
                vma: vma.vma,
                ops: vma.ops,
                device: PhantomData,
            },
        )?;
        Ok(Mapped {
            ops: mapped.ops,
            device: PhantomData,
        })
    }

    /// Answers a fault from what is leased: `insert` is given it and the fault, both for as long as
    /// the lease lasts.
    ///
    /// The answer is [`VmFault::Sigbus`] if it has been taken back, or if the file does not have the
    /// lease's address space. Context: called from a handler of faults; may sleep.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     resource::MemRegion,
    ///     vma::{
    ///         Fault,
    ///         Lease,
    ///         VmFault,
    ///         VmaOps, //
    ///     },
    /// };
    /// use kernel::sync::Arc;
    ///
    /// struct Pages {
    ///     lease: Arc<Lease<MemRegion>>,
    /// }
    ///
    /// impl VmaOps for Pages {
    ///     fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
    ///         let page = fault.page_offset();
    ///         self.lease
    ///             .fault(fault, |claim, fault| fault.insert_pfn(claim, page))
    ///     }
    /// }
    /// ```
    pub fn fault<'a>(
        &'a self,
        fault: Fault<'a>,
        insert: impl for<'t> FnOnce(&'t T, Fault<'t>) -> VmFault,
    ) -> VmFault {
        // SAFETY: A VMA that has our operations was made by `->mmap`, so it has a file.
        if !unsafe { self.space.reaches(fault.vma_ptr()) } {
            return VmFault::Sigbus;
        }
        let leased = self.leased.read();
        match leased.as_ref() {
            // As in `mmap` above.
            Some(value) => insert(value, fault.shorten()),
            None => VmFault::Sigbus,
        }
    }

    /// Takes it back. When this returns, no program can reach what was leased, nor ever will.
    ///
    /// Returns it to the first caller, `None` to later ones; they all wait until it is done.
    ///
    /// Context: may sleep. Must not be called with a [`LeaseGuard`] in hand, nor from `->mmap`, a
    /// VMA's operations, or anything else that is called with a program's `mmap_lock` held.
    ///
    /// # Examples
    ///
    /// See [`Lease`].
    pub fn revoke(&self) -> Option<T> {
        let _revoking = self.revoking.lock();

        self.revoked.store(1, Relaxed);
        // From here on no VMA is filled and no page inserted.
        let value = self.leased.write(Option::take);

        // What has been filled is entered into the address space when its `mmap()` is over. Those
        // that are over by now are unmapped at once, whatever there is to wait for.
        let mut in_flight = core::mem::take(&mut *self.in_flight.lock());
        in_flight.retain(|call| !call.is_over());
        self.space.unmap_all();

        for call in &in_flight {
            call.wait();
        }
        if !in_flight.is_empty() {
            self.space.unmap_all();
        }
        value
    }

    /// Puts a call of `mmap()` on the list of those in flight: the running one, in `mm`.
    fn enter(&self, mm: &Mm) -> Result {
        let mut in_flight = self.in_flight.lock();
        // So the list stays as short as there are calls at the same time.
        in_flight.retain(|call| !call.is_over());
        in_flight.push(InFlight::new(mm), GFP_KERNEL)?;
        Ok(())
    }
}

/// A call of `mmap()`: whose memory it is in, and which of the times that its lock is held for writing.
struct InFlight {
    mm: ARef<Mm>,
    section: c_uint,
}

impl InFlight {
    /// Returns the one that is running in `mm`, whose `mmap_lock` it has for writing.
    fn new(mm: &Mm) -> Self {
        Self {
            // SAFETY: The structure is valid, and the function reads a number in it.
            section: unsafe { bindings::mmap_write_section(mm.as_raw()) },
            mm: ARef::from(mm),
        }
    }

    /// Tells whether it is over. Once it is, it stays so, but for a number that comes again.
    fn is_over(&self) -> bool {
        // SAFETY: The reference keeps the structure, also when the program has ended.
        unsafe { bindings::mmap_write_section_is_over(self.mm.as_raw(), self.section) }
    }

    /// Waits until it is over.
    fn wait(&self) {
        // SAFETY: As above. The caller does not hold the lock, since `revoke` must not be called with it.
        unsafe { bindings::mmap_write_section_wait(self.mm.as_raw(), self.section) };
    }
}

/// What is leased, while it is sure not to be taken back. If one is forgotten, [`Lease::revoke`] waits for
/// ever.
///
/// Context of the drop: a process; does not sleep.
///
/// # Invariants
///
/// The value is there.
///
/// # Examples
///
/// See [`Lease::get`].
pub struct LeaseGuard<'a, T> {
    guard: ReadGuard<'a, Option<T>>,
}

impl<T> core::ops::Deref for LeaseGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &*self.guard {
            Some(value) => value,
            // SAFETY: By the type invariant it is there.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }
}
