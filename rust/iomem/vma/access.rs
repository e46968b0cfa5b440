// SPDX-License-Identifier: GPL-2.0

//! Access by a debugger.

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};

use super::{
    Area,
    Backing, //
};
use crate::{
    bindings,
    range::Range, //
};

/// Bytes of a VMA that a debugger wants to read or write.
///
/// A handler either transfers all of it from or to a claim, [`region`](Self::region), or passes the
/// bytes on itself: what a device gave with [`give`](Self::give), what it is to get with
/// [`take`](Self::take), and at the end [`done`](Self::done). Both give an [`Accessed`], which is
/// what the handler returns.
///
/// The kernel crate and C leave it to the driver to keep within its device here; the length that the
/// kernel passes is what the debugger asked for, which may go beyond the VMA. This type does not. Nor is
/// there one for what the program itself has no right to at present: reading a VMA that cannot be read,
/// or writing one that cannot be written, is refused before a handler is called.
///
/// # Invariants
///
/// - `buffer` points to `length` bytes that nothing else uses; `address + length` does not go beyond
///   the VMA.
/// - `passed` is not above `length`. If the debugger reads, as many bytes at the start of the
///   buffer are initialized; if it writes, all are.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     resource::MemRegion,
///     vma::{
///         Access,
///         Accessed,
///         VmaOps, //
///     },
/// };
///
/// struct Registers {
///     claim: MemRegion,
/// }
///
/// impl VmaOps for Registers {
///     fn access<'a>(&self, access: Access<'a>) -> Result<Accessed<'a>> {
///         let offset = access.offset();
///         access.region(&self.claim, offset)
///     }
/// }
/// ```
pub struct Access<'a> {
    vma: Area<'a>,
    address: usize,
    buffer: NonNull<u8>,
    length: usize,
    asked: usize,
    write: bool,
    passed: usize,
    // Invariant in `'a`, so that it stays the life of one call and nothing shorter.
    call: PhantomData<fn(&'a ()) -> &'a ()>,
}

/// How many bytes of an [`Access`] have been transferred: what [`VmaOps::access`](super::VmaOps::access)
/// returns.
///
/// Only a transfer makes one, and it is good for the call that it was made in, so no handler can
/// have the debugger given bytes of the kernel's memory that no device has filled.
///
/// # Invariants
///
/// If the access was a read, `bytes` bytes at the start of its buffer are initialized.
///
/// # Examples
///
/// ```no_run
/// use iomem::vma::{
///     Access,
///     Accessed, //
/// };
///
/// fn access(access: Access<'_>) -> Result<Accessed<'_>> {
///     let mut access = access;
///     access.give(b"no device, a text")?;
///     Ok(access.done(usize::MAX))
/// }
/// ```
pub struct Accessed<'a> {
    bytes: usize,
    call: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl Accessed<'_> {
    /// Returns the number of bytes, for C.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Reads or writes one naturally aligned piece of a device.
macro_rules! transfer {
    ($ty:ty, $read:ident, $write:ident, $device:expr, $buffer:expr, $is_write:expr) => {{
        let buffer = $buffer.cast::<[u8; core::mem::size_of::<$ty>()]>();
        if $is_write {
            // SAFETY: The caller says that there are as many bytes in the buffer, and in the device
            // at that place, which is aligned.
            unsafe { bindings::$write(<$ty>::from_le_bytes(buffer.read()), $device) };
        } else {
            // SAFETY: The same is said of a read, which only goes the other way.
            unsafe { buffer.write(bindings::$read($device).to_le_bytes()) };
        }
        core::mem::size_of::<$ty>()
    }};
}

impl<'a> Access<'a> {
    /// # Safety
    ///
    /// `address` is within `vma`. `buffer` points to `length` bytes that nothing else uses during
    /// `'a`; if `write`, they are initialized. No other `Access` has the same `'a`.
    pub(super) unsafe fn new(
        vma: Area<'a>,
        address: usize,
        buffer: *mut u8,
        length: usize,
        write: bool,
    ) -> Self {
        let rest = vma.end().saturating_sub(address);
        // INVARIANT: By the requirements; what goes beyond the VMA is cut off.
        Self {
            vma,
            address,
            buffer: NonNull::new(buffer).unwrap_or(NonNull::dangling()),
            length: if buffer.is_null() {
                0
            } else {
                length.min(rest)
            },
            asked: length,
            write,
            passed: 0,
            call: PhantomData,
        }
    }

