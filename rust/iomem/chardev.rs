// SPDX-License-Identifier: GPL-2.0

//! Character devices: the node in `/dev` that a program opens.
//!
//! | module | what it is for |
//! |---|---|
//! | [`misc`] | a node with a name of its own: `misc_register` |
//! | [`major`] | a major number with 256 minors: `register_chrdev` |
//! | [`class`] | nodes for those minors, if the user is not to make them: `device_create` |
//! | [`mod@file`] | an open file: its own data, its minor number, its flags |
//! | [`transfer`] | what is read and written, and where: the position, `llseek` |
//! | [`poll`] | `poll()`, `select()`, `epoll` |
//! | [`wait`] | sleeping until there is something to read, a signal comes or the device goes |
//!
//! # The life of a device
//!
//! A driver keeps what a node stands for in an [`Arc`](kernel::sync::Arc) of a type that implements
//! [`CharDevice`]. A [`Registration`] makes the node. Each `open()` takes a reference of its own,
//! which the file keeps until it is released, together with the file's own data,
//! [`CharDevice::State`]; a VMA keeps its file. Dropping the [`Registration`] removes the node, and
//! nothing else: files that are open stay so and their calls still arrive. A device that can
//! disappear therefore remembers that it has, says `ENODEV`, and wakes who waits for it. The last
//! reference that goes, the driver's or a file's, drops the device and with it its claims.
//!
//! The module that registered the node cannot be unloaded while a file is open, because the file
//! operations name it as their owner. That does not keep a module whose loading fails. So as long as
//! its `init` has not succeeded, `open()` fails as if there was no such node: `ENODEV`, or `ENXIO` by a
//! major number.
//!
//! A registration that is never dropped (`core::mem::forget`, a circle of references) ends when its
//! module is unloaded, with a line in the log. What the driver kept of it stays allocated.
//!
//! # What a device does not implement
//!
//! The kernel tells a file that has no `read` from one whose `read` fails, and so does this: the
//! trait is a [`vtable`], and what an implementation leaves out stays out of its
//! `struct file_operations`. Programs then see what they see of C drivers:
//!
//! | left out | what programs see |
//! |---|---|
//! | [`read`](CharDevice::read), [`write`](CharDevice::write) | `EINVAL` |
//! | [`size`](CharDevice::size) and [`llseek`](CharDevice::llseek) | `ESPIPE` from `lseek()`; from `pread()` and `pwrite()` as well, if there is a `read` or `write` |
//! | [`poll`](CharDevice::poll) | always ready to be read and written |
//! | [`ioctl`](CharDevice::ioctl) | `ENOTTY` |
//! | [`mmap`](CharDevice::mmap) | `ENODEV` |
//!
//! What a method fails with is what the program's call fails with, but for the codes that are the
//! kernel's own: see [`error`](crate::error).
//!
//! # Locks
//!
//! [`CharDevice::open`] runs under a lock that the removal of the node takes too: `misc_mtx`, the
//! kernel's own, for a [`misc`] device, one of its own for a [`major`]. So a device is never
//! removed while it is being opened, and `open` must neither register nor remove a device. No other
//! method is called with a lock of this module held.
//!
//! # What the kernel crate's `MiscDevice` does not do
//!
//! Its name is `'static`, so it serves one node; it has no owner before Linux 7.3, so a module can
//! be unloaded under an open file; it knows neither mode nor `llseek` nor `poll`; it hands out a
//! `VmaNew`, see [`crate::vma`].
//!
//! C headers: [`include/linux/fs.h`](srctree/include/linux/fs.h),
//! [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h),
//! [`include/linux/cdev.h`](srctree/include/linux/cdev.h)

use kernel::{
    io::PhysAddr,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*,
    seq_file::SeqFile,
    ThisModule, //
};

use crate::vma::{
    AddressSpace,
    Mapped,
    NewVma, //
};

pub mod class;
pub mod file;
mod fops;
pub mod major;
pub mod misc;
pub mod poll;
pub mod transfer;
pub mod wait;

pub(crate) use self::fops::state_of;

pub use self::{
    file::{
        CharFile,
        OpenFile, //
    },
    misc::{
        Options,
        Registration, //
    },
};

use self::{
    poll::{
        Events,
        PollTable, //
    },
    transfer::Seek,
};

