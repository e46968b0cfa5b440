// SPDX-License-Identifier: GPL-2.0

//! The device whose resource is around a claim.

use core::ptr::null_mut;

use kernel::{
    device::Device,
    prelude::*,
    sync::aref::ARef,
    types::Opaque, //
};

use crate::bindings;

/// Returns the resources of a PCI or platform device; those of another device are no concern of ours.
fn resources_of(dev: &Device) -> &[Opaque<bindings::resource>] {
    let raw: *mut bindings::device = core::ptr::from_ref(dev).cast_mut().cast();

    // SAFETY: `Device` is a transparent wrapper around `struct device`. One that is on one of these
    // buses is within a structure of the bus, as old as it. A platform device has its resources
    // before it is added, and until it is freed.
    unsafe {
        let bus = (*raw).bus;
        #[cfg(CONFIG_PCI)]
        if core::ptr::eq(bus, &raw const bindings::pci_bus_type) {
            let pci = kernel::container_of!(raw, bindings::pci_dev, dev);
            let bars = &raw const (*pci).resource;
            return core::slice::from_raw_parts(bars.cast(), (*bars).len());
        }
        if core::ptr::eq(bus, &raw const bindings::platform_bus_type) {
            let pdev = kernel::container_of!(raw, bindings::platform_device, dev);
            let resources = (*pdev).resource;
            if !resources.is_null() {
                return core::slice::from_raw_parts(
                    resources.cast(),
                    (*pdev).num_resources as usize,
                );
            }
        }
    }
    &[]
}

/// Tells whether `resource` is one of the device's.
pub(super) fn has(dev: &Device, resource: *const bindings::resource) -> bool {
    resources_of(dev)
        .iter()
        .any(|own| core::ptr::eq(own.get(), resource))
}

/// Tells whether one of the device's resources is in a tree.
pub(super) fn is_in_tree(dev: &Device) -> bool {
    resources_of(dev).iter().any(|own| {
        // SAFETY: The resource is valid; C changes the pointer under a lock that modules do not have.
        !unsafe { (&raw const (*own.get()).parent).read_volatile() }.is_null()
    })
}

/// Finds the device that a resource is of.
pub(super) fn device_with(resource: *mut bindings::resource) -> Option<ARef<Device>> {
    struct Search {
        resource: *mut bindings::resource,
        found: Option<ARef<Device>>,
    }

    /// # Safety
    ///
    /// `dev` is a device, and `search` points to a `Search` that nothing else uses.
    unsafe extern "C" fn look(dev: *mut bindings::device, search: *mut c_void) -> c_int {
        // SAFETY: By the requirements of this function.
        let (dev, search) = unsafe { (&*dev.cast::<Device>(), &mut *search.cast::<Search>()) };
        if has(dev, search.resource) {
            search.found = Some(dev.into());
            return 1;
        }
        0
    }

    let mut search = Search {
        resource,
        found: None,
    };
    let buses = [
        #[cfg(CONFIG_PCI)]
        &raw const bindings::pci_bus_type,
        &raw const bindings::platform_bus_type,
    ];
    for bus in buses {
        // SAFETY: The buses are part of the kernel image. The function calls `look` with their
        // devices, and with `search`, before it returns.
        unsafe {
            bindings::bus_for_each_dev(bus, null_mut(), (&raw mut search).cast(), Some(look))
        };
        if search.found.is_some() {
            break;
        }
    }
    search.found
}
