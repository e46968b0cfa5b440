// SPDX-License-Identifier: GPL-2.0

//! A muxed claim whose window goes before the library takes note of it: tests/hosts.c.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    resource::{
        request_mem_region_muxed,
        MuxedMemRegion, //
    },
};
use kernel::prelude::*;

module! {
    type: Attack,
    name: "iomem_attack_muxed_late",
    authors: ["The iomem authors"],
    description: "Claims muxed while a window goes",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of the claim, in bytes",
        },
    },
}

struct Attack {
    _claim: MuxedMemRegion,
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let claim = request_mem_region_muxed(start, 0x1000, c"attack-muxed")?;
        Ok(Self { _claim: claim })
    }
}
