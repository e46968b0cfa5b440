// SPDX-License-Identifier: GPL-2.0

//! What is read and written, and where.
//!
//! The buffers are the kernel crate's: [`IovIterDest`] for what a program reads, [`IovIterSource`]
//! for what it writes. They stand for one piece of the program's memory or for many (`readv()`), or
//! for memory of the kernel's. [`Give`] and [`Take`] add what those lack: the error that C gives, and a
//! look ahead.
//!
//! # Partial transfers
//!
//! Where a program's memory ends half-way, C's rule is: what was transferred counts, and only a
//! transfer of nothing at all is `EFAULT`. The library holds a driver to it: a count above what has
//! really passed through the buffer is lowered to that.
//!
//! Where reading changes the device, a value that cannot be delivered is lost. [`Give::fault_in`] tells
//! beforehand how much can be.
//!
//! C headers: [`include/linux/uio.h`](srctree/include/linux/uio.h),
//! [`include/linux/fs.h`](srctree/include/linux/fs.h)

use core::marker::PhantomData;

use kernel::{
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*, //
};

use crate::bindings;

/// Puts bytes into the buffer of a program that reads.
///
/// # Examples
///
/// ```no_run
/// use iomem::chardev::transfer::Give;
/// use kernel::iov::IovIterDest;
///
/// fn read(value: u32, buffer: &mut IovIterDest<'_>) -> Result<usize> {
///     buffer.give(&value.to_le_bytes())
/// }
/// ```
pub trait Give {
    /// Puts `bytes` into the buffer, as many as there is room for, and returns how many.
    ///
    /// Context: may sleep (page faults).
    ///
    /// Corresponds to the C function `copy_to_iter()` in
    /// [`include/linux/uio.h`](srctree/include/linux/uio.h).
    ///
    /// # Errors
    ///
    /// `EFAULT`: there is room and something to put there, but not one byte could be: the program's
    /// memory is not writable.
    fn give(&mut self, bytes: &[u8]) -> Result<usize>;

    /// Makes as many of the next `bytes` bytes of the buffer present in memory as can be written to, and
    /// returns how many those are: so many can be given next, unless another thread of the program
    /// changes its memory meanwhile. The buffer stays where it is, and what it holds as it is.
    ///
    /// Where the processor checks tags of addresses (arm64's MTE), these are not looked at.
    ///
    /// Context: may sleep (page faults).
    ///
    /// Corresponds to the C function `fault_in_iov_iter_writeable()` in
    /// [`include/linux/uio.h`](srctree/include/linux/uio.h), which returns how many are left.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::transfer::Give;
    /// use kernel::iov::IovIterDest;
    ///
    /// /// Reads a register that is cleared by it.
    /// fn read(register: impl Fn() -> u32, buffer: &mut IovIterDest<'_>) -> Result<usize> {
    ///     if buffer.fault_in(size_of::<u32>()) < size_of::<u32>() {
    ///         return Err(EFAULT);
    ///     }
    ///     buffer.give(&register().to_ne_bytes())
    /// }
    /// ```
    fn fault_in(&mut self, bytes: usize) -> usize;
}

impl Give for IovIterDest<'_> {
    fn give(&mut self, bytes: &[u8]) -> Result<usize> {
        let some = !bytes.is_empty() && !self.is_empty();
        match self.copy_to_iter(bytes) {
            0 if some => Err(EFAULT),
            n => Ok(n),
        }
    }

    fn fault_in(&mut self, bytes: usize) -> usize {
        let bytes = bytes.min(self.len());
        // SAFETY: The buffer is valid, and is only looked at; the memory that it stands for may be
        // written to.
        let left = unsafe { bindings::fault_in_iov_iter_writeable(self.as_raw(), bytes) };
        bytes.saturating_sub(left)
    }
}

/// Gets bytes from the buffer of a program that writes.
///
/// # Examples
///
/// ```no_run
/// use iomem::chardev::transfer::Take;
/// use kernel::iov::IovIterSource;
///
/// /// A device that takes 32 bits at a time.
/// fn write(buffer: &mut IovIterSource<'_>) -> Result<u32> {
///     let mut bytes = [0; 4];
///     if buffer.take(&mut bytes)? < bytes.len() {
///         return Err(EINVAL);
///     }
///     Ok(u32::from_le_bytes(bytes))
/// }
/// ```
pub trait Take {
    /// Fills `bytes` from the buffer, as far as that goes, and returns how many bytes it was.
    ///
    /// Context: may sleep (page faults).
    ///
    /// Corresponds to the C function `copy_from_iter()` in
    /// [`include/linux/uio.h`](srctree/include/linux/uio.h).
    ///
    /// # Errors
    ///
    /// `EFAULT`: the buffer has something, and there is room for it, but not one byte could be had:
    /// the program's memory is not readable.
    fn take(&mut self, bytes: &mut [u8]) -> Result<usize>;

