// SPDX-License-Identifier: GPL-2.0

//! The windows of bound devices, by the names of the devices.
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
struct Entry {
    device: CString,
    window: Arc<Window>,
}

// They are found by who removes a device, which the kernel gives nothing of the driver's: hence the static. The
// lock protects the list; nothing else is locked, nor waited for, while it is held.
kernel::sync::global_lock! {
    // SAFETY: `init` does so when the module is loaded, before a device is bound.
    unsafe(uninit) static WINDOWS: Mutex<KVec<Entry>> = KVec::new();
}

/// Makes the list.
///
/// # Safety
///
/// To be called once, before a device is bound.
pub(crate) unsafe fn init() {
    // SAFETY: It is called once. The library cannot carry this: the lock belongs to a static, which is this
    // module's.
    unsafe { WINDOWS.init() };
}

/// A window's place in the list, until this is dropped.
pub(crate) struct Registered {
    window: Arc<Window>,
}

/// Enters a window into the list.
///
/// # Errors
///
/// `ENOMEM`: no memory.
pub(crate) fn add(device: &CStr, window: &Arc<Window>) -> Result<Registered> {
    let entry = Entry {
        device: device.to_cstring()?,
        window: window.clone(),
    };
    WINDOWS.lock().push(entry, GFP_KERNEL)?;
    Ok(Registered {
        window: window.clone(),
    })
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut all = WINDOWS.lock();
        let place = all
            .iter()
            .position(|entry| Arc::ptr_eq(&entry.window, &self.window));
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

/// Revokes the window of a device, if it has one: what [`Window::revoke`] says. Context: may sleep.
pub(crate) fn revoke(device: &CStr) {
    let is_it = |entry: &&Entry| *entry.device == *device;
    let window = WINDOWS
        .lock()
        .iter()
        .find(is_it)
        .map(|entry| entry.window.clone());
    if let Some(window) = window {
        window.revoke();
    }
}
