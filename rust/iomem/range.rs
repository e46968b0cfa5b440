// SPDX-License-Identifier: GPL-2.0

//! Ranges of addresses.
//!
//! A range is made once, from two numbers that may come from anywhere, and from then on nobody has
//! to ask again whether it is empty or wraps around.

use kernel::{
    fmt,
    io::{
        PhysAddr,
        ResourceSize, //
    },
    page::PAGE_SIZE,
    prelude::*, //
};

/// A range of addresses of the bus: physical addresses of memory, or numbers of I/O ports.
///
/// # Invariants
///
/// - `length` is not zero.
/// - `start + length - 1` does not overflow.
///
/// # Examples
///
/// ```
/// use iomem::range::Range;
///
/// let range = Range::new(0xfea0_0000, 0x1000)?;
/// assert_eq!(range.last(), 0xfea0_0fff);
///
/// assert_eq!(Range::new(0xfea0_0000, 0), Err(EINVAL));
/// assert_eq!(Range::new(u64::MAX, 2), Err(EOVERFLOW));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    start: PhysAddr,
    length: ResourceSize,
}

impl Range {
    /// Makes a range of `length` bytes (or ports) that begins at `start`.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `length` is zero.
    /// - `EOVERFLOW`: the range would wrap around the end of the address space.
    #[inline]
    pub const fn new(start: PhysAddr, length: ResourceSize) -> Result<Self> {
        if length == 0 {
            return Err(EINVAL);
        }
        // `start + length` itself may be one past the largest address: only the last byte counts.
        if start.checked_add(length - 1).is_none() {
            return Err(EOVERFLOW);
        }
        // INVARIANT: Both were checked just above.
        Ok(Self { start, length })
    }

    /// Returns the first address.
    #[inline]
    pub const fn start(&self) -> PhysAddr {
        self.start
    }

    /// Returns the length in bytes (or ports). Never zero.
    #[inline]
    pub const fn length(&self) -> ResourceSize {
        self.length
    }

    /// Returns the last address, which is still part of the range.
    #[inline]
    pub const fn last(&self) -> PhysAddr {
        // By the type invariant this does not overflow; wrapping arithmetic spares the check.
        self.start.wrapping_add(self.length.wrapping_sub(1))
    }

    /// Tells whether the range begins and ends at page boundaries, so that the pages that a program
    /// maps show the range and nothing else.
    #[inline]
    pub const fn is_page_aligned(&self) -> bool {
        (self.start | self.length) % PAGE_SIZE as ResourceSize == 0
    }
}

/// In the form of `/proc/iomem`, with prefixes: `0xfea00000-0xfea00fff`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(fmt!("{:#x}-{:#x}", self.start(), self.last()))
    }
}
