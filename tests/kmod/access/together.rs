// SPDX-License-Identifier: GPL-2.0

//! Several accesses, and registers that the kernel crate declares.

use kernel::io::{
    register,
    Io, //
};

use super::{
    marked,
    Registers,
    DMA_SOURCE,
    DMA_TARGET, //
};

register! {
    /// The identification register.
    pub(crate) EDU_ID(u32) @ 0x00 {
        31:24 major;
        23:16 minor;
        15:0  magic;
    }

    /// The register whose complement is read.
    EDU_INVERT(u32) @ 0x04 {
        31:0 value;
    }

    /// Which test of pci-testdev is chosen.
    TESTDEV_TEST(u8) @ 0x00 {
        7:0 number;
    }
}

/// One read and one write; several in the order of the program; typed registers.
pub(crate) fn together(edu: &Registers<0x100>, testdev: &Registers<0x100>) {
    edu.write32(0xf0, DMA_SOURCE);
    marked(edu, 0x20, || edu.update(DMA_SOURCE, |old: u32| old | 0x0f));
    marked(edu, 0x21, || {
        edu.write32(1, DMA_SOURCE);
        edu.write32(2, DMA_TARGET);
        edu.read32(DMA_SOURCE);
        edu.write32(3, DMA_SOURCE);
        edu.read32(DMA_TARGET);
    });
    marked(edu, 0x22, || {
        let edu = edu.relaxed();
        edu.write32(1, DMA_SOURCE);
        edu.write32(2, DMA_TARGET);
        edu.read32(DMA_SOURCE);
        edu.write32(3, DMA_SOURCE);
        edu.read32(DMA_TARGET);
    });
    // A write that is known at compile time and one that is not, of the same kind.
    marked(edu, 0x23, || {
        let at = core::hint::black_box(DMA_SOURCE);
        check!("try_write32_is_done", edu.try_write32(7, at) == Ok(()));
    });

    let id = edu.relaxed().read(EDU_ID);
    check!(
        "typed_register_is_read",
        (id.major().get(), id.minor().get(), id.magic().get()) == (1, 0, 0xed)
    );
    edu.write_reg(EDU_INVERT::from_raw(0x0f0f_1234));
    check!(
        "typed_register_is_written",
        edu.read(EDU_INVERT).into_raw() == !0x0f0f_1234
    );
    // Big-endian for a window means big-endian for its typed registers.
    check!(
        "typed_register_has_the_windows_order",
        edu.big_endian().read(EDU_ID).into_raw() == 0xed00_0001
    );
    testdev.write_reg(TESTDEV_TEST::from_raw(0));
    check!(
        "typed_register_of_8_bits",
        testdev.read(TESTDEV_TEST).into_raw() == 0
    );
}
