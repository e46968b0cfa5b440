// SPDX-License-Identifier: GPL-2.0

//! A window that is kept when its mapping is gone.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::Io;

/// Reads a register.
pub fn read(regs: Mapping<MemRegion, 0x100>) -> u32 {
    let relaxed = regs.relaxed();
    #[cfg(misuse)]
    drop(regs); //~ ERROR E0505: cannot move out of `regs` because it is borrowed
    relaxed.read32(0)
}
