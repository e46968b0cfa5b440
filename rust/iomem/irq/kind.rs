// SPDX-License-Identifier: GPL-2.0

//! What the kernel knows of a line: whether it can be handled, and whether it is edge-triggered.
//!
//! C headers: [`include/linux/irq.h`](srctree/include/linux/irq.h),
//! [`include/linux/irqdesc.h`](srctree/include/linux/irqdesc.h)

use kernel::{
    prelude::*,
    sync::rcu, //
};

use crate::{
    bindings,
    error::eopnotsupp, //
};

/// Refuses a line that cannot be handled as this library does, before it is requested: the kernel
/// warns of some of them, and accepts others whose mask would sleep under a lock.
///
/// # Errors
///
/// - `EINVAL`: there is no such line.
/// - `EOPNOTSUPP`: see [`Line::request`](super::Line::request).
pub(super) fn check(number: u32) -> Result {
    // Each processor has one of its own, so that masking masks that of one processor.
    let per_cpu = bindings::IRQ_PER_CPU | bindings::IRQ_PER_CPU_DEVID;
    // Another line's thread calls the handlers, so the line is not one that the controller masks.
    let nested = bindings::IRQ_NESTED_THREAD;
    // The handler takes a spinlock, which sleeps on PREEMPT_RT. Handlers are threads there, but for
    // those of such a line. It is refused on all kernels, so that a driver for it is no surprise there;
    // lockdep says so anywhere.
    let no_thread = bindings::IRQ_NOTHREAD;

    // The line's data are freed after a grace period.
    let _rcu = rcu::read_lock();
    // SAFETY: The function takes any number.
    let data = unsafe { bindings::irq_get_irq_data(number) };
    if data.is_null() {
        return Err(EINVAL);
    }
    // SAFETY: The function looks for the line itself, and returns false for a number of none.
    if unsafe { bindings::irq_check_status_bit(number, per_cpu | nested | no_thread) } {
        return Err(eopnotsupp());
    }
    // SAFETY: The data are valid until the end of the grace period. The controller exists as long as
    // it has lines, and a line always has one: that of no line, if there is no other.
    let chip = unsafe { (*data).chip };
    // SAFETY: The pointer is checked, and by the above the controller exists. It is asked for as
    // `enable_irq()` asks, which sleeps if there is one.
    let sleeps = unsafe {
        !chip.is_null() && ((*chip).irq_bus_lock.is_some() || (*chip).irq_bus_sync_unlock.is_some())
    };
    if sleeps {
        return Err(eopnotsupp());
    }
    // SAFETY: The data are valid until the end of the grace period.
    if unsafe { is_message(data) } {
        return Err(eopnotsupp());
    }
    Ok(())
}

/// Tells whether a line is a message (MSI), and not that of a wire which a controller turns into
/// messages.
///
/// A message belongs to the driver of the device that sends it, which gives the number back without a
/// look at who handles it. A platform device has none but what its own driver asks for.
///
/// # Safety
///
/// `data` are those of a line, and valid.
unsafe fn is_message(data: *mut bindings::irq_data) -> bool {
    // SAFETY: By the requirement; they lead to what the line's data have in common. The descriptor of
    // the message is not looked into.
    if unsafe { bindings::irq_data_get_msi_desc(data) }.is_null() {
        return false;
    }
    // SAFETY: By the requirement; a domain exists as long as its lines.
    let is_wired = unsafe {
        let domain = (*data).domain;
        !domain.is_null()
            && (*domain).bus_token == bindings::irq_domain_bus_token_DOMAIN_BUS_WIRED_TO_MSI
    };
    !is_wired
}

/// What raises an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// An event, which does not last.
    Edge,
    /// A state of the line, which lasts until the device has been served.
    Level,
    /// The controller does not say.
    Unknown,
}

impl Trigger {
    /// Returns what is known of a line.
    ///
    /// `IRQD_LEVEL` alone does not tell: a controller that cannot choose has no `irq_set_type()`,
    /// which sets it. So a line is edge-triggered only if something says that it is: its type; or
    /// that the kernel handles it as one.
    ///
    /// # Safety
    ///
    /// The line has been requested, and is not freed meanwhile.
    pub(super) unsafe fn of(number: u32) -> Self {
        // SAFETY: The function takes any number.
        let data = unsafe { bindings::irq_get_irq_data(number) };
        if data.is_null() {
            return Self::Unknown;
        }
        // SAFETY: A line that is requested keeps its data.
        let (kind, is_level) = unsafe {
            (
                bindings::irqd_get_trigger_type(data),
                bindings::irqd_is_level_type(data),
            )
        };
        if is_level || kind & bindings::IRQ_TYPE_LEVEL_MASK != 0 {
            return Self::Level;
        }
        if kind & bindings::IRQ_TYPE_EDGE_BOTH != 0 {
            return Self::Edge;
        }

        // SAFETY: The data of a requested line are in its descriptor, whose handler was set before.
        let flow = unsafe { (*bindings::irq_data_to_desc(data)).handle_irq };
        let edge: unsafe extern "C" fn(_) = bindings::handle_edge_irq;
        if flow.is_some_and(|flow| core::ptr::fn_addr_eq(flow, edge)) {
            return Self::Edge;
        }
        Self::Unknown
    }
}
