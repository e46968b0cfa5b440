// SPDX-License-Identifier: GPL-2.0

//! Eventfds that are signalled for each interrupt.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::Interrupt;
use crate::eventfd::EventFd;

/// How many eventfds can listen to an interrupt.
///
/// The handler signals all of them with interrupts disabled, so there has to be an end. On x86-64 an
/// interrupt takes 744 instructions without any, and 66 more for each for which no task waits: 4,972 with
/// all of them. A program needs one.
pub(super) const MAX: usize = 64;

/// The eventfds that listen to an interrupt, each with a number of its own.
///
/// # Invariants
///
/// There is room for [`MAX`] of them, until they are taken.
pub(super) struct Listeners {
    list: KVec<(u64, EventFd)>,
    next: u64,
}

impl Listeners {
    /// Makes room for all of them at once: none can be made under the lock that the handler takes.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            list: KVec::with_capacity(MAX, GFP_KERNEL)?,
            next: 0,
        })
    }

    /// Takes them, and leaves none, and no room.
    pub(super) fn take(&mut self) -> Self {
        Self {
            list: core::mem::take(&mut self.list),
            next: self.next,
        }
    }

    /// Signals each of them once.
    pub(super) fn signal(&self) {
        for (_, eventfd) in &self.list {
            eventfd.signal();
        }
    }

    fn find(&self, id: u64) -> Option<usize> {
        self.list.iter().position(|(other, _)| *other == id)
    }
}

impl Interrupt {
    /// Has `eventfd` signalled for each interrupt from now on, and once when the device goes, until
    /// the [`Listener`] is dropped.
    ///
    /// Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone, or the line.
    /// - `ENOSPC`: 64 eventfds listen to the interrupt, which is the most that the handler signals.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     eventfd::EventFd,
    ///     irq::{
    ///         Interrupt,
    ///         Listener, //
    ///     },
    /// };
    /// use kernel::sync::Arc;
    ///
    /// fn listen(interrupt: &Arc<Interrupt>, fd: i32) -> Result<Listener> {
    ///     Interrupt::listen(interrupt, EventFd::from_fd(fd)?)
    /// }
    /// ```
    pub fn listen(this: &Arc<Self>, eventfd: EventFd) -> Result<Listener> {
        let mut state = this.state.lock();
        this.check(&state)?;
        if state.listeners.list.len() >= MAX {
            // The eventfd is dropped behind the lock, which is dropped first.
            return Err(ENOSPC);
        }
        let id = state.listeners.next;
        state.listeners.next = id.wrapping_add(1);
        // There is room by the type invariant, so nothing is allocated.
        let refused = state.listeners.list.push_within_capacity((id, eventfd));
        drop(state);
        refused.map_err(|_| ENOSPC)?;

        Ok(Listener {
            interrupt: this.clone(),
            id,
        })
    }
}

/// An eventfd that is signalled for each interrupt, until this is dropped. One that is forgotten
/// keeps its place among the listeners until the device goes.
///
/// Context of the drop: may sleep.
///
/// # Examples
///
/// See [`Interrupt::listen`].
pub struct Listener {
    interrupt: Arc<Interrupt>,
    id: u64,
}

impl Listener {
    /// Has another eventfd signalled instead. Each interrupt is told to the one or to the other.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is gone, or the line.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     eventfd::EventFd,
    ///     irq::Listener, //
    /// };
    ///
    /// fn instead(listener: &Listener, eventfd: EventFd) -> Result {
    ///     listener.replace(eventfd)
    /// }
    /// ```
    pub fn replace(&self, eventfd: EventFd) -> Result {
        let mut state = self.interrupt.state.lock();
        self.interrupt.check(&state)?;
        let index = state.listeners.find(self.id).ok_or(ENODEV)?;
        let entry = state.listeners.list.get_mut(index).ok_or(ENODEV)?;
        let old = core::mem::replace(&mut entry.1, eventfd);
        drop(state);
        drop(old);
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.interrupt.state.lock();
        let found = state.listeners.find(self.id);
        let old = found.and_then(|index| state.listeners.list.remove(index).ok());
        drop(state);
        // The last reference frees the eventfd, which is not done under the lock.
        drop(old);
    }
}
