// SPDX-License-Identifier: GPL-2.0

//! Removal of devices: what is unbound before.

use core::ptr::null_mut;

use kernel::{
    device::Device,
    prelude::*,
    sync::aref::ARef,
    types::Opaque, //
};

use super::{
    around::{
        close,
        is_pci, //
    },
    host,
    tied::{
        Tied,
        Unbindings, //
    },
    CLAIMS, //
};
use crate::bindings;

/// Tells whether `dev` is above `other` in the tree of devices, or is `other`.
pub(super) fn is_above(dev: &Device, other: &Device) -> bool {
    let mut at: *const bindings::device = core::ptr::from_ref(other).cast();
    while !at.is_null() {
        if core::ptr::eq(at, core::ptr::from_ref(dev).cast()) {
            return true;
        }
        // SAFETY: A device has a reference to its parent.
        at = unsafe { (*at).parent };
    }
    false
}

/// Tells whether a device is bound to a driver, or is about to be.
pub(super) fn has_driver(dev: &Device) -> bool {
    let raw: *const bindings::device = core::ptr::from_ref(dev).cast();
    // SAFETY: `Device` is a transparent wrapper around `struct device`. The pointer is read as a whole, and
    // not followed.
    !unsafe { (&raw const (*raw).driver).read_volatile() }.is_null()
}

/// Tells whether a device is unbound with its parent's lock held, as USB interfaces are.
pub(super) fn needs_another_lock(dev: &Device) -> bool {
    let raw: *const bindings::device = core::ptr::from_ref(dev).cast();
    // SAFETY: As above. The bus of a device does not change, and its name is a C string.
    unsafe {
        let bus = (*raw).bus;
        !bus.is_null() && CStr::from_char_ptr((*bus).name) == c"usb"
    }
}

/// Called by a bus about one of its devices.
///
/// # Safety
///
/// `dev` is a device of a bus that this was registered with.
unsafe extern "C" fn notify(
    _: *mut bindings::notifier_block,
    event: c_ulong,
    dev: *mut c_void,
) -> c_int {
    // SAFETY: By the requirement; it stays during the call.
    let dev = unsafe { &*dev.cast::<Device>() };
    match bindings::bus_notifier_event::try_from(event) {
        Ok(bindings::bus_notifier_event_BUS_NOTIFY_DEL_DEVICE) => about_to_remove(dev),
        // SAFETY: It is locked while its driver is unbound.
        Ok(bindings::bus_notifier_event_BUS_NOTIFY_UNBIND_DRIVER) if !is_pci(dev) => unsafe {
            host::is_going(dev)
        },
        Ok(bindings::bus_notifier_event_BUS_NOTIFY_UNBOUND_DRIVER) if !is_pci(dev) => {
            host::has_gone(dev);
        }
        _ => (),
    }
    0
}

/// Keeps what claims below the resources of `dev` refer to and, for a PCI device, unbinds the devices
/// that are tied to claims within these, and has no other claim made there.
fn about_to_remove(dev: &Device) {
    let is_pci = is_pci(dev);
    let mut claims = CLAIMS.lock();
    if is_pci {
        // Without memory for it, a claim that is made meanwhile is not refused, but found below.
        let _ = claims.going.push(dev.into(), GFP_KERNEL);
    }
    // All at once: each ends before it waits for its node to be removed, which others can delay.
    let mut unbindings = Unbindings::new();
    loop {
        let mut tied: Option<KBox<Tied>> = None;
        let mut unneeded: Option<ARef<Device>> = None;
        for known in &mut claims.all {
            // A resource may have been inserted around the claim since that was made.
            unneeded = known.keep_parent(dev);
            if is_pci && known.concerns(dev) {
                known.leaving = true;
                tied = known.tied.pop();
            }
            if tied.is_some() || unneeded.is_some() {
                break;
            }
        }
        if tied.is_none() && unneeded.is_none() {
            if unbindings.is_empty() {
                break;
            }
            // Waits for all of them, without the lock, which they take. Then for what came meanwhile.
            drop(claims);
            unbindings.wait();
            claims = CLAIMS.lock();
            continue;
        }
        drop(claims);
        drop(unneeded);
        // Whose removal this is, or is a part of, is unbound in the course of it.
        if let Some(tied) = tied.filter(|tied| !is_above(tied.dev(), dev)) {
            dev_info!(
                tied.dev(),
                "{} is being removed, and what this device has of it: unbound\n",
                dev.name()
            );
            unbindings.begin(tied);
        }
        claims = CLAIMS.lock();
    }
    if is_pci {
        close(dev);
        let place = claims
            .going
            .iter()
            .position(|going| core::ptr::eq(&**going, dev));
        let going = place.and_then(|place| claims.going.remove(place).ok());
        drop(claims);
        drop(going);
    }
}

