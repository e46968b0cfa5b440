// SPDX-License-Identifier: GPL-2.0

//! Many accesses in one call: the repeated forms, for a FIFO behind one address, and the copies,
//! for memory behind a window.

use kernel::prelude::*;

use super::{
    assert_offset,
    Access,
    BigEndian,
    Kind,
    Ordered,
    Relaxed,
    RelaxedBigEndian,
    Window, //
};
use crate::bindings;

/// A kind with repeated accesses of the width of `T`.
///
/// The bytes of a FIFO are a stream: they come into memory in the order in which they came from the
/// device, so an element is not swapped on any processor, and a big-endian window has none of this.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     Repeat,
///     Window, //
/// };
///
/// /// Of memory or of ports.
/// fn drain<A: Repeat<u16>>(regs: Window<'_, A>, packet: &mut [u16]) -> Result {
///     regs.try_read_rep(0x40, packet)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no repeated accesses of the width of `{T}`",
    note = "the bytes of a FIFO are a stream: a big-endian window has none, use that of its mapping"
)]
pub trait Repeat<T>: Access<T> {
    /// Reads as many times as `buffer` has elements.
    ///
    /// # Safety
    ///
    /// As for `Access::read`, of the place that has this address.
    #[doc(hidden)]
    unsafe fn read_rep(address: usize, buffer: &mut [T]);

    /// Writes as many times as `buffer` has elements.
    ///
    /// # Safety
    ///
    /// As for `Access::write`, of the place that has this address.
    #[doc(hidden)]
    unsafe fn write_rep(address: usize, buffer: &[T]);
}

/// Implements [`Repeat`] by two C functions of an address (of type `$addr`), a buffer and a count (of
/// type `$count`): more elements than such a count can tell are more calls.
macro_rules! repeat {
    ($ty:ty, $addr:ty, $count:ty, $read:ident, $write:ident, $($kind:ty),*) => {
        $(
            impl $crate::access::Repeat<$ty> for $kind {
                #[inline]
                unsafe fn read_rep(address: usize, buffer: &mut [$ty]) {
                    for part in buffer.chunks_mut(<$count>::MAX as usize) {
                        // SAFETY: The caller vouches for the address, and the part has room for as
                        // many elements, which fit into the count.
                        unsafe {
                            $crate::bindings::$read(
                                address as $addr,
                                part.as_mut_ptr().cast(),
                                <$count>::try_from(part.len()).unwrap_or(<$count>::MAX),
                            )
                        }
                    }
                }

                #[inline]
                unsafe fn write_rep(address: usize, buffer: &[$ty]) {
                    for part in buffer.chunks(<$count>::MAX as usize) {
                        // SAFETY: The caller vouches for the address, and the part has as many
                        // elements, which fit into the count.
                        unsafe {
                            $crate::bindings::$write(
                                address as $addr,
                                part.as_ptr().cast(),
                                <$count>::try_from(part.len()).unwrap_or(<$count>::MAX),
                            )
                        }
                    }
                }
            }
        )*
    };
}
pub(crate) use repeat;

repeat!(u8, *mut c_void, c_uint, readsb, writesb, Ordered, Relaxed);
repeat!(u16, *mut c_void, c_uint, readsw, writesw, Ordered, Relaxed);
repeat!(u32, *mut c_void, c_uint, readsl, writesl, Ordered, Relaxed);
#[cfg(CONFIG_64BIT)]
repeat!(u64, *mut c_void, c_uint, readsq, writesq, Ordered, Relaxed);

/// A kind whose windows are mapped memory, so that bytes can be copied.
pub trait Memory: Kind {}

impl Memory for Ordered {}
impl Memory for Relaxed {}
impl Memory for BigEndian {}
impl Memory for RelaxedBigEndian {}

