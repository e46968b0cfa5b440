// SPDX-License-Identifier: GPL-2.0

//! The file operations of a [`CharDevice`], for C to call.

use core::{
    any::TypeId,
    mem::MaybeUninit, //
};

use kernel::{
    alloc::Flags,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*,
    seq_file::SeqFile,
    sync::Arc,
    types::ForeignOwnable, //
};

use crate::{
    bindings,
    chardev::{
        poll::PollTable,
        transfer::Seek,
        CharDevice,
        CharFile,
        OpenFile, //
    },
    error::{
        for_c,
        value_for_c, //
    },
    owner,
    vma::{
        get_unmapped_area,
        NewVma, //
    },
};

/// What `private_data` of an open file points to: its state, and a reference to its device.
///
/// # Invariants
///
/// `kind`, which comes first, is that of `T`.
#[pin_data]
#[repr(C)]
pub(super) struct Opened<T: CharDevice> {
    kind: TypeId,
    // Dropped before the device that it was made for.
    #[pin]
    state: T::State,
    device: Arc<T>,
}

/// How large what is kept of an open file can be, in bytes: eight of the smallest pages. That much the
/// allocator always finds (`PAGE_ALLOC_COSTLY_ORDER`), while it warns if it does not find more.
const LARGEST: usize = 32 << 10;

impl<T: CharDevice> Opened<T> {
    /// Makes room for one, to be filled by [`begin`](Self::begin).
    ///
    /// An allocation that is charged to the control group of the program waits where that has no memory
    /// left, until a program of the group has been killed and has ended, which can take seconds for
    /// each: so `flags` has [`GFP_KERNEL_ACCOUNT`] only where no other program waits meanwhile.
    pub(super) fn room(flags: Flags) -> Result<KBox<MaybeUninit<Self>>> {
        const {
            assert!(
                core::mem::size_of::<Self>() <= LARGEST,
                "the state of an open file is too large: put it into a KVBox"
            )
        };
        Ok(KBox::new_uninit(flags)?)
    }

    /// The part of `->open` that every kind of node has in common.
    ///
    /// # Safety
    ///
    /// `inode` and `file` are those of a running `->open` call, and the file's operations are those
    /// of `T`.
    pub(super) unsafe fn begin(
        room: KBox<MaybeUninit<Self>>,
        device: &Arc<T>,
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY: The file is valid during the call.
        let char_file = unsafe { CharFile::from_raw(file) };
        // INVARIANT: `kind` is that of `T`.
        let opened = room.write_pin_init(try_pin_init!(Self {
            kind: TypeId::of::<T>(),
            state <- device.open(char_file),
            device: device.clone(),
        }));
        match opened {
            Ok(opened) => {
                if let Some(space) = device.address_space() {
                    // SAFETY: The file is being opened. The address space is the device's, or lives
                    // longer, and the file is about to get a reference to the device.
                    unsafe { space.adopt(file) };
                }
                // SAFETY: A file being opened has no other user.
                unsafe { (*file).private_data = opened.into_foreign() };
            }
            Err(e) => return for_c(e),
        }

        if (T::HAS_READ || T::HAS_WRITE) && !Vtable::<T>::HAS_POSITIONS {
            // SAFETY: As above. It changes the file's mode, and cannot fail.
            unsafe { bindings::stream_open(inode, file) };
        }
        0
    }
}

/// Returns the state of a file, if it is one of the device type `T`.
///
/// # Safety
///
/// `file` is one that [`Opened::begin`] opened, of whatever type, and is not released during `'a`.
pub(crate) unsafe fn state_of<'a, T: CharDevice>(
    file: *mut bindings::file,
) -> Option<&'a T::State> {
    // SAFETY: The file is open, so that it has operations, and in `private_data` an `Opened`, which
    // begins with its kind.
    let (owner, kind) = unsafe {
        (
            (*(*file).f_op).owner,
            (*file).private_data.cast::<TypeId>().read(),
        )
    };
    // Modules are compiled by themselves, so that the types of two can have one number. What `T` says
    // of its owner need not be so: whose type it is, is said by where it is compiled.
    // SAFETY: A file that is open keeps its owner loaded.
    if kind != TypeId::of::<T>() || !unsafe { owner::has(owner, Vtable::<T>::code()) } {
        return None;
    }
    // SAFETY: By the type invariant it is an `Opened<T>`, which `open` left there, and only `release`
    // takes it back, after `'a`.
    let opened: Pin<&'a Opened<T>> =
        unsafe { Pin::<KBox<Opened<T>>>::borrow((*file).private_data) };
    Some(&opened.get_ref().state)
}

/// The operations of the device type `T`.
///
/// `private_data` of a file that `open` succeeded for is an [`Opened<T>`] that `into_foreign` gave,
/// until `release` takes it back.
pub(super) struct Vtable<T>(T);

impl<T: CharDevice> Vtable<T> {
    /// Whether the device is no stream.
    const HAS_POSITIONS: bool = T::HAS_SIZE || T::HAS_LLSEEK;

