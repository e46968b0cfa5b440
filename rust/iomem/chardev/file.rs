// SPDX-License-Identifier: GPL-2.0

//! An open file of a character device.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use core::ops::Deref;

use kernel::{
    fs::{
        file::flags,
        LocalFile, //
    },
    sync::{
        Arc,
        ArcBorrow, //
    },
};

use crate::{
    bindings,
    chardev::CharDevice, //
};

/// A file of a character device, open or being opened, during one call.
///
/// It dereferences to the kernel crate's [`LocalFile`], for flags and credentials.
///
/// # Examples
///
/// ```no_run
/// use iomem::chardev::CharFile;
///
/// /// Opens the first of four channels for reading only.
/// fn channel(file: CharFile<'_>) -> Result<u32> {
///     if file.minor() > 3 {
///         return Err(ENXIO);
///     }
///     Ok(file.minor())
/// }
/// ```
#[derive(Clone, Copy)]
pub struct CharFile<'a> {
    file: &'a LocalFile,
}

impl<'a> CharFile<'a> {
    /// Wraps the file that an operation was called with.
    ///
    /// # Safety
    ///
    /// `file` is the one of a file operation that the current task is in, and it is not released
    /// during `'a`.
    pub(super) unsafe fn from_raw(file: *mut bindings::file) -> Self {
        Self {
            // SAFETY: The file is valid until it is released. If the VFS is using the position
            // without a lock, it does so in the task that is in the operation, the current one; and
            // the reference stays with that, since it cannot be sent.
            file: unsafe { LocalFile::from_raw_file(file) },
        }
    }

    /// Returns the minor number of the node that was opened: which of the nodes that share a major
    /// it is. Context: any.
    ///
    /// Corresponds to the C function `iminor()` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    pub fn minor(&self) -> u32 {
        // SAFETY: The file is valid, and it has its inode from before it is opened until after it
        // is released.
        unsafe { bindings::iminor((*self.file.as_ptr()).f_inode) }
    }

    /// Tells whether it is open for reading. Context: any.
    ///
    /// Not the same as what its flags say of `O_ACCMODE`: with both bits of that set, a file is open
    /// for neither reading nor writing, as Linux has it for calls of `ioctl()` alone.
    ///
    /// Corresponds to the C constant `FMODE_READ` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    pub fn may_read(&self) -> bool {
        // SAFETY: The file is valid, and its mode does not change after it was opened.
        unsafe { bindings::file_may_read(self.file.as_ptr()) }
    }

    /// Tells whether it is open for writing. Context: any.
    ///
    /// Corresponds to the C constant `FMODE_WRITE` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    pub fn may_write(&self) -> bool {
        // SAFETY: As for `may_read`: the function looks at the mode of a file that is valid.
        unsafe { bindings::file_may_write(self.file.as_ptr()) }
    }

    /// Tells whether the program asked not to be put to sleep, `O_NONBLOCK`: what would have to
    /// wait fails with `EAGAIN`. Context: any.
    pub fn is_nonblocking(&self) -> bool {
        self.file.flags() & flags::O_NONBLOCK != 0
    }
}

impl Deref for CharFile<'_> {
    type Target = LocalFile;

    fn deref(&self) -> &LocalFile {
        self.file
    }
}

/// An open file of the device `T`, during one call.
///
/// It dereferences to [`CharFile`].
///
/// # Examples
///
/// ```no_run
/// use iomem::chardev::{
///     CharDevice,
///     OpenFile, //
/// };
/// use kernel::sync::atomic::{
///     Atomic,
///     Relaxed, //
/// };
///
/// /// Tells how many events the file has not seen, and that it now has.
/// fn news<T: CharDevice<State = Atomic<u64>>>(file: OpenFile<'_, T>, events: u64) -> u64 {
///     let seen = file.state().xchg(events, Relaxed);
///     events.wrapping_sub(seen)
/// }
/// ```
pub struct OpenFile<'a, T: CharDevice> {
    file: CharFile<'a>,
    device: &'a Arc<T>,
    state: &'a T::State,
}

impl<T: CharDevice> Clone for OpenFile<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: CharDevice> Copy for OpenFile<'_, T> {}

impl<'a, T: CharDevice> OpenFile<'a, T> {
    pub(super) fn new(file: CharFile<'a>, device: &'a Arc<T>, state: &'a T::State) -> Self {
        Self {
            file,
            device,
            state,
        }
    }

    /// Returns the reference to the device that the file keeps: for what outlives the call, such as
    /// the operations of a VMA. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     chardev::{
    ///         CharDevice,
    ///         OpenFile, //
    ///     },
    ///     vma::{
    ///         Mapped,
    ///         NewVma,
    ///         VmaOps, //
    ///     },
    /// };
    ///
    /// fn mmap<'a, T: CharDevice + VmaOps>(
    ///     file: OpenFile<'a, T>,
    ///     vma: NewVma<'a>,
    /// ) -> Result<Mapped<'a>> {
    ///     let prot = vma.page_prot().noncached();
    ///     vma.map_on_fault(file.device().into(), prot)
    /// }
    /// ```
    #[inline]
    pub fn device(&self) -> ArcBorrow<'a, T> {
        self.device.as_arc_borrow()
    }

    /// Returns what [`CharDevice::open`] made for this file. Context: any.
    #[inline]
    pub fn state(&self) -> &'a T::State {
        self.state
    }
}

impl<'a, T: CharDevice> Deref for OpenFile<'a, T> {
    type Target = CharFile<'a>;

    fn deref(&self) -> &CharFile<'a> {
        &self.file
    }
}
