// SPDX-License-Identifier: GPL-2.0

//! A neighbour: somebody who holds a claim as long as the module is loaded, for
//! tests/neighbours.c.

use iomem::{
    compat::param,
    resource::{
        request_mem_region,
        MemRegion, //
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
    },
}

struct Test {
    _claim: MemRegion,
}

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _claim: request_mem_region(
                param(module_parameters::start.value()),
                param(module_parameters::length.value()),
                c"iomem_test_holder",
            )?,
        })
    }
}
