// SPDX-License-Identifier: GPL-2.0

//! The module that code is in.
//!
//! Operations that C is given name a module as their owner, which C keeps loaded while it can call them.
//! Generic code is compiled into whatever module makes use of it. So before C is given operations, the
//! library looks whether their code is in the module that C will keep.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use kernel::{
    prelude::*,
    ThisModule, //
};

use crate::bindings;

/// Tells whether the module `owner` has the code at `code`. One that is null has none.
///
/// # Safety
///
/// `owner` is null, or a module that stays loaded during the call.
pub(crate) unsafe fn has(owner: *const bindings::module, code: usize) -> bool {
    // SAFETY: By the requirement; the function looks at where the module has its memory.
    unsafe { bindings::is_within_module(code, owner) }
}

/// Checks that `owner` has the code at `code`.
///
/// # Errors
///
/// `EINVAL`: it has not.
pub(crate) fn check(code: usize, owner: &ThisModule) -> Result {
    // SAFETY: A `ThisModule` is that of a module which is loaded, or null.
    unsafe { has(owner.as_ptr(), code) }
        .then_some(())
        .ok_or(EINVAL)
}
