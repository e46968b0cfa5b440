// SPDX-License-Identifier: GPL-2.0

//! Claims on the BAR of a PCI device that outlive the device: it is removed while they are held, by
//! tests/pci_gone.c, and they are dropped when this module is unloaded.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    mapping::Mapping,
    resource::{
        request_mem_region,
        request_mem_region_muxed,
        MemRegion,
        MuxedMemRegion, //
    },
};
use kernel::prelude::*;

module! {
    type: Attack,
    name: "iomem_attack_outlived",
    authors: ["The iomem authors"],
    description: "Holds claims on a device's registers for longer than the device exists",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

struct Attack {
    _mapped: Mapping<MemRegion>,
    _muxed: MuxedMemRegion,
    plain: MemRegion,
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());

        Ok(Self {
            plain: request_mem_region(start, 0x1000, c"outlived")?,
            _mapped: Mapping::ioremap(request_mem_region(start + 0x1000, 0x1000, c"outlived")?)?,
            _muxed: request_mem_region_muxed(start + 0x2000, 0x1000, c"outlived")?,
        })
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        // What is asked of a claim does not depend on what is in the tree.
        pr_info!("{:?} at {} goes\n", self.plain.name(), self.plain.range());
    }
}
