// SPDX-License-Identifier: GPL-2.0

//! Differences between kernel releases, and nothing else.
//!
//! Kbuild sets `linux_7_3` for Linux 7.3 and newer.

use core::borrow::Borrow;

use kernel::error::Error;

use crate::bindings;

/// Until 7.2: `Io` is implemented by what is accessed, and registers are addresses.
///
/// An address is an offset into the window here, and the implementation of [`IoCapable`] adds the
/// base: kept apart, an offset that is a constant can become part of an instruction.
#[cfg(not(linux_7_3))]
mod io {
    use kernel::{
        io::{
            Io,
            IoCapable,
            IoKnownSize,
            IoLoc, //
        },
        prelude::*, //
    };

    use crate::{
        access::{
            assert_offset,
            raw::Place,
            Access,
            Kind,
            Ordered,
            Window, //
        },
        iomap::{
            Either,
            IoMap, //
        },
        mapping::Mapping,
        resource::{
            Holder,
            Mem, //
        },
    };

    #[cfg(CONFIG_HAS_IOPORT)]
    use crate::{
        port::{
            PortIo,
            Ports, //
        },
        resource::Port,
    };

    /// What tells an offset that was checked at run time from one that the compiler checked. No
    /// window is so long that an offset would have this bit.
    const CHECKED: usize = isize::MIN as usize;

    impl<A: Kind, const SIZE: usize> Window<'_, A, SIZE> {
        #[inline(always)]
        fn place_of(&self, address: usize) -> Place {
            if address & CHECKED != 0 {
                Place::checked_at(self.base(), address & !CHECKED)
            } else {
                Place::constant_at(self.base(), address)
            }
        }
    }

    impl<A: Kind, const SIZE: usize> Io for Window<'_, A, SIZE> {
        #[inline(always)]
        fn addr(&self) -> usize {
            self.base()
        }

        #[inline(always)]
        fn maxsize(&self) -> usize {
            self.length()
        }

        #[inline(always)]
        fn io_addr<U>(&self, offset: usize) -> Result<usize> {
            self.place::<U>(offset, 1)?;
            // SAFETY: The offset is within the window, whose length is at most `isize::MAX` by the
            // type invariant. Said, so that the compiler knows what the bit will be.
            unsafe { core::hint::assert_unchecked(offset & CHECKED == 0) };
            Ok(offset | CHECKED)
        }
    }

    impl<A: Kind, const SIZE: usize> IoKnownSize for Window<'_, A, SIZE> {
        const MIN_SIZE: usize = SIZE;

        #[inline(always)]
        fn io_addr_assert<U>(&self, offset: usize) -> usize {
            assert_offset::<U, SIZE>(offset);
            offset
        }
    }

    impl<A: Access<T>, T, const SIZE: usize> IoCapable<T> for Window<'_, A, SIZE> {
        #[inline(always)]
        unsafe fn io_read(&self, address: usize) -> T {
            // SAFETY: The caller gives what `io_addr` or `io_addr_assert` returned, both of which
            // checked that the access is within the window and aligned.
            unsafe { A::read(self.place_of(address)) }
        }

        #[inline(always)]
        unsafe fn io_write(&self, value: T, address: usize) {
            // SAFETY: As for `io_read`.
            unsafe { A::write(self.place_of(address), value) }
        }
    }

    /// What owns registers does as the window that it gives.
    macro_rules! io_of_owner {
        ($owner:ident, $kind:ty $(, $param:ident: $bound:path)?) => {
            impl<$($param: $bound,)? const SIZE: usize> Io for $owner<$($param,)? SIZE> {
                #[inline(always)]
                fn addr(&self) -> usize {
                    self.window().addr()
                }

                #[inline(always)]
                fn maxsize(&self) -> usize {
                    self.window().maxsize()
                }

                #[inline(always)]
                fn io_addr<U>(&self, offset: usize) -> Result<usize> {
                    self.window().io_addr::<U>(offset)
                }
            }

            impl<$($param: $bound,)? const SIZE: usize> IoKnownSize for $owner<$($param,)? SIZE> {
                const MIN_SIZE: usize = SIZE;

                #[inline(always)]
                fn io_addr_assert<U>(&self, offset: usize) -> usize {
                    self.window().io_addr_assert::<U>(offset)
                }
            }

            impl<$($param: $bound,)? T, const SIZE: usize> IoCapable<T>
                for $owner<$($param,)? SIZE>
            where
                $kind: Access<T>,
            {
                #[inline(always)]
                unsafe fn io_read(&self, address: usize) -> T {
                    // SAFETY: The requirements are the same.
                    unsafe { self.window().io_read(address) }
                }

                #[inline(always)]
                unsafe fn io_write(&self, value: T, address: usize) {
                    // SAFETY: The requirements are the same.
                    unsafe { self.window().io_write(value, address) }
                }
            }
        };
    }

    io_of_owner!(Mapping, Ordered, H: Holder<Mem>);
    #[cfg(CONFIG_HAS_IOPORT)]
    io_of_owner!(Ports, PortIo, H: Holder<Port>);
    io_of_owner!(IoMap, Either);

    impl<T, L: IoLoc<T>> super::Location<T> for L {
        type Raw = L::IoType;

        #[inline(always)]
        fn location_offset(self) -> usize {
            self.offset()
        }
    }
}

