// SPDX-License-Identifier: GPL-2.0

//! A window of ports that is kept when they have been released.

use iomem::{
    access::Window,
    port::{
        PortIo,
        Ports, //
    },
    resource::{
        request_region,
        PortRegion, //
    },
};
use kernel::prelude::*;

/// Returns ports that are free.
#[cfg(misuse)]
pub fn ports() -> Result<Window<'static, PortIo, 2>> {
    let ports: Ports<PortRegion, 2> = Ports::new(request_region(0x510, 2, c"case")?)?;
    Ok(ports.window()) //~ ERROR E0515: cannot return value referencing local variable `ports`
}

/// Returns ports, with their claim.
#[cfg(not(misuse))]
pub fn ports() -> Result<Ports<PortRegion, 2>> {
    Ports::new(request_region(0x510, 2, c"case")?)
}

/// Names what only one of them needs.
pub type Wanted = Window<'static, PortIo, 2>;
