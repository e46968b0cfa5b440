// SPDX-License-Identifier: GPL-2.0

//! Host bridges of PCI, whose windows go with their driver's binding: those of platform devices.

use kernel::{
    device::Device,
    error::to_result,
    prelude::*,
    sync::aref::ARef, //
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
/// - `ENODEV`: `dev` is being unbound.
/// - `EINVAL`: `dev` is above the host bridge.
/// - `ENOMEM`: no memory to note it, or that driver's device depends on `dev`.
pub(super) fn link(dev: &Device, window: Option<Place>) -> Result {
    let Some(place) = window else {
        return Ok(());
    };
    let (start, last) = (place.range.start(), place.range.last());
    // SAFETY: There is a reference to the device, as long as this runs.
    to_result(unsafe { bindings::link_to_host_bridge(raw(dev), place.kind(), start, last) })
}

/// A host bridge whose driver is being unbound.
pub(super) struct Going {
    host: ARef<Device>,
    /// Its windows: the type that their resources have, the first and the last address.
    windows: KVec<(c_ulong, u64, u64)>,
    /// There was no memory for all of them.
    lacks_some: bool,
}

impl Going {
    /// Notes which windows a host bridge has.
    ///
    /// # Safety
    ///
    /// The device is locked.
    unsafe fn new(host: &Device) -> Self {
        let mut going = Self {
            host: host.into(),
            windows: KVec::new(),
            lacks_some: false,
        };
        let (mut kind, mut start, mut last) = (0, 0, 0);
        for index in 0.. {
            // SAFETY: The bus that calls for it has a reference to the device, which is locked as required.
            let is_there = unsafe {
                bindings::host_window(raw(host), index, &mut kind, &mut start, &mut last)
            };
            if !is_there {
                break;
            }
            let pushed = going.windows.push((kind, start, last), GFP_KERNEL);
            going.lacks_some |= pushed.is_err();
        }
        going
    }

    /// Tells whether the device has no host bridge, or one without windows.
    fn has_none(&self) -> bool {
        self.windows.is_empty() && !self.lacks_some
    }

    /// Tells whether a range is in a window that goes. Without memory for the windows, any may be.
    pub(super) fn takes(&self, place: Place) -> bool {
        let kind = place.kind();
        self.lacks_some
            || self.windows.iter().any(|(of, start, last)| {
                *of == kind && *start <= place.range.start() && place.range.last() <= *last
            })
    }
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
    // SAFETY: By the requirement.
    let going = unsafe { Going::new(host) };
    if going.has_none() {
        return;
    }
    let mut claims = CLAIMS.lock();
    for known in &mut claims.all {
        if !going.takes(known.place) {
            continue;
        }
        if known.resource.is_none() {
            // It waits for another claim, or has just been entered.
            known.window_goes = true;
        } else if known.may_be_in_window() && !going.lacks_some {
            // SAFETY: The lock is held.
            unsafe { known.lose_with_window() };
        }
    }
    // There is room for more than a machine has.
    let _ = claims.hosts.push(going, GFP_KERNEL);
}

/// Called when a driver was unbound from a device: the windows of its host bridge are in no tree.
pub(super) fn has_gone(host: &Device) {
    let mut claims = CLAIMS.lock();
    let place = claims
        .hosts
        .iter()
        .position(|going| core::ptr::eq(&*going.host, host));
    let gone = place.and_then(|place| claims.hosts.remove(place).ok());
    drop(claims);
    // The last reference to a device may go here, which frees it.
    drop(gone);
}
