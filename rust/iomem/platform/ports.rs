// SPDX-License-Identifier: GPL-2.0

//! The port resources of a platform device, which the kernel crate has no way to.

use kernel::{
    device,
    io::{
        PhysAddr,
        Resource,
        ResourceSize, //
    },
    platform,
    prelude::*, //
};

use crate::{
    bindings,
    range::Range,
    resource::{
        PortRegion,
        Refused, //
    },
};

mod private {
    use super::*;

    pub trait Sealed {}
    impl<Ctx: device::DeviceContext> Sealed for platform::Device<Ctx> {}
}

/// A range of I/O ports that a platform device has.
///
/// Not the kernel crate's `Resource`, which it wraps: that one's `request_region()` claims within the
/// resource, and what it gives releases by number in the tree that all drivers share.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     platform::Ports,
///     resource::PortRegion, //
/// };
/// use kernel::{
///     device::Core,
///     platform, //
/// };
///
/// fn claim(pdev: &platform::Device<Core<'_>>) -> Result<PortRegion> {
///     let ports = pdev.port_by_name(c"index-data").ok_or(ENODEV)?;
///     Ok(ports.request(c"my-driver")?)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct PortResource<'a>(&'a Resource);

impl<'a> PortResource<'a> {
    /// Returns the number of the first port. Context: any.
    pub fn start(&self) -> PhysAddr {
        self.0.start()
    }

    /// Returns how many ports there are. Context: any.
    pub fn size(&self) -> ResourceSize {
        self.0.size()
    }

    /// Returns the range. Context: any.
    ///
    /// # Errors
    ///
    /// Those of [`Range::of`]: it is empty, or ends before it begins.
    pub fn range(&self) -> Result<Range> {
        Range::of(self.0)
    }

    /// Returns what the resource is called: by its description, or as the device is. Context: any.
    pub fn name(&self) -> Option<&'a CStr> {
        self.0.name()
    }

    /// Claims all of it, under `name`. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Those of [`PortRegion::request_resource`].
    pub fn request(&self, name: &CStr) -> Result<PortRegion, Refused> {
        PortRegion::request_resource(self.0, name)
    }

    /// Claims a part of it, `length` ports from `offset` on. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Those of [`PortRegion::request_part`].
    pub fn request_part(
        &self,
        offset: ResourceSize,
        length: ResourceSize,
        name: &CStr,
    ) -> Result<PortRegion, Refused> {
        PortRegion::request_part(self.0, offset, length, name)
    }
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
///     resource::PortRegion, //
/// };
/// use kernel::{
///     device::Core,
///     platform, //
/// };
///
/// fn claim(pdev: &platform::Device<Core<'_>>) -> Result<PortRegion> {
///     let ports = pdev.port_by_index(0).ok_or(ENODEV)?;
///     Ok(ports.request(c"my-driver")?)
/// }
/// ```
pub trait Ports: private::Sealed {
    /// Returns port resource `index`, counted from 0 among the port resources. Context: any.
    ///
    /// Corresponds to the C function `platform_get_resource()`, asked for `IORESOURCE_IO`, in
    /// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    fn port_by_index(&self, index: u32) -> Option<PortResource<'_>>;

    /// Returns the port resource that is called `name`. Context: any.
    ///
    /// Corresponds to the C function `platform_get_resource_byname()`, asked for `IORESOURCE_IO`,
    /// in [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    fn port_by_name(&self, name: &CStr) -> Option<PortResource<'_>>;
}

/// Returns a resource that the kernel found.
///
/// # Safety
///
/// `resource` is null or a resource that is valid for `'a`.
unsafe fn found<'a>(resource: *const bindings::resource) -> Option<PortResource<'a>> {
    // SAFETY: By the requirement; `Resource` is a transparent wrapper around `struct resource` that
    // allows for changes made by C.
    unsafe { resource.cast::<Resource>().as_ref() }.map(PortResource)
}

impl<Ctx: device::DeviceContext> Ports for platform::Device<Ctx> {
    fn port_by_index(&self, index: u32) -> Option<PortResource<'_>> {
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

    fn port_by_name(&self, name: &CStr) -> Option<PortResource<'_>> {
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
