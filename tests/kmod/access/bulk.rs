// SPDX-License-Identifier: GPL-2.0

//! Many accesses in one call: repeated ones, and copies.

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

/// Repeated accesses of one register.
pub(crate) fn repeated(
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
pub(crate) fn copied(memory: &Registers<0x1000>) -> Result {
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
