// SPDX-License-Identifier: GPL-2.0

//! A register of either kind, beyond the end of what is mapped.

use iomem::iomap::IoMap;
use kernel::io::Io;

/// Reads the last register.
#[inline(never)]
pub fn last(regs: &IoMap<0x10>) -> u32 {
    #[cfg(misuse)]
    return regs.read32(0x10); //~ LINK rust_build_error
    #[cfg(not(misuse))]
    regs.read32(0x0c)
}
