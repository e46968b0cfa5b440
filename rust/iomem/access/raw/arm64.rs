// SPDX-License-Identifier: GPL-2.0

//! arm64: the kernel's own inline assembly, which rust/mmio/templates.py turns into Rust.
//!
//! A read is a load from an address, ordered by a barrier and a dependency. A write takes its
//! offset into the instruction where it is one of the first 256 of its width, as C's does; the
//! `match` that finds the instruction is gone once the offset is a constant.
//!
//! A volatile load or store would not do: the compiler may choose an instruction that also
//! updates the address, and a hypervisor cannot emulate those.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "generated: each block is the kernel's accessor, whose caller gives an address of \
              mapped I/O memory"
)]

use super::Place;

include!(concat!(
    env!("IOMEM_GENERATED"),
    "/rust/mmio/mmio_generated.rs"
));
