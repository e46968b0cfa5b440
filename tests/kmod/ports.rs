// SPDX-License-Identifier: GPL-2.0

//! Ports in both ways, and registers of either kind, tried in the kernel.
//!
//! The devices are QEMU's `pci-testdev`, whose second BAR is ports; the ports that `virtio` has for
//! old drivers, which take 16 and 32 bits at once; `fw_cfg`, which hands out a string that the host
//! chose; and on x86 a console that is one port. As in tests/kmod/access.rs, marks tell the host
//! where to look.

use iomem::{
    compat::param,
    iomap::IoMap,
    port::Ports,
    resource::{
        request_mem_region,
        request_region,
        PortRegion, //
    },
};
use kernel::{
    io::{
        register,
        Io, //
    },
    prelude::*,
    sync::Arc, //
};

#[macro_use]
mod check;
#[path = "ports/fw_cfg.rs"]
mod fw_cfg;
mod marks;

use self::marks::{
    marked,
    Edu,
    INVERT,
    MARK_END, //
};

module! {
    type: Test,
    name: "iomem_test_ports",
    authors: ["The iomem authors"],
    description: "Tries the port I/O of the iomem library on QEMU's devices",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
        testdev: u64 {
            default: 0,
            description: "first port of pci-testdev's BAR 1",
        },
        virtio: u64 {
            default: 0,
            description: "first port of virtio-serial's BAR 0",
        },
        fw_cfg: u64 {
            default: 0,
            description: "where fw_cfg is: a port on x86, else a physical address",
        },
    },
}

const MARK: u32 = 0x10e3_3000;

/// virtio's registers for old drivers. What is written changes nothing: the features are refused
/// once a driver runs, and the queue that is selected matters to old drivers only.
const FEATURES: usize = 0x00;
const GUEST_FEATURES: usize = 0x04;
const QUEUE_SIZE: usize = 0x0c;
const QUEUE_SELECT: usize = 0x0e;

register! {
    /// Which test of pci-testdev is chosen.
    TESTDEV_TEST(u8) @ 0x00 {
        7:0 number;
    }

    /// Where the test wants to be written to.
    TESTDEV_OFFSET(u32) @ 0x04 {
        31:0 offset;
    }

    /// What the test wants to be written.
    TESTDEV_DATA(u8) @ 0x08 {
        7:0 data;
    }

    /// How often that was done.
    TESTDEV_COUNT(u32) @ 0x0c {
        31:0 count;
    }

    /// edu's identification register.
    EDU_ID(u32) @ 0x00 {
        31:24 major;
        23:16 minor;
        15:0  magic;
    }
}

/// The first way: the claim, and `inb()` and its kin.
fn direct(edu: &Edu, testdev: u64, virtio: u64) -> Result {
    let testdev = &Ports::<_, 0x100>::new(request_region(testdev, 0x100, c"iomem_test")?)?;
    let virtio = &Ports::<_, 0x20>::new(request_region(virtio, 0x20, c"iomem_test")?)?;

    let mut byte = 0;
    marked(edu, 0x01, || byte = testdev.read8(0x04));
    marked(edu, 0x02, || testdev.write8(0x5a, 0x21));
    let (mut half, mut word) = (0, 0);
    marked(edu, 0x03, || half = virtio.read16(QUEUE_SIZE));
    marked(edu, 0x04, || virtio.write16(0, QUEUE_SELECT));
    marked(edu, 0x05, || word = virtio.read32(FEATURES));
    marked(edu, 0x06, || virtio.write32(0, GUEST_FEATURES));
    check!("inw_is_a_queues_size", half.is_power_of_two());
    check!("inl_has_features", word != 0 && word != u32::MAX);

    let (mut bytes, mut halves, mut words) = ([0xff_u8; 3], [0_u16; 2], [0_u32; 2]);
    marked(edu, 0x07, || testdev.window().read_rep(0x04, &mut bytes));
    marked(edu, 0x08, || {
        testdev.window().write_rep(0x21, &[1_u8, 2, 3])
    });
    marked(edu, 0x09, || {
        virtio.window().read_rep(QUEUE_SIZE, &mut halves)
    });
    marked(edu, 0x0a, || {
        virtio.window().write_rep(QUEUE_SELECT, &[0_u16; 2])
    });
    marked(edu, 0x0b, || virtio.window().read_rep(FEATURES, &mut words));
    marked(edu, 0x0c, || {
        virtio.window().write_rep(GUEST_FEATURES, &[0_u32; 2])
    });
    check!(
        "ins_fills_the_slice",
        bytes == [byte; 3] && halves == [half; 2] && words == [word; 2]
    );

    // The device counts what it is told at its port; typed registers, as the kernel crate has them.
    testdev.write_reg(TESTDEV_TEST::from_raw(0));
    let (before, data) = (testdev.read(TESTDEV_COUNT), testdev.read(TESTDEV_DATA));
    let offset = testdev.read(TESTDEV_OFFSET).offset().get() as usize;
    for _ in 0..5 {
        testdev.try_write8(data.into_raw(), offset)?;
    }
    check!(
        "the_device_counts_each_outb",
        testdev.read(TESTDEV_COUNT).into_raw() == before.into_raw() + 5
    );

    marked(edu, 0x0d, || {
        let loose = testdev.window().unsized_();
        check!(
            "ports_beyond_the_claim_are_refused",
            loose.try_read8(0x100) == Err(EINVAL)
                && loose.try_read32(0xfe) == Err(EINVAL)
                && loose.try_write16(0, usize::MAX) == Err(EINVAL)
                && loose.try_read_rep(0x100, &mut [0_u8]) == Err(EINVAL)
        );
        check!(
            "crooked_ports_are_refused",
            loose.try_read16(0x21) == Err(EINVAL) && loose.try_write32(0, 0x22) == Err(EINVAL)
        );
    });
    Ok(())
}

