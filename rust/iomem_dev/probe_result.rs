// SPDX-License-Identifier: GPL-2.0

//! Why a device that we made was not bound.
//!
//! Making a platform device probes its driver at once, in the same thread, and succeeds whatever the
//! driver says. Who asked for the device is to have the driver's own errno, so it is left here by the
//! driver and picked up when the device has been made.

use iomem::platform;
use kernel::{
    current, fmt,
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
};

/// Whose device is being made, a thread's id in the upper half, and the errno of its driver in the
/// lower one. One at a time: the second task, which takes two modes of making devices at once,
/// has to do without the errno.
static SLOT: Atomic<u64> = Atomic::new(0);

/// What the slot has of the current thread before there is an errno.
fn mine() -> u64 {
    u64::from(current!().pid().unsigned_abs()) << 32
}

/// Makes a device, which has to be bound by that. `what` is by which means it is made, for the log.
///
/// # Errors
///
/// Those of the driver, where that refuses the device; `ENODEV` if no driver was asked, or if no thread
/// knows what it said; and those of `make`.
pub(crate) fn bound(
    what: impl fmt::Display,
    make: impl FnOnce() -> Result<platform::Device>,
) -> Result<platform::Device> {
    let slot = SLOT.cmpxchg(0, mine(), Full);
    let device = make();
    let errno = match slot {
        Ok(_) => SLOT.xchg(0, Full) as u32 as i32,
        Err(_) => 0,
    };
    let device = device?;
    match (device.is_bound(), errno) {
        (true, _) => Ok(device),
        (false, 0) => {
            pr_err!("{what} was not bound, for an unknown reason: is drivers_autoprobe 0?\n");
            Err(ENODEV)
        }
        (false, errno) => Err(Error::from_errno(errno.saturating_neg())),
    }
}

/// Leaves the errno of the driver for the maker of the device in this thread, if there is one. Of
/// several the last one counts, and none if the device is bound after all.
pub(crate) fn refused(error: Error) {
    let errno = u64::from(error.to_errno().unsigned_abs());
    // A thread whose slot it is not makes no device; and only the owner changes one that is taken.
    if SLOT.load(Relaxed) >> 32 == mine() >> 32 {
        SLOT.store(mine() | errno, Relaxed);
    }
}