/// From 7.3 on: `Io` is implemented by views, and registers are pointers into them.
///
/// Locations are of the kernel crate's `Region` there, which is aligned to 4 bytes: its length is a
/// multiple of that, and a sized window has no 64-bit registers but through the `try_` forms.
#[cfg(linux_7_3)]
mod io {
    use core::marker::PhantomData;

    use kernel::{
        io::{
            IoBackend,
            IoBase,
            IoCapable,
            IoLoc,
            Region, //
        },
        ptr::KnownSize, //
    };

    use crate::{
        access::{
            assert_offset,
            raw::Place,
            Access,
            Kind,
            Ordered,
            Relaxed,
            Window, //
        },
        iomap::{
            Either,
            IoMap, //
        },
        mapping::Mapping,
        resource::{
            Holder,
            Mem, //
        },
    };

    #[cfg(CONFIG_HAS_IOPORT)]
    use crate::{
        port::{
            PortIo,
            Ports, //
        },
        resource::Port,
    };

    /// A part of a window, as the kernel crate wants it: a pointer that is never dereferenced.
    pub struct View<'a, A: Kind, T: ?Sized> {
        ptr: *mut T,
        owner: PhantomData<(&'a (), A)>,
    }

    impl<A: Kind, T: ?Sized> Clone for View<'_, A, T> {
        #[inline(always)]
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<A: Kind, T: ?Sized> Copy for View<'_, A, T> {}

    impl<'a, A: Kind, T: ?Sized + KnownSize> IoBase<'a> for View<'a, A, T> {
        type Backend = Backend<A>;
        type Target = T;

