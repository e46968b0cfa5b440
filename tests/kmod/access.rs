// SPDX-License-Identifier: GPL-2.0

//! Registers in memory, tried in the kernel: every width, order and form.
//!
//! What an access does is seen from outside. Marks written to the inversion register of QEMU's
//! `edu` tell tests/witness.py where to look in QEMU's trace, and which accesses have to be there:
//! one for each call, of its width, at its place, with its value. Copies land in the shared memory
//! of `ivshmem`, where the host looks.

use iomem::{
    compat::param,
    mapping::Mapping,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::prelude::*;

#[macro_use]
mod check;
#[path = "access/bounds.rs"]
mod bounds;
#[path = "access/bulk.rs"]
mod bulk;
#[path = "access/classes.rs"]
mod classes;
mod marks;
#[path = "access/single.rs"]
mod single;
#[path = "access/together.rs"]
mod together;

use self::marks::marked;

module! {
    type: Test,
    name: "iomem_test_access",
    authors: ["The iomem authors"],
    description: "Tries the accessors of the iomem library on QEMU's devices",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
        testdev: u64 {
            default: 0,
            description: "physical address of pci-testdev's BAR 0",
        },
        bochs: u64 {
            default: 0,
            description: "physical address of bochs-display's BAR 2",
        },
        ivshmem: u64 {
            default: 0,
            description: "physical address of the last page of ivshmem's BAR 2",
        },
    },
}

const DMA_SOURCE: usize = 0x80;
const DMA_TARGET: usize = 0x88;

/// The display's registers of 16 bits: which it is, and where the screen begins.
const VBE_ID: usize = 0x500;
const VBE_X: usize = 0x510;

/// What tests/witness.py looks for.
const MARK: u32 = 0x10e3_2000;

type Registers<const SIZE: usize> = Mapping<MemRegion, SIZE>;

fn map<const SIZE: usize>(start: u64, length: u64) -> Result<Registers<SIZE>> {
    Mapping::ioremap(request_mem_region(start, length, c"iomem_test")?)
}

fn run(edu: u64, testdev: u64, bochs: u64, ivshmem: u64) -> Result {
    let edu = &map::<0x100>(edu, 0x10_0000)?;
    let testdev = &map::<0x100>(testdev, 0x1000)?;
    let bochs = &map::<0x600>(bochs, 0x1000)?;
    let ivshmem = &map::<0x1000>(ivshmem, 0x1000)?;

    single::single(edu, testdev, bochs);
    single::wide(edu)?;
    together::together(edu, testdev);
    bulk::repeated(edu, testdev, bochs)?;
    bulk::copied(ivshmem)?;
    classes::classes(edu)?;
    bounds::bounds(edu)?;
    bounds::kinds(edu);
    Ok(())
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let result = run(
            param(module_parameters::edu.value()),
            param(module_parameters::testdev.value()),
            param(module_parameters::bochs.value()),
            param(module_parameters::ivshmem.value()),
        );
        check!("access_ran", result == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
