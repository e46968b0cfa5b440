// SPDX-License-Identifier: GPL-2.0

//! A parameter that is a string, with more room than the kernel's stack has for it.

use iomem::param::StringParam;
use kernel::prelude::*;

#[cfg(misuse)]
static NAME: StringParam<{ 1 << 20 }> = StringParam::new(); //~ CONST a parameter that is a string has more room than 1024 bytes
#[cfg(not(misuse))]
static NAME: StringParam<1024> = StringParam::new();

/// Returns what was given.
pub fn name() -> Option<&'static CStr> {
    NAME.value()
}
