// SPDX-License-Identifier: GPL-2.0

//! Registers that say what reading them does.
//!
//! Reading a register may change the device: a FIFO loses an element, a status is acknowledged.
//! Such a read must not be made twice, or for curiosity. A [`Reg`] names a register together with
//! what may be done with it, and the methods of [`Window`] that take one are for one purpose each:
//!
//! | | [`ReadPure`] | [`ReadPureWrite`] | [`ReadEffect`] | [`ReadWrite`] | [`WriteOnly`] |
//! |---|---|---|---|---|---|
//! | [`get`](Window::get), [`wait_until`](Window::wait_until) | yes | yes | | | |
//! | [`take`](Window::take) | | | yes | yes | |
//! | [`set`](Window::set) | | yes | | yes | yes |
//! | [`modify`](Window::modify) | | yes | | | |
//!
//! What is not in the table does not build.

use core::marker::PhantomData;

use super::{
    assert_offset,
    raw::Place,
    Access,
    Kind,
    Window, //
};
use crate::compat::Location;

mod private {
    pub trait Sealed {}
}

/// What may be done with a register.
pub trait Class: private::Sealed {}
/// Reading changes nothing, so it may be repeated or left out.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     Ordered,
///     Pure,
///     Reg,
///     Window, //
/// };
///
/// /// Any register that may be looked at.
/// fn dump<C: Pure>(regs: Window<'_, Ordered, 0x100>, reg: Reg<u32, C>) {
///     pr_info!("{:#x}\n", regs.get(reg));
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a register that is `{Self}` cannot be looked at",
    note = "what is read only with effect is had by `take`; what can only be written, not at all"
)]
pub trait Pure: Class {}
/// Reading changes the device.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     Effect,
///     Ordered,
///     Reg,
///     Window, //
/// };
///
/// /// Any FIFO.
/// fn drop_one<C: Effect>(regs: Window<'_, Ordered, 0x100>, fifo: Reg<u8, C>) {
///     let _ = regs.take(fifo);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a register that is `{Self}` cannot be taken from",
    note = "what can be read without effect is had by `get`"
)]
pub trait Effect: Class {}
/// It can be written.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     Ordered,
///     Reg,
///     Window,
///     Write, //
/// };
///
/// /// Any register that can be cleared.
/// fn clear<C: Write>(regs: Window<'_, Ordered, 0x100>, reg: Reg<u32, C>) {
///     regs.set(reg, 0);
/// }
/// ```
#[diagnostic::on_unimplemented(message = "a register that is `{Self}` cannot be written")]
pub trait Write: Class {}

/// Reading changes nothing; it cannot be written.
pub enum ReadPure {}
/// Reading changes nothing; it can be written.
pub enum ReadPureWrite {}
/// Reading changes the device; it cannot be written.
pub enum ReadEffect {}
/// Reading changes the device; it can be written.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     Ordered,
///     ReadWrite,
///     Reg,
///     Window, //
/// };
///
/// /// What was sent comes back.
/// const LOOP: Reg<u8, ReadWrite> = Reg::at(0x28);
///
/// fn echo(regs: Window<'_, Ordered, 0x100>, byte: u8) -> u8 {
///     regs.set(LOOP, byte);
///     regs.take(LOOP)
/// }
/// ```
pub enum ReadWrite {}
/// It can be written; reading it means nothing.
pub enum WriteOnly {}

macro_rules! classes {
    ($($class:ident: $($can:ident),*;)*) => {
        $(
            impl private::Sealed for $class {}
            impl Class for $class {}
            $(impl $can for $class {})*
        )*
    };
}

classes! {
    ReadPure: Pure;
    ReadPureWrite: Pure, Write;
    ReadEffect: Effect;
    ReadWrite: Effect, Write;
    WriteOnly: Write;
}

