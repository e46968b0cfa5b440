// SPDX-License-Identifier: GPL-2.0

//! The devices whose resources are around a claim.

use core::ptr::null_mut;

use kernel::{
    device::Device,
    page::PAGE_SIZE,
    prelude::*,
    sync::aref::ARef,
    types::Opaque, //
};

use crate::{
    bindings,
    range::Range, //
};

/// Tells whether a device is on the PCI bus.
#[cfg(CONFIG_PCI)]
pub(super) fn is_pci(dev: &Device) -> bool {
    // SAFETY: `Device` is a transparent wrapper around `struct device`.
    let bus = unsafe { (*core::ptr::from_ref(dev).cast::<bindings::device>()).bus };
    core::ptr::eq(bus, &raw const bindings::pci_bus_type)
}

#[cfg(not(CONFIG_PCI))]
pub(super) fn is_pci(_: &Device) -> bool {
    false
}

/// Returns the resources of a PCI or platform device; those of another device are no concern of ours.
fn resources_of(dev: &Device) -> &[Opaque<bindings::resource>] {
    let raw: *mut bindings::device = core::ptr::from_ref(dev).cast_mut().cast();

    // SAFETY: `Device` is a transparent wrapper around `struct device`. One that is on one of these
    // buses is within a structure of the bus, as old as it. A platform device has its resources
    // before it is added, and until it is freed.
    unsafe {
        let bus = (*raw).bus;
        #[cfg(CONFIG_PCI)]
        if is_pci(dev) {
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

/// A tree, and a range in it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) root: *mut bindings::resource,
    pub(super) range: Range,
}

impl Place {
    /// Returns what a resource has of the tree: its first and last address. `None` if it is one of
    /// the other tree.
    fn of(self, resource: &Opaque<bindings::resource>) -> Option<(u64, u64)> {
        let resource = resource.get();
        // SAFETY: The reference is to a resource of a device, whose members C sets under locks that
        // modules do not have, and the root is part of the kernel image.
        let (flags, root, start, last) = unsafe {
            (
                (&raw const (*resource).flags).read_volatile(),
                (*self.root).flags,
                (&raw const (*resource).start).read_volatile(),
                (&raw const (*resource).end).read_volatile(),
            )
        };
        let kind = bindings::IORESOURCE_TYPE_BITS as c_ulong;
        (flags & kind == root & kind).then_some((start, last))
    }

    /// Tells whether a resource is in the tree and has a part of the range.
    fn is_reached_by(self, resource: &Opaque<bindings::resource>) -> bool {
        is_in_tree(resource)
            && self.of(resource).is_some_and(|(start, last)| {
                start <= self.range.last() && last >= self.range.start()
            })
    }

    /// Tells whether a resource has all of the range.
    fn is_within(self, resource: &Opaque<bindings::resource>) -> bool {
        self.of(resource)
            .is_some_and(|(start, last)| start <= self.range.start() && last >= self.range.last())
    }
}

/// Returns the resource that another one is directly below; null if that is in no tree. C changes it
/// under a lock that modules do not have.
///
/// # Safety
///
/// `resource` is valid.
pub(super) unsafe fn parent_of(resource: *const bindings::resource) -> *mut bindings::resource {
    // SAFETY: By the requirement.
    unsafe { (&raw const (*resource).parent).read_volatile() }
}

/// Tells whether a device's resource is in a tree.
fn is_in_tree(resource: &Opaque<bindings::resource>) -> bool {
    // SAFETY: A reference is to a resource that is valid.
    !unsafe { parent_of(resource.get()) }.is_null()
}

/// Tells whether the pages from that of `start` to that of `last` lack some of a range's.
pub(in crate::resource) fn lacks_pages(range: Range, start: u64, last: u64) -> bool {
    let size = PAGE_SIZE as u64;
    start / size > range.start() / size || last / size < range.last() / size
}

/// Tells whether a PCI or platform device has a resource in the tree of memory that has some pages of the
/// range and lacks others. Those that are busy do not count. `is_claim` tells whether a resource is a
/// claim. Context: may sleep.
///
/// Where a resource is released that others are below, the kernel takes those out of the tree as well, and
/// leaves them what they were below, which may be freed. For a platform device's to count, it has to be
/// below what is known to be there.
pub(super) fn has_border_within(
    range: Range,
    is_claim: impl Fn(*const bindings::resource) -> bool,
) -> bool {
    let place = Place {
        root: &raw mut bindings::iomem_resource,
        range,
    };
    let is_border = |own: &Opaque<bindings::resource>| {
        // SAFETY: The reference is to a resource that is valid.
        let flags = unsafe { (&raw const (*own.get()).flags).read_volatile() };
        flags & bindings::IORESOURCE_BUSY as c_ulong == 0
            && place.is_reached_by(own)
            && place
                .of(own)
                .is_some_and(|(start, last)| lacks_pages(range, start, last))
    };
    let is_below = |own: &Opaque<bindings::resource>| {
        // SAFETY: The device of the resource is kept while it is looked at.
        let parent = unsafe { parent_of(own.get()) };
        core::ptr::eq(parent, place.root) || is_claim(parent) || device_with(parent).is_some()
    };
    let mut found = false;
    each_device(|dev| {
        found = resources_of(dev)
            .iter()
            .any(|own| is_border(own) && (is_pci(dev) || is_below(own)));
        !found
    });
    found
}

/// Tells whether `resource` is one of the device's.
pub(super) fn has(dev: &Device, resource: *const bindings::resource) -> bool {
    resources_of(dev)
        .iter()
        .any(|own| core::ptr::eq(own.get(), resource))
}

/// Tells whether `resource` is a range that `dev`, a PCI device, passes on: it is for other devices, those that
/// are there and those to come. A bridge has such for the devices behind it; and one with virtual functions
/// (SR-IOV) has them for those, which the kernel takes to be free when it makes one (`pci_iov_add_virtfn()`).
/// In the list they come after a device's own.
#[cfg(CONFIG_PCI)]
pub(super) fn passes_on(dev: &Device, resource: *const bindings::resource) -> bool {
    resources_of(dev)
        .iter()
        .skip(bindings::PCI_ROM_RESOURCE as usize + 1)
        .any(|window| core::ptr::eq(window.get(), resource))
}

#[cfg(not(CONFIG_PCI))]
pub(super) fn passes_on(_: &Device, _: *const bindings::resource) -> bool {
    false
}

/// Tells whether the smallest resource of a PCI device's that has all of a place is one that is kept for the
/// BARs of virtual functions (SR-IOV), and so that no function has it. Context: may sleep.
///
/// Asked before a claim is entered: where a function comes meanwhile, the kernel does not bear one that is there
/// for a moment.
#[cfg(CONFIG_PCI_IOV)]
pub(super) fn is_kept_for_functions(place: Place) -> bool {
    let kept_for = bindings::PCI_IOV_RESOURCES as usize..bindings::PCI_BRIDGE_RESOURCES as usize;
    let (mut kept, mut had) = (u64::MAX, u64::MAX);
    each_device(|dev| {
        if !is_pci(dev) {
            return true;
        }
        for (index, own) in resources_of(dev).iter().enumerate() {
            let Some((start, last)) = place.of(own) else {
                continue;
            };
            if place.is_within(own) && is_in_tree(own) {
                let of_functions = kept_for.contains(&index);
                let least = if of_functions { &mut kept } else { &mut had };
                *least = (*least).min(last.wrapping_sub(start));
            }
        }
        true
    });
    kept < had
}

#[cfg(not(CONFIG_PCI_IOV))]
pub(super) fn is_kept_for_functions(_: Place) -> bool {
    false
}

/// Tells whether one of the device's resources is in the tree and has a part of the range: if that was
/// claimed, whether it is around the claim, however many others are in between.
pub(super) fn reaches(dev: &Device, place: Place) -> bool {
    resources_of(dev).iter().any(|own| place.is_reached_by(own))
}

/// Tells whether one of the device's resources has all of the range, and is in no tree (any more).
pub(super) fn has_left(dev: &Device, place: Place) -> bool {
    resources_of(dev)
        .iter()
        .any(|own| place.is_within(own) && !is_in_tree(own))
}

/// Returns the smallest of a PCI device's resources that has all of the range, be it in the tree or not,
/// and its length less one.
pub(super) fn smallest_around(
    dev: &Device,
    place: Place,
) -> Option<(u64, *mut bindings::resource)> {
    if !is_pci(dev) {
        return None;
    }
    resources_of(dev)
        .iter()
        .filter(|own| place.is_within(own))
        .filter_map(|own| {
            place
                .of(own)
                .map(|(start, last)| (last.wrapping_sub(start), own.get()))
        })
        .min_by_key(|(size, _)| *size)
}

/// Has every claim refused, those of other drivers as well, that would be below one of a PCI device's
/// resources. For a device that is about to be removed, and never added again.
pub(super) fn close(dev: &Device) {
    for own in resources_of(dev) {
        if is_in_tree(own) {
            // SAFETY: The resource is valid. Of a device that is being removed, only the kernel looks
            // at the flags, which it reads as a whole, and nothing changes them.
            unsafe {
                let flags = &raw mut (*own.get()).flags;
                let busy = bindings::IORESOURCE_BUSY as c_ulong;
                flags.write_volatile(flags.read_volatile() | busy);
            }
        }
    }
}

/// Calls `look` for each PCI and platform device, until it returns `false`. Context: may sleep.
fn each_device<F: FnMut(&Device) -> bool>(mut look: F) {
    /// # Safety
    ///
    /// `dev` is a device, and `look` points to an `F` that nothing else uses.
    unsafe extern "C" fn call<F: FnMut(&Device) -> bool>(
        dev: *mut bindings::device,
        look: *mut c_void,
    ) -> c_int {
        // SAFETY: By the requirements of this function.
        let (dev, look) = unsafe { (&*dev.cast::<Device>(), &mut *look.cast::<F>()) };
        c_int::from(!look(dev))
    }

    let buses = [
        #[cfg(CONFIG_PCI)]
        &raw const bindings::pci_bus_type,
        &raw const bindings::platform_bus_type,
    ];
    for bus in buses {
        // SAFETY: The buses are part of the kernel image. The function calls `call` with their
        // devices, and with `look`, before it returns.
        let stopped = unsafe {
            bindings::bus_for_each_dev(bus, null_mut(), (&raw mut look).cast(), Some(call::<F>))
        };
        if stopped != 0 {
            break;
        }
    }
}

/// Finds the device that a resource is of.
pub(super) fn device_with(resource: *mut bindings::resource) -> Option<ARef<Device>> {
    let mut found = None;
    each_device(|dev| {
        if has(dev, resource) {
            found = Some(dev.into());
        }
        found.is_none()
    });
    found
}

/// Adds to `devices` those that have a resource in the tree which has all of the range.
///
/// # Errors
///
/// `ENOMEM`: no memory for the list.
pub(super) fn add_devices_around(devices: &mut KVec<ARef<Device>>, place: Place) -> Result {
    let mut result = Ok(());
    each_device(|dev| {
        let around = |own| place.is_within(own) && is_in_tree(own);
        let is_known = devices.iter().any(|known| core::ptr::eq(&**known, dev));
        if !is_known && resources_of(dev).iter().any(around) {
            result = devices.push(dev.into(), GFP_KERNEL).map_err(Error::from);
        }
        result.is_ok()
    });
    result
}