    /// Makes as many of the next `bytes` bytes of the buffer present in memory as can be read, and
    /// returns how many those are, like [`Give::fault_in`].
    ///
    /// Context: may sleep (page faults).
    ///
    /// Corresponds to the C function `fault_in_iov_iter_readable()` in
    /// [`include/linux/uio.h`](srctree/include/linux/uio.h), which returns how many are left.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::transfer::Take;
    /// use kernel::iov::IovIterSource;
    ///
    /// /// Makes sure that a command is there as a whole.
    /// fn write(buffer: &mut IovIterSource<'_>) -> Result<[u8; 16]> {
    ///     let mut command = [0; 16];
    ///     if buffer.fault_in(command.len()) < command.len() {
    ///         return Err(EFAULT);
    ///     }
    ///     buffer.take(&mut command)?;
    ///     Ok(command)
    /// }
    /// ```
    fn fault_in(&mut self, bytes: usize) -> usize;
}

impl Take for IovIterSource<'_> {
    fn take(&mut self, bytes: &mut [u8]) -> Result<usize> {
        let some = !bytes.is_empty() && !self.is_empty();
        match self.copy_from_iter(bytes) {
            0 if some => Err(EFAULT),
            n => Ok(n),
        }
    }

    fn fault_in(&mut self, bytes: usize) -> usize {
        let bytes = bytes.min(self.len());
        // SAFETY: The buffer is valid, and is only looked at; the memory that it stands for may be read.
        let left = unsafe { bindings::fault_in_iov_iter_readable(self.as_raw(), bytes) };
        bytes.saturating_sub(left)
    }
}

/// One call of `lseek()`, to be carried out by saying which positions there are.
///
/// # Invariants
///
/// `file` is the one of a running `->llseek` call.
pub struct Seek<'a> {
    file: *mut bindings::file,
    offset: i64,
    whence: c_int,
    call: PhantomData<&'a bindings::file>,
}

impl Seek<'_> {
    /// Wraps what `->llseek` was called with.
    ///
    /// # Safety
    ///
    /// `file` is the one of a running `->llseek` call, and the value is not used after it.
    pub(super) unsafe fn from_raw(file: *mut bindings::file, offset: i64, whence: c_int) -> Self {
        // INVARIANT: By the requirement.
        Self {
            file,
            offset,
            whence,
            call: PhantomData,
        }
    }

    /// Goes there, if it is one of the positions from 0 to `size`, the end, in bytes. Returns the
    /// new position. Context: any.
    ///
    /// Corresponds to the C function `fixed_size_llseek()` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is none of them, or `whence` is not `SEEK_SET`, `SEEK_CUR` or `SEEK_END`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::transfer::Seek;
    /// fn llseek(seek: Seek<'_>) -> Result<u64> {
    ///     seek.within(0x1000)
    /// }
    /// ```
    pub fn within(self, size: u64) -> Result<u64> {
        // Positions are signed numbers, of which a larger size has them all.
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        // SAFETY: By the type invariant the file is the one of a running call.
        Self::result(unsafe {
            bindings::fixed_size_llseek(self.file, self.offset, self.whence, size)
        })
    }

    /// Goes there, if it is one of the positions from 0 to `last`, where `end` is what `SEEK_END`
    /// counts from: for a device whose offsets say more than a place. Returns the new position.
    /// Context: any.
    ///
    /// Corresponds to the C function `generic_file_llseek_size()` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is none of them, or `whence` is not `SEEK_SET`, `SEEK_CUR` or `SEEK_END`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::transfer::Seek;
    /// // Two regions, the second of them at 4 GiB.
    /// fn llseek(seek: Seek<'_>) -> Result<u64> {
    ///     seek.between(0x1000, 0x1_0000_1000)
    /// }
    /// ```
    pub fn between(self, end: u64, last: u64) -> Result<u64> {
        // What else there is asks about data and holes in files.
        if !matches!(
            self.whence as u32,
            bindings::SEEK_SET | bindings::SEEK_CUR | bindings::SEEK_END
        ) {
            return Err(EINVAL);
        }
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        // SAFETY: By the type invariant the file is the one of a running call.
        Self::result(unsafe {
            bindings::generic_file_llseek_size(self.file, self.offset, self.whence, last, end)
        })
    }

    /// Goes there, if it is a position at all, for a device that has no end. Returns the new
    /// position. Context: any.
    ///
    /// Corresponds to the C function `no_seek_end_llseek()` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is negative, or `whence` is neither `SEEK_SET` nor `SEEK_CUR`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::transfer::Seek;
    /// fn llseek(seek: Seek<'_>) -> Result<u64> {
    ///     seek.without_end()
    /// }
    /// ```
    pub fn without_end(self) -> Result<u64> {
        // SAFETY: By the type invariant the file is the one of a running call.
        Self::result(unsafe { bindings::no_seek_end_llseek(self.file, self.offset, self.whence) })
    }

    /// A position, or what C says instead of one.
    fn result(position: i64) -> Result<u64> {
        u64::try_from(position)
            .map_err(|_| c_int::try_from(position).map_or(EIO, Error::from_errno))
    }
}
