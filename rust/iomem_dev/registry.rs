// SPDX-License-Identifier: GPL-2.0

//! The windows that are there, by the names of their devices.
//!
//! Before the kernel tells a driver that a device goes, it removes files of the device's from sysfs, and waits
//! for the lock of all of sysfs, which a program can keep: see "Taking a window back" in
//! Documentation/driver.rst. So where this driver itself has a device removed, it takes the window back first.

use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

use crate::window::Window;

/// A window, and the name of its device.
struct Live {
    device: CString,
    window: Arc<Window>,
}

// They are found by who removes a device, which the kernel gives nothing of the driver's: hence the static. The
// lock protects the list; nothing else is locked, nor waited for, while it is held.
kernel::sync::global_lock! {
    // SAFETY: `init` does so when the module is loaded, before a device is bound.
    unsafe(uninit) static LIVE: Mutex<KVec<Live>> = KVec::new();
}

/// Makes the list.
///
/// # Safety
///
/// To be called once, before a device is bound.
pub(crate) unsafe fn init() {
    // SAFETY: It is called once. The library cannot carry this: the lock belongs to a static, which is this
    // module's.
    unsafe { LIVE.init() };
}

/// A window's place in the list, until this is dropped.
pub(crate) struct Place {
    window: Arc<Window>,
}

/// Enters a window into the list.
///
/// # Errors
///
/// `ENOMEM`: no memory.
pub(crate) fn enter(device: &CStr, window: &Arc<Window>) -> Result<Place> {
    let live = Live {
        device: device.to_cstring()?,
        window: window.clone(),
    };
    LIVE.lock().push(live, GFP_KERNEL)?;
    Ok(Place {
        window: window.clone(),
    })
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = LIVE.lock();
        let place = all
            .iter()
            .position(|live| Arc::ptr_eq(&live.window, &self.window));
        let gone = place.and_then(|place| all.remove(place).ok());
        // A static is not dropped.
        let room = if all.is_empty() {
            core::mem::take(&mut *all)
        } else {
            KVec::new()
        };
        drop(all);
        drop((gone, room));
    }
}

/// Takes the window of a device back, if it has one: what [`Window::take_back`] says. Context: may sleep.
pub(crate) fn take_back(device: &CStr) {
    let is_it = |live: &&Live| *live.device == *device;
    let window = LIVE
        .lock()
        .iter()
        .find(is_it)
        .map(|live| live.window.clone());
    if let Some(window) = window {
        window.take_back();
    }
}
