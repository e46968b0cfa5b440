// SPDX-License-Identifier: GPL-2.0

//! An access of a width that no mapping has.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};

/// Fills a buffer from one register.
pub fn use_it(regs: &Mapping<MemRegion, 0x100>, words: &mut [u64], wide: &mut [u128]) {
    regs.window().read_rep(0, words);
    #[cfg(misuse)]
    regs.window().read_rep(0, wide); //~ ERROR E0277: Repeat<u128>
    let _ = wide;
}
