// SPDX-License-Identifier: GPL-2.0

//! A FIFO at an offset that is not a multiple of its width.

use iomem::access::{
    Ordered,
    Window, //
};

/// Fills a FIFO.
#[inline(never)]
pub fn fill(regs: Window<'_, Ordered, 0x100>, packet: &[u32]) {
    #[cfg(misuse)]
    regs.write_rep(0x42, packet); //~ LINK rust_build_error
    #[cfg(not(misuse))]
    regs.write_rep(0x40, packet);
}
