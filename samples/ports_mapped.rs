// SPDX-License-Identifier: GPL-2.0

//! I/O ports, the second way: `ioport_map()`, and then as if they were memory.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_region()`, or `request_mem_region()` | [`request_region`], [`request_mem_region`] |
//! | `ioport_map()`, or `ioremap()` | [`IoMap::ioport_map`], [`IoMap::ioremap`] |
//! | `ioread8()`, `ioread32()`, `iowrite8()` | `read8`, `read32`, `write8` of the [`IoMap`] |
//! | `ioport_unmap()`, or `iounmap()`, and the release | dropping the [`IoMap`] |
//!
//! QEMU's `pci-testdev` has the same registers twice, at ports and in memory. One function serves
//! both. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:03.0/enable
//! head -n 2 /sys/bus/pci/devices/0000:00:03.0/resource    # its memory, and its ports
//! modprobe sample_ports_mapped memory=0xfeb09000 ports=0xc000
//! dmesg | tail -n 2
//! grep sample_ports_mapped /proc/iomem /proc/ioports
//! rmmod sample_ports_mapped
//! ```
//!
//! The log has what the device calls its registers in memory and at ports, and a count of each that
//! went up by three. Documentation/samples/ports_mapped.rst shows it.

use iomem::{
    compat::param,
    iomap::IoMap,
    resource::{
        request_mem_region,
        request_region,
        Refused, //
    },
};
use kernel::{
    io::Io,
    prelude::*, //
};

module! {
    type: Sample,
    name: "sample_ports_mapped",
    authors: ["The iomem authors"],
    description: "Sample: I/O ports by ioport_map() and ioread8()",
    license: "GPL",
    params: {
        ports: u64 {
            default: 0,
            description: "first port of pci-testdev's BAR 1",
        },
        memory: u64 {
            default: 0,
            description: "physical address of pci-testdev's BAR 0",
        },
    },
}

/// Registers of pci-testdev.
const TEST: usize = 0x00;
const OFFSET: usize = 0x04;
const DATA: usize = 0x08;
const COUNT: usize = 0x0c;
const NAME: usize = 0x10;

/// How much of each is claimed, in bytes and ports.
const MEMORY: u64 = 0x1000;
const PORTS: u64 = 0x100;

/// Tries the device, wherever its registers are.
fn try_out(regs: &IoMap<0x100>) -> Result {
    // Test 0 is of plain accesses. The device says what it calls that, a letter at a time.
    regs.write8(0, TEST);
    let mut name = [0; 0x20];
    for (offset, letter) in (NAME..).zip(&mut name) {
        *letter = regs.try_read8(offset)?;
    }
    // Where no device answers, all bits are set; another device has other things there.
    if !name.starts_with(b"portio") && !name.starts_with(b"mmio") {
        pr_err!("there is no pci-testdev at {}\n", regs.range());
        return Err(ENODEV);
    }
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| EIO)?;

    // It counts each write of the right value to the right place.
    let before = regs.read32(COUNT);
    let (value, offset) = (regs.read8(DATA), regs.read32(OFFSET) as usize);
    for _ in 0..3 {
        regs.try_write8(value, offset)?;
    }
    let kind = if regs.is_port() { "ports" } else { "memory" };
    let after = regs.read32(COUNT);
    pr_info!("{kind}: {name}: {before} writes, and now {after}\n");
    Ok(())
}

/// Says why a claim was refused.
fn say(refused: &Refused) {
    pr_err!("{refused}\n");
}

/// What the module keeps. Each is unmapped, and its claim released, when the module is unloaded.
struct Sample {
    _memory: Option<IoMap<0x100>>,
    _ports: Option<IoMap<0x100>>,
}

impl kernel::Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let (mut _memory, mut _ports) = (None, None);

        let start = param(module_parameters::memory.value());
        if start != 0 {
            let claim =
                request_mem_region(start, MEMORY, c"sample_ports_mapped").inspect_err(say)?;
            let regs = IoMap::ioremap(claim)?;
            try_out(&regs)?;
            _memory = Some(regs);
        }

        let start = param(module_parameters::ports.value());
        if start != 0 {
            let claim = request_region(start, PORTS, c"sample_ports_mapped").inspect_err(say)?;
            // What fails here lets go of this claim, and of what is in `_memory`.
            let regs = IoMap::ioport_map(claim)
                .inspect_err(|_| pr_err!("no bus has ports from {start:#x} on\n"))?;
            try_out(&regs)?;
            _ports = Some(regs);
        }

        if _memory.is_none() && _ports.is_none() {
            pr_err!("say where pci-testdev is, by memory= or ports= or both\n");
            return Err(EINVAL);
        }
        Ok(Self { _memory, _ports })
    }
}
