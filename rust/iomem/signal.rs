// SPDX-License-Identifier: GPL-2.0

//! Signals of the current process, for calls that take long.
//!
//! A call that any signal may end asks the kernel crate's `Task::signal_pending()`. A call that must
//! not end halfway, unless the program is being killed and never sees the result, asks
//! [`fatal_signal_pending`].
//!
//! C header: [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h)

use crate::bindings;

/// Tells whether the current process is being killed: by `SIGKILL`, or by another signal that it has
/// no handler for.
///
/// Context: any.
///
/// Corresponds to the C function `fatal_signal_pending()` in
/// [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::signal::fatal_signal_pending;
///
/// fn fill(chunks: &mut [[u8; 256]]) -> Result {
///     for chunk in chunks {
///         if fatal_signal_pending() {
///             return Err(EINTR);
///         }
///         chunk.fill(0);
///     }
///     Ok(())
/// }
/// ```
pub fn fatal_signal_pending() -> bool {
    // SAFETY: The current task is valid.
    unsafe { bindings::fatal_signal_pending(kernel::current!().as_ptr()) }
}