/// The second way: `ioport_map()`, and `ioread8()` and its kin; the same on memory.
fn either(edu: &Edu, testdev: u64, virtio: u64) -> Result {
    let testdev = &IoMap::<0x100>::ioport_map(request_region(testdev, 0x100, c"iomem_test")?)?;
    let virtio = &IoMap::<0x20>::ioport_map(request_region(virtio, 0x20, c"iomem_test")?)?;
    check!(
        "a_map_knows_its_ports",
        virtio.is_port() && virtio.range().length() == 0x20
    );

    let (mut byte, mut half, mut word) = (0, [0; 2], [0; 2]);
    marked(edu, 0x11, || byte = testdev.read8(0x04));
    marked(edu, 0x12, || testdev.write8(0x5a, 0x21));
    marked(edu, 0x13, || half[0] = virtio.read16(QUEUE_SIZE));
    marked(edu, 0x14, || virtio.write16(0, QUEUE_SELECT));
    marked(edu, 0x15, || word[0] = virtio.read32(FEATURES));
    marked(edu, 0x16, || virtio.write32(0, GUEST_FEATURES));
    marked(edu, 0x17, || {
        half[1] = virtio.big_endian().read16(QUEUE_SIZE)
    });
    marked(edu, 0x18, || word[1] = virtio.big_endian().read32(FEATURES));
    check!(
        "ports_have_their_order",
        half[1] == half[0].swap_bytes() && word[1] == word[0].swap_bytes()
    );
    marked(edu, 0x19, || {
        virtio.big_endian().write32(0x0000_0001, GUEST_FEATURES)
    });

    let (mut bytes, mut halves, mut words) = ([0xff_u8; 3], [0_u16; 2], [0_u32; 2]);
    marked(edu, 0x1a, || testdev.window().read_rep(0x04, &mut bytes));
    marked(edu, 0x1b, || {
        testdev.window().write_rep(0x21, &[1_u8, 2, 3])
    });
    marked(edu, 0x1c, || {
        virtio.window().read_rep(QUEUE_SIZE, &mut halves)
    });
    marked(edu, 0x1d, || virtio.window().read_rep(FEATURES, &mut words));
    check!(
        "repeats_on_a_map_fill_the_slice",
        bytes == [byte; 3] && halves == [half[0]; 2] && words == [word[0]; 2]
    );

    testdev.write_reg(TESTDEV_TEST::from_raw(0));
    check!(
        "typed_registers_work_at_ports",
        testdev.read(TESTDEV_OFFSET).into_raw() != 0
    );
    Ok(())
}

