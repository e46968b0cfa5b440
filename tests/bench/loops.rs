// SPDX-License-Identifier: GPL-2.0

//! Accesses in loops, as this library and the kernel crate do them. tests/bench/loops.c has the
//! same in C, tests/bench/time.c runs them all.

use kernel::io::Io;

use crate::{
    kernel_crate::Mmio,
    Buffer,
    Regs,
    BLOCK,
    COPY_OFFSET,
    OFFSET, //
};

/// A loop over an access: 16 times a round, or twice as often, as in tests/bench/bench.h.
macro_rules! access {
    ($name:ident, |$window:ident: $ty:ty| $access:expr) => {
        #[no_mangle]
        extern "C" fn $name($window: &$ty, _buffer: &mut Buffer, rounds: usize, more: bool) {
            if more {
                for _ in 0..rounds {
                    access!(@four access!(@four let _ = $access));
                    access!(@four access!(@four let _ = $access));
                }
            } else {
                for _ in 0..rounds {
                    access!(@four access!(@four let _ = $access));
                }
            }
        }
    };
    (@four $($access:tt)*) => {
        $($access)*;
        $($access)*;
        $($access)*;
        $($access)*;
    };
}

/// A loop over what moves 4 KiB: once a round, or twice.
macro_rules! block {
    ($name:ident, |$window:ident: $ty:ty, $buffer:ident| $block:expr) => {
        #[no_mangle]
        extern "C" fn $name($window: &$ty, $buffer: &mut Buffer, rounds: usize, more: bool) {
            #[inline(never)]
            fn block($window: &$ty, $buffer: &mut Buffer) {
                $block
            }
            for _ in 0..rounds {
                block($window, $buffer);
                if more {
                    block($window, $buffer);
                }
            }
        }
    };
}

macro_rules! words {
    ($name_in:ident, $name_out:ident, |$window:ident: $ty:ty| $io:expr) => {
        block!($name_in, |$window: $ty, buffer| {
            for word in buffer.words.iter_mut() {
                *word = $io.read32(OFFSET);
            }
        });
        block!($name_out, |$window: $ty, buffer| {
            for word in buffer.words.iter() {
                $io.write32(*word, OFFSET);
            }
        });
    };
}

access!(library_time_read8, |io: Regs| io.read8(OFFSET));
access!(library_time_read16, |io: Regs| io.read16(OFFSET));
access!(library_time_read32, |io: Regs| io.read32(OFFSET));
access!(library_time_read64, |io: Regs| io.read64(OFFSET));
access!(library_time_write8, |io: Regs| io.write8(0, OFFSET));
access!(library_time_write16, |io: Regs| io.write16(0, OFFSET));
access!(library_time_write32, |io: Regs| io.write32(0, OFFSET));
access!(library_time_write64, |io: Regs| io.write64(0, OFFSET));
access!(library_time_read8_relaxed, |io: Regs| io
    .relaxed()
    .read8(OFFSET));
access!(library_time_read16_relaxed, |io: Regs| io
    .relaxed()
    .read16(OFFSET));
access!(library_time_read32_relaxed, |io: Regs| io
    .relaxed()
    .read32(OFFSET));
access!(library_time_read64_relaxed, |io: Regs| io
    .relaxed()
    .read64(OFFSET));
access!(library_time_write8_relaxed, |io: Regs| io
    .relaxed()
    .write8(0, OFFSET));
access!(library_time_write16_relaxed, |io: Regs| io
    .relaxed()
    .write16(0, OFFSET));
access!(library_time_write32_relaxed, |io: Regs| io
    .relaxed()
    .write32(0, OFFSET));
access!(library_time_write64_relaxed, |io: Regs| io
    .relaxed()
    .write64(0, OFFSET));
words!(library_time_words_in, library_time_words_out, |io: Regs| io);
words!(
    library_time_words_in_relaxed,
    library_time_words_out_relaxed,
    |io: Regs| io.relaxed()
);
block!(library_time_words_in_rep, |io: Regs, buffer| {
    io.window().read_rep(OFFSET, &mut buffer.words)
});
block!(library_time_words_out_rep, |io: Regs, buffer| {
    io.window().write_rep(OFFSET, &buffer.words)
});
block!(library_time_copy_from, |io: Regs, buffer| {
    let _ = io.window().memcpy_fromio(COPY_OFFSET, &mut buffer.bytes);
});
block!(library_time_copy_to, |io: Regs, buffer| {
    let _ = io.window().memcpy_toio(COPY_OFFSET, &buffer.bytes);
});
block!(library_time_fill, |io: Regs, _buffer| {
    let _ = io.window().memset_io(COPY_OFFSET, 0, BLOCK);
});

access!(crate_time_read8, |io: Mmio| io.read8(OFFSET));
access!(crate_time_read16, |io: Mmio| io.read16(OFFSET));
access!(crate_time_read32, |io: Mmio| io.read32(OFFSET));
#[cfg(not(linux_7_3))]
access!(crate_time_read64, |io: Mmio| io.read64(OFFSET));
access!(crate_time_write8, |io: Mmio| io.write8(0, OFFSET));
access!(crate_time_write16, |io: Mmio| io.write16(0, OFFSET));
access!(crate_time_write32, |io: Mmio| io.write32(0, OFFSET));
#[cfg(not(linux_7_3))]
access!(crate_time_write64, |io: Mmio| io.write64(0, OFFSET));
access!(crate_time_read8_relaxed, |io: Mmio| io
    .relaxed()
    .read8(OFFSET));
access!(crate_time_read16_relaxed, |io: Mmio| io
    .relaxed()
    .read16(OFFSET));
access!(crate_time_read32_relaxed, |io: Mmio| io
    .relaxed()
    .read32(OFFSET));
#[cfg(not(linux_7_3))]
access!(crate_time_read64_relaxed, |io: Mmio| io
    .relaxed()
    .read64(OFFSET));
access!(crate_time_write8_relaxed, |io: Mmio| io
    .relaxed()
    .write8(0, OFFSET));
access!(crate_time_write16_relaxed, |io: Mmio| io
    .relaxed()
    .write16(0, OFFSET));
access!(crate_time_write32_relaxed, |io: Mmio| io
    .relaxed()
    .write32(0, OFFSET));
#[cfg(not(linux_7_3))]
access!(crate_time_write64_relaxed, |io: Mmio| io
    .relaxed()
    .write64(0, OFFSET));
words!(crate_time_words_in, crate_time_words_out, |io: Mmio| io);
words!(
    crate_time_words_in_relaxed,
    crate_time_words_out_relaxed,
    |io: Mmio| io.relaxed()
);
