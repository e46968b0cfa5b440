// SPDX-License-Identifier: GPL-2.0

//! What a handler leaves to a workqueue.

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::bindings;

/// Waking the others, where more sleep than a handler wakes.
///
/// Not a thread of the line's: that would be of a real-time class, the kernel would wait for it where it
/// waits for the handler, and an interrupt that has been handled would be one that nothing handles, for
/// the kernel, as long as the thread is at work.
///
/// # Invariants
///
/// C has initialized the work, with a function of this library's.
#[pin_data]
#[repr(transparent)]
pub(super) struct Waking {
    #[pin]
    work: Opaque<bindings::work_struct>,
}

// SAFETY: C protects what is in it.
unsafe impl Send for Waking {}

// SAFETY: What a shared reference does, C may do on any processor.
unsafe impl Sync for Waking {}

impl Waking {
    /// Makes one that calls `wake`.
    ///
    /// # Safety
    ///
    /// - `wake` may be called with the address of the result, from [`queue`](Self::queue) on until
    ///   [`cancel`](Self::cancel) has returned.
    /// - After that, `queue` is not called again.
    pub(super) unsafe fn new(
        wake: unsafe extern "C" fn(*mut bindings::work_struct),
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The memory is that of a work, and pinned.
            work <- Opaque::ffi_init(move |work| unsafe { bindings::waking_init(work, Some(wake)) }),
        })
    }

    /// Has it done, soon. If it is under way, it is done once more. Context: any.
    pub(super) fn queue(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::waking_queue(self.work.get()) }
    }

    /// Has it not done, if it has not begun, and else waits for its end. Context: may sleep.
    pub(super) fn cancel(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::cancel_work_sync(self.work.get()) };
    }
}
