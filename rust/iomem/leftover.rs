// SPDX-License-Identifier: GPL-2.0

//! Registrations that a driver did not end.
//!
//! A registration ends when it is dropped, and safe code can see to it that it never is:
//! [`core::mem::forget`], a leaked box, a circle of references; or a [`MaybeUninit`], whose memory is
//! freed all the same, also where pin-init has made something in it that is pinned. So whatever C has
//! a pointer to is in an allocation that only the registration's drop frees. And after the module has
//! been unloaded, C would run code that is gone. So everything by which C calls into a driver's module
//! is on a list while it is registered, with where the code is, and what is left of a module there is
//! ended when the module goes: after its exit function has returned, and before its memory is freed.
//! What was not dropped stays allocated. What leads to code of this library itself is ended when that
//! goes.
//!
//! The kernel crate's own registrations are not on it, such as that of a driver
//! ([`kernel::driver::Registration`]), with or without [files](crate::platform::Files).
//!
//! The list and its lock are in `rust/helpers/leftover.c`.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)
//!
//! [`MaybeUninit`]: core::mem::MaybeUninit

use core::ptr::NonNull;

use kernel::prelude::*;

use crate::bindings;

/// What ends a registration if its owner does not.
///
/// # Invariants
///
/// `entry` is what `leftover_new` gave, and this value's alone.
pub(crate) struct Leftover {
    entry: NonNull<c_void>,
}

// SAFETY: Whatever is done with the entry takes the list's own lock.
unsafe impl Send for Leftover {}

// SAFETY: What can be done through a shared reference does so, too: two threads take turns.
unsafe impl Sync for Leftover {}

impl Leftover {
    /// Makes an entry, which is not on the list yet. Context: may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The function has no requirements.
        let entry = NonNull::new(unsafe { bindings::leftover_new() }).ok_or(ENOMEM)?;
        // INVARIANT: It was just made.
        Ok(Self { entry })
    }

    /// Has `end` called with `data` when the module goes that has the code at `code`, unless
    /// [`disarm`](Self::disarm) or the drop comes first. Context: may sleep.
    ///
    /// # Safety
    ///
    /// - It is called once for a value.
    /// - `end` may be called with `data` in a process that may sleep, while no task runs code of that
    ///   module otherwise, if neither `disarm` nor the drop came before.
    pub(crate) unsafe fn arm(
        &self,
        code: usize,
        end: unsafe extern "C" fn(*mut c_void),
        data: *mut c_void,
    ) {
        // SAFETY: By the type invariant and the requirements.
        unsafe { bindings::leftover_arm(self.entry.as_ptr(), code, Some(end), data) };
    }

    /// Takes it off the list: its owner ends the registration now. Context: may sleep.
    pub(crate) fn disarm(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::leftover_disarm(self.entry.as_ptr()) };
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the entry is this value's alone, and this takes it off the list.
        unsafe { bindings::leftover_free(self.entry.as_ptr()) };
    }
}