        #[inline(always)]
        fn as_view(self) -> Self {
            self
        }
    }

    /// Accesses of the kind `A`.
    pub struct Backend<A>(PhantomData<A>);

    impl<A: Kind> IoBackend for Backend<A> {
        type View<'a, T: ?Sized + KnownSize> = View<'a, A, T>;

        #[inline(always)]
        fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
            view.ptr
        }

        #[inline(always)]
        unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
            view: Self::View<'a, T>,
            ptr: *mut U,
        ) -> Self::View<'a, U> {
            View {
                ptr,
                owner: view.owner,
            }
        }
    }

    impl<A: Access<T>, T> IoCapable<T> for Backend<A> {
        #[inline(always)]
        fn io_read(view: View<'_, A, T>) -> T {
            // SAFETY: A view is made of a window, or of a part that the kernel crate has checked
            // for bounds and alignment.
            unsafe { A::read(Place::checked_at(view.ptr.addr(), 0)) }
        }

        #[inline(always)]
        fn io_write(view: View<'_, A, T>, value: T) {
            // SAFETY: As for `io_read`.
            unsafe { A::write(Place::checked_at(view.ptr.addr(), 0), value) }
        }
    }

    impl<'a, A: Kind, const SIZE: usize> IoBase<'a> for Window<'a, A, SIZE> {
        type Backend = Backend<A>;
        type Target = Region<SIZE>;

        #[inline(always)]
        fn as_view(self) -> View<'a, A, Region<SIZE>> {
            View {
                ptr: Region::ptr_from_raw_parts_mut(
                    core::ptr::without_provenance_mut(self.base()),
                    self.length(),
                ),
                owner: PhantomData,
            }
        }
    }

    /// What owns registers does as the window that it gives.
    macro_rules! io_of_owner {
        ($owner:ident, $kind:ty $(, $param:ident: $bound:path)?) => {
            impl<'a, $($param: $bound,)? const SIZE: usize> IoBase<'a>
                for &'a $owner<$($param,)? SIZE>
            {
                type Backend = Backend<$kind>;
                type Target = Region<SIZE>;

                #[inline(always)]
                fn as_view(self) -> View<'a, $kind, Region<SIZE>> {
                    self.window().as_view()
                }
            }
        };
    }

    io_of_owner!(Mapping, Ordered, H: Holder<Mem>);
    #[cfg(CONFIG_HAS_IOPORT)]
    io_of_owner!(Ports, PortIo, H: Holder<Port>);
    io_of_owner!(IoMap, Either);

    // At an offset that the compiler checks, the kernel crate's methods have 64 bits only where the
    // region is aligned to 8 bytes, and of a `Region` it knows 4. Windows are aligned to more, so they
    // have methods of their own, which are found before those of the trait.
    #[cfg(CONFIG_64BIT)]
    impl<A: Access<u64>, const SIZE: usize> Window<'_, A, SIZE> {
        /// Reads 64 bits, at an offset in bytes that the compiler checks: `readq()` of `<linux/io.h>`, or
        /// another of its kind. Context: any.
        #[inline(always)]
        pub fn read64(self, offset: usize) -> u64 {
            assert_offset::<u64, SIZE>(offset);
            // SAFETY: Checked by the compiler just above; the base is aligned by the type invariant.
            unsafe { A::read(self.constant_place(offset)) }
        }

        /// Writes 64 bits, at an offset in bytes that the compiler checks: `writeq()` of `<linux/io.h>`, or
        /// another of its kind. Context: any.
        #[inline(always)]
        pub fn write64(self, value: u64, offset: usize) {
            assert_offset::<u64, SIZE>(offset);
            // SAFETY: As for reading.
            unsafe { A::write(self.constant_place(offset), value) }
        }
    }

    /// The kernel crate's methods hand over an address. An instruction that takes the offset, as C's
    /// `writel_relaxed()` has on arm64, must be given it.
    macro_rules! relaxed_writes {
        ($($write:ident: $ty:ty, $c:literal;)*) => {
            impl<const SIZE: usize> Window<'_, Relaxed, SIZE> {
                $(
                    #[doc = concat!("Writes a `", stringify!($ty), "` at an offset in bytes that the ")]
                    #[doc = concat!("compiler checks: `", $c, "` of `<linux/io.h>`. Context: any.")]
                    #[inline(always)]
                    pub fn $write(self, value: $ty, offset: usize) {
                        assert_offset::<$ty, SIZE>(offset);
                        // SAFETY: Checked by the compiler just above; the base is aligned by the type
                        // invariant.
                        unsafe { Relaxed::write(self.constant_place(offset), value) }
                    }
                )*
            }
        };
    }

    relaxed_writes! {
        write8: u8, "writeb_relaxed()";
        write16: u16, "writew_relaxed()";
        write32: u32, "writel_relaxed()";
    }

    #[cfg(CONFIG_64BIT)]
    impl<H: Holder<Mem>, const SIZE: usize> Mapping<H, SIZE> {
        /// Reads 64 bits, at an offset in bytes that the compiler checks: `readq()` of `<linux/io.h>`.
        /// Context: any.
        #[inline(always)]
        pub fn read64(&self, offset: usize) -> u64 {
            self.window().read64(offset)
        }

        /// Writes 64 bits, at an offset in bytes that the compiler checks: `writeq()` of `<linux/io.h>`.
        /// Context: any.
        #[inline(always)]
        pub fn write64(&self, value: u64, offset: usize) {
            self.window().write64(value, offset);
        }
    }

    impl<T, L: IoLoc<Region<0>, T>> super::Location<T> for L {
        type Raw = L::IoType;

        #[inline(always)]
        fn location_offset(self) -> usize {
            self.offset()
        }
    }
}

/// Where a register is, as the kernel crate's types say it: an offset in bytes, or what
/// [`register!`](kernel::io::register!) declares.
///
/// # Examples
///
/// ```
/// use iomem::compat::Location;
///
/// fn offset<T>(at: impl Location<T>) -> usize {
///     at.location_offset()
/// }
///
/// assert_eq!(offset::<u32>(0x20_usize), 0x20);
/// ```
pub trait Location<T> {
    /// The integer of the register's width.
    type Raw: Into<T> + From<T>;

    /// Returns the offset in bytes.
    fn location_offset(self) -> usize;
}

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
        $crate::__private::kernel::of_device_table!($name, MODULE_OF_TABLE, $($rest)*);
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
        $crate::__private::kernel::of_device_table!($($all)*);
    };
}

/// Declares a table of auxiliary devices, as [`of_device_table!`](crate::of_device_table) does.
///
/// Hidden: a driver of the library's tests has one.
#[cfg(not(linux_7_3))]
#[doc(hidden)]
#[macro_export]
macro_rules! auxiliary_device_table {
    ($name:ident, $($rest:tt)*) => {
        $crate::__private::kernel::auxiliary_device_table!($name, MODULE_AUXILIARY_TABLE, $($rest)*);
    };
}

