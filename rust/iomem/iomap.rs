// SPDX-License-Identifier: GPL-2.0

//! Registers that are either in memory or at ports: one type for both.
//!
//! # The life of a map
//!
//! Some devices have the same registers in memory on one board and at ports on another. An
//! [`IoMap`] is made of a claim of one kind or the other, [`IoMap::ioport_map`] or
//! [`IoMap::ioremap`], and is then used without knowing which. It is an [`Io`](kernel::io::Io), so
//! the kernel crate's accessors and `register!` blocks work on it. It owns the claim; dropping it
//! unmaps the registers and releases them.
//!
//! An access asks each time where the register is, as `ioread32()` does in C. A driver that knows
//! uses a [`Mapping`] or [`Ports`].
//!
//! For ports this is the second of two ways of using them; [`Ports`] is the first.
//!
//! C headers: [`include/asm-generic/iomap.h`](srctree/include/asm-generic/iomap.h),
//! [`include/linux/io.h`](srctree/include/linux/io.h)

use kernel::prelude::*;

use crate::{
    access::{
        private,
        raw::Place,
        repeat,
        Access,
        Kind,
        Window, //
    },
    bindings,
    mapping::Mapping,
    range::Range,
    resource::MemRegion, //
};

#[cfg(CONFIG_HAS_IOPORT)]
use crate::{
    port::Ports,
    resource::PortRegion, //
};

/// Memory or ports, little-endian, ordered.
///
/// Corresponds to `ioread8()`, `ioread16()`, `ioread32()`, `iowrite8()`, … and their `_rep` forms in
/// [`include/asm-generic/iomap.h`](srctree/include/asm-generic/iomap.h). There are no accesses of
/// 64 bits, since ports have none.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     access::Window,
///     iomap::Either, //
/// };
/// use kernel::io::Io;
///
/// fn id(regs: Window<'_, Either, 0x10>) -> u32 {
///     regs.read32(0x0c)
/// }
/// ```
pub enum Either {}

/// Memory or ports, big-endian, ordered.
///
/// Corresponds to `ioread16be()`, `ioread32be()`, `iowrite16be()` and `iowrite32be()`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     access::Window,
///     iomap::EitherBigEndian, //
/// };
/// use kernel::io::Io;
///
/// fn id(regs: Window<'_, EitherBigEndian, 0x10>) -> u32 {
///     regs.read32(0x0c)
/// }
/// ```
pub enum EitherBigEndian {}

macro_rules! kinds {
    ($($kind:ident),*) => {
        $(
            impl private::Sealed for $kind {}
            impl Kind for $kind {
                const WIDEST: usize = 4;
            }
        )*
    };
}

kinds!(Either, EitherBigEndian);

macro_rules! access {
    ($ty:ty, $kind:ident, $read:ident, $write:ident) => {
        impl Access<$ty> for $kind {
            #[inline]
            unsafe fn read(place: Place) -> $ty {
                // SAFETY: The caller gives an address in a live map.
                unsafe { bindings::$read(place.address() as *const c_void) }
            }

            #[inline]
            unsafe fn write(place: Place, value: $ty) {
                // SAFETY: As for reading.
                unsafe { bindings::$write(value, place.address() as *mut c_void) }
            }
        }
    };
}

access!(u8, Either, iomap_read8, iomap_write8);
access!(u16, Either, iomap_read16, iomap_write16);
access!(u32, Either, iomap_read32, iomap_write32);
access!(u8, EitherBigEndian, iomap_read8, iomap_write8);
access!(u16, EitherBigEndian, iomap_read16be, iomap_write16be);
access!(u32, EitherBigEndian, iomap_read32be, iomap_write32be);
repeat!(
    u8,
    *mut c_void,
    c_uint,
    iomap_read8_rep,
    iomap_write8_rep,
    Either
);
repeat!(
    u16,
    *mut c_void,
    c_uint,
    iomap_read16_rep,
    iomap_write16_rep,
    Either
);
repeat!(
    u32,
    *mut c_void,
    c_uint,
    iomap_read32_rep,
    iomap_write32_rep,
    Either
);

/// Ports that were mapped with `ioport_map()`.
///
/// # Invariants
///
/// `addr` is what `ioport_map()` gave for `ports`, which can be reached.
#[cfg(CONFIG_HAS_IOPORT)]
struct PortMap<const SIZE: usize> {
    addr: *mut c_void,
    ports: Ports<PortRegion, SIZE>,
}

#[cfg(CONFIG_HAS_IOPORT)]
// SAFETY: The address is a number that stands for ports, which can be accessed from any thread.
unsafe impl<const SIZE: usize> Send for PortMap<SIZE> {}

#[cfg(CONFIG_HAS_IOPORT)]
// SAFETY: Threads that share it share a number, which none of them can change.
unsafe impl<const SIZE: usize> Sync for PortMap<SIZE> {}

#[cfg(CONFIG_HAS_IOPORT)]
impl<const SIZE: usize> Drop for PortMap<SIZE> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant `ioport_map()` gave it, and it is not used any more. The
        // claim is released after this.
        unsafe { bindings::iomap_unmap_ports(self.addr) };
    }
}

