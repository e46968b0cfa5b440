// SPDX-License-Identifier: GPL-2.0

//! An access of a width that no mapping has.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::IoCapable;

/// A driver's code for registers of some width.
fn of_width<T, I: IoCapable<T>>(_regs: &I) {}

/// Uses it.
pub fn use_it(regs: &Mapping<MemRegion, 0x100>) {
    of_width::<u64, _>(regs);
    #[cfg(misuse)]
    of_width::<u128, _>(regs); //~ ERROR E0277: IoCapable<u128>
}
