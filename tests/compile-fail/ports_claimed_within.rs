// SPDX-License-Identifier: GPL-2.0

//! A device's ports can be claimed where all drivers see it, and not within its resource.

use iomem::platform::PortResource;
use kernel::prelude::*;

pub fn claim(ports: PortResource<'_>) -> Result {
    #[cfg(misuse)]
    ports.request_region(0x2f0); //~ ERROR E0599: no method named `request_region` found for struct `PortResource`
    drop(ports.request(c"mine")?);
    Ok(())
}
