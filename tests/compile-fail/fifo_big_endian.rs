// SPDX-License-Identifier: GPL-2.0

//! A FIFO of a big-endian window, the order of whose elements is unknown.

use iomem::access::{
    BigEndian,
    Ordered,
    Window, //
};

/// Empties a FIFO.
pub fn drain(
    big: Window<'_, BigEndian, 0x100>,
    little: Window<'_, Ordered, 0x100>,
    packet: &mut [u32],
) {
    let _ = (big, little);
    #[cfg(misuse)]
    big.read_rep(0x40, packet); //~ ERROR E0277: `BigEndian` has no repeated accesses
    #[cfg(not(misuse))]
    little.read_rep(0x40, packet);
}
