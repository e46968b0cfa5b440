// SPDX-License-Identifier: GPL-2.0

//! Devices that are tied to claims, and their unbinding.
//!
//! An unbinding is begun when a PCI device is being removed, and must not fail then. So the memory for it is
//! allocated when the device is tied, and it does not depend on the process that removes the device.

use core::ptr::NonNull;

use kernel::{
    device::Device,
    prelude::*,
    sync::aref::ARef, //
};

use crate::bindings;

/// A device that is to be unbound when a PCI device is removed.
///
/// # Invariants
///
/// `room` is what the C function `unbinding_new` returned, and this value's alone.
pub(super) struct Tied {
    dev: ARef<Device>,
    room: NonNull<c_void>,
    /// Another one that is being unbound as well, if this is.
    next: Option<KBox<Tied>>,
}

impl Tied {
    /// Makes the room that unbinding a device takes.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(super) fn new(dev: &Device) -> Result<KBox<Self>> {
        // SAFETY: The function allocates memory.
        let room = NonNull::new(unsafe { bindings::unbinding_new() }).ok_or(ENOMEM)?;
        // INVARIANT: It has just been returned.
        let tied = Self {
            dev: dev.into(),
            room,
            next: None,
        };
        Ok(KBox::new(tied, GFP_KERNEL)?)
    }

    /// Returns the device.
    pub(super) fn dev(&self) -> &Device {
        &self.dev
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. No unbinding uses it: those that have been begun are in `Unbindings`,
        // which waits for them.
        unsafe { bindings::unbinding_free(self.room.as_ptr()) };
    }
}

/// Devices that are being unbound by other threads. Dropping it waits until that is done.
///
/// # Invariants
///
/// Of each device in the list, the unbinding has been begun once, and not been waited for.
pub(super) struct Unbindings(Option<KBox<Tied>>);

impl Unbindings {
    /// Makes a list without any.
    pub(super) fn new() -> Self {
        // INVARIANT: There is none.
        Self(None)
    }

    /// Tells whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Begins to unbind a device, the lock of which the caller does not hold.
    pub(super) fn begin(&mut self, mut tied: KBox<Tied>) {
        let raw = core::ptr::from_ref(tied.dev()).cast_mut().cast();
        // SAFETY: The room is not in use, and there is a reference to the device as long as it is.
        unsafe { bindings::unbinding_begin(tied.room.as_ptr(), raw) };
        tied.next = self.0.take();
        // INVARIANT: It was begun just above.
        self.0 = Some(tied);
    }

    /// Waits until all have been unbound.
    pub(super) fn wait(&mut self) {
        while let Some(mut tied) = self.0.take() {
            // INVARIANT: The first one is waited for below, and is not in the list any more.
            self.0 = tied.next.take();
            // SAFETY: By the type invariant.
            unsafe { bindings::unbinding_wait(tied.room.as_ptr()) };
        }
    }
}

impl Drop for Unbindings {
    fn drop(&mut self) {
        self.wait();
    }
}
