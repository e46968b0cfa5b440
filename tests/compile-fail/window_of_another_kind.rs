// SPDX-License-Identifier: GPL-2.0

//! A window that is ordered, where one is wanted that is not.

use iomem::{
    access::{
        Relaxed,
        Window, //
    },
    mapping::Mapping,
    resource::MemRegion, //
};

fn fast(_regs: Window<'_, Relaxed, 0x100>) {}

/// Hands out a window.
pub fn use_it(regs: &Mapping<MemRegion, 0x100>) {
    #[cfg(misuse)]
    fast(regs.window()); //~ ERROR E0308: mismatched types
    #[cfg(not(misuse))]
    fast(regs.relaxed());
}
