// SPDX-License-Identifier: GPL-2.0

//! How often devices will still call this library when they are unbound.
//!
//! What a device has is taken off its list when the driver drops it before the device is unbound. But
//! once the unbinding has begun, all of the list is due: the device calls what is on it, one after
//! another, and each of these may sleep for as long as it likes. A value that the driver drops meanwhile is
//! dropped at once, and the module that had it can be unloaded, as can this library if that was the last
//! one. So the library waits before it goes.
//!
//! C header: [`include/linux/device/devres.h`](srctree/include/linux/device/devres.h)

use core::ptr;

use kernel::{
    device::{
        Bound,
        Device, //
    },
    error::to_result,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};

use crate::bindings;

/// How many of [`Due`] are on a device's list.
static DUE: Atomic<i32> = Atomic::new(0);

/// A place in a device's list that is counted until the device has come to it, or this is dropped.
///
/// A device goes through its list from the end, so what is entered after this has been called, and has
/// returned, once this is no longer counted.
///
/// Context of the drop: any but an interrupt.
///
/// # Invariants
///
/// It was counted, and `done` counts down what is on the list of `device` with `key`, once for each.
pub(super) struct Due {
    device: ARef<Device>,
    key: *mut c_void,
}

// SAFETY: The key is a number; the list has its own lock.
unsafe impl Send for Due {}

// SAFETY: Nothing is done through a shared reference.
unsafe impl Sync for Due {}

impl Due {
    /// Enters one. What have the same `key` on a device are counted alike. Context: may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    #[inline(never)]
    pub(super) fn new(device: &Device<Bound>, key: *mut c_void) -> Result<Self> {
        DUE.fetch_add(1, Relaxed);
        // SAFETY: The device is valid. What is called with the key only counts, and is in this library,
        // which does not go before it has been called.
        let entered = unsafe {
            bindings::__devm_add_action(raw(device), Some(done), key, c"iomem".as_char_ptr())
        };
        to_result(entered).inspect_err(|_| count_down())?;
        // INVARIANT: As above.
        Ok(Self {
            device: device.into(),
            key,
        })
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        // SAFETY: The device is valid, as it is referred to.
        let gone =
            unsafe { bindings::devm_remove_action_nowarn(raw(&self.device), Some(done), self.key) };
        // Otherwise it has been counted down, or will be.
        if gone == 0 {
            count_down();
        }
    }
}

fn raw(device: &Device) -> *mut bindings::device {
    ptr::from_ref(device).cast_mut().cast()
}

fn count_down() {
    // Pairs with `wait`: what was done before has been done by then.
    DUE.fetch_add(-1, Release);
}

/// Called by a device that is being unbound. A function of C that may be called with anything.
#[inline(never)]
extern "C" fn done(_key: *mut c_void) {
    count_down();
}

/// Called by `rust/module.c` when the library is unloaded. Context: sleeps.
///
/// A thread may still be about to return from here: `synchronize_rcu_tasks()` waits for that.
///
/// # Safety
///
/// No module uses the library any more.
#[no_mangle]
unsafe extern "C" fn iomem_devres_exit() {
    while DUE.load(Acquire) != 0 {
        fsleep(Delta::from_millis(1));
    }
}
