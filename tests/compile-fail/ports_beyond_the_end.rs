// SPDX-License-Identifier: GPL-2.0

//! A port that is known to the compiler, and beyond the end of the claim.

use iomem::{
    port::Ports,
    resource::PortRegion, //
};
use kernel::io::Io;

/// Writes the last port.
#[inline(never)]
pub fn last(ports: &Ports<PortRegion, 4>) {
    #[cfg(misuse)]
    ports.write8(0, 4); //~ LINK rust_build_error
    #[cfg(not(misuse))]
    ports.write8(0, 3);
}
