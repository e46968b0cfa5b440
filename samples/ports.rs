// SPDX-License-Identifier: GPL-2.0

//! I/O ports, the first way: claim them, and `inb()` and `outb()`.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_region()` | [`request_region`], which gives a claim |
//! | `inb()`, `inl()`, `outb()`, `outw()` | `read8`, `read32`, `write8`, `write16` of [`Ports`] |
//! | `insb()` | `read_rep` of their window |
//! | `release_region()` | dropping the [`Ports`], which own the claim |
//!
//! The device is QEMU's `pci-testdev`, which counts how often it is written to; with `fw_cfg=`, on
//! x86, also QEMU's configuration device, which has a string that the host chose. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:03.0/enable
//! sed -n 2p /sys/bus/pci/devices/0000:00:03.0/resource    # where its ports are
//! modprobe sample_ports start=0xc000
//! dmesg | tail -n 1
//! grep sample_ports /proc/ioports
//! rmmod sample_ports
//! ```
//!
//! The log has a count that went up by three. Documentation/samples/ports.rst shows it, and more.

use iomem::{
    compat::param,
    port::Ports,
    resource::{
        request_region,
        PortRegion, //
    },
};
use kernel::{
    io::Io,
    prelude::*, //
};

module! {
    type: Sample,
    name: "sample_ports",
    authors: ["The iomem authors"],
    description: "Sample: I/O ports by request_region() and inb()",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "first port of pci-testdev's BAR 1",
        },
        fw_cfg: u64 {
            default: 0,
            description: "first port of fw_cfg: 0x510, on x86",
        },
    },
}

/// pci-testdev: offsets from its first port.
const TEST: usize = 0x00;
const OFFSET: usize = 0x04;
const DATA: usize = 0x08;
const COUNT: usize = 0x0c;
const NAME: usize = 0x10;

/// fw_cfg: offsets, and two of the items that can be selected.
const SELECTOR: usize = 0x00;
const STREAM: usize = 0x01;
const SIGNATURE: u16 = 0x0000;
const DIRECTORY: u16 = 0x0019;

/// Claims ports. A refusal says why, and where to look for who has them.
fn claim(start: u64, length: u64) -> Result<PortRegion> {
    let claim = request_region(start, length, c"sample_ports");
    Ok(claim.inspect_err(|refused| pr_err!("{refused}\n"))?)
}

/// Tries pci-testdev. The owner of what this returns has the ports.
fn testdev(start: u64) -> Result<Ports<PortRegion, 0x100>> {
    let ports = Ports::new(claim(start, 0x100)?)
        .inspect_err(|_| pr_err!("no bus has ports from {start:#x} on\n"))?;
    // Test 0 is of plain accesses. The device says what it calls that, a letter at a port.
    ports.write8(0, TEST);
    let mut name = [0; 0x20];
    for (offset, letter) in (NAME..).zip(&mut name) {
        *letter = ports.try_read8(offset)?;
    }
    // Where no device answers, all bits are set.
    if !name.starts_with(b"portio") {
        pr_err!("there is no pci-testdev at {start:#x}: give the start of its BAR 1\n");
        return Err(ENODEV);
    }
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| EIO)?;
    // It counts each write of the right value to the right place.
    let before = ports.read32(COUNT);
    let (value, offset) = (ports.read8(DATA), ports.read32(OFFSET) as usize);
    for _ in 0..3 {
        ports.try_write8(value, offset)?;
    }
    pr_info!("{name}: {before} writes, and now {}\n", ports.read32(COUNT));
    Ok(ports)
}

/// Reads the string of the host. The claim lasts no longer than this function.
fn greeting(start: u64) -> Result {
    if !cfg!(CONFIG_X86) {
        pr_err!("fw_cfg= is for x86: on this architecture that device is memory\n");
        return Err(ENODEV);
    }
    // What is selected at the one port is then read from the other, again and again.
    let ports = Ports::<_, 2>::new(claim(start, 2)?)?;
    let select = |item| ports.write16(item, SELECTOR);
    let read = |bytes: &mut [u8]| ports.window().read_rep(STREAM, bytes);
    let (mut signature, mut entries) = ([0; 4], [0; 4]);
    select(SIGNATURE);
    read(&mut signature);
    if &signature != b"QEMU" {
        pr_err!("there is no fw_cfg at {start:#x}\n");
        return Err(ENODEV);
    }
    select(DIRECTORY);
    read(&mut entries);
    for _ in 0..u32::from_be_bytes(entries) {
        // Big-endian: a size, an item, two bytes of nothing; and a name.
        let (mut size, mut item, mut name) = ([0; 4], [0; 4], [0; 56]);
        read(&mut size);
        read(&mut item);
        read(&mut name);
        if name.starts_with(b"opt/iomem/greeting\0") {
            let (mut text, size) = ([0; 64], u32::from_be_bytes(size) as usize);
            let text = text.get_mut(..size).ok_or(E2BIG)?;
            select(u16::from_be_bytes([item[0], item[1]]));
            read(text);
            pr_info!("fw_cfg: {}\n", core::str::from_utf8(text)?);
        }
    }
    Ok(())
}

/// What the module keeps: dropped, and with it the claim, when it is unloaded.
struct Sample(#[expect(dead_code)] Ports<PortRegion, 0x100>);

impl kernel::Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let ports = testdev(param(module_parameters::start.value()))?;
        let fw_cfg = param(module_parameters::fw_cfg.value());
        if fw_cfg != 0 {
            greeting(fw_cfg)?; // If it fails, `ports` is dropped here.
        }
        Ok(Self(ports))
    }
}
