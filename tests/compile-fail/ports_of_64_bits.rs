// SPDX-License-Identifier: GPL-2.0

//! An access that ports do not have.

use iomem::{
    port::Ports,
    resource::PortRegion, //
};
use kernel::{
    io::Io,
    prelude::*, //
};

/// Reads a port.
pub fn read(ports: &Ports<PortRegion>) -> Result<u64> {
    #[cfg(misuse)]
    return ports.try_read64(0); //~ ERROR E0277: `PortIo` has no accesses of the width of `u64`
    #[cfg(not(misuse))]
    ports.try_read32(0).map(u64::from)
}
