// SPDX-License-Identifier: GPL-2.0

//! Differences between kernel releases, and nothing else.
//!
//! Kbuild sets `linux_7_3` for Linux 7.3 and newer.

use core::borrow::Borrow;

/// Until 7.2: `Io` is implemented by the mapping itself, a width at a time.
#[cfg(not(linux_7_3))]
mod io {
    use kernel::{
        io::{
            Io,
            IoCapable,
            IoKnownSize,
            MmioRaw, //
        },
        prelude::*, //
    };

    use crate::{
        bindings,
        mapping::{
            Holder,
            Mapping, //
        },
    };

    /// Address and size of a mapping, no smaller than `SIZE`.
    pub(crate) type RawMapping<const SIZE: usize> = MmioRaw<SIZE>;

    impl<H: Holder, const SIZE: usize> Io for Mapping<H, SIZE> {
        #[inline]
        fn addr(&self) -> usize {
            self.raw().addr()
        }

        #[inline]
        fn maxsize(&self) -> usize {
            self.raw().maxsize()
        }
    }

    impl<H: Holder, const SIZE: usize> IoKnownSize for Mapping<H, SIZE> {
        const MIN_SIZE: usize = SIZE;
    }

    macro_rules! impl_io_capable {
        ($ty:ty, $read:ident, $write:ident) => {
            impl<H: Holder, const SIZE: usize> IoCapable<$ty> for Mapping<H, SIZE> {
                #[inline]
                unsafe fn io_read(&self, address: usize) -> $ty {
                    // SAFETY: The caller gives an address within the mapping, which is live.
                    unsafe { bindings::$read(address as *const c_void) }
                }

                #[inline]
                unsafe fn io_write(&self, value: $ty, address: usize) {
                    // SAFETY: The caller gives an address within the mapping, which is live.
                    unsafe { bindings::$write(value, address as *mut c_void) }
                }
            }
        };
    }

    impl_io_capable!(u8, readb, writeb);
    impl_io_capable!(u16, readw, writew);
    impl_io_capable!(u32, readl, writel);
    #[cfg(CONFIG_64BIT)]
    impl_io_capable!(u64, readq, writeq);
}

/// From 7.3 on: `Io` is implemented by views; a reference to a mapping gives one.
#[cfg(linux_7_3)]
mod io {
    use kernel::{
        io::{
            IoBase,
            Mmio,
            MmioBackend,
            MmioRaw,
            Region, //
        },
        prelude::*, //
    };

    use crate::mapping::{
        Holder,
        Mapping, //
    };

    /// Address and size of a mapping, no smaller than `SIZE`.
    pub(crate) struct RawMapping<const SIZE: usize>(MmioRaw<Region<SIZE>>);

    impl<const SIZE: usize> RawMapping<SIZE> {
        pub(crate) fn new(addr: usize, size: usize) -> Result<Self> {
            Ok(Self(MmioRaw::new_region(addr, size)?))
        }

        #[inline]
        pub(crate) fn addr(&self) -> usize {
            self.0.addr()
        }
    }

    impl<'a, H: Holder, const SIZE: usize> IoBase<'a> for &'a Mapping<H, SIZE> {
        type Backend = MmioBackend;
        type Target = Region<SIZE>;

        #[inline]
        fn as_view(self) -> Mmio<'a, Region<SIZE>> {
            // SAFETY: By the invariant of `Mapping` this is a live mapping, and it stays so while
            // `self` is borrowed.
            unsafe { Mmio::from_raw(self.raw().0) }
        }
    }
}

pub(crate) use io::RawMapping;

/// Returns the value of a module parameter, which is a reference until 7.2 and a number from 7.3 on.
///
/// # Examples
///
/// ```ignore
/// let start = iomem::compat::param(module_parameters::start.value());
/// ```
#[inline]
pub fn param(value: impl Borrow<u64>) -> u64 {
    *value.borrow()
}

/// Declares the device-tree table of a driver.
///
/// The kernel crate's `of_device_table!`, which wants a name for the module's alias table until
/// 7.2.
#[cfg(not(linux_7_3))]
#[macro_export]
macro_rules! of_device_table {
    ($name:ident, $($rest:tt)*) => {
        ::kernel::of_device_table!($name, MODULE_OF_TABLE, $($rest)*);
    };
}

/// Declares the device-tree table of a driver.
///
/// The kernel crate's `of_device_table!`, which wants a name for the module's alias table until
/// 7.2.
#[cfg(linux_7_3)]
#[macro_export]
macro_rules! of_device_table {
    ($($all:tt)*) => {
        ::kernel::of_device_table!($($all)*);
    };
}
