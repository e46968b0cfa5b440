// SPDX-License-Identifier: GPL-2.0

//! A string parameter whose static has the name of what the macro makes for the kernel: the kernel would
//! write the value over that.

use kernel::prelude::*;

#[cfg(not(misuse))]
iomem::string_param!(NAME: 64, name, "what the device is called");

#[cfg(misuse)]
iomem::string_param!(OPS: 64, name, "what the device is called"); //~ ERROR E0308: mismatched types

/// Tells how long the name is, in bytes.
pub fn length() -> usize {
    #[cfg(not(misuse))]
    return NAME.value().map_or(0, |name| name.to_bytes().len());
    #[cfg(misuse)]
    0
}