/// Declares a table of auxiliary devices, as [`of_device_table!`](crate::of_device_table) does.
///
/// Hidden: a driver of the library's tests has one.
#[cfg(linux_7_3)]
#[doc(hidden)]
#[macro_export]
macro_rules! auxiliary_device_table {
    ($($all:tt)*) => {
        $crate::__private::kernel::auxiliary_device_table!($($all)*);
    };
}

/// Declares a table of I2C devices, as [`of_device_table!`](crate::of_device_table) does.
///
/// Hidden: a driver of the library's tests has one.
#[cfg(not(linux_7_3))]
#[doc(hidden)]
#[macro_export]
macro_rules! i2c_device_table {
    ($name:ident, $($rest:tt)*) => {
        $crate::__private::kernel::i2c_device_table!($name, MODULE_I2C_TABLE, $($rest)*);
    };
}

/// Declares a table of I2C devices, as [`of_device_table!`](crate::of_device_table) does.
///
/// Hidden: a driver of the library's tests has one.
#[cfg(linux_7_3)]
#[doc(hidden)]
#[macro_export]
macro_rules! i2c_device_table {
    ($($all:tt)*) => {
        $crate::__private::kernel::i2c_device_table!($($all)*);
    };
}

/// Until 7.2: what is `SpinLockIrq` of the kernel crate from 7.3 on. Hidden, and not private: the library's
/// tests disable interrupts by it.
#[cfg(not(linux_7_3))]
#[path = "spinlock.rs"]
mod spinlock;

#[cfg(not(linux_7_3))]
#[doc(hidden)]
pub use self::spinlock::SpinLockIrq;

#[cfg(linux_7_3)]
#[doc(hidden)]
pub use kernel::sync::SpinLockIrq;

/// Whether the kernel looks at an entry of a page table that shows a huge page, before it takes that for
/// one of its memory, wherever a program can have it look.
///
/// Until 7.2, `mbind()` with `MPOL_MF_STRICT` does not (`queue_folios_pmd()`, with `CONFIG_NUMA`): it oopses
/// with locks held.
pub(crate) const LOOKS_AT_HUGE_PFNS: bool = cfg!(any(linux_7_3, not(CONFIG_NUMA)));

/// What a handler returns whose interrupt it was.
///
/// The bindings have a type with constants from 7.3 on, but not from its first release candidates:
/// where they have a number, the constant is that of [`Handled`].
pub(crate) const IRQ_HANDLED: bindings::irqreturn_t = bindings::irqreturn::IRQ_HANDLED;

#[allow(dead_code)]
trait Handled {
    /// As in `include/linux/irqreturn.h`.
    const IRQ_HANDLED: Self;
}

impl Handled for core::ffi::c_uint {
    const IRQ_HANDLED: Self = 1;
}

/// `EOPNOTSUPP`: the operation is not supported, on what it was asked of. Context: any.
///
/// Not to be confused with the kernel crate's `ENOTSUPP`, which programs do not know. From 7.3 on the
/// kernel crate has this one, too, as a constant.
///
/// # Examples
///
/// ```
/// use iomem::error::eopnotsupp;
///
/// assert_eq!(eopnotsupp().to_errno(), -95);
/// ```
pub fn eopnotsupp() -> Error {
    #[cfg(linux_7_3)]
    return kernel::error::code::EOPNOTSUPP;
    #[cfg(not(linux_7_3))]
    return Error::from_errno(-(bindings::EOPNOTSUPP as core::ffi::c_int));
}

/// `ENAMETOOLONG`: the name is too long. Context: any.
///
/// From 7.3 on the kernel crate has it, too, as a constant.
///
/// # Examples
///
/// ```
/// use iomem::error::enametoolong;
///
/// assert_eq!(enametoolong().to_errno(), -36);
/// ```
pub fn enametoolong() -> Error {
    #[cfg(linux_7_3)]
    return kernel::error::code::ENAMETOOLONG;
    #[cfg(not(linux_7_3))]
    return Error::from_errno(-(bindings::ENAMETOOLONG as core::ffi::c_int));
}

/// `ESTALE`, which the kernel crate has from 7.3 on. Context: any.
pub(crate) fn estale() -> Error {
    #[cfg(linux_7_3)]
    return kernel::error::code::ESTALE;
    #[cfg(not(linux_7_3))]
    return Error::from_errno(-(bindings::ESTALE as core::ffi::c_int));
}
