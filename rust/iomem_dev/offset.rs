// SPDX-License-Identifier: GPL-2.0

//! What an offset into the node means.
//!
//! One encoding is for `mmap()`, `pread()` and `pwrite()`: the lower bits are the offset within a
//! region, the upper ones say which region, and in which cache mode it is to be mapped. Region 0,
//! uncached, is at 0, so that simple tools just work. How many bits the lower ones are depends on
//! the window's longest region; a program asks for the offsets and never computes them.

use kernel::prelude::*;

/// How a mapping is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Uncached,
    WriteCombining,
}

impl Mode {
    pub(crate) const COUNT: usize = 2;
}

/// What an offset stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) region: usize,
    pub(crate) mode: Mode,
    /// In bytes.
    pub(crate) offset: u64,
}

/// Where the regions of a window are in its node.
///
/// # Invariants
///
/// No offset of a region is beyond the largest that a file has, 2^63 - 1.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// How many bits the offset within a region has.
    bits: u32,
    regions: usize,
    /// The lengths of the first and the last one, in bytes of registers.
    first: u64,
    last: u64,
}

/// 4 GiB for each region at least. So a 32-bit program, whose `mmap()` reaches 2^44 bytes far, has
/// room for 2,048 regions.
const FEWEST_BITS: u32 = 32;

impl Layout {
    /// Lays out regions, each of which has so many bytes of registers, and so many of pages that are mapped,
    /// if any.
    ///
    /// # Errors
    ///
    /// `EOVERFLOW`: they are too long or too many for a file. `EINVAL`: there are none.
    pub(crate) fn new(lengths: impl Iterator<Item = (u64, u64)>) -> Result<Self> {
        let (mut longest, mut regions, mut first, mut last) = (0, 0usize, None, 0);
        for (length, pages) in lengths {
            longest = length.max(pages).max(longest);
            first.get_or_insert(length);
            last = length;
            regions = regions.checked_add(1).ok_or(EOVERFLOW)?;
        }
        let first = first.ok_or(EINVAL)?;
        let bits = FEWEST_BITS.max(u64::BITS - longest.saturating_sub(1).leading_zeros());

        let slots = regions.checked_mul(Mode::COUNT).ok_or(EOVERFLOW)? as u64;
        let room = (i64::MAX as u64).checked_shr(bits).unwrap_or(0);
        if slots > room {
            return Err(EOVERFLOW);
        }
        // INVARIANT: As was just checked.
        Ok(Self {
            bits,
            regions,
            first,
            last,
        })
    }

    /// Returns the offset of a region's first byte.
    pub(crate) fn offset(&self, region: usize, mode: Mode) -> u64 {
        let slot = region as u64 * Mode::COUNT as u64 + mode as u64;
        slot << self.bits
    }

    /// Tells what an offset stands for, if there is such a region. It can be beyond its end.
    pub(crate) fn place(&self, offset: u64) -> Option<Place> {
        let slot = usize::try_from(offset >> self.bits).ok()?;
        let (region, mode) = (slot / Mode::COUNT, slot % Mode::COUNT);
        (region < self.regions).then_some(Place {
            region,
            mode: if mode == Mode::Uncached as usize {
                Mode::Uncached
            } else {
                Mode::WriteCombining
            },
            offset: offset & ((1 << self.bits) - 1),
        })
    }

    /// Returns what `SEEK_END` counts from, the end of region 0, and the last position that there
    /// is, the end of the last region. Positions are those of registers: what else is in their pages has
    /// none.
    pub(crate) fn ends(&self) -> (u64, u64) {
        let last = self.offset(self.regions.saturating_sub(1), Mode::Uncached);
        (self.first, last.saturating_add(self.last))
    }
}
