// SPDX-License-Identifier: GPL-2.0

//! Eventfds that are signalled for each interrupt.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::Interrupt;
use crate::eventfd::EventFd;

/// All who listen to an interrupt, each with a number of its own.
pub(super) struct Listeners {
    list: KVec<(u64, EventFd)>,
    next: u64,
}

impl Listeners {
    pub(super) const fn new() -> Self {
        Self {
            list: KVec::new(),
            next: 0,
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
    /// - `ENODEV`: the device is gone.
    /// - `ENOMEM`: no memory.
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
        // Lists become longer only here, one at a time.
        let _changing = this.changing.lock();

        // No memory can be allocated under the lock that the handler takes.
        let length = this.state.lock().listeners.list.len();
        let wanted = length.checked_add(1).ok_or(ENOMEM)?;
        let mut longer = KVec::with_capacity(wanted, GFP_KERNEL)?;

        let mut state = this.state.lock();
        state.check()?;
        let id = state.listeners.next;
        state.listeners.next = id.wrapping_add(1);
        // There is room for all of them, so nothing is allocated.
        for listener in state.listeners.list.drain_all() {
            let _ = longer.push_within_capacity(listener);
        }
        let _ = longer.push_within_capacity((id, eventfd));
        core::mem::swap(&mut state.listeners.list, &mut longer);
        drop(state);

        Ok(Listener {
            interrupt: this.clone(),
            id,
        })
    }
}

/// An eventfd that is signalled for each interrupt, until this is dropped.
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
    /// `ENODEV`: the device is gone.
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
        state.check()?;
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
