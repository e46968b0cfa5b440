// SPDX-License-Identifier: GPL-2.0

//! `poll()`, `select()` and `epoll` on a character device.
//!
//! The kernel asks the device what is ready, [`CharDevice::poll`](super::CharDevice::poll); if that
//! is not what the program waits for, the program sleeps on the queues that the device named, until
//! one of them is woken; then the device is asked again.
//!
//! # Why a queue cannot go while it is polled
//!
//! The kernel stays in a queue after the call, until the program has been woken, an `epoll` for as
//! long as it likes, but never beyond the release of the file. So a [`PollTable`] takes only queues
//! that live as long as the file does: of the device, of the file's own state, or `static`.
//!
//! A device that goes away wakes its queues, and from then on says [`Events::HUP`] and
//! [`Events::ERR`], which programs get without having asked for them.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)

use core::{
    marker::PhantomData,
    ops::{
        BitOr,
        BitOrAssign, //
    },
};

use crate::{
    bindings,
    chardev::wait::WaitQueue, //
};

/// What a file is ready for: a set of the bits that `poll()` returns.
///
/// # Examples
///
/// ```
/// use iomem::chardev::poll::Events;
///
/// let gone = Events::HUP | Events::ERR;
/// assert!(gone.contains(Events::HUP));
/// assert!(!gone.contains(Events::IN));
/// assert_eq!(Events::NONE | gone, gone);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events(u32);

impl Events {
    /// Nothing is ready.
    pub const NONE: Self = Self(0);
    /// A read will not wait: `EPOLLIN | EPOLLRDNORM`.
    pub const IN: Self = Self(bindings::POLLIN | bindings::POLLRDNORM);
    /// A write will not wait: `EPOLLOUT | EPOLLWRNORM`.
    pub const OUT: Self = Self(bindings::POLLOUT | bindings::POLLWRNORM);
    /// Something exceptional is there: `EPOLLPRI`.
    pub const PRI: Self = Self(bindings::POLLPRI);
    /// An error: `EPOLLERR`. Programs get it without having asked for it.
    pub const ERR: Self = Self(bindings::POLLERR);
    /// The device is gone: `EPOLLHUP`. Programs get it without having asked for it.
    pub const HUP: Self = Self(bindings::POLLHUP);

    /// Tells whether all of `other` are in the set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the bits, a `__poll_t`.
    pub(super) const fn bits(self) -> bindings::__poll_t {
        self.0
    }
}

impl BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Events {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// Where a device says on which queues the program that polls it is to sleep.
///
/// `'a` is the life of the open file: a queue has to live as long.
///
/// # Invariants
///
/// `file` and `table` are those of a running `->poll` call; `table` may be null. What is borrowed
/// for `'a` stays valid until the file is released.
pub struct PollTable<'a> {
    file: *mut bindings::file,
    table: *mut bindings::poll_table,
    // Invariant in `'a`, so that it stays the life of the file and nothing shorter.
    life: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> PollTable<'a> {
    /// Wraps what `->poll` was called with.
    ///
    /// # Safety
    ///
    /// - `file` and `table` are those of a running `->poll` call, and the value is not used after
    ///   it.
    /// - What is borrowed for `'a` stays valid until the file is released.
    pub(super) unsafe fn from_raw(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> Self {
        // INVARIANT: By the requirements.
        Self {
            file,
            table,
            life: PhantomData,
        }
    }

    /// Has the program woken when `queue` is, should nothing be ready that it waits for.
    ///
    /// To be called before the device looks at what is ready, or a change between the look and the
    /// sleep is missed. Does not sleep itself. Context: may sleep.
    ///
    /// Corresponds to the C function `poll_wait()` in
    /// [`include/linux/poll.h`](srctree/include/linux/poll.h).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::{
    ///     poll::{
    ///         Events,
    ///         PollTable, //
    ///     },
    ///     wait::WaitQueue, //
    /// };
    /// use kernel::sync::atomic::{
    ///     Acquire,
    ///     Atomic, //
    /// };
    ///
    /// fn poll<'a>(queue: &'a WaitQueue, gone: &Atomic<bool>, table: PollTable<'a>) -> Events {
    ///     table.wait(queue);
    ///     if gone.load(Acquire) {
    ///         return Events::HUP | Events::ERR;
    ///     }
    ///     Events::NONE
    /// }
    /// ```
    pub fn wait(&self, queue: &'a WaitQueue) {
        // SAFETY: By the type invariant the pointers are those of a running call. The queue lives
        // until the file is released, and each caller that polls it has left the queue before: `poll()` and
        // `select()` hold the file while they are in it, and `epoll` leaves it when the file is
        // released, before the device is told (`eventpoll_release()`).
        unsafe { bindings::poll_wait(self.file, queue.as_raw(), self.table) };
    }
}
