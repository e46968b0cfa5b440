// SPDX-License-Identifier: GPL-2.0

//! Registers in memory, tried in the kernel: every width, order and form.
//!
//! What an access does is seen from outside. Marks written to the inversion register of QEMU's
//! `edu` tell tests/witness.py where to look in QEMU's trace, and which accesses have to be there:
//! one for each call, of its width, at its place, with its value. Copies land in the shared memory
//! of `ivshmem`, where the host looks.

use iomem::{
    access::{
        BigEndian,
        Ordered,
        ReadEffect,
        ReadPure,
        ReadPureWrite,
        Reg,
        Relaxed,
        RelaxedBigEndian,
        Width,
        Window,
        WriteOnly, //
    },
    compat::param,
    mapping::Mapping,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    io::{
        register,
        register::FixedRegisterLoc,
        Io, //
    },
    prelude::*,
    time::Delta, //
};

#[macro_use]
mod check;

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

const INVERT: usize = 0x04;
const FACTORIAL: Reg<u32, ReadPureWrite> = Reg::at(0x08);
const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);
const DMA_SOURCE: usize = 0x80;
const DMA_TARGET: usize = 0x88;

/// The display's registers of 16 bits: which it is, and where the screen begins.
const VBE_ID: usize = 0x500;
const VBE_X: usize = 0x510;

/// What tests/witness.py looks for.
const MARK: u32 = 0x10e3_2000;
const MARK_END: u32 = 0x10e3_ffff;

