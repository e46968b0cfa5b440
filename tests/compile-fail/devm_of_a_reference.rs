// SPDX-License-Identifier: GPL-2.0

//! A device that has a mapping of a claim which is in a module's memory: the device can stay bound when
//! the module is unloaded.

use iomem::{
    devres::Managed,
    mapping::{
        devm_ioremap,
        Cache,
        Mapping, //
    },
    resource::MemRegion, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    sync::SetOnce, //
};

/// The claim.
pub static CLAIM: SetOnce<MemRegion> = SetOnce::new();

/// Maps it.
#[cfg(misuse)]
pub fn map(dev: &Device<Bound>) -> Result<Managed<Mapping<&'static MemRegion>>> {
    let claim = CLAIM.as_ref().ok_or(ENXIO)?;
    devm_ioremap(dev, claim, Cache::Uncached) //~ ERROR E0277: `&Claim<Mem>` does not keep a claim by itself
}

/// Maps one that is given up.
#[cfg(not(misuse))]
pub fn map(dev: &Device<Bound>, claim: MemRegion) -> Result<Managed<Mapping<MemRegion>>> {
    devm_ioremap(dev, claim, Cache::Uncached)
}
