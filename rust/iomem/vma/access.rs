// SPDX-License-Identifier: GPL-2.0

//! Access by a debugger.

use core::ptr::NonNull;

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
/// The kernel crate and C leave it to the driver to keep within its device here; the length that the
/// kernel passes is what the debugger asked for, which may go beyond the VMA. This type does not.
///
/// # Invariants
///
/// `buffer` points to `length` bytes that nobody else uses; `address + length` does not go beyond
/// the VMA.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     resource::MemRegion,
///     vma::{
///         Access,
///         VmaOps, //
///     },
/// };
///
/// struct Registers {
///     claim: MemRegion,
/// }
///
/// impl VmaOps for Registers {
///     fn access(&self, access: Access<'_>) -> Result<usize> {
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
    write: bool,
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
    /// `address` is within `vma`. `buffer` points to `length` bytes that nobody else uses during
    /// `'a`.
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
            write,
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

    /// Transfers the bytes from or to a claim, where they begin `offset` bytes into it, and returns
    /// how many it were: as many as there are in the claim.
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
    /// - `EFAULT`: the program itself may not do so: it is a read, and the VMA cannot be read at
    ///   present, or a write, and it cannot be written.
    /// - `EINVAL`: `offset` is beyond the claim, no bytes are asked for, or the claim is not whole pages.
    /// - `ENOMEM`: the claim could not be mapped into the kernel.
    ///
    /// # Examples
    ///
    /// See [`Access`].
    pub fn region(self, claim: &impl Backing, offset: u64) -> Result<usize> {
        let allowed = if self.write {
            self.vma.is_writable()
        } else {
            self.vma.is_readable()
        };
        if !allowed {
            return Err(EFAULT);
        }

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

        // SAFETY: This mapping was made above, and nobody else knows of it.
        unsafe { bindings::iounmap(device) };
        Ok(done)
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