    /// The operations that `T` implements, with the given `open`. The others stay out, so that the
    /// kernel does what it does without them.
    pub(super) const fn operations(
        open: unsafe extern "C" fn(*mut bindings::inode, *mut bindings::file) -> c_int,
    ) -> bindings::file_operations {
        bindings::file_operations {
            owner: T::OWNER.as_ptr(),
            open: Some(open),
            release: Some(Self::release),
            read_iter: if T::HAS_READ {
                Some(Self::read_iter)
            } else {
                None
            },
            write_iter: if T::HAS_WRITE {
                Some(Self::write_iter)
            } else {
                None
            },
            llseek: if Self::HAS_POSITIONS {
                Some(Self::llseek)
            } else {
                None
            },
            poll: if T::HAS_POLL { Some(Self::poll) } else { None },
            mmap: if T::HAS_MMAP { Some(Self::mmap) } else { None },
            get_unmapped_area: if T::HAS_PHYSICAL_ADDRESS {
                Some(Self::get_unmapped_area)
            } else {
                None
            },
            unlocked_ioctl: if T::HAS_IOCTL {
                Some(Self::ioctl)
            } else {
                None
            },
            show_fdinfo: if T::HAS_SHOW_FDINFO {
                Some(Self::show_fdinfo)
            } else {
                None
            },
            // The argument is an address and the structures have one layout.
            #[cfg(CONFIG_COMPAT)]
            compat_ioctl: if T::HAS_IOCTL {
                bindings::compat_ptr_ioctl
            } else {
                None
            },
            ..pin_init::zeroed()
        }
    }

    /// Checks that the operations are in the module that they name as their owner. They are compiled
    /// for `T` into whatever module registers a device, which need not be the one that `T` is from:
    /// with another owner, they could be unloaded while a file is open.
    ///
    /// # Errors
    ///
    /// `EINVAL`: they are not.
    pub(super) fn check_owner() -> Result {
        owner::check(Self::code(), &T::OWNER)
    }

    /// Returns where the operations' code is.
    pub(super) fn code() -> usize {
        Self::release as usize
    }