/// What a bus is given to call us by.
struct Notifier(Opaque<bindings::notifier_block>);

// SAFETY: Only the bus uses it, under a lock of its own.
unsafe impl Sync for Notifier {}

impl Notifier {
    const fn new() -> Self {
        Self(Opaque::new(bindings::notifier_block {
            notifier_call: Some(notify),
            next: null_mut(),
            priority: 0,
        }))
    }
}

static PLATFORM: Notifier = Notifier::new();

#[cfg(CONFIG_PCI)]
static PCI: Notifier = Notifier::new();

/// Called by `rust/module.c` when the library is loaded.
///
/// # Safety
///
/// It is called once, before anything else of the library is used.
#[no_mangle]
unsafe extern "C" fn iomem_library_init() -> c_int {
    // SAFETY: By the requirement.
    unsafe { CLAIMS.init() };
    // As many host bridges as are unbound at once: there is no memory needed then.
    if CLAIMS.lock().hosts.reserve(16, GFP_KERNEL).is_err() {
        return ENOMEM.to_errno();
    }
    // SAFETY: The bus is part of the kernel image, and the block stays until `iomem_library_exit`.
    let registered = unsafe {
        bindings::bus_register_notifier(&raw const bindings::platform_bus_type, PLATFORM.0.get())
    };
    #[cfg(CONFIG_PCI)]
    if registered == 0 {
        // SAFETY: PCI's bus is part of the kernel image, too, and so is its block of this module.
        let registered = unsafe {
            bindings::bus_register_notifier(&raw const bindings::pci_bus_type, PCI.0.get())
        };
        if registered != 0 {
            // SAFETY: It was registered just above.
            unsafe {
                bindings::bus_unregister_notifier(
                    &raw const bindings::platform_bus_type,
                    PLATFORM.0.get(),
                )
            };
            return registered;
        }
        // SAFETY: The notifiers are registered.
        let waited = unsafe { bindings::wait_for_host_bridges() };
        if waited != 0 {
            // SAFETY: As at the end of the library, but that nothing of it has been used.
            unsafe { iomem_library_exit() };
        }
        return waited;
    }
    registered
}

/// Called by `rust/module.c` when the library is unloaded.
///
/// # Safety
///
/// It is called once, after `iomem_library_init` was successful, when nothing of the library is used.
#[no_mangle]
unsafe extern "C" fn iomem_library_exit() {
    // SAFETY: They were registered by `iomem_library_init`. Unregistering waits for calls.
    unsafe {
        #[cfg(CONFIG_PCI)]
        bindings::bus_unregister_notifier(&raw const bindings::pci_bus_type, PCI.0.get());
        bindings::bus_unregister_notifier(&raw const bindings::platform_bus_type, PLATFORM.0.get());
    }
    // A static is not dropped. Claims that were forgotten are left: they stay in the trees, as C's would, and
    // their names with them. What is known of them here goes.
    let mut claims = CLAIMS.lock();
    claims.going = KVec::new();
    claims.hosts = KVec::new();
    claims.all = KVVec::new();
}
