// SPDX-License-Identifier: GPL-2.0

//! How many mappings of a region there are, in each cache mode.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::offset::Mode;

/// How many mappings a window may have, in all programs together.
///
/// Taking the window back unmaps each of them by itself, which takes microseconds, and a program chooses
/// how many it makes. So this bounds how long taking back takes.
pub(crate) const MOST_MAPPINGS: i64 = 65_536;

/// The mappings of one region. It is shared by the window, whose mappings outlive the region, and
/// the region.
pub(crate) struct MapCount([Atomic<i64>; Mode::COUNT]);

impl MapCount {
    pub(crate) fn new() -> Self {
        Self([const { Atomic::new(0) }; Mode::COUNT])
    }

    /// Returns how many there are. Where it matters, the region's lock keeps new ones away.
    pub(crate) fn count(&self, mode: Mode) -> i64 {
        self.0.get(mode as usize).map_or(0, |n| n.load(Relaxed))
    }

    /// There is one more.
    pub(crate) fn opened(&self, mode: Mode) {
        if let Some(n) = self.0.get(mode as usize) {
            n.fetch_add(1, Relaxed);
        }
    }

    /// There is one less.
    pub(crate) fn closed(&self, mode: Mode) {
        if let Some(n) = self.0.get(mode as usize) {
            n.fetch_sub(1, Relaxed);
        }
    }

    /// Counts as a mapping until it is dropped: for one that is being made.
    pub(crate) fn acquire(&self, mode: Mode) -> MapCountGuard<'_> {
        self.opened(mode);
        MapCountGuard { count: self, mode }
    }
}

/// A mapping that is being made.
pub(crate) struct MapCountGuard<'a> {
    count: &'a MapCount,
    mode: Mode,
}

impl Drop for MapCountGuard<'_> {
    fn drop(&mut self) {
        self.count.closed(self.mode);
    }
}
