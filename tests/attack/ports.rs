// SPDX-License-Identifier: GPL-2.0

//! Ports where there are none. Where ports are memory, an access to such a place would stop the kernel,
//! or make it warn.

#![deny(unsafe_code)]

use iomem::{
    access::Window,
    iomap::IoMap,
    port::{
        PortIo,
        Ports, //
    },
    range::Range,
    resource::{
        Claim,
        Port, //
    },
};
use kernel::{
    io::Io,
    prelude::*, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_ports",
    authors: ["The iomem authors"],
    description: "Asks the iomem library for ports that do not exist",
    license: "GPL",
}

/// As instructions of the processor, all ports can be reached.
const ALL: bool = cfg!(CONFIG_X86);

/// Where the numbers end: `IO_SPACE_LIMIT` of C, and one more.
const END: u64 = if ALL { 0x1_0000 } else { 0x100_0000 };

/// Reads the first and the last port, if they are given out.
fn reached(ports: Window<'_, PortIo>) -> Result {
    ports.try_read8(0)?;
    ports.try_read8(ports.length().wrapping_sub(1)).map(drop)
}

fn run() -> Result {
    check!(
        "ports_beyond_the_last_are_not_claimed",
        Claim::<Port>::request(Range::new(END, 8)?, c"attack").is_err()
            && Claim::<Port>::request(Range::new(END.wrapping_sub(4), 8)?, c"attack").is_err()
    );
    // Where there are bridges, none is at these; the last ones are of devices with functions of
    // their own (CONFIG_INDIRECT_PIO), of which there is none in the machine of the tests.
    for (start, length) in [
        (END.wrapping_sub(8), 8),
        (END.wrapping_sub(0x4000), 8),
        (END.wrapping_sub(0x4004), 8),
        (END.wrapping_sub(0x8000), 0x8000),
        (END / 2, 8),
        (END / 2, 0x2000),
    ] {
        let claim = || -> Result<Claim<Port>> {
            Ok(Claim::request(Range::new(start, length)?, c"attack")?)
        };
        // The kernel's own devices have some on a PC.
        let Ok(range) = claim() else {
            continue;
        };
        let end = match Ports::<_>::new(&range) {
            Ok(ports) => reached(ports.window()),
            Err(e) => Err(e),
        };
        check!(
            "ports_that_are_not_there_are_refused",
            if ALL {
                end == Ok(())
            } else {
                end == Err(ENXIO)
            }
        );
        drop(range);
        check!(
            "ports_that_are_not_there_are_not_mapped",
            ALL || IoMap::<0>::ioport_map(claim()?).err() == Some(ENXIO)
        );
    }
    Ok(())
}

struct Attack;

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = run();
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
