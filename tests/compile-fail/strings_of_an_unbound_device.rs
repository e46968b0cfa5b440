// SPDX-License-Identifier: GPL-2.0

//! The properties of a device stay as long as it is bound, and a reference does not keep it so.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    sync::aref::ARef, //
};

pub fn first(bound: &Device<Bound>, kept: &ARef<Device>) -> Result {
    let _ = kept;
    #[cfg(misuse)]
    iomem::platform::strings(kept, c"reg-names")?; //~ ERROR E0308: mismatched types
    iomem::platform::strings(bound, c"reg-names")?;
    Ok(())
}
