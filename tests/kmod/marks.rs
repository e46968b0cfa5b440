// SPDX-License-Identifier: GPL-2.0

//! Marks in QEMU's trace, written to the inversion register of its `edu`.
//!
//! They tell tests/witness.py where to look. The test module that this is part of says with `MARK`
//! which numbers are its own.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::io::Io;

use super::MARK;

pub(crate) const INVERT: usize = 0x04;
pub(crate) const MARK_END: u32 = 0x10e3_ffff;

/// The registers of edu.
pub(crate) type Edu = Mapping<MemRegion, 0x100>;

/// Runs `f` between a mark and its end.
pub(crate) fn marked(edu: &Edu, number: u32, f: impl FnOnce()) {
    edu.write32(MARK + number, INVERT);
    f();
    edu.write32(MARK_END, INVERT);
}