impl<A: Kind, const SIZE: usize> Window<'_, A, SIZE> {
    /// Reads the register at `offset` once for each element of `buffer`: a FIFO is emptied.
    ///
    /// The compiler checks the offset. The elements are not swapped, see [`Repeat`]. Not ordered
    /// against memory. Context: any; takes as long as so many accesses take.
    ///
    /// Corresponds to the C functions `ioread8_rep()`, `ioread16_rep()`, `ioread32_rep()` and
    /// `readsb()`, `readsw()`, `readsl()`, `readsq()` in
    /// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h); of ports to `insb()`,
    /// `insw()`, `insl()`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn drain(regs: Window<'_, Ordered, 0x100>, packet: &mut [u32]) {
    ///     regs.read_rep(0x40, packet);
    /// }
    /// ```
    #[inline(always)]
    pub fn read_rep<T>(&self, offset: usize, buffer: &mut [T])
    where
        A: Repeat<T>,
    {
        assert_offset::<T, SIZE>(offset);
        // SAFETY: Checked by the compiler just above; the base is aligned by the type invariant.
        unsafe { A::read_rep(self.constant_place(offset).address(), buffer) }
    }

    /// Writes the elements of `buffer` to the register at `offset`, one after another: a FIFO is
    /// filled. As [`Window::read_rep`] otherwise.
    ///
    /// Corresponds to the C functions `iowrite8_rep()`, … `writesb()`, …; of ports to `outsb()`, ….
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn send(regs: Window<'_, Ordered, 0x100>, packet: &[u32]) {
    ///     regs.write_rep(0x40, packet);
    /// }
    /// ```
    #[inline(always)]
    pub fn write_rep<T>(&self, offset: usize, buffer: &[T])
    where
        A: Repeat<T>,
    {
        assert_offset::<T, SIZE>(offset);
        // SAFETY: As for `read_rep`.
        unsafe { A::write_rep(self.constant_place(offset).address(), buffer) }
    }

    /// [`Window::read_rep`], with the offset checked when it is called.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the register is not within the window, or not aligned to its width; nothing was
    /// read.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn drain(regs: Window<'_, Ordered>, fifo: usize, packet: &mut [u16]) -> Result {
    ///     regs.try_read_rep(fifo, packet)
    /// }
    /// ```
    #[inline]
    pub fn try_read_rep<T>(&self, offset: usize, buffer: &mut [T]) -> Result
    where
        A: Repeat<T>,
    {
        let place = self.place::<T>(offset, 1)?;
        // SAFETY: `place` checked it.
        unsafe { A::read_rep(place.address(), buffer) };
        Ok(())
    }

    /// [`Window::write_rep`], with the offset checked when it is called.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the register is not within the window, or not aligned to its width; nothing was
    /// written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn send(regs: Window<'_, Ordered>, fifo: usize, packet: &[u8]) -> Result {
    ///     regs.try_write_rep(fifo, packet)
    /// }
    /// ```
    #[inline]
    pub fn try_write_rep<T>(&self, offset: usize, buffer: &[T]) -> Result
    where
        A: Repeat<T>,
    {
        let place = self.place::<T>(offset, 1)?;
        // SAFETY: `place` checked it.
        unsafe { A::write_rep(place.address(), buffer) };
        Ok(())
    }
}

impl<A: Memory, const SIZE: usize> Window<'_, A, SIZE> {
    /// Copies from the window, from `offset` on, into `buffer`.
    ///
    /// For memory behind a device: in which widths and how often it is read is left to the
    /// architecture. Any offset and length will do. Not ordered against other memory. Context: any.
    ///
    /// Corresponds to the C function `memcpy_fromio()` in
    /// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h).
    ///
    /// # Errors
    ///
    /// `EINVAL`: the window has fewer bytes from `offset` on; nothing was copied.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn header(memory: Window<'_, Ordered>) -> Result<[u8; 16]> {
    ///     let mut header = [0; 16];
    ///     memory.memcpy_fromio(0, &mut header)?;
    ///     Ok(header)
    /// }
    /// ```
    pub fn memcpy_fromio(&self, offset: usize, buffer: &mut [u8]) -> Result {
        let place = self.place::<u8>(offset, buffer.len())?;
        // SAFETY: `place` checked the window's side, and the buffer is that long.
        unsafe {
            bindings::memcpy_fromio(
                buffer.as_mut_ptr().cast(),
                place.address() as *const c_void,
                buffer.len(),
            )
        };
        Ok(())
    }

    /// Copies `buffer` into the window, from `offset` on. As [`Window::memcpy_fromio`] otherwise.
    ///
    /// Corresponds to the C function `memcpy_toio()`.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the window has fewer bytes from `offset` on; nothing was copied.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn load(memory: Window<'_, Ordered>, firmware: &[u8]) -> Result {
    ///     memory.memcpy_toio(0x1000, firmware)
    /// }
    /// ```
    pub fn memcpy_toio(&self, offset: usize, buffer: &[u8]) -> Result {
        let place = self.place::<u8>(offset, buffer.len())?;
        // SAFETY: `place` checked the window's side, and the buffer is that long.
        unsafe {
            bindings::memcpy_toio(
                place.address() as *mut c_void,
                buffer.as_ptr().cast(),
                buffer.len(),
            )
        };
        Ok(())
    }

    /// Sets `length` bytes of the window, from `offset` on, to `byte`. As
    /// [`Window::memcpy_fromio`] otherwise.
    ///
    /// Corresponds to the C function `memset_io()`.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the window has fewer bytes from `offset` on; nothing was written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn clear(memory: Window<'_, Ordered>) -> Result {
    ///     memory.memset_io(0, 0, memory.length())
    /// }
    /// ```
    pub fn memset_io(&self, offset: usize, byte: u8, length: usize) -> Result {
        let place = self.place::<u8>(offset, length)?;
        // SAFETY: `place` checked it.
        unsafe { bindings::memset_io(place.address() as *mut c_void, c_int::from(byte), length) };
        Ok(())
    }
}
