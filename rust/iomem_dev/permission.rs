// SPDX-License-Identifier: GPL-2.0

//! Who may choose an address.
//!
//! A process that says by an address which registers a program is given can give away the whole
//! machine, so it takes what `/dev/mem` takes: `CAP_SYS_RAWIO`, and a kernel that is not locked down.
//! To name a device by `driver_override` is the same, since any platform device can be named. So is
//! to bind a device that this module made for an address: what the address was chosen for can have
//! moved since.
//!
//! Who wrote to `driver_override` cannot be told. The file may be written by root without any capability, in
//! a container say, and the task that probes the device next need not know of it. So who is asked is the process
//! that has the driver bind, by `bind` or `drivers_probe`, to this device. A device is refused that a thread
//! of the kernel probes, which has all capabilities and acts for another process; and one that is there
//! with its `driver_override` when the module is loaded.
//!
//! Firmware, a device tree or ACPI, is not asked: it describes the machine that the kernel runs on
//! anyway.

use iomem::security::{
    capable,
    is_kernel_thread,
    locked_down,
    Capability,
    Reason, //
};
use kernel::{
    fmt,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// Whether the driver is being registered, which probes the devices that are there. Both are done by the
/// thread that loads the module; a device that another thread probes meanwhile is refused as well.
static LOADING: Atomic<bool> = Atomic::new(true);

/// The driver has been registered.
pub(crate) fn loaded() {
    LOADING.store(false, Relaxed);
}

/// Fails with `EPERM`, and says in the log why, unless the current process may choose an address, and has
/// asked for this device.
pub(crate) fn may_choose_device(what: impl fmt::Display) -> Result {
    if is_kernel_thread() || LOADING.load(Relaxed) {
        pr_err!(
            "{what}: bound by itself, which says nothing of who chose it: write the device's name \
             to the driver's file bind\n"
        );
        return Err(EPERM);
    }
    may_choose_address(what)
}

/// Fails with `EPERM`, and says in the log why, unless the current process may choose an address.
/// `what` is by which means it tries, or the device that has the address.
pub(crate) fn may_choose_address(what: impl fmt::Display) -> Result {
    may_take_away(&what)?;
    if locked_down(Reason::DevMem) {
        pr_err!(
            "{what}: the kernel is locked down, so no address can be chosen: describe the \
             device by firmware, a device tree or ACPI\n"
        );
        return Err(EPERM);
    }
    Ok(())
}

/// The same for who takes away what was chosen, which lockdown is no reason to refuse.
pub(crate) fn may_take_away(what: impl fmt::Display) -> Result {
    if !capable(Capability::SysRawio) {
        pr_err!("{what}: requires CAP_SYS_RAWIO\n");
        return Err(EPERM);
    }
    Ok(())
}
