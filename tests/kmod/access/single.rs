// SPDX-License-Identifier: GPL-2.0

//! One access: each width, each order, each end of a number.

use kernel::{
    io::Io,
    prelude::*, //
};

use super::{
    marked,
    Registers,
    DMA_SOURCE,
    DMA_TARGET,
    VBE_ID,
    VBE_X, //
};

/// Each width, little- and big-endian, ordered and relaxed: one access each.
pub(crate) fn single(edu: &Registers<0x100>, testdev: &Registers<0x100>, bochs: &Registers<0x600>) {
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

/// 64 bits: at offsets that the compiler checks, and at those that it does not know.
pub(crate) fn wide(edu: &Registers<0x100>) -> Result {
    const VALUE: u64 = 0x1122_3344_5566_7788;
    let (relaxed, big, both) = (
        edu.relaxed(),
        edu.window().unsized_().big_endian(),
        edu.relaxed().big_endian(),
    );
    marked(edu, 0x15, || edu.write64(VALUE, DMA_TARGET));
    let mut seen = [Ok(0); 4];
    marked(edu, 0x16, || seen[0] = Ok(edu.read64(DMA_TARGET)));
    marked(edu, 0x17, || seen[1] = Ok(relaxed.read64(DMA_TARGET)));
    marked(edu, 0x18, || seen[2] = big.try_read64(DMA_TARGET));
    marked(edu, 0x19, || seen[3] = both.try_read64(DMA_TARGET));
    let swapped = VALUE.swap_bytes();
    check!(
        "read64_has_its_order",
        seen == [Ok(VALUE), Ok(VALUE), Ok(swapped), Ok(swapped)]
    );
    let mut results = [Ok(()); 2];
    marked(edu, 0x1a, || {
        results[0] = relaxed.try_write64(VALUE, DMA_TARGET)
    });
    marked(edu, 0x1b, || {
        results[1] = big.try_write64(VALUE, DMA_TARGET)
    });
    marked(edu, 0x1c, || both.write64(VALUE, DMA_TARGET));
    check!("write64_is_done", results == [Ok(()); 2]);
    Ok(())
}
