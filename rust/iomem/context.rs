// SPDX-License-Identifier: GPL-2.0

//! The context that code runs in, as far as it can be told at run time.
//!
//! C header: [`include/linux/preempt.h`](srctree/include/linux/preempt.h)

use kernel::prelude::*;

use crate::bindings;

/// Tells whether this may sleep, as far as the kernel knows: this is a task, interrupts are enabled and,
/// on a kernel that counts (`CONFIG_PREEMPT_COUNT`), so is preemption. A section of RCU's is not told.
pub(crate) fn may_sleep() -> bool {
    // SAFETY: The function looks at the processor's state.
    unsafe { bindings::may_sleep() }
}

/// As [`may_sleep`], for the drop of `what`, which does nothing where it may not. That is logged.
pub(crate) fn may_drop(what: &CStr) -> bool {
    let may = may_sleep();
    if !may {
        // SAFETY: The text ends with zero.
        unsafe { bindings::note_stays(what.as_char_ptr()) };
    }
    may
}