/// Names the module that calls it, as `THIS_MODULE` does in C.
///
/// For [`CharDevice::OWNER`].
///
/// # Examples
///
/// ```no_run
/// use kernel::ThisModule;
///
/// const OWNER: ThisModule = iomem::this_module!();
/// ```
#[macro_export]
macro_rules! this_module {
    () => {
        // SAFETY: Every module has a `__this_module` of its own, made by the module loader; this
        // code is part of the module whose symbol it names.
        unsafe {
            $crate::__private::kernel::ThisModule::from_ptr(
                (&raw const $crate::__private::kernel::bindings::__this_module).cast_mut(),
            )
        }
    };
}

/// What a node in `/dev` stands for, shared by all who have it open.
///
/// The methods are called by programs, at any time and at the same time. An implementation wears
/// `#[vtable]`; only [`open`](Self::open) has to be there, see the [module](self) for what programs
/// see of the others.
///
/// Corresponds to the C `struct file_operations` in
/// [`include/linux/fs.h`](srctree/include/linux/fs.h).
///
/// # Examples
///
/// A device whose registers a program maps:
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
///         Mapped,
///         NewVma, //
///     },
/// };
/// use kernel::ThisModule;
///
/// struct Registers {
///     claim: MemRegion,
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
///     fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
///         vma.forbid_exec()?;
///         let prot = vma.page_prot().noncached();
///         vma.vm_iomap_memory(&self.claim, prot)
///     }
/// }
/// ```
#[vtable]
pub trait CharDevice: Send + Sync + Sized + 'static {
    /// The module whose code this is: `iomem::this_module!()`. It stays loaded while a file is
    /// open. Only that module can register the device: the file operations are compiled into the
    /// module that does, so a generic type of a crate that several modules use has to be given this
    /// by each.
    const OWNER: ThisModule;

    /// What each open file has for itself: `()`, or what it has seen of the device's events, say.
    type State: Send + Sync + 'static;

    /// A program opens the node: gives the file its [`State`](Self::State), made in place.
    ///
    /// `Ok(value)` is such an initializer. Context: may sleep; must not register or remove a device.
    ///
    /// The kernel opens all misc devices under one lock, `misc_mtx`. So this must not wait for what a
    /// program can delay, which an allocation is that is charged to the program's control group
    /// (`GFP_KERNEL_ACCOUNT`) and for which there is no memory in that. The state is therefore not
    /// charged where the node is a [misc device](misc): it should be small beside a `struct file`,
    /// which is charged, and what is larger be allocated and charged when it is first used.
    ///
    /// # Errors
    ///
    /// Whatever the initializer fails with is what `open()` fails with.
    fn open(&self, file: CharFile<'_>) -> impl PinInit<Self::State, Error>;

    /// The last descriptor and the last mapping of an open file are gone. Its `state` is dropped after
    /// this. The file itself cannot be had: its last reference is gone. Context: may sleep.
    fn release(&self, _state: &Self::State) {}

    /// How many bytes can be read and written, counted from offset 0.
    ///
    /// A device that implements this has positions, and is never asked to read or write beyond
    /// them: reading from `size` on gives 0 bytes, writing there fails with `ENOSPC`, a transfer
    /// that begins before `size` ends there, and `lseek()` refuses to go beyond with `EINVAL`.
    /// Context: may sleep.
    fn size(&self, _file: OpenFile<'_, Self>) -> u64 {
        0
    }

    /// A program reads, at `position` bytes from the beginning: `read()`, `pread()`, `readv()`…
    ///
    /// Returns how many bytes were put into `buffer`; `read()` then moves the file's position by
    /// that many, `pread()` does not. [`transfer::Give`] puts them there with the right error. Without
    /// [`size`](Self::size) or [`llseek`](Self::llseek) the device is a stream, and `position` is 0.
    /// Context: may sleep.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `read()` fails with. A transfer that failed half-way is no
    /// error: return how far it came.
    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        _position: u64,
        _buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        Err(EINVAL)
    }

    /// A program writes, at `position` bytes from the beginning: `write()`, `pwrite()`, `writev()`…
    ///
    /// Returns how many bytes of `buffer` the device took; `write()` then moves the file's position
    /// by that many, `pwrite()` does not. [`transfer::Take`] gets them with the right error. Without
    /// [`size`](Self::size) or [`llseek`](Self::llseek) the device is a stream, and `position` is 0.
    /// Context: may sleep.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `write()` fails with. A transfer that failed half-way is no
    /// error: return how far it came.
    fn write(
        &self,
        _file: OpenFile<'_, Self>,
        _position: u64,
        _buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        Err(EINVAL)
    }

    /// A program calls `lseek()`: returns the new position.
    ///
    /// Only for a device whose positions are not simply those below [`size`](Self::size); which of
    /// them there are is said by the function of [`Seek`] that is called. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `lseek()` fails with.
    fn llseek(&self, _file: OpenFile<'_, Self>, _seek: Seek<'_>) -> Result<u64> {
        Err(ESPIPE)
    }

    /// A program waits for the node to become ready: `poll()`, `select()`, `epoll_wait()`.
    ///
    /// First says where it will be woken ([`PollTable::wait`]), then looks, and returns what is
    /// ready now. See [`PollTable`]. Context: may sleep.
    fn poll<'a>(&'a self, _file: OpenFile<'a, Self>, _table: PollTable<'a>) -> Events {
        Events::IN | Events::OUT
    }

    /// A program maps the node. Context: may sleep; the program's `mmap_lock` is held for writing.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `mmap()` fails with.
    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, _vma: NewVma<'a>) -> Result<Mapped<'a>> {
        Err(ENODEV)
    }

    /// Returns the address space that all files of the device share, whichever node they were opened
    /// by; without one, each node has its own. Asked for each time the device is opened. A device
    /// whose mappings can be taken back returns that of its [`Lease`](crate::vma::Lease), where
    /// there is an example.
    fn address_space(&self) -> Option<&AddressSpace> {
        None
    }

    /// Returns the physical address that a mapping of `length` bytes from page `page_offset` of the
    /// file on would begin with. A program's address is then chosen so that huge pages fit, unless
    /// the program chose it. An answer that is wrong costs huge pages and nothing else; of one that
    /// is no page's address, the page counts.
    ///
    /// Corresponds to the C file operation `get_unmapped_area`. Context: may sleep; the program's
    /// `mmap_lock` is held for writing.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::{chardev::{CharDevice, CharFile}, resource::MemRegion};
    /// # use kernel::{io::PhysAddr, page::PAGE_SIZE, ThisModule};
    /// # struct Memory { claim: MemRegion }
    /// #[vtable]
    /// impl CharDevice for Memory {
    /// #   const OWNER: ThisModule = iomem::this_module!();
    /// #   type State = ();
    /// #   fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> { Ok(()) }
    ///     fn physical_address(&self, page_offset: usize, _length: usize) -> Option<PhysAddr> {
    ///         let offset = page_offset.checked_mul(PAGE_SIZE)?;
    ///         self.claim.range().start().checked_add(offset as PhysAddr)
    ///     }
    /// }
    /// ```
    fn physical_address(&self, _page_offset: usize, _length: usize) -> Option<PhysAddr> {
        None
    }

    /// A program calls `ioctl()`. `arg` is usually an address in the program. Programs of 32 bits
    /// come here as well, so structures must have one layout for both. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `ioctl()` fails with: `ENOTTY` for a command that is not known. A
    /// value below 0, down to -4095, is an error as well: C knows no difference.
    fn ioctl(&self, _file: OpenFile<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        Err(ENOTTY)
    }

    /// A program reads `/proc/<pid>/fdinfo/<fd>`: adds lines to what the kernel shows of the open file
    /// that has `state`.
    ///
    /// Each is a name, a colon, a tab and a value, as those of the kernel. It is not the program
    /// that has the file open which is in this call, so there is no [`OpenFile`]. Context: may sleep.
    ///
    /// Corresponds to the C file operation `show_fdinfo`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::{CharDevice, CharFile};
    /// # use kernel::{seq_file::SeqFile, seq_print, sync::atomic::{Atomic, Relaxed}, ThisModule};
    /// # struct Events;
    /// #[vtable]
    /// impl CharDevice for Events {
    /// #   const OWNER: ThisModule = iomem::this_module!();
    ///     type State = Atomic<u64>;
    /// #   fn open(&self, _file: CharFile<'_>) -> impl PinInit<Atomic<u64>, Error> {
    /// #       Ok(Atomic::new(0))
    /// #   }
    ///
    ///     fn show_fdinfo(&self, seen: &Atomic<u64>, seq: &SeqFile) {
    ///         seq_print!(seq, "events-seen:\t{}\n", seen.load(Relaxed));
    ///     }
    /// }
    /// ```
    fn show_fdinfo(&self, _state: &Self::State, _seq: &SeqFile) {}
}