/// A register: where it is, what its value is, and what may be done with it.
///
/// `T` is what is read and written: `u8` to `u64`, or a register that the kernel crate's
/// [`register!`](kernel::io::register!) declares. `C` is its [`Class`]. The window that it is used
/// on decides about ordering and endianness.
///
/// # Examples
///
/// ```no_run
/// use iomem::access::{
///     Ordered,
///     ReadEffect,
///     ReadPure,
///     Reg,
///     Window, //
/// };
///
/// const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);
/// const FIFO: Reg<u8, ReadEffect> = Reg::at(0x28);
///
/// fn receive(regs: Window<'_, Ordered, 0x100>) -> Option<u8> {
///     // Looking does no harm; taking does, and is called so.
///     (regs.get(STATUS) & 1 != 0).then(|| regs.take(FIFO))
/// }
/// ```
///
/// What `register!` declares:
///
/// ```no_run
/// use iomem::access::{
///     Ordered,
///     ReadPure,
///     Reg,
///     Window, //
/// };
/// use kernel::io::register;
///
/// register! {
///     /// The identification register of QEMU's `edu`.
///     EDU_ID(u32) @ 0x00 {
///         31:24 major;
///         23:16 minor;
///         15:0  magic;
///     }
/// }
///
/// fn major(regs: Window<'_, Ordered, 0x100>) -> u32 {
///     regs.get(Reg::<_, ReadPure, _>::of(EDU_ID)).major().get()
/// }
/// ```
pub struct Reg<T, C: Class, L = usize> {
    location: L,
    class: PhantomData<fn() -> (T, C)>,
}

impl<T, C: Class, L: Copy> Clone for Reg<T, C, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C: Class, L: Copy> Copy for Reg<T, C, L> {}

impl<T, C: Class> Reg<T, C> {
    /// A register at `offset`, in bytes from the beginning of a window.
    pub const fn at(offset: usize) -> Self {
        Self::of(offset)
    }
}

impl<T, C: Class, L> Reg<T, C, L> {
    /// A register at a location of the kernel crate's: what `register!` declares, or an element of
    /// an array of such.
    pub const fn of(location: L) -> Self {
        Self {
            location,
            class: PhantomData,
        }
    }

    /// Where it is, in bytes.
    #[inline(always)]
    pub(crate) fn offset(self) -> usize
    where
        L: Location<T>,
    {
        self.location.location_offset()
    }
}

impl<A: Kind, const SIZE: usize> Window<'_, A, SIZE> {
    #[inline(always)]
    fn constant<T, C: Class, L: Location<T>>(&self, reg: Reg<T, C, L>) -> Place {
        let offset = reg.offset();
        assert_offset::<L::Raw, SIZE>(offset);
        self.constant_place(offset)
    }

    /// Reads a register, which changes nothing. The compiler checks the offset. Context: any.
    ///
    /// # Examples
    ///
    /// See [`Reg`].
    #[inline(always)]
    pub fn get<T, C: Pure, L: Location<T>>(&self, reg: Reg<T, C, L>) -> T
    where
        A: Access<L::Raw>,
    {
        let place = self.constant(reg);
        // SAFETY: `constant` has the compiler check it.
        unsafe { A::read(place) }.into()
    }

    /// Reads a register, which changes the device. The compiler checks the offset. Context: any.
    ///
    /// # Examples
    ///
    /// See [`Reg`].
    #[inline(always)]
    pub fn take<T, C: Effect, L: Location<T>>(&self, reg: Reg<T, C, L>) -> T
    where
        A: Access<L::Raw>,
    {
        let place = self.constant(reg);
        // SAFETY: `constant` has the compiler check it.
        unsafe { A::read(place) }.into()
    }

    /// Writes a register. The compiler checks the offset. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Reg, Window, WriteOnly};
    /// const RESET: Reg<u32, WriteOnly> = Reg::at(0x04);
    ///
    /// fn reset(regs: Window<'_, Ordered, 0x100>) {
    ///     regs.set(RESET, 1);
    /// }
    /// ```
    #[inline(always)]
    pub fn set<T, C: Write, L: Location<T>>(&self, reg: Reg<T, C, L>, value: T)
    where
        A: Access<L::Raw>,
    {
        let place = self.constant(reg);
        // SAFETY: `constant` has the compiler check it.
        unsafe { A::write(place, value.into()) }
    }

    /// Reads a register, and writes what `f` makes of it: one read and one write.
    ///
    /// Not atomic: who shares the register with others takes a lock. The compiler checks the
    /// offset. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, ReadPureWrite, Reg, Window};
    /// const CONTROL: Reg<u32, ReadPureWrite> = Reg::at(0x08);
    ///
    /// fn enable(regs: Window<'_, Ordered, 0x100>) {
    ///     regs.modify(CONTROL, |control| control | 1);
    /// }
    /// ```
    #[inline(always)]
    pub fn modify<T, C: Pure + Write, L: Location<T>>(
        &self,
        reg: Reg<T, C, L>,
        f: impl FnOnce(T) -> T,
    ) where
        A: Access<L::Raw>,
    {
        let place = self.constant(reg);
        // SAFETY: `constant` has the compiler check it.
        let old = unsafe { A::read(place) }.into();
        // SAFETY: `constant` has the compiler check it, for a write as for a read.
        unsafe { A::write(place, f(old).into()) }
    }
}
