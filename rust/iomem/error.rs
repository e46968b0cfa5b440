// SPDX-License-Identifier: GPL-2.0

//! Error codes that the kernel crate has no constant for.
//!
//! C header: [`include/uapi/asm-generic/errno.h`](srctree/include/uapi/asm-generic/errno.h)

use kernel::prelude::*;

use crate::bindings;

/// `EOPNOTSUPP`: the operation is not supported, on what it was asked of.
///
/// A function, because the kernel crate makes constants of its own only. Not to be confused with
/// its `ENOTSUPP`, which programs do not know.
///
/// # Examples
///
/// ```
/// use iomem::error::eopnotsupp;
///
/// assert_eq!(eopnotsupp().to_errno(), -95);
/// ```
pub fn eopnotsupp() -> Error {
    Error::from_errno(-(bindings::EOPNOTSUPP as c_int))
}
