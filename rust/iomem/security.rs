// SPDX-License-Identifier: GPL-2.0

//! Who may do what is dangerous: to say by an address what a program is given, say.
//!
//! Two questions that have nothing to do with each other. *Capabilities* tell whether the process
//! may; root usually has them all. *Lockdown* tells whether anybody may, root included: it keeps root
//! from changing the running kernel, which whoever chooses addresses can do.
//!
//! # Examples
//!
//! ```no_run
//! use iomem::security::{
//!     capable,
//!     locked_down,
//!     Capability,
//!     Reason, //
//! };
//!
//! if !capable(Capability::SysRawio) || locked_down(Reason::DevMem) {
//!     return Err(EPERM);
//! }
//! # Ok::<(), Error>(())
//! ```

use crate::bindings;

/// What a process may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// `CAP_SYS_RAWIO`: I/O on ports and memory, by address.
    SysRawio,
}

/// What lockdown is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `LOCKDOWN_DEV_MEM`: memory by its address and ports by their number, as `/dev/mem` and
    /// `/dev/port` give them.
    DevMem,
}

/// Tells whether the current process has a capability, and notes that it made use of it.
///
/// Context: process.
///
/// Corresponds to the C function `capable()` in
/// [`include/linux/capability.h`](srctree/include/linux/capability.h).
pub fn capable(capability: Capability) -> bool {
    let number = match capability {
        Capability::SysRawio => bindings::CAP_SYS_RAWIO,
    };
    // SAFETY: The function asks about the current process; the number is that of a capability.
    unsafe { bindings::capable(number as i32) }
}

/// Tells whether the kernel is locked down so far that nobody may do this. If so, the kernel says in
/// its log which process was kept from what.
///
/// Context: process.
///
/// Corresponds to the C function `security_locked_down()` in
/// [`include/linux/security.h`](srctree/include/linux/security.h).
pub fn locked_down(reason: Reason) -> bool {
    let reason = match reason {
        Reason::DevMem => bindings::lockdown_reason_LOCKDOWN_DEV_MEM,
    };
    // SAFETY: The function takes any reason that there is.
    unsafe { bindings::security_locked_down(reason) != 0 }
}
