// SPDX-License-Identifier: GPL-2.0

//! The state of an open file: what it has that other files of the window have not.
//!
//! # Interrupts
//!
//! Each file remembers how many interrupts of each line `IOMEM_IOC_IRQ_WAIT` has told it of, for
//! `poll()`. A file that was told of none is told of those from before it was opened, too: who asks
//! has not seen them. The count that `IOMEM_IOC_IRQ_WAIT` compares with is the program's own, so
//! several threads may wait with one file.
//!
//! A mutex protects what the file was told of and its eventfds. The library's locks are taken in it.

use iomem::{
    eventfd::EventFd,
    irq::{
        Interrupt,
        Listener, //
    },
    security::{
        capable_noaudit,
        Capability, //
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        MutexGuard, //
    },
};

use crate::{
    region::Region,
    window::Window, //
};

/// What an open file has that other files of the window have not.
#[pin_data]
pub(crate) struct File {
    /// Whether it was opened by a process with `CAP_SYS_RAWIO`.
    has_raw_io: bool,
    #[pin]
    irqs: IrqFileState,
}

impl File {
    /// A program opens the window, which counts its files: whatever fails here, fails before. The node
    /// can still be there for a moment when the device is not; that is `ENODEV`, as with all calls.
    pub(crate) fn open(window: &Window) -> impl PinInit<Self, Error> + '_ {
        try_pin_init!(Self {
            _: {
                // Without the lease's lock, which others can be in the queue for: the kernel has
                // `misc_mtx`, which all nodes need that are made or removed. For the same reason
                // nothing is allocated here that is charged to a control group.
                if window.lease().is_revoked() {
                    return Err(ENODEV);
                }
            },
            has_raw_io: capable_noaudit(Capability::SysRawio),
            irqs <- IrqFileState::new(),
            _: {
                window.count_file(1);
            },
        })
    }

    /// Makes sure that a region's registers may be accessed by this file. What counts is who opened it, as
    /// it does for reading and writing.
    ///
    /// # Errors
    ///
    /// Those of [`Region::check_access`].
    pub(crate) fn check_access(&self, region: &Region) -> Result {
        region.check_access(self.has_raw_io)
    }

    /// Returns what the file knows of interrupts.
    pub(crate) fn irqs(&self) -> &IrqFileState {
        &self.irqs
    }
}

/// What an open file has of an interrupt.
struct Slot {
    /// The largest count that the program was told of.
    last_seen: u64,
    listener: Option<Listener>,
}

/// What an open file has of all of them: nothing, until a call is about one.
///
/// It is charged to the control group of the program, which can make it wait. Opening a file must not,
/// since the kernel has `misc_mtx` then.
#[pin_data]
pub(crate) struct IrqFileState {
    #[pin]
    list: Mutex<KVec<Slot>>,
}

impl IrqFileState {
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            list <- new_mutex!(KVec::new(), "IrqFileState::list"),
        })
    }

    /// Returns the list, with a slot for the interrupt `number`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    fn with(&self, number: usize) -> Result<MutexGuard<'_, KVec<Slot>>> {
        let mut list = self.list.lock();
        while list.len() <= number {
            let slot = Slot {
                last_seen: 0,
                listener: None,
            };
            list.push(slot, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(list)
    }

    /// Makes sure that there is a slot for the interrupt `number`, so that what is done next with it does
    /// not fail for want of memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn reserve(&self, number: usize) -> Result {
        self.with(number).map(drop)
    }

    /// The program has been told of `count` interrupts.
    pub(crate) fn saw(&self, number: usize, count: u64) {
        if let Some(slot) = self.list.lock().get_mut(number) {
            slot.last_seen = slot.last_seen.max(count);
        }
    }

    /// Tells whether there is an interrupt that the program was not told of.
    pub(crate) fn has_pending(&self, interrupts: &[Arc<Interrupt>]) -> Result<bool> {
        let list = self.list.lock();
        for (number, interrupt) in interrupts.iter().enumerate() {
            let last_seen = list.get(number).map_or(0, |slot| slot.last_seen);
            if interrupt.status()?.count != last_seen {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Has an eventfd signalled for each interrupt instead of the one before, or none.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory.
    /// - Those of [`Interrupt::listen`] and [`Listener::replace`].
    pub(crate) fn set_eventfd(
        &self,
        number: usize,
        interrupt: &Arc<Interrupt>,
        eventfd: Option<EventFd>,
    ) -> Result {
        let mut slots = self.with(number)?;
        let slot = slots.get_mut(number).ok_or(EINVAL)?;
        match (eventfd, &slot.listener) {
            (Some(eventfd), Some(listener)) => listener.replace(eventfd)?,
            (Some(eventfd), None) => slot.listener = Some(Interrupt::listen(interrupt, eventfd)?),
            (None, _) => slot.listener = None,
        }
        Ok(())
    }
}
