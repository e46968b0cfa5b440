// SPDX-License-Identifier: GPL-2.0

//! The port resources of a platform device, which the kernel crate has no way to.

use kernel::{
    device,
    io::Resource,
    platform,
    prelude::*, //
};

use crate::bindings;

mod private {
    use super::*;

    pub trait Sealed {}
    impl<Ctx: device::DeviceContext> Sealed for platform::Device<Ctx> {}
}

/// Gives a driver the port resources of its platform device.
///
/// The counterpart of the kernel crate's `resource_by_index` and `resource_by_name`, which look at
/// memory resources only.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     platform::Ports,
///     resource::{
///         request_region,
///         PortRegion, //
///     },
/// };
/// use kernel::{
///     device::Core,
///     platform, //
/// };
///
/// fn claim(pdev: &platform::Device<Core<'_>>) -> Result<PortRegion> {
///     let ports = pdev.port_by_index(0).ok_or(ENODEV)?;
///     Ok(request_region(ports.start(), ports.size(), c"my-driver")?)
/// }
/// ```
pub trait Ports: private::Sealed {
    /// Returns port resource `index`, counted from 0 among the port resources. Context: any.
    ///
    /// Corresponds to the C function `platform_get_resource()`, asked for `IORESOURCE_IO`, in
    /// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    fn port_by_index(&self, index: u32) -> Option<&Resource>;

    /// Returns the port resource that is called `name`. Context: any.
    ///
    /// Corresponds to the C function `platform_get_resource_byname()`, asked for `IORESOURCE_IO`,
    /// in [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    fn port_by_name(&self, name: &CStr) -> Option<&Resource>;
}

/// Returns a resource that the kernel found.
///
/// # Safety
///
/// `resource` is null or a resource that is valid for `'a`.
unsafe fn found<'a>(resource: *const bindings::resource) -> Option<&'a Resource> {
    // SAFETY: By the requirement; `Resource` is a transparent wrapper around `struct resource` that
    // allows for changes made by C.
    unsafe { resource.cast::<Resource>().as_ref() }
}

impl<Ctx: device::DeviceContext> Ports for platform::Device<Ctx> {
    fn port_by_index(&self, index: u32) -> Option<&Resource> {
        // SAFETY: `platform::Device` is a transparent wrapper around `struct platform_device`,
        // which the function only reads. A device has its resources as long as it exists.
        unsafe {
            found(bindings::platform_get_resource(
                core::ptr::from_ref(self).cast_mut().cast(),
                bindings::IORESOURCE_IO,
                index,
            ))
        }
    }

    fn port_by_name(&self, name: &CStr) -> Option<&Resource> {
        // SAFETY: As in `port_by_index`; the name is zero-terminated, and is only read too.
        unsafe {
            found(bindings::platform_get_resource_byname(
                core::ptr::from_ref(self).cast_mut().cast(),
                bindings::IORESOURCE_IO,
                name.as_char_ptr(),
            ))
        }
    }
}
