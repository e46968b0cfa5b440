// SPDX-License-Identifier: GPL-2.0

//! Three platform devices, each below the one before, of which the first two are removed first. As long as
//! this is loaded, the last is there: tests/platform.c looks whether the others are freed meanwhile.

#![deny(unsafe_code)]

use iomem::{
    platform::{
        Device,
        Info,
        Resource, //
    },
    range::Range, //
};
use kernel::prelude::*;

module! {
    type: Attack,
    name: "iomem_attack_above",
    authors: ["The iomem authors"],
    description: "Removes devices that another one is below",
    license: "GPL",
}

struct Attack {
    _inner: Device,
}

/// A device has to have a resource, whatever it is.
fn ports(number: u64) -> Result<[Resource<'static>; 1]> {
    Ok([Resource::port(Range::new(0x2f0 + 4 * number, 4)?)])
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let outer = Info::new(c"iomem_attack_above_outer", &ports(0)?).register()?;
        let middle = Info::new(c"iomem_attack_above_middle", &ports(1)?)
            .parent(&outer)
            .register()?;
        let inner = Info::new(c"iomem_attack_above_inner", &ports(2)?)
            .parent(&middle)
            .register()?;
        drop(middle);
        drop(outer);
        Ok(Self { _inner: inner })
    }
}
