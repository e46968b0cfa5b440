// SPDX-License-Identifier: GPL-2.0

//! Who may do what is dangerous: to say by an address what a program is given, say.
//!
//! Two questions that have nothing to do with each other. *Capabilities* tell whether the process
//! may; root usually has them all. *Lockdown* tells whether any process may, root's included: it keeps root
//! from changing the running kernel, as a process that chooses addresses can.
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

impl Capability {
    fn number(self) -> i32 {
        match self {
            Self::SysRawio => bindings::CAP_SYS_RAWIO as i32,
        }
    }
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
    // SAFETY: The function asks about the current process; the number is that of a capability.
    unsafe { bindings::capable(capability.number()) }
}

/// The same for who may go on without it: that the process does not have it is no attempt at anything, and
/// is not put into the audit log.
///
/// ```no_run
/// use iomem::security::{
///     capable_noaudit,
///     Capability, //
/// };
///
/// // Asked when a file is opened, and kept: what its program may do by it later.
/// let may_do_more = capable_noaudit(Capability::SysRawio);
/// # let _ = may_do_more;
/// # Ok::<(), Error>(())
/// ```
///
/// Context: process.
///
/// Corresponds to the C function `ns_capable_noaudit()`, asked about the initial user namespace, in
/// [`include/linux/capability.h`](srctree/include/linux/capability.h).
pub fn capable_noaudit(capability: Capability) -> bool {
    // SAFETY: The initial user namespace is a static of the kernel's. The function asks about the
    // current process; the number is that of a capability.
    unsafe {
        bindings::ns_capable_noaudit(
            core::ptr::addr_of_mut!(bindings::init_user_ns),
            capability.number(),
        )
    }
}

/// Tells whether the current task is a thread of the kernel. Such a thread has all capabilities, which says
/// nothing of the process on whose behalf it does something: a driver that is probed again later, because
/// a supplier of the device was not there, is probed by one.
///
/// ```no_run
/// use iomem::security::{
///     capable,
///     is_kernel_thread,
///     Capability, //
/// };
///
/// if is_kernel_thread() || !capable(Capability::SysRawio) {
///     return Err(EPERM);
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// Context: process.
///
/// Corresponds to `PF_KTHREAD` in [`include/linux/sched.h`](srctree/include/linux/sched.h).
pub fn is_kernel_thread() -> bool {
    // SAFETY: The current task is valid, and only it changes its flags.
    let flags = unsafe { (*kernel::current!().as_ptr()).flags };
    flags & bindings::PF_KTHREAD != 0
}

/// Tells whether the kernel is locked down so far that no process may do this. If so, the kernel says in
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