register! {
    /// The identification register.
    EDU_ID(u32) @ 0x00 {
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

type Registers<const SIZE: usize> = Mapping<MemRegion, SIZE>;

fn map<const SIZE: usize>(start: u64, length: u64) -> Result<Registers<SIZE>> {
    Mapping::ioremap(request_mem_region(start, length, c"iomem_test")?)
}

/// Runs `f` between a mark and its end.
fn marked(edu: &Registers<0x100>, number: u32, f: impl FnOnce()) {
    edu.write32(MARK + number, INVERT);
    f();
    edu.write32(MARK_END, INVERT);
}

/// Each width, little- and big-endian, ordered and relaxed: one access each.
fn single(edu: &Registers<0x100>, testdev: &Registers<0x100>, bochs: &Registers<0x600>) {
    let mut byte = (0, 0);
    marked(edu, 0x01, || byte.0 = testdev.read8(0x04));
    marked(edu, 0x02, || byte.1 = testdev.relaxed().read8(0x04));
    check!("read8_is_the_same_relaxed", byte.0 == byte.1);
    marked(edu, 0x03, || testdev.write8(0x5a, 0x21));
    marked(edu, 0x04, || testdev.relaxed().write8(0x5b, 0x22));

    let mut id = (0, 0, 0, 0);
    marked(edu, 0x05, || id.0 = bochs.read16(VBE_ID));
    marked(edu, 0x06, || id.1 = bochs.relaxed().read16(VBE_ID));
    marked(edu, 0x07, || id.2 = bochs.big_endian().read16(VBE_ID));
    marked(edu, 0x08, || {
        id.3 = bochs.relaxed().big_endian().read16(VBE_ID)
    });
    check!("read16_is_the_display", id.0 & 0xfff0 == 0xb0c0);
    check!(
        "read16_has_its_order",
        id.0 == id.1 && id.2 == id.0.swap_bytes() && id.3 == id.2
    );
    marked(edu, 0x09, || bochs.write16(0x0102, VBE_X));
    marked(edu, 0x0a, || bochs.relaxed().write16(0x0304, VBE_X));
    marked(edu, 0x0b, || bochs.big_endian().write16(0x0506, VBE_X));
    marked(edu, 0x0c, || {
        bochs.relaxed().big_endian().write16(0x0708, VBE_X)
    });
    bochs.write16(0, VBE_X);

    let (relaxed, big, both) = (edu.relaxed(), edu.big_endian(), edu.relaxed().big_endian());
    marked(edu, 0x0d, || edu.write32(0x1122_3344, DMA_SOURCE));
    let mut seen = (0, 0, 0, 0);
    marked(edu, 0x0e, || seen.0 = edu.read32(DMA_SOURCE));
    marked(edu, 0x0f, || seen.1 = relaxed.read32(DMA_SOURCE));
    marked(edu, 0x10, || seen.2 = big.read32(DMA_SOURCE));
    marked(edu, 0x11, || seen.3 = both.read32(DMA_SOURCE));
    check!(
        "read32_has_its_order",
        seen == (0x1122_3344, 0x1122_3344, 0x4433_2211, 0x4433_2211)
    );
    marked(edu, 0x12, || relaxed.write32(0x5566_7788, DMA_SOURCE));
    marked(edu, 0x13, || big.write32(0x5566_7788, DMA_SOURCE));
    marked(edu, 0x14, || both.write32(0x5566_7788, DMA_SOURCE));
}

/// 64 bits, through windows whose size is not known: one of 7.3's crate has none otherwise.
fn wide(edu: &Registers<0x100>) -> Result {
    const VALUE: u64 = 0x1122_3344_5566_7788;
    let ordered = edu.window().unsized_();
    let (relaxed, big, both) = (
        ordered.relaxed(),
        ordered.big_endian(),
        ordered.relaxed().big_endian(),
    );
    let mut results = [Ok(()); 4];
    marked(edu, 0x15, || {
        results[0] = ordered.try_write64(VALUE, DMA_TARGET)
    });
    let mut seen = [Ok(0); 4];
    marked(edu, 0x16, || seen[0] = ordered.try_read64(DMA_TARGET));
    marked(edu, 0x17, || seen[1] = relaxed.try_read64(DMA_TARGET));
    marked(edu, 0x18, || seen[2] = big.try_read64(DMA_TARGET));
    marked(edu, 0x19, || seen[3] = both.try_read64(DMA_TARGET));
    let swapped = VALUE.swap_bytes();
    check!(
        "read64_has_its_order",
        seen == [Ok(VALUE), Ok(VALUE), Ok(swapped), Ok(swapped)]
    );
    marked(edu, 0x1a, || {
        results[1] = relaxed.try_write64(VALUE, DMA_TARGET)
    });
    marked(edu, 0x1b, || {
        results[2] = big.try_write64(VALUE, DMA_TARGET)
    });
    marked(edu, 0x1c, || {
        results[3] = both.try_write64(VALUE, DMA_TARGET)
    });
    check!("write64_is_done", results == [Ok(()); 4]);
    Ok(())
}

/// One read and one write; several in the order of the program; typed registers.
fn together(edu: &Registers<0x100>, testdev: &Registers<0x100>) {
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

/// Repeated accesses of one register.
fn repeated(
    edu: &Registers<0x100>,
    testdev: &Registers<0x100>,
    bochs: &Registers<0x600>,
) -> Result {
    let mut words = [0_u32; 3];
    let mut longs = [0_u64; 2];
    let mut halves = [0_u16; 3];
    let mut bytes = [0_u8; 3];

    edu.write32(0xcafe_f00d, DMA_SOURCE);
    marked(edu, 0x30, || edu.window().read_rep(DMA_SOURCE, &mut words));
    check!("read_rep_fills_the_slice", words == [0xcafe_f00d; 3]);
    marked(edu, 0x31, || {
        edu.window().write_rep(DMA_SOURCE, &[1_u32, 2, 3])
    });
    check!("write_rep_ends_with_the_last", edu.read32(DMA_SOURCE) == 3);
    marked(edu, 0x32, || edu.window().read_rep(DMA_TARGET, &mut longs));
    marked(edu, 0x33, || {
        edu.window()
            .write_rep(DMA_TARGET, &[0x1_0000_0002_u64, 0x3_0000_0004])
    });
    marked(edu, 0x34, || bochs.window().read_rep(VBE_ID, &mut halves));
    check!(
        "read_rep16_fills_the_slice",
        halves == [bochs.read16(VBE_ID); 3]
    );
    marked(edu, 0x35, || {
        bochs.relaxed().write_rep(VBE_X, &[8_u16, 16, 0])
    });
    marked(edu, 0x36, || testdev.window().read_rep(0x04, &mut bytes));
    marked(edu, 0x37, || {
        testdev.window().write_rep(0x21, &[1_u8, 2, 3])
    });
    marked(edu, 0x38, || {
        edu.window().read_rep::<u32>(DMA_SOURCE, &mut []);
        edu.window().write_rep::<u32>(DMA_SOURCE, &[]);
    });
    let mut checked = Ok(());
    marked(edu, 0x39, || {
        checked = edu.window().try_read_rep(DMA_SOURCE, &mut words);
    });
    check!("try_read_rep_is_done", checked == Ok(()) && words == [3; 3]);
    marked(edu, 0x3a, || {
        checked = edu.window().try_write_rep(DMA_SOURCE, &words);
    });
    check!("try_write_rep_is_done", checked == Ok(()));
    Ok(())
}

/// Copies, at offsets and lengths that are multiples of nothing. The host looks at what is left.
fn copied(memory: &Registers<0x1000>) -> Result {
    let memory = memory.window();
    memory.memset_io(0, 0, 0x1000)?;

    let mut bytes = [0_u8; 251];
    for (number, byte) in (0_u8..).zip(bytes.iter_mut()) {
        *byte = number.wrapping_mul(7);
    }
    memory.memcpy_toio(0x101, &bytes)?;
    let mut back = [0_u8; 251];
    memory.memcpy_fromio(0x101, &mut back)?;
    check!("copies_come_back", back == bytes);
    let mut around = [0xff_u8; 253];
    memory.memcpy_fromio(0x100, &mut around)?;
    check!(
        "copies_have_the_right_length",
        around.first() == Some(&0) && around.last() == Some(&0)
    );
    memory.memset_io(0x203, 0xa5, 33)?;

    memory.write32(0x1122_3344, 0x300);
    memory.big_endian().write32(0x1122_3344, 0x304);
    memory.big_endian().write16(0x5566, 0x308);
    memory.write_rep(0x30c, &[1_u32, 2, 0x0403_0201]);
    // The host sees the last, and nothing next to it.
    memory.write_rep(0x310, &[9_u8, 8, 7]);

    // Nothing is copied where not all of it fits.
    let mut seven = [0x77_u8; 7];
    check!(
        "copies_beyond_the_end_are_refused",
        memory.memcpy_fromio(0xffa, &mut seven) == Err(EINVAL)
            && seven == [0x77; 7]
            && memory.memcpy_toio(0xffa, &seven) == Err(EINVAL)
            && memory.memset_io(0xffa, 0x77, 7) == Err(EINVAL)
            && memory.memcpy_toio(usize::MAX, &seven) == Err(EINVAL)
            && memory.memset_io(1, 0x77, usize::MAX) == Err(EINVAL)
    );
    check!(
        "copies_to_the_end_are_done",
        memory.memcpy_fromio(0xff9, &mut seven) == Ok(()) && seven == [0; 7]
    );
    check!(
        "copies_of_nothing_are_done",
        memory.memcpy_toio(0x1000, &[]) == Ok(()) && memory.memset_io(0x1000, 1, 0) == Ok(())
    );
    Ok(())
}

/// Registers that say what reading them does, and waiting for them.
fn classes(edu: &Registers<0x100>) -> Result {
    const SOURCE: Reg<u32, ReadPureWrite> = Reg::at(DMA_SOURCE);
    const TAKEN: Reg<u32, ReadEffect> = Reg::at(DMA_SOURCE);
    const WRITTEN: Reg<u32, WriteOnly> = Reg::at(DMA_SOURCE);
    const ID: Reg<EDU_ID, ReadPure, FixedRegisterLoc<EDU_ID>> = Reg::of(EDU_ID);

    let regs = edu.window().part::<0x100>(0)?;
    marked(edu, 0x40, || regs.set(WRITTEN, 0x10));
    let mut taken = 0;
    marked(edu, 0x41, || taken = regs.take(TAKEN));
    marked(edu, 0x42, || regs.modify(SOURCE, |old| old + 1));
    check!("take_reads", taken == 0x10);
    check!("modify_writes", regs.get(SOURCE) == 0x11);
    check!(
        "get_reads_typed_registers",
        regs.get(ID).magic().get() == 0xed
    );

    // 10! takes the device a moment.
    regs.set(FACTORIAL, 10);
    let (pause, limit) = (Delta::from_micros(50), Delta::from_secs(2));
    let done = regs.wait_until(STATUS, |status| status & 1 == 0, pause, limit);
    check!(
        "wait_until_sees_it_done",
        done.is_ok_and(|status| status & 1 == 0) && regs.get(FACTORIAL) == 3_628_800
    );
    check!(
        "wait_until_gives_up",
        regs.wait_until(SOURCE, |_| false, pause, Delta::from_millis(2)) == Err(ETIMEDOUT)
    );
    check!(
        "wait_until_needs_no_pause",
        regs.wait_until(SOURCE, |value| *value == 0x11, Delta::ZERO, limit) == Ok(0x11)
    );
    check!(
        "wait_until_atomic_sees_it",
        regs.wait_until_atomic(SOURCE, |value| *value == 0x11, Delta::ZERO, 1) == Ok(0x11)
    );
    let (minus, micro) = (Delta::from_micros(-1), Delta::from_micros(1));
    marked(edu, 0x43, || {
        let atomic = regs.wait_until_atomic(SOURCE, |_| false, micro, 3);
        check!("wait_until_atomic_gives_up", atomic == Err(ETIMEDOUT));
    });
    marked(edu, 0x44, || {
        check!(
            "a_limit_of_zero_is_refused",
            regs.wait_until(SOURCE, |_| true, pause, Delta::ZERO) == Err(EINVAL)
                && regs.wait_until_atomic(SOURCE, |_| true, micro, 0) == Err(EINVAL)
        );
        check!(
            "negative_times_are_refused",
            regs.wait_until(SOURCE, |_| true, pause, minus) == Err(EINVAL)
                && regs.wait_until(SOURCE, |_| true, minus, limit) == Err(EINVAL)
                && regs.wait_until_atomic(SOURCE, |_| true, minus, 3) == Err(EINVAL)
        );
        const BEYOND: Reg<u32, ReadPure> = Reg::at(0x100);
        const CROOKED: Reg<u32, ReadPure> = Reg::at(0x82);
        check!(
            "waiting_beyond_the_end_is_refused",
            regs.wait_until(BEYOND, |_| true, pause, limit) == Err(EINVAL)
                && regs.wait_until_atomic(CROOKED, |_| true, micro, 3) == Err(EINVAL)
        );
    });
    Ok(())
}

/// Parts of a window, and whatever does not fit. None of it reaches the device.
fn bounds(edu: &Registers<0x100>) -> Result {
    let all = edu.window().part::<0x100>(0)?;
    let loose = all.unsized_();

    let part = all.part::<0x10>(DMA_SOURCE)?;
    marked(edu, 0x50, || part.write32(0x55, 0x08));
    marked(edu, 0x51, || {
        check!(
            "parts_beyond_the_end_are_refused",
            all.part::<0x10>(0xf8).err() == Some(EINVAL)
                && all.part::<0x10>(0x100).err() == Some(EINVAL)
                && all.part::<0>(0x100).err() == Some(EINVAL)
                && all.part::<0x10>(usize::MAX).err() == Some(EINVAL)
                && all.slice(0xf8, 9).err() == Some(EINVAL)
                && all.slice(8, usize::MAX).err() == Some(EINVAL)
        );
        check!(
            "empty_parts_are_refused",
            all.slice(8, 0).err() == Some(EINVAL)
        );
        check!(
            "crooked_parts_are_refused",
            all.part::<0x10>(0x82).err() == Some(EINVAL)
                && all.part::<0x10>(0x84).err() == Some(EINVAL)
        );
        check!(
            "small_parts_need_less",
            all.part::<4>(0x84).is_ok()
                && all.part::<2>(0x82).is_ok()
                && all.part::<1>(0x81).is_ok()
        );
        check!(
            "parts_know_their_length",
            all.slice(3, 9).is_ok_and(|part| part.length() == 9)
                && all.part::<0>(0x40).is_ok_and(|part| part.length() == 0xc0)
        );
        // The offset is a multiple of 4, the address is not.
        check!(
            "alignment_is_the_addresss",
            all.slice(0x82, 8)
                .is_ok_and(|part| part.try_read32(4) == Err(EINVAL))
        );
        check!(
            "misaligned_is_refused",
            loose.try_read16(0x81) == Err(EINVAL)
                && loose.try_read32(0x82) == Err(EINVAL)
                && loose.try_read64(0x84) == Err(EINVAL)
                && loose.try_write16(0, 0x81) == Err(EINVAL)
                && loose.try_write32(0, 0x82) == Err(EINVAL)
                && loose.try_write64(0, 0x84) == Err(EINVAL)
                && loose.relaxed().try_read32(0x82) == Err(EINVAL)
                && loose.big_endian().try_write32(0, 0x82) == Err(EINVAL)
        );
        check!(
            "beyond_the_end_is_refused",
            loose.try_read8(0x100) == Err(EINVAL)
                && loose.try_read32(0xfe) == Err(EINVAL)
                && loose.try_read64(0xfc) == Err(EINVAL)
                && loose.try_write32(0, usize::MAX - 3) == Err(EINVAL)
                && loose.relaxed().try_write8(0, 0x100) == Err(EINVAL)
                && loose.try_update(0x100, |old: u32| old) == Err(EINVAL)
        );
        let mut words = [0_u32; 2];
        check!(
            "crooked_repeats_are_refused",
            all.try_read_rep(0x82, &mut words) == Err(EINVAL)
                && all.try_write_rep(0x82, &words) == Err(EINVAL)
                && all.try_read_rep(0x100, &mut words) == Err(EINVAL)
                && all.try_write_rep(usize::MAX, &words) == Err(EINVAL)
        );
    });
    check!(
        "a_part_is_the_same_registers",
        edu.read32(DMA_TARGET) == 0x55
    );
    check!(
        "widths_are_parsed",
        [0, 1, 2, 3, 4, 5, 8, 16].map(Width::from_bytes)
            == [
                Err(EINVAL),
                Ok(Width::W8),
                Ok(Width::W16),
                Err(EINVAL),
                Ok(Width::W32),
                Err(EINVAL),
                Ok(Width::W64),
                Err(EINVAL),
            ]
    );
    Ok(())
}

/// A function that wants one kind of window gets no other; each is had from a mapping.
fn kinds(edu: &Registers<0x100>) {
    fn ordered(_: Window<'_, Ordered, 0x100>) {}
    fn relaxed(_: Window<'_, Relaxed, 0x100>) {}
    fn big(_: Window<'_, BigEndian, 0x100>) {}
    fn both(_: Window<'_, RelaxedBigEndian, 0x100>) {}

    ordered(edu.window());
    ordered(edu.relaxed().ordered());
    relaxed(edu.relaxed());
    big(edu.big_endian());
    both(edu.relaxed().big_endian());
    both(edu.big_endian().relaxed());
}

fn run(edu: u64, testdev: u64, bochs: u64, ivshmem: u64) -> Result {
    let edu = &map::<0x100>(edu, 0x10_0000)?;
    let testdev = &map::<0x100>(testdev, 0x1000)?;
    let bochs = &map::<0x600>(bochs, 0x1000)?;
    let ivshmem = &map::<0x1000>(ivshmem, 0x1000)?;

    single(edu, testdev, bochs);
    wide(edu)?;
    together(edu, testdev);
    repeated(edu, testdev, bochs)?;
    copied(ivshmem)?;
    classes(edu)?;
    bounds(edu)?;
    kinds(edu);
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
