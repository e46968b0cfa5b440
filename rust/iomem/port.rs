// SPDX-License-Identifier: GPL-2.0

//! Port I/O.
//!
//! # The life of ports
//!
//! A claim on ports, a [`PortRegion`], needs no mapping: [`Ports::new`] makes registers of it, as
//! [`Mapping::ioremap`](crate::mapping::Mapping::ioremap) makes them of memory. It holds the claim,
//! by value, by reference or by [`Arc`](kernel::sync::Arc), and is an [`Io`](kernel::io::Io), so that the kernel
//! crate's accessors and `register!` blocks work on ports too: `read8` is `inb()`, `write32` is
//! `outl()`. Dropping it lets go of the claim.
//!
//! This is the first of two ways of using ports; [`iomap`](crate::iomap) is the other.
//!
//! # What ports are
//!
//! On x86, an address space of 65,536 bytes with instructions of its own. On arm64 and others,
//! memory behind a PCI host bridge, which turns accesses into port accesses of the bus: the port's
//! number is an offset into the bridges' windows (see `PCI Bus` or `pcie` in `/proc/ioports`). Where
//! there are none at a number, [`Ports::new`] says `ENXIO`. On an architecture that has no ports at
//! all this module does not exist: what needs it does not build there
//! (`#[cfg(CONFIG_HAS_IOPORT)]`).
//!
//! C headers: [`include/linux/io.h`](srctree/include/linux/io.h),
//! [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h)

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
    range::Range,
    resource::{
        Holder,
        Port,
        PortRegion, //
    }, //
};

mod raw;

/// I/O ports.
///
/// On x86 the processor waits for an access to be done before it goes on, and orders it against memory. Where
/// ports are memory, writes are posted, as those to memory that is mapped uncached: a read from the same device
/// has them arrive.
/// Corresponds to `inb()`, `inw()`, `inl()`, `outb()`, `outw()` and `outl()` in
/// [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h). There are no accesses of 64 bits.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     access::Window,
///     port::PortIo, //
/// };
/// use kernel::io::Io;
///
/// fn status(ports: Window<'_, PortIo, 8>) -> u8 {
///     ports.read8(0x05)
/// }
/// ```
pub enum PortIo {}

impl private::Sealed for PortIo {}
impl Kind for PortIo {
    const WIDEST: usize = 4;
    /// Where ports are memory, what holds for memory holds for them.
    const ALIGNED: bool = cfg!(not(CONFIG_X86));
}

macro_rules! access {
    ($ty:ty, $read:ident, $write:ident, $read_rep:ident, $write_rep:ident) => {
        impl Access<$ty> for PortIo {
            #[inline]
            unsafe fn read(place: Place) -> $ty {
                // SAFETY: The caller gives a port that is claimed and can be reached.
                unsafe { raw::$read(place.address()) }
            }

            #[inline]
            unsafe fn write(place: Place, value: $ty) {
                // SAFETY: As for reading.
                unsafe { raw::$write(value, place.address()) }
            }
        }

        repeat!($ty, usize, c_uint, $read_rep, $write_rep, PortIo);
    };
}

access!(u8, inb, outb, insb, outsb);
access!(u16, inw, outw, insw, outsw);
access!(u32, inl, outl, insl, outsl);

/// Claimed ports, to be read and written.
///
/// It is an [`Io`](kernel::io::Io); offsets are from the first port of the claim. An access is one
/// instruction of exactly its width. Accesses can be made in any context.
///
/// Processors that have instructions for ports access any of them at any width. Where the first port of the
/// claim is odd, `read16` does so at the offsets that the compiler lets pass, which are even. `try_read16` and
/// its kin look at the number of the port instead: they fail with `EINVAL` where that is not aligned.
///
/// # Ports that are memory
///
/// On an architecture without such instructions, the driver of the PCI host bridge maps the ports, and unmaps
/// them when it is unbound, also if a driver has claimed them: the kernel faults on an access then, as in C.
/// So a driver on another device than one of PCI's ties its claim to that,
/// [`unbind_on_removal`](crate::resource::Claim::unbind_on_removal), as the `devm_` forms do. What is tied to no
/// device has to be dropped before the bridge is unbound.
///
/// Context of the drop: that of the holder; of a claim it may sleep.
///
/// # Invariants
///
/// `holder`'s claim is of ports that can be reached, no fewer than `SIZE`, and its first port is
/// aligned as [`Window`] wants it.
///
/// # Examples
///
/// The configuration device of QEMU, which is at these ports on x86:
///
/// ```no_run
/// use iomem::{
///     port::Ports,
///     resource::request_region, //
/// };
/// use kernel::io::{
///     register,
///     Io, //
/// };
///
/// register! {
///     /// Which item is read.
///     FW_CFG_SELECTOR(u16) @ 0x00 {
///         15:0 item;
///     }
/// }
///
/// const FW_CFG_DATA: usize = 0x01;
///
/// let ports = Ports::<_, 2>::new(request_region(0x510, 2, c"my-device")?)?;
/// ports.write_reg(FW_CFG_SELECTOR::zeroed());
/// let mut signature = [0; 4];
/// ports.window().read_rep::<u8>(FW_CFG_DATA, &mut signature);
/// assert_eq!(&signature, b"QEMU");
/// # Ok::<(), Error>(())
/// ```
pub struct Ports<H: Holder<Port>, const SIZE: usize = 0> {
    holder: H,
    base: usize,
    length: usize,
}

impl<H: Holder<Port>, const SIZE: usize> Ports<H, SIZE> {
    /// Makes registers of the claim that `holder` holds. Context: any.
    ///
    /// C needs no call for this.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the claim has fewer than `SIZE` ports, or where ports are memory, does not begin
    ///   at a multiple of the widest access that `SIZE` has room for.
    /// - `ENXIO`: where ports are memory, there is no bridge behind some of them. Ports of devices that
    ///   have functions of their own instead (`CONFIG_INDIRECT_PIO`) are unsupported.
    ///
    /// # Examples
    ///
    /// See [`Ports`].
    pub fn new(holder: H) -> Result<Self> {
        let range = holder.region().range();
        let base = usize::try_from(range.start()).map_err(|_| EINVAL)?;
        let length = usize::try_from(range.length()).map_err(|_| EINVAL)?;

        // SAFETY: The window is only looked at: nothing is accessed through it.
        unsafe { Window::<'_, PortIo, SIZE>::new(base, length) }?;

        // SAFETY: The function asks whether the kernel has pages for numbers that the tree of ports
        // has, since they are claimed.
        if !unsafe { bindings::ports_reachable(base, length) } {
            return Err(ENXIO);
        }

        // INVARIANT: Both were checked just above.
        Ok(Self {
            holder,
            base,
            length,
        })
    }

    /// Returns the claim.
    #[inline]
    pub fn region(&self) -> &PortRegion {
        self.holder.region()
    }

    /// Returns the range of port numbers.
    #[inline]
    pub fn range(&self) -> Range {
        self.region().range()
    }

    /// Returns a view of the ports, with the repeated forms and what else a [`Window`] has.
    ///
    /// # Examples
    ///
    /// See [`Ports`].
    #[inline(always)]
    pub fn window(&self) -> Window<'_, PortIo, SIZE> {
        // SAFETY: By the type invariant; the claim is held while `self` is borrowed.
        unsafe { Window::new_unchecked(self.base, self.length) }
    }
}
