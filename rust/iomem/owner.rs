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

/// Tells whether files of `owner` can be opened: its loading has succeeded.
///
/// While it is being loaded, the kernel gives references to it, and if that fails, frees it nevertheless. So
/// whatever C is given that opens files asks this first, and its registration has [`Refused`].
pub(crate) fn is_live(owner: &ThisModule) -> bool {
    // SAFETY: A `ThisModule` is that of a module which is loaded; `check` has refused null.
    unsafe { bindings::module_is_live(owner.as_ptr()) }
}

/// Waits, when it is dropped, for those who were refused because [`is_live`] said so. To be dropped when no
/// more of them can come.
///
/// Context of the drop: may sleep.
pub(crate) struct Refused {
    owner: *mut bindings::module,
}

// SAFETY: It is only given to a function that any thread may call.
unsafe impl Send for Refused {}

// SAFETY: Nothing is done with it through a shared reference.
unsafe impl Sync for Refused {}

impl Refused {
    /// Those of a module that [`check`] was content with.
    pub(crate) fn of(owner: &ThisModule) -> Self {
        Self {
            owner: owner.as_ptr(),
        }
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        // SAFETY: The module is loaded, or being so: its code drops this.
        unsafe { bindings::module_refused_wait(self.owner) };
    }
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
