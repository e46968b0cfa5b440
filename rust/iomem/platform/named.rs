// SPDX-License-Identifier: GPL-2.0

//! The name by which the platform bus finds a device's driver.

use kernel::{
    device,
    platform,
    prelude::*, //
};

use crate::bindings;

mod private {
    use super::*;

    pub trait Sealed {}
    impl<Ctx: device::DeviceContext> Sealed for platform::Device<Ctx> {}
}

/// Tells a driver whether a device has its name.
///
/// A platform device is matched with a driver by its device tree node, by ACPI, or by the name that
/// it was made with, which is that of the driver. `driver_override` in sysfs matches a device that is
/// none of these: a driver that asks more of user space than of firmware tells it by this.
///
/// # Examples
///
/// ```no_run
/// use iomem::platform::Named;
/// use kernel::{
///     device::Core,
///     platform, //
/// };
///
/// /// `info` is what `probe` is given.
/// fn is_overridden(pdev: &platform::Device<Core<'_>>, info: Option<&()>) -> bool {
///     info.is_none() && !pdev.is_named(c"my-driver")
/// }
/// ```
pub trait Named: private::Sealed {
    /// Tells whether the device was made with that name. Context: any.
    ///
    /// Corresponds to how `platform_match()` in `drivers/base/platform.c` compares
    /// `platform_device::name` with the driver's, in
    /// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    fn is_named(&self, name: &CStr) -> bool;
}

impl<Ctx: device::DeviceContext> Named for platform::Device<Ctx> {
    fn is_named(&self, name: &CStr) -> bool {
        let pdev: *const bindings::platform_device = core::ptr::from_ref(self).cast();

        // SAFETY: `platform::Device` is a transparent wrapper around `struct platform_device`. Its
        // name is set when it is allocated, is not changed after that, and is as old as it.
        let own = unsafe { (*pdev).name };
        // SAFETY: As above; it is zero-terminated.
        !own.is_null() && unsafe { CStr::from_char_ptr(own) } == name
    }
}
