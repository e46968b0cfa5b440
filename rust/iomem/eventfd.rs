// SPDX-License-Identifier: GPL-2.0

//! Eventfds: a counter that the kernel adds to and a program reads, polls, or hands to KVM.
//!
//! A program makes one with `eventfd()` and gives its descriptor to a driver, which keeps an
//! [`EventFd`] and signals it from wherever something happens, interrupt handlers included. It
//! is a reference to the counter and not to the file: when the last descriptor has been closed,
//! signalling does no harm, and is not seen.
//!
//! C header: [`include/linux/eventfd.h`](srctree/include/linux/eventfd.h)

use core::ptr::NonNull;

use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

use crate::bindings;

/// A reference to a program's eventfd, given back when dropped.
///
/// Context of the drop: any.
///
/// # Invariants
///
/// `ctx` is a context to which this value owns a reference.
///
/// # Examples
///
/// ```no_run
/// use iomem::eventfd::EventFd;
///
/// /// A program has given `fd`, and is told that something happened.
/// fn tell(fd: i32) -> Result {
///     EventFd::from_fd(fd)?.signal();
///     Ok(())
/// }
/// ```
pub struct EventFd {
    ctx: NonNull<bindings::eventfd_ctx>,
}

// SAFETY: The reference count is atomic, and everything else is under the eventfd's own lock.
unsafe impl Send for EventFd {}

// SAFETY: What can be done by reference is to signal it, which takes that lock.
unsafe impl Sync for EventFd {}

impl EventFd {
    /// Takes a reference to the eventfd that is descriptor `fd` of the current program.
    ///
    /// Context: may sleep; called by a program.
    ///
    /// Corresponds to the C function `eventfd_ctx_fdget()` in
    /// [`include/linux/eventfd.h`](srctree/include/linux/eventfd.h).
    ///
    /// # Errors
    ///
    /// - `EBADF`: there is no such descriptor, or there are no descriptors at all: the program is ending,
    ///   as in [`CharDevice::release`](crate::chardev::CharDevice::release), or this is an interrupt.
    /// - `EINVAL`: it is none of an eventfd.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::eventfd::EventFd;
    ///
    /// assert_eq!(EventFd::from_fd(-1).err(), Some(EBADF));
    /// ```
    pub fn from_fd(fd: i32) -> Result<Self> {
        // SAFETY: The function looks at the current task.
        if !unsafe { bindings::has_descriptors() } {
            return Err(EBADF);
        }
        // SAFETY: The function takes any number, and the current task has a table to look it up in.
        let ctx = from_err_ptr(unsafe { bindings::eventfd_ctx_fdget(fd) })?;
        // INVARIANT: The function took a reference for its caller.
        Ok(Self {
            ctx: NonNull::new(ctx).ok_or(EINVAL)?,
        })
    }

    /// Adds 1 to the counter, unless it is at its largest value, and wakes who waits for it.
    ///
    /// Context: any, also an interrupt handler. Not from within the waking of another eventfd,
    /// which the kernel refuses with a warning.
    ///
    /// Corresponds to the C function `eventfd_signal()` in
    /// [`include/linux/eventfd.h`](srctree/include/linux/eventfd.h).
    pub fn signal(&self) {
        // SAFETY: By the type invariant the context is valid.
        unsafe { bindings::eventfd_signal_mask(self.ctx.as_ptr(), 0) };
    }
}

impl Drop for EventFd {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the reference is this value's.
        unsafe { bindings::eventfd_ctx_put(self.ctx.as_ptr()) };
    }
}
