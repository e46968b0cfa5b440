// SPDX-License-Identifier: GPL-2.0

//! Error codes: those that the kernel crate may lack, and those that C is given for a driver's errors.
//!
//! # Errors that leave the library
//!
//! What a driver's function fails with is what the program's system call fails with: functions of a
//! [`CharDevice`](crate::chardev::CharDevice), of [`VmaOps`](crate::vma::VmaOps), of a
//! [`sysfs`](crate::sysfs) attribute, of a [`debugfs`](crate::debugfs) table, of a driver's
//! [`Files`](crate::platform::Files).
//!
//! Codes from 512 on are the kernel's own. Programs have no names for them, and to the C code that
//! calls a driver some are no errors: at `EIOCBQUEUED` it waits for a completion that never comes, or
//! stops the kernel (`BUG()`). Between a driver and C, the library replaces them:
//!
//! | the driver's error | becomes |
//! |---|---|
//! | `ERESTARTSYS`, `ERESTARTNOINTR`, `ERESTARTNOHAND` | itself if a signal is pending, else `EINTR` |
//! | `ERESTART_RESTARTBLOCK` | `EINTR`: a driver cannot say what is to be restarted |
//! | `ENOIOCTLCMD` | `ENOTTY` |
//! | `EPROBE_DEFER` | `EAGAIN` |
//! | `EOPENSTALE` | `ESTALE` |
//! | `ENOPARAM` | `EINVAL` |
//! | `ENOTSUPP` | `EOPNOTSUPP` |
//! | any other from 512 on | `EIO` |
//!
//! C headers: [`include/linux/errno.h`](srctree/include/linux/errno.h),
//! [`include/uapi/asm-generic/errno.h`](srctree/include/uapi/asm-generic/errno.h)

use kernel::{
    current,
    prelude::*, //
};

use crate::{
    bindings,
    compat, //
};

pub use crate::compat::{
    enametoolong,
    eopnotsupp, //
};

/// Returns the negative errno that C is to be given for `error`: see the [module](self). Context:
/// process.
pub(crate) fn for_c(error: Error) -> c_int {
    let errno = error.to_errno();
    match errno.unsigned_abs() {
        // From here on they are the kernel's own.
        0..bindings::ERESTARTSYS => errno,
        bindings::ERESTARTSYS | bindings::ERESTARTNOINTR | bindings::ERESTARTNOHAND
            if current!().signal_pending() =>
        {
            errno
        }
        bindings::ERESTARTSYS
        | bindings::ERESTARTNOINTR
        | bindings::ERESTARTNOHAND
        | bindings::ERESTART_RESTARTBLOCK => EINTR.to_errno(),
        bindings::ENOIOCTLCMD => ENOTTY.to_errno(),
        bindings::EPROBE_DEFER => EAGAIN.to_errno(),
        bindings::EOPENSTALE => compat::estale().to_errno(),
        bindings::ENOPARAM => EINVAL.to_errno(),
        bindings::ENOTSUPP => eopnotsupp().to_errno(),
        _ => EIO.to_errno(),
    }
}

/// As [`for_c`], of what an operation returns that may have been passed on from C: a value, or an
/// errno below 0.
pub(crate) fn value_for_c(value: isize) -> isize {
    match c_int::try_from(value) {
        Ok(errno) if (-(bindings::MAX_ERRNO as c_int)..0).contains(&errno) => {
            for_c(Error::from_errno(errno)) as isize
        }
        _ => value,
    }
}
