// SPDX-License-Identifier: GPL-2.0

//! What fits into a window, and what does not.

use iomem::access::{
    BigEndian,
    Ordered,
    Relaxed,
    RelaxedBigEndian,
    Width,
    Window, //
};
use kernel::{
    io::Io,
    prelude::*, //
};

use super::{
    marked,
    Registers,
    DMA_SOURCE,
    DMA_TARGET, //
};

/// Parts of a window, and whatever does not fit. None of it reaches the device.
pub(crate) fn bounds(edu: &Registers<0x100>) -> Result {
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
pub(crate) fn kinds(edu: &Registers<0x100>) {
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
