// SPDX-License-Identifier: GPL-2.0

//! A neighbour, which holds a claim as long as the module is loaded, for
//! tests/neighbours.c.

use iomem::{
    compat::param,
    resource::{
        request_mem_region,
        request_mem_region_muxed,
        MemRegion,
        MuxedMemRegion, //
    },
};
use kernel::prelude::*;

module! {
    type: Test,
    name: "iomem_test_holder",
    authors: ["The iomem authors"],
    description: "Holds a range of I/O memory, for tests",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address, in bytes",
        },
        length: u64 {
            default: 0,
            description: "length, in bytes",
        },
        muxed: u64 {
            default: 0,
            description: "1: waits for a muxed claim that is in the way",
        },
    },
}

struct Test {
    _plain: Option<MemRegion>,
    _muxed: Option<MuxedMemRegion>,
}

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let length = param(module_parameters::length.value());
        let name = c"iomem_test_holder";

        if param(module_parameters::muxed.value()) != 0 {
            return Ok(Self {
                _plain: None,
                _muxed: Some(request_mem_region_muxed(start, length, name)?),
            });
        }
        Ok(Self {
            _plain: Some(request_mem_region(start, length, name)?),
            _muxed: None,
        })
    }
}