    /// Returns the device and the file, for a call.
    ///
    /// # Safety
    ///
    /// `file` is the one of a running operation, `open` succeeded for it, and it is not released
    /// during `'a`.
    unsafe fn opened<'a>(file: *mut bindings::file) -> (&'a T, OpenFile<'a, T>) {
        // SAFETY: `private_data` is what `open` left there, and only `release` takes it back, after
        // `'a`. What the borrowed pin points to is in the box and stays there for as long.
        let opened: Pin<&'a Opened<T>> =
            unsafe { Pin::<KBox<Opened<T>>>::borrow((*file).private_data) };
        let opened = opened.get_ref();
        // SAFETY: The file is valid until it is released, and one operation is running.
        let char_file = unsafe { CharFile::from_raw(file) };
        (
            &opened.device,
            OpenFile::new(char_file, &opened.device, &opened.state),
        )
    }

    /// # Safety
    ///
    /// To be called by the VFS, once, for a file that `open` succeeded for.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` left it there, this is the one call that takes it back, and no other
        // operation runs at the same time or later.
        let opened = unsafe { Pin::<KBox<Opened<T>>>::from_foreign((*file).private_data) };
        // Not the file: it has no reference any more that another could be taken of.
        opened.device.release(&opened.state);
        0
    }

    /// Limits a transfer of `wanted` bytes at `position` to the device's size.
    fn limit(device: &T, file: OpenFile<'_, T>, position: u64, wanted: usize) -> usize {
        if !T::HAS_SIZE {
            return wanted;
        }
        let left = device.size(file).saturating_sub(position);
        usize::try_from(left).map_or(wanted, |left| wanted.min(left))
    }

    /// What C is to be told of a transfer, of which `moved` bytes went through the buffer. Moves the
    /// position on.
    ///
    /// # Safety
    ///
    /// `kiocb` is the one of a running operation.
    unsafe fn transferred(
        kiocb: *mut bindings::kiocb,
        result: Result<usize>,
        moved: usize,
    ) -> isize {
        match result {
            Ok(n) => {
                // Buffers are no longer than `isize::MAX`.
                let n = n.min(moved) as isize;
                // SAFETY: The operation has the position for itself.
                unsafe { (*kiocb).ki_pos = (*kiocb).ki_pos.wrapping_add(n as i64) };
                n
            }
            Err(e) => for_c(e) as isize,
        }
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that `open` succeeded for, with a destination.
    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The file is open during the call, and the iterator is for this call alone.
        let (position, (device, file), buffer) = unsafe {
            (
                (*kiocb).ki_pos,
                Self::opened((*kiocb).ki_filp),
                IovIterDest::from_raw(iter),
            )
        };
        let Ok(position) = u64::try_from(position) else {
            return EINVAL.to_errno() as isize;
        };

        let wanted = buffer.len();
        let length = Self::limit(device, file, position, wanted);
        if length == 0 {
            // The end, or nothing was asked for.
            return 0;
        }
        let beyond = wanted.wrapping_sub(length);

        // SAFETY: The iterator is valid. It is made as long as it was again below.
        unsafe { bindings::iov_iter_truncate(iter, length as u64) };
        let result = device.read(file, position, buffer);
        let left = buffer.len();
        // SAFETY: As above; `beyond` is what was cut off.
        unsafe { bindings::iov_iter_reexpand(iter, left.wrapping_add(beyond)) };

        // SAFETY: The operation is running.
        unsafe { Self::transferred(kiocb, result, length.saturating_sub(left)) }
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that `open` succeeded for, with a source.
    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The file is open during the call, and the iterator is for this call alone.
        let (position, (device, file), buffer) = unsafe {
            (
                (*kiocb).ki_pos,
                Self::opened((*kiocb).ki_filp),
                IovIterSource::from_raw(iter),
            )
        };
        let Ok(position) = u64::try_from(position) else {
            return EINVAL.to_errno() as isize;
        };

        let wanted = buffer.len();
        if wanted == 0 {
            return 0;
        }
        let length = Self::limit(device, file, position, wanted);
        if length == 0 {
            return ENOSPC.to_errno() as isize;
        }
        let beyond = wanted.wrapping_sub(length);

        // SAFETY: The iterator is valid. It is made as long as it was again below.
        unsafe { bindings::iov_iter_truncate(iter, length as u64) };
        let result = device.write(file, position, buffer);
        let left = buffer.len();
        // SAFETY: As above; `beyond` is what was cut off.
        unsafe { bindings::iov_iter_reexpand(iter, left.wrapping_add(beyond)) };

        // SAFETY: The operation is running.
        unsafe { Self::transferred(kiocb, result, length.saturating_sub(left)) }
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that `open` succeeded for.
    unsafe extern "C" fn llseek(
        file: *mut bindings::file,
        offset: bindings::loff_t,
        whence: c_int,
    ) -> bindings::loff_t {
        // SAFETY: The file is open during the call, in which `seek` is used up.
        let ((device, open_file), seek) =
            unsafe { (Self::opened(file), Seek::from_raw(file, offset, whence)) };
        let result = if T::HAS_LLSEEK {
            device.llseek(open_file, seek)
        } else {
            seek.within(device.size(open_file))
        };
        match result.map(i64::try_from) {
            Ok(Ok(position)) => position,
            Ok(Err(_)) => EOVERFLOW.to_errno().into(),
            Err(e) => for_c(e).into(),
        }
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that `open` succeeded for.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> bindings::__poll_t {
        // SAFETY: The file is open during the call. `'a` of both is its life: what `opened` borrows
        // is valid until it is released, which is what `PollTable` asks for.
        let ((device, open_file), table) =
            unsafe { (Self::opened(file), PollTable::from_raw(file, table)) };
        device.poll(open_file, table).bits()
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that `open` succeeded for.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: The file is open during the call. The VMA holds a reference to the file, so the
        // device lives until the VMA is gone, which is what `NewVma::from_raw` asks of the life
        // that both share. The VMA is being set up, and passed on just once.
        let ((device, open_file), vma) = unsafe { (Self::opened(file), NewVma::from_raw(vma)) };
        match device.mmap(open_file, vma) {
            Ok(mapped) => {
                mapped.finish();
                0
            }
            Err(e) => for_c(e),
        }
    }

    /// # Safety
    ///
    /// To be called by the core, for a file that `open` succeeded for.
    unsafe extern "C" fn get_unmapped_area(
        file: *mut bindings::file,
        address: c_ulong,
        length: c_ulong,
        page_offset: c_ulong,
        flags: c_ulong,
    ) -> c_ulong {
        // SAFETY: The file is open during the call.
        let (device, _) = unsafe { Self::opened(file) };
        let physical = device.physical_address(page_offset, length);
        // SAFETY: These are the arguments that the core called us with.
        unsafe { get_unmapped_area(file, address, length, page_offset, flags, physical) }
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that `open` succeeded for.
    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: The file is open during the call.
        let (device, open_file) = unsafe { Self::opened(file) };
        match device.ioctl(open_file, cmd, arg) {
            Ok(value) => value_for_c(value) as c_long,
            Err(e) => for_c(e) as c_long,
        }
    }
    /// # Safety
    ///
    /// To be called by procfs, for a file that `open` succeeded for.
    unsafe extern "C" fn show_fdinfo(seq: *mut bindings::seq_file, file: *mut bindings::file) {
        // SAFETY: procfs has a reference to the file, so it is not released during the call, and
        // `private_data` is what `open` left there. Unlike in `opened`, the file itself is left
        // alone: another task may be in an operation of it that does not share its position.
        let opened: Pin<&Opened<T>> =
            unsafe { Pin::<KBox<Opened<T>>>::borrow((*file).private_data) };
        // SAFETY: The sequential file is being written by this call alone.
        let seq = unsafe { SeqFile::from_raw(seq) };
        opened.device.show_fdinfo(&opened.state, seq);
    }
}
