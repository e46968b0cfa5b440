// SPDX-License-Identifier: GPL-2.0

//! The parent of a device that a driver makes.
//!
//! To add a device, the kernel looks at its parent, and at those above it: at their folders in sysfs, and
//! at their names. A device that is only referred to may be removed meanwhile, and its parent freed. So a
//! [`Parent`] is made of something that keeps the device registered for as long as it is borrowed.
//!
//! It may be removed later, before its children, though: they have references to it and to those above
//! it, and are then not shown in sysfs any more.

use core::ptr::NonNull;

use kernel::{
    device::{
        Bound,
        Core,
        Device, //
    },
    prelude::*, //
};

use crate::{
    bindings,
    platform, //
};

/// A device that stays registered for `'a`, which others can be made below.
///
/// Context of the drop: any.
///
/// # Invariants
///
/// `device` is registered for `'a`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     parent::Parent,
///     platform::{
///         Info,
///         Resource, //
///     },
///     range::Range, //
/// };
/// use kernel::{
///     device::{
///         Bound,
///         Device, //
///     },
///     prelude::*, //
/// };
///
/// /// Makes a device below one that has a driver, and another below that.
/// fn make(dev: &Device<Bound>) -> Result {
///     let resources = [Resource::mem(Range::new(0xfea0_0000, 0x1000)?)];
///     let outer = Info::new(c"outer", &resources).parent(dev).register()?;
///     let inner = Info::new(c"inner", &resources).parent(&outer).register()?;
///     drop(inner);
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Parent<'a> {
    device: &'a Device,
}

impl<'a> Parent<'a> {
    /// Returns the device.
    pub(crate) fn device(self) -> &'a Device {
        self.device
    }
}

/// A device is bound until its driver has been unbound, which removing it does first.
impl<'a> From<&'a Device<Bound>> for Parent<'a> {
    fn from(device: &'a Device<Bound>) -> Self {
        // INVARIANT: It is bound for `'a`, and the driver core binds registered devices only.
        Self { device }
    }
}

/// As above: within a callback of its bus it is bound.
impl<'a> From<&'a Device<Core<'_>>> for Parent<'a> {
    fn from(device: &'a Device<Core<'_>>) -> Self {
        let bound: &Device<Bound> = device;
        bound.into()
    }
}

/// It is registered until it is dropped.
impl<'a> From<&'a platform::Device> for Parent<'a> {
    fn from(device: &'a platform::Device) -> Self {
        // INVARIANT: By the type's invariant it is registered, and it is not dropped during `'a`.
        Self {
            device: device.as_ref(),
        }
    }
}

/// References to all that is above a device in sysfs, for the time that the device is there.
///
/// When the kernel removes a device it tells user space its path (`kobject_get_path()`), for which it walks
/// from one to the next above it without a lock. One that is removed at the same time gives its reference to
/// the next away. The kernel relies on drivers to remove children first, which safe code need not do.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// There is a reference to each of `kobjects` that is this value's.
pub(crate) struct Above {
    kobjects: KVec<NonNull<bindings::kobject>>,
}

// SAFETY: Giving a reference back is possible on another thread than taking it.
unsafe impl Send for Above {}

// SAFETY: Nothing can be done through a shared reference.
unsafe impl Sync for Above {}

impl Above {
    /// Refers to `parent`, if there is one, and to those above it. Context: may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn of(parent: Option<Parent<'_>>) -> Result<Self> {
        let mut above = Self {
            kobjects: KVec::new(),
        };
        let mut next = parent.map_or(core::ptr::null_mut(), |parent| {
            // `Device` is a transparent wrapper around `struct device`.
            let device = core::ptr::from_ref(parent.device())
                .cast_mut()
                .cast::<bindings::device>();
            // SAFETY: The device is valid: it is registered, by the invariant of `Parent`.
            unsafe { &raw mut (*device).kobj }
        });
        while let Some(kobject) = NonNull::new(next) {
            above.kobjects.reserve(1, GFP_KERNEL)?;
            // SAFETY: It is the parent's, which is registered, or above that. A device that is bound is
            // removed before those above it, and each of them has a reference to the next. A device of
            // the library's own is not, but has references to all of them by its own `Above`.
            unsafe { bindings::kobject_get(kobject.as_ptr()) };
            // INVARIANT: A reference was just taken.
            above.kobjects.push(kobject, GFP_KERNEL)?;
            // SAFETY: There is a reference to it. The field is one word, which becomes null when it is
            // removed.
            next = unsafe { (&raw const (*kobject.as_ptr()).parent).read_volatile() };
        }
        Ok(above)
    }
}

impl Drop for Above {
    fn drop(&mut self) {
        for kobject in &self.kobjects {
            // SAFETY: By the type invariant.
            unsafe { bindings::kobject_put(kobject.as_ptr()) };
        }
    }
}
