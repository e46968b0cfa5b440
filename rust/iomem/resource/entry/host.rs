// SPDX-License-Identifier: GPL-2.0

//! Host bridges of PCI, whose windows go with their driver's binding: those of platform devices.

use kernel::{
    device::Device,
    error::to_result,
    prelude::*, //
};

use super::{
    around::Place,
    CLAIMS, //
};
use crate::bindings;

impl Place {
    /// Returns the type that a resource around it has, a bit of its flags.
    fn kind(&self) -> c_ulong {
        let kind = if core::ptr::eq(self.root, &raw const bindings::ioport_resource) {
            bindings::IORESOURCE_IO
        } else {
            bindings::IORESOURCE_MEM
        };
        kind as c_ulong
    }
}

fn raw(dev: &Device) -> *mut bindings::device {
    core::ptr::from_ref(dev).cast_mut().cast()
}

/// Has `dev` unbound before the driver of the host bridge that passes a range on. Context: may sleep.
///
/// # Errors
///
/// - `EBUSY`: that driver is being bound or unbound.
/// - `ENOMEM`: no memory to note it, or that driver's device depends on `dev`.
pub(super) fn link(dev: &Device, window: Option<Place>) -> Result {
    let Some(place) = window else {
        return Ok(());
    };
    let (start, last) = (place.range.start(), place.range.last());
    // SAFETY: There is a reference to the device, as long as this runs.
    to_result(unsafe { bindings::link_to_host_bridge(raw(dev), place.kind(), start, last) })
}

/// Called when a driver is about to be unbound from a device, and all that are linked to it have been.
/// Claims in the windows of a host bridge are lost with these, and no other is made there until
/// [`has_gone`].
///
/// The window takes its claims along. They are not released meanwhile: when exactly it goes is not known,
/// and what has their numbers afterwards can be another owner's.
///
/// # Safety
///
/// The device is locked.
pub(super) unsafe fn is_going(host: &Device) {
    // SAFETY: The bus that calls for it has a reference to the device.
    if !unsafe { bindings::has_host_bridge(raw(host)) } {
        return;
    }
    let mut claims = CLAIMS.lock();
    claims.hosts_unbound = claims.hosts_unbound.wrapping_add(1);
    // There is room for more than a machine has.
    let _ = claims.hosts.push(host.into(), GFP_KERNEL);
    for known in &mut claims.all {
        let Place { range, .. } = known.place;
        let (kind, start, last) = (known.place.kind(), range.start(), range.last());
        if known.may_be_in_window()
            // SAFETY: As above, and by the requirement.
            && unsafe { bindings::host_passes_on(raw(host), kind, start, last) }
        {
            known.lose_with_window();
        }
    }
}

/// Called when a driver was unbound from a device: the windows of its host bridge are in no tree.
pub(super) fn has_gone(host: &Device) {
    let mut claims = CLAIMS.lock();
    let place = claims
        .hosts
        .iter()
        .position(|going| core::ptr::eq(&**going, host));
    let gone = place.and_then(|place| claims.hosts.remove(place).ok());
    drop(claims);
    // The last reference to a device may go here, which frees it.
    drop(gone);
}