/// The same type on memory. `edu` is claimed by the map, so the marks come through it as well.
fn either_in_memory(start: u64) -> Result {
    let edu = &IoMap::<0x100>::ioremap(request_mem_region(start, 0x1000, c"iomem_test")?)?;
    check!("a_map_knows_its_memory", !edu.is_port());

    edu.write32(MARK + 0x20, INVERT);
    let id = edu.read32(0x00);
    let swapped = edu.big_endian().read32(0x00);
    edu.big_endian().write32(0x1122_3344, 0x80);
    edu.write32(0x1122_3344, 0x80);
    edu.window().write_rep(0x80, &[1_u32, 2]);
    edu.write32(MARK_END, INVERT);

    check!(
        "memory_has_its_order",
        id == 0x0100_00ed && swapped == id.swap_bytes()
    );
    check!(
        "typed_registers_work_in_memory",
        edu.read(EDU_ID).magic().get() == 0xed
    );
    check!(
        "a_map_checks_its_bounds",
        edu.try_read32(0x1000) == Err(EINVAL) && edu.try_read32(0x82) == Err(EINVAL)
    );
    check!(
        "a_map_keeps_its_claim",
        request_mem_region(start, 4, c"iomem_test").is_err()
    );
    Ok(())
}

/// What is refused, and what a refusal leaves.
fn refused(testdev: u64) -> Result {
    let claim = || -> Result<PortRegion> { Ok(request_region(testdev, 0x10, c"iomem_test")?) };

    check!(
        "too_few_ports_are_refused",
        Ports::<_, 0x11>::new(claim()?).err() == Some(EINVAL)
            && IoMap::<0x11>::ioport_map(claim()?).err() == Some(EINVAL)
    );
    check!("a_refusal_lets_go", claim().is_ok());
    // Beyond the last port there is nothing to claim; below it, on arm64, there may be no bridge.
    let far = request_region(0x2_0000, 4, c"iomem_test").map_err(Error::from);
    if cfg!(CONFIG_X86) {
        check!(
            "ports_above_the_space_are_refused",
            far.err() == Some(ERANGE)
        );
    } else {
        let far = Arc::new(far?, GFP_KERNEL)?;
        check!(
            "ports_without_a_bridge_are_refused",
            Ports::<_, 4>::new(far.clone()).err() == Some(ENXIO)
        );
        // The bridge's ports end at 0x10000: partly is not enough.
        let across = request_region(0xfffc, 8, c"iomem_test");
        check!(
            "ports_partly_without_a_bridge_are_refused",
            across.map_or(true, |across| Ports::<_, 8>::new(across).err()
                == Some(ENXIO))
        );
    }

    // A reference, an Arc and the claim itself can hold it, and let go of it.
    let region = claim()?;
    check!("a_reference_holds", Ports::<_, 4>::new(&region).is_ok());
    check!("a_reference_leaves_the_claim", claim().err() == Some(EBUSY));
    drop(region);
    let ports = Ports::<_, 4>::new(Arc::new(claim()?, GFP_KERNEL)?)?;
    check!("an_arc_holds", claim().err() == Some(EBUSY));
    drop(ports);
    let ports = Ports::<_, 4>::new(claim()?)?;
    check!("ports_keep_their_claim", claim().err() == Some(EBUSY));
    drop(ports);
    let map = IoMap::<4>::ioport_map(claim()?)?;
    check!("a_port_map_keeps_its_claim", claim().err() == Some(EBUSY));
    drop(map);
    check!("a_port_map_lets_go", claim().is_ok());
    Ok(())
}

/// A console that is one port: what is written is in a file of the host.
#[cfg(CONFIG_X86)]
fn console() -> Result {
    let port = &Ports::<_, 1>::new(request_region(0xe9, 1, c"iomem_test")?)?;
    check!("the_console_answers", port.read8(0) == 0xe9);
    port.window()
        .write_rep(0, b"iomem wrote this, byte by byte\n");
    for byte in b"and this at once\n" {
        port.write8(*byte, 0);
    }
    Ok(())
}

fn run(edu: u64, testdev: u64, virtio: u64, fw_cfg: u64) -> Result {
    let marks = Edu::ioremap(request_mem_region(edu, 0x1000, c"iomem_test")?)?;
    direct(&marks, testdev, virtio)?;
    either(&marks, testdev, virtio)?;
    drop(marks);
    either_in_memory(edu)?;
    refused(testdev)?;
    #[cfg(CONFIG_X86)]
    console()?;
    fw_cfg::read(fw_cfg)
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let result = run(
            param(module_parameters::edu.value()),
            param(module_parameters::testdev.value()),
            param(module_parameters::virtio.value()),
            param(module_parameters::fw_cfg.value()),
        );
        check!("ports_ran", result == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
