// SPDX-License-Identifier: GPL-2.0

//! Waking many: how long interrupts are disabled for it.
//!
//! The kernel wakes all who sleep in a queue with interrupts disabled, however many they are, and a program
//! can sleep in one as often as it may have descriptors: `poll()` takes the same descriptor any number of
//! times. So an interrupt handler wakes the first few, and leaves the others to a workqueue.

use kernel::sync::atomic::Atomic;

use super::WaitQueue;
use crate::bindings;

/// How many are woken at a time.
const TOGETHER: core::ffi::c_uint = 64;

impl WaitQueue {
    /// Wakes those who sleep here like [`wake_all`](Self::wake_all), but at most 64 of them. Returns whether
    /// more do. Context: any.
    pub(crate) fn wake_first(&self) -> bool {
        // SAFETY: The queue has been initialized.
        unsafe { bindings::wake_up_first(self.as_raw(), TOGETHER) }
    }

    /// Wakes those who sleep here like [`wake_all`](Self::wake_all), and lets interrupts in after each 64,
    /// and tasks that want to enter the queue or to leave it.
    ///
    /// For a queue of programs, of which there may be many. Who enters it meanwhile need not be woken, and
    /// looks at the condition after that. Context: may sleep.
    ///
    /// It takes the place of the C macro `wake_up_all()` in
    /// [`include/linux/wait.h`](srctree/include/linux/wait.h).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::wait::WaitQueue;
    ///
    /// /// The device goes.
    /// fn end(queue: &WaitQueue) {
    ///     queue.wake_all_in_pieces();
    /// }
    /// ```
    pub fn wake_all_in_pieces(&self) {
        // SAFETY: By the type's only constructor the queue has been initialized. The entries that mark a place
        // in it are taken out again before the function returns.
        unsafe { bindings::wake_up_in_pieces(self.as_raw(), TOGETHER, core::ptr::null()) };
    }

    /// Wakes those who sleep here like [`wake_all_in_pieces`](Self::wake_all_in_pieces), until `stop` is set.
    /// Context: may sleep.
    pub(crate) fn wake_in_pieces_until(&self, stop: &Atomic<bool>) {
        // SAFETY: As above. The pointer is valid for the call, and C reads what is there at once.
        unsafe { bindings::wake_up_in_pieces(self.as_raw(), TOGETHER, stop.as_ptr()) };
    }
}
