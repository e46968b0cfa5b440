// SPDX-License-Identifier: GPL-2.0

//! Ports, copied as if they were memory.

use iomem::{
    port::Ports,
    resource::PortRegion, //
};
use kernel::prelude::*;

/// Reads bytes.
pub fn read(ports: &Ports<PortRegion>, buffer: &mut [u8]) -> Result {
    #[cfg(misuse)]
    return ports.window().memcpy_fromio(0, buffer); //~ ERROR E0599: the method `memcpy_fromio` exists
    #[cfg(not(misuse))]
    ports.window().try_read_rep(0, buffer)
}