    /// Returns the VMA that the bytes are in.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(access: &iomem::vma::Access<'_>) {
    /// pr_info!("{} bytes of {}\n", access.length(), access.vma().length());
    /// # }
    /// ```
    pub fn vma(&self) -> &Area<'a> {
        &self.vma
    }

    /// Returns the offset into the file of the first byte, in bytes.
    ///
    /// # Examples
    ///
    /// See [`Access`].
    pub fn offset(&self) -> u64 {
        let page = self.vma.page_offset_of(self.address) as u64;
        page.wrapping_mul(PAGE_SIZE as u64)
            .wrapping_add((self.address % PAGE_SIZE) as u64)
    }

    /// Returns how many bytes are asked for, none of them beyond the VMA.
    ///
    /// # Examples
    ///
    /// See [`Access::vma`].
    pub fn length(&self) -> usize {
        self.length
    }

    /// Returns how many bytes the debugger asked for from here on, some of them perhaps beyond the VMA. It
    /// gets those by another access, or by none: then a debugger that wants a word, by `ptrace()`, has
    /// `EIO`, whatever this access did.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(access: &iomem::vma::Access<'_>) -> Result {
    /// if access.asked() > access.length() {
    ///     return Err(EIO);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// Tells whether the debugger writes, or else reads.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(access: &iomem::vma::Access<'_>) -> Result {
    /// if access.is_write() {
    ///     return Err(EPERM);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_write(&self) -> bool {
        self.write
    }

    /// Makes sure that the program itself could do it, which is asked before the handler is, so that no
    /// handler accesses its device for nothing. It stays so: the program's `mmap_lock` is held.
    ///
    /// The kernel asks for what the program could not do as well, so that a debugger can set breakpoints
    /// in text. Registers are not for that.
    pub(super) fn check(&self) -> Result {
        let allowed = if self.write {
            self.vma.is_writable()
        } else {
            self.vma.is_readable()
        };
        if !allowed {
            return Err(EFAULT);
        }
        Ok(())
    }

    /// Hands bytes to a debugger that reads, behind those that it was handed before, as many as it
    /// has room for. Returns how many. Context: any.
    ///
    /// # Errors
    ///
    /// `EFAULT`: the debugger writes.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::vma::{
    ///     Access,
    ///     Accessed, //
    /// };
    ///
    /// fn read(mut access: Access<'_>, value: u32) -> Result<Accessed<'_>> {
    ///     let given = access.give(&value.to_le_bytes())?;
    ///     Ok(access.done(given))
    /// }
    /// ```
    pub fn give(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.write {
            return Err(EFAULT);
        }
        let count = bytes.len().min(self.length.wrapping_sub(self.passed));
        // SAFETY: By the type invariant the buffer has room for `count` bytes behind those that
        // have passed, and nothing else uses it.
        unsafe {
            let to = self.buffer.as_ptr().add(self.passed);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, count);
        }
        // INVARIANT: As many more are initialized.
        self.passed = self.passed.wrapping_add(count);
        Ok(count)
    }

    /// Takes bytes from a debugger that writes, behind those that were taken before, as many as there
    /// are. Returns how many. Context: any.
    ///
    /// # Errors
    ///
    /// `EFAULT`: the debugger reads.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::vma::{
    ///     Access,
    ///     Accessed, //
    /// };
    ///
    /// fn write(mut access: Access<'_>) -> Result<Accessed<'_>> {
    ///     let mut value = [0; 4];
    ///     if access.take(&mut value)? < value.len() {
    ///         return Err(EINVAL);
    ///     }
    ///     pr_info!("{:#x}\n", u32::from_le_bytes(value));
    ///     Ok(access.done(value.len()))
    /// }
    /// ```
    pub fn take(&mut self, bytes: &mut [u8]) -> Result<usize> {
        if !self.write {
            return Err(EFAULT);
        }
        let count = bytes.len().min(self.length.wrapping_sub(self.passed));
        // SAFETY: By the type invariant the buffer has `count` bytes behind those that have passed,
        // and all of them are initialized.
        unsafe {
            let from = self.buffer.as_ptr().add(self.passed);
            core::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), count);
        }
        self.passed = self.passed.wrapping_add(count);
        Ok(count)
    }

    /// Ends the access: `bytes` bytes were transferred, lowered to how many have really passed. If they
    /// are fewer than the debugger asked for, the kernel asks for the rest by another access; if they
    /// are 0, the debugger gets `EIO`. Context: any.
    ///
    /// # Examples
    ///
    /// See [`give`](Self::give).
    pub fn done(self, bytes: usize) -> Accessed<'a> {
        // INVARIANT: What has passed is initialized.
        Accessed {
            bytes: bytes.min(self.passed),
            call: PhantomData,
        }
    }

    /// Transfers the bytes from or to a claim, where they begin `offset` bytes into it: as many as
    /// there are in the claim. Bytes that were passed on before do not count.
    ///
    /// What is aligned is accessed in one piece: 4 bytes at a multiple of 4 are one 32-bit access of
    /// the device, 8 bytes at a multiple of 8 one of 64 bits. Other transfers are made of the
    /// largest aligned pieces. It works also where no page has been touched yet. Context: may sleep;
    /// maps the claim into the kernel for the time of the call.
    ///
    /// It takes the place of the C function `generic_access_phys()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h), which needs the pages to be there, relies
    /// on its caller to stay within the device, and leaves the width to `memcpy_fromio()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `offset` is beyond the claim, no bytes are asked for, or the claim is not whole pages.
    /// - `ENOMEM`: the claim could not be mapped into the kernel.
    ///
    /// # Examples
    ///
    /// See [`Access`].
    pub fn region(self, claim: &impl Backing, offset: u64) -> Result<Accessed<'a>> {
        let range = claim.frames().ok_or(EINVAL)?;
        let rest = range.length().checked_sub(offset).ok_or(EINVAL)?;
        let length = self.length.min(usize::try_from(rest).unwrap_or(usize::MAX));
        let part = Range::new(range.start().wrapping_add(offset), length as u64)?;

        // SAFETY: The part is not empty, and claimed, so no RAM is in it.
        let device = unsafe { bindings::ioremap(part.start(), length) };
        if device.is_null() {
            return Err(ENOMEM);
        }

        let mut done = 0;
        while done < length {
            let to = device.cast::<u8>().wrapping_add(done);
            // SAFETY: By the type invariant the buffer has at least `length` bytes.
            let buffer = unsafe { self.buffer.as_ptr().add(done) };
            let piece = Self::piece(to as usize, length.wrapping_sub(done));
            let to = to.cast::<c_void>();
            done = done.wrapping_add(match piece {
                #[cfg(CONFIG_64BIT)]
                8 => transfer!(u64, readq, writeq, to, buffer, self.write),
                4 => transfer!(u32, readl, writel, to, buffer, self.write),
                2 => transfer!(u16, readw, writew, to, buffer, self.write),
                _ => transfer!(u8, readb, writeb, to, buffer, self.write),
            });
        }

        // SAFETY: This mapping was made above, and has no other user.
        unsafe { bindings::iounmap(device) };
        // INVARIANT: If it was a read, so many bytes of the buffer have just been written.
        Ok(Accessed {
            bytes: done,
            call: PhantomData,
        })
    }

    /// Returns the size of the largest aligned piece at `address`, of `rest` bytes.
    fn piece(address: usize, rest: usize) -> usize {
        let mut piece = core::mem::size_of::<usize>();
        while piece > rest || address & piece.wrapping_sub(1) != 0 {
            piece >>= 1;
        }
        piece
    }
}
