// SPDX-License-Identifier: GPL-2.0

//! QEMU's configuration device: a selector of 16 bits and a byte that is read again and again.
//!
//! On x86 it is two ports; elsewhere it is memory, with a selector that is big-endian. One reader
//! serves both.

use iomem::{
    mapping::Mapping,
    port::Ports,
    resource::{
        request_mem_region,
        request_region,
        Holder,
        Mem,
        Port, //
    },
};
use kernel::{
    io::{
        register,
        Io, //
    },
    prelude::*, //
};

register! {
    /// The selector, where it is a port.
    FW_CFG_PORT_SELECTOR(u16) @ 0x00 {
        15:0 item;
    }

    /// The selector, where it is memory.
    FW_CFG_MEM_SELECTOR(u16) @ 0x08 {
        15:0 item;
    }
}

const SIGNATURE: u16 = 0x0000;
const DIRECTORY: u16 = 0x0019;

/// An item, to be read from its beginning.
trait Device {
    fn select(&self, item: u16);
    fn data(&self, buffer: &mut [u8]);
}

impl<H: Holder<Port>> Device for Ports<H, 2> {
    fn select(&self, item: u16) {
        self.write_reg(FW_CFG_PORT_SELECTOR::from_raw(item));
    }

    fn data(&self, buffer: &mut [u8]) {
        self.window().read_rep(0x01, buffer);
    }
}

impl<H: Holder<Mem>> Device for Mapping<H, 0x10> {
    fn select(&self, item: u16) {
        self.big_endian()
            .write_reg(FW_CFG_MEM_SELECTOR::from_raw(item));
    }

    fn data(&self, buffer: &mut [u8]) {
        self.window().read_rep(0x00, buffer);
    }
}

/// Reads the string of the host, by way of the directory, and says it, for the host to compare.
fn greeting(device: &dyn Device) -> Result {
    let mut signature = [0; 4];
    device.select(SIGNATURE);
    device.data(&mut signature);
    check!("fw_cfg_is_qemu", &signature == b"QEMU");

    let mut count = [0; 4];
    device.select(DIRECTORY);
    device.data(&mut count);
    for _ in 0..u32::from_be_bytes(count) {
        // Size, selector, two bytes of nothing, name.
        let (mut size, mut item, mut name) = ([0; 4], [0; 4], [0; 56]);
        device.data(&mut size);
        device.data(&mut item);
        device.data(&mut name);
        if !name.starts_with(b"opt/iomem/greeting\0") {
            continue;
        }
        let mut text = KVec::from_elem(0, u32::from_be_bytes(size) as usize, GFP_KERNEL)?;
        device.select(u16::from_be_bytes([item[0], item[1]]));
        device.data(&mut text);
        let text = core::str::from_utf8(&text).map_err(|_| EINVAL)?;
        pr_info!("greeting: {text}\n");
        return Ok(());
    }
    Err(ENOENT)
}

pub(crate) fn read(start: u64) -> Result {
    if cfg!(CONFIG_X86) {
        greeting(&Ports::<_, 2>::new(request_region(
            start,
            2,
            c"iomem_test",
        )?)?)
    } else {
        greeting(&Mapping::<_, 0x10>::ioremap(request_mem_region(
            start,
            0x18,
            c"iomem_test",
        )?)?)
    }
}
