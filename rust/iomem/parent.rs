// SPDX-License-Identifier: GPL-2.0

//! The parent of a device that a driver makes.
//!
//! To add a device, the kernel looks at its parent, and at those above it: at their folders in sysfs, and
//! at their names. A device that is only referred to
//! may be removed meanwhile, and its parent freed. So a [`Parent`] is made of something that keeps the
//! device registered for as long as it is borrowed.
//!
//! It may be removed later, before its children, though: they have a reference to it, and are then not
//! shown in sysfs any more.

use kernel::device::{
    Bound,
    Device, //
};

use crate::platform;

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

/// It is registered until it is dropped.
impl<'a> From<&'a platform::Device> for Parent<'a> {
    fn from(device: &'a platform::Device) -> Self {
        // INVARIANT: By the type's invariant it is registered, and it is not dropped during `'a`.
        Self {
            device: device.as_ref(),
        }
    }
}