/// What a map is made of.
enum Source<const SIZE: usize> {
    Memory(Mapping<MemRegion, SIZE>),
    #[cfg(CONFIG_HAS_IOPORT)]
    Ports(PortMap<SIZE>),
}

/// Claimed registers, in memory or at ports, to be read and written.
///
/// Context of the drop: may sleep.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     iomap::IoMap,
///     resource::{
///         request_mem_region,
///         request_region, //
///     },
/// };
/// use kernel::io::Io;
///
/// fn id(regs: &IoMap<0x10>) -> u32 {
///     regs.read32(0x0c)
/// }
///
/// let at_ports = IoMap::ioport_map(request_region(0xc000, 0x10, c"my-device")?)?;
/// let in_memory = IoMap::ioremap(request_mem_region(0xfea0_0000, 0x1000, c"my-device")?)?;
/// assert_eq!(id(&at_ports), id(&in_memory));
/// # Ok::<(), Error>(())
/// ```
pub struct IoMap<const SIZE: usize = 0> {
    source: Source<SIZE>,
}

impl<const SIZE: usize> IoMap<SIZE> {
    /// Maps a claim on ports. Context: may sleep.
    ///
    /// Corresponds to the C function `ioport_map()` in
    /// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h); dropping the map to
    /// `ioport_unmap()` and `release_region()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` and `ENXIO`: those of [`Ports::new`]; `EINVAL` also if the first port is not aligned to the
    ///   widest access that there is to `SIZE` of them, 4 bytes at most.
    /// - `ENOMEM`: the kernel cannot map it.
    ///
    /// # Examples
    ///
    /// See [`IoMap`].
    #[cfg(CONFIG_HAS_IOPORT)]
    pub fn ioport_map(claim: PortRegion) -> Result<Self> {
        let ports = Ports::<_, SIZE>::new(claim)?;
        let port = usize::try_from(ports.range().start()).map_err(|_| EINVAL)?;
        let count = c_uint::try_from(ports.range().length()).map_err(|_| EINVAL)?;

        // SAFETY: The ports are claimed and can be reached.
        let addr = unsafe { bindings::iomap_map_ports(port, count) };
        if addr.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: `ioport_map()` just gave it.
        let map = PortMap { addr, ports };

        // A sized window promises the compiler an alignment, here of what the kernel made of it.
        // SAFETY: The window is only looked at: nothing is accessed through it.
        unsafe { Window::<'_, Either, SIZE>::new(map.addr as usize, count as usize) }?;
        Ok(Self {
            source: Source::Ports(map),
        })
    }

    /// Maps a claim on memory, uncached. Context: may sleep.
    ///
    /// Corresponds to the C function `ioremap()`, whose address `ioread32()` takes as well.
    ///
    /// # Errors
    ///
    /// Those of [`Mapping::ioremap`].
    ///
    /// # Examples
    ///
    /// See [`IoMap`].
    pub fn ioremap(claim: MemRegion) -> Result<Self> {
        Ok(Mapping::ioremap(claim)?.into())
    }

    /// Tells whether the registers are at ports.
    pub fn is_port(&self) -> bool {
        !matches!(self.source, Source::Memory(_))
    }

    /// Returns the range of physical addresses or port numbers.
    pub fn range(&self) -> Range {
        match &self.source {
            Source::Memory(mapping) => mapping.range(),
            #[cfg(CONFIG_HAS_IOPORT)]
            Source::Ports(map) => map.ports.range(),
        }
    }

    /// Returns a view of the registers, with the repeated forms and what else a [`Window`] has.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::iomap::IoMap;
    /// fn drain(regs: &IoMap<0x10>, packet: &mut [u8]) {
    ///     regs.window().read_rep(0x04, packet);
    /// }
    /// ```
    #[inline]
    pub fn window(&self) -> Window<'_, Either, SIZE> {
        match &self.source {
            Source::Memory(mapping) => {
                let raw = mapping.window();
                // SAFETY: The functions that `Either` calls take addresses of mapped memory, and
                // the alignment that they need is the smaller one.
                unsafe { Window::new_unchecked(raw.base(), raw.length()) }
            }
            #[cfg(CONFIG_HAS_IOPORT)]
            Source::Ports(map) => {
                let length = map.ports.window().length();
                // SAFETY: By the invariant of `PortMap`, and `ioport_map` checked the alignment.
                unsafe { Window::new_unchecked(map.addr as usize, length) }
            }
        }
    }

    /// Returns a view of the registers, taken for big-endian: `ioread32be()`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::iomap::IoMap;
    /// use kernel::io::Io;
    ///
    /// fn magic(regs: &IoMap<0x10>) -> u16 {
    ///     regs.big_endian().read16(0x02)
    /// }
    /// ```
    #[inline]
    pub fn big_endian(&self) -> Window<'_, EitherBigEndian, SIZE> {
        let window = self.window();
        // SAFETY: The same registers, live as long; the kinds differ in the order of bytes.
        unsafe { Window::new_unchecked(window.base(), window.length()) }
    }
}

/// A mapping whose kind is to be forgotten.
impl<const SIZE: usize> From<Mapping<MemRegion, SIZE>> for IoMap<SIZE> {
    fn from(mapping: Mapping<MemRegion, SIZE>) -> Self {
        Self {
            source: Source::Memory(mapping),
        }
    }
}
