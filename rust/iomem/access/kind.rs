// SPDX-License-Identifier: GPL-2.0

//! The kinds of access: which C functions a window's accesses are.

use super::raw::{
    self,
    Place, //
};

pub(crate) mod private {
    pub trait Sealed {}
}

/// How a window is accessed.
///
/// A type for each, so that a function says in its signature which it wants; it exists at compile
/// time only.
pub trait Kind: private::Sealed + 'static {
    /// The widest access, in bytes.
    const WIDEST: usize;

    /// Whether addresses are those of memory, where a misaligned access must not be tried.
    /// Processors with port instructions take any port number; but the functions of the kernel crate that
    /// check at run time (`try_read16` and its kin) want it to be aligned: see [`Ports`](crate::port::Ports).
    const ALIGNED: bool = true;
}

/// A kind that has accesses of the width of `T`: `u8`, `u16`, `u32` or `u64`.
#[diagnostic::on_unimplemented(message = "`{Self}` has no accesses of the width of `{T}`")]
pub trait Access<T>: Kind {
    /// Reads.
    ///
    /// # Safety
    ///
    /// The place is within a live window of this kind, and aligned to the width of `T`.
    #[doc(hidden)]
    unsafe fn read(place: Place) -> T;

    /// Writes.
    ///
    /// # Safety
    ///
    /// As for [`Access::read`].
    #[doc(hidden)]
    unsafe fn write(place: Place, value: T);
}

/// I/O memory, little-endian, ordered.
///
/// A read happens before what follows it in the program, and what precedes a write happens before
/// it: memory that a device reads by DMA is written before the register that starts it. Corresponds
/// to `readb()`, `readw()`, `readl()`, `readq()`, `writeb()`, … and, on memory, to `ioread8()`, … in
/// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h).
///
/// On arm64 that takes a barrier with each access; on x86 the processor does it by itself.
pub enum Ordered {}

/// I/O memory, little-endian, ordered only among accesses of the same device.
///
/// Nothing is promised about memory, so DMA needs the ordered forms or barriers. Corresponds to
/// `readl_relaxed()`, `writel_relaxed()` and their kin in
/// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h).
pub enum Relaxed {}

/// I/O memory, big-endian, ordered as [`Ordered`] is.
///
/// Corresponds to `ioread16be()`, `ioread32be()`, `ioread64be()`, `iowrite16be()`, … in
/// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     BigEndian,
///     Window, //
/// };
/// use kernel::io::Io;
///
/// fn magic(regs: Window<'_, BigEndian, 0x100>) -> u32 {
///     regs.read32(0x00)
/// }
/// ```
pub enum BigEndian {}

/// I/O memory, big-endian, ordered as [`Relaxed`] is.
///
/// C has no functions for this; drivers there write `be32_to_cpu(__raw_readl())`.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     RelaxedBigEndian,
///     Window, //
/// };
/// use kernel::io::Io;
///
/// fn pixel(memory: Window<'_, RelaxedBigEndian>, at: usize) -> Result<u16> {
///     memory.try_read16(at)
/// }
/// ```
pub enum RelaxedBigEndian {}

macro_rules! kinds {
    ($($kind:ident),*) => {
        $(
            impl private::Sealed for $kind {}
            impl Kind for $kind {
                #[cfg(CONFIG_64BIT)]
                const WIDEST: usize = 8;
                #[cfg(not(CONFIG_64BIT))]
                const WIDEST: usize = 4;
            }
        )*
    };
}

kinds!(Ordered, Relaxed, BigEndian, RelaxedBigEndian);

macro_rules! access {
    ($ty:ty, $kind:ident, $read:ident, $write:ident, $order:ident) => {
        impl Access<$ty> for $kind {
            #[inline(always)]
            unsafe fn read(place: Place) -> $ty {
                // SAFETY: The requirements are the same.
                unsafe { raw::$read(place) }.$order()
            }

            #[inline(always)]
            unsafe fn write(place: Place, value: $ty) {
                // SAFETY: The requirements are the same.
                unsafe { raw::$write(place, value.$order()) }
            }
        }
    };
}

// The raw functions take the register for little-endian, as C's do: what they give of a big-endian
// one is the wrong way round, whatever the processor's own order.
macro_rules! accesses {
    ($ty:ty, $read:ident, $write:ident, $read_relaxed:ident, $write_relaxed:ident) => {
        access!($ty, Ordered, $read, $write, clone);
        access!($ty, Relaxed, $read_relaxed, $write_relaxed, clone);
        access!($ty, BigEndian, $read, $write, swap_bytes);
        access!(
            $ty,
            RelaxedBigEndian,
            $read_relaxed,
            $write_relaxed,
            swap_bytes
        );
    };
}

accesses!(u8, read8, write8, read8_relaxed, write8_relaxed);
accesses!(u16, read16, write16, read16_relaxed, write16_relaxed);
accesses!(u32, read32, write32, read32_relaxed, write32_relaxed);
#[cfg(CONFIG_64BIT)]
accesses!(u64, read64, write64, read64_relaxed, write64_relaxed);
