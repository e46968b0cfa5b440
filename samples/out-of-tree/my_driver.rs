// SPDX-License-Identifier: GPL-2.0

//! A module outside iomem's tree that uses the library: a folder to copy, and to begin with.
//!
//! The device is QEMU's `edu`: it says what it is, and inverts a number. Here C's driver would call
//! `request_mem_region()`, `ioremap()`, `writel()` and `readl()`, and `iounmap()` and
//! `release_mem_region()` in the end.
//!
//! ```sh
//! insmod my_driver.ko start=0xfea00000
//! ```

use iomem::{
    compat::param,
    mapping::Mapping,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    io::Io,
    prelude::*, //
};

module! {
    type: MyDriver,
    name: "my_driver",
    authors: ["You"],
    description: "A driver outside the tree of iomem",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's registers",
        },
    },
}

const ID: usize = 0x00;
const INVERT: usize = 0x04;

/// The registers are ours as long as the module is loaded. Dropping this unmaps and releases them.
struct MyDriver {
    _registers: Mapping<MemRegion, 0x100>,
}

impl kernel::Module for MyDriver {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        if start == 0 {
            pr_err!("give start=, the address of edu's registers: see /proc/iomem\n");
            return Err(EINVAL);
        }
        let claim = request_mem_region(start, 0x1000, c"my_driver")
            .inspect_err(|refused| pr_err!("{refused}\n"))?;
        let registers = Mapping::<_, 0x100>::ioremap(claim)?;

        let id = registers.read32(ID);
        if id & 0xffff != 0x00ed {
            pr_err!("{id:#010x} does not end in 00ed: there is no edu at {start:#x}\n");
            return Err(ENODEV);
        }
        registers.write32(0x1234_5678, INVERT);
        let inverse = registers.read32(INVERT);
        pr_info!("found {id:#010x}, the inverse of 0x12345678 is {inverse:#010x}\n");

        Ok(Self {
            _registers: registers,
        })
    }
}
