// SPDX-License-Identifier: GPL-2.0

//! Ranges of addresses.
//!
//! A range is made once, from two numbers that may come from anywhere, and from then on it is known
//! not to be empty and not to wrap around.

use kernel::{
    fmt,
    io::{
        PhysAddr,
        Resource,
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
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// // The last byte of the address space is an address.
    /// assert!(Range::new(u64::MAX, 1).is_ok());
    /// ```
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

    /// Returns the range of a resource, such as one of a platform device.
    ///
    /// Context: any.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the resource is empty, or it is all of a 64-bit space, as the root of memory is on
    ///   arm64: its length is no number.
    /// - `EOVERFLOW`: it ends before it begins.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::range::Range;
    /// use kernel::{
    ///     device::Bound,
    ///     platform, //
    /// };
    ///
    /// fn registers(pdev: &platform::Device<Bound>) -> Result<Range> {
    ///     Range::of(pdev.resource_by_index(0).ok_or(ENODEV)?)
    /// }
    /// ```
    pub fn of(resource: &Resource) -> Result<Self> {
        Self::new(resource.start(), resource.size())
    }

    /// Returns the part of the range that is `length` bytes (or ports) long and begins `offset`
    /// bytes after its start. Context: any.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `length` is zero, or the part ends beyond the end of the range.
    /// - `EOVERFLOW`: `offset + length` is larger than the largest 64-bit number.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// let bar = Range::new(0xfea0_0000, 0x1000)?;
    /// let fifo = bar.part(0x800, 0x10)?;
    /// assert_eq!(fifo, Range::new(0xfea0_0800, 0x10)?);
    ///
    /// assert_eq!(bar.part(0x800, 0), Err(EINVAL));
    /// assert_eq!(bar.part(0xff8, 0x10), Err(EINVAL));
    /// assert_eq!(bar.part(u64::MAX, 0x10), Err(EOVERFLOW));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn part(&self, offset: ResourceSize, length: ResourceSize) -> Result<Self> {
        if length == 0 {
            return Err(EINVAL);
        }
        let Some(end) = offset.checked_add(length) else {
            return Err(EOVERFLOW);
        };
        if end > self.length {
            return Err(EINVAL);
        }
        // INVARIANT: The length was checked just above, and the part ends no later than `self`,
        // which does not overflow; for the same reason the addition does not.
        Ok(Self {
            start: self.start.wrapping_add(offset),
            length,
        })
    }

    /// Tells whether all of `other` is within the range. Context: any.
    ///
    /// Corresponds to the C function `resource_contains()` in
    /// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// let bar = Range::new(0x1000, 0x1000)?;
    /// assert!(bar.contains(&bar));
    /// assert!(bar.contains(&Range::new(0x1ff0, 0x10)?));
    /// assert!(!bar.contains(&Range::new(0x1ff0, 0x11)?));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn contains(&self, other: &Self) -> bool {
        self.start <= other.start && other.last() <= self.last()
    }

    /// Tells whether at least one address is in both ranges. Context: any.
    ///
    /// Corresponds to the C function `resource_overlaps()` in
    /// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// let bar = Range::new(0x1000, 0x1000)?;
    /// assert!(bar.overlaps(&Range::new(0x1fff, 0x1000)?));
    /// assert!(!bar.overlaps(&Range::new(0x2000, 0x1000)?));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.start <= other.last() && other.start <= self.last()
    }

    /// Returns the first address.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// assert_eq!(Range::new(0x1000, 0x10)?.start(), 0x1000);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn start(&self) -> PhysAddr {
        self.start
    }

    /// Returns the length in bytes (or ports). Never zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// assert_eq!(Range::new(0x1000, 0x10)?.length(), 0x10);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn length(&self) -> ResourceSize {
        self.length
    }

    /// Returns the last address, which is still part of the range.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// assert_eq!(Range::new(0x1000, 0x10)?.last(), 0x100f);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn last(&self) -> PhysAddr {
        // By the type invariant this does not overflow; wrapping arithmetic spares the check.
        self.start.wrapping_add(self.length.wrapping_sub(1))
    }

    /// Tells whether the range begins and ends at page boundaries, so that the pages that a program
    /// maps show the range and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::range::Range;
    ///
    /// assert!(Range::new(0x1_0000, 0x1_0000)?.is_page_aligned());
    /// assert!(!Range::new(0x1_0000, 0x10)?.is_page_aligned());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub const fn is_page_aligned(&self) -> bool {
        (self.start | self.length) % PAGE_SIZE as ResourceSize == 0
    }

    /// Returns the pages that the range is in, from the first to the last.
    ///
    /// # Errors
    ///
    /// `EINVAL`: they are all of the address space, of which the length is no number.
    pub(crate) fn whole_pages(&self) -> Result<Self> {
        let mask = PAGE_SIZE as u64 - 1;
        let (start, last) = (self.start() & !mask, self.last() | mask);
        Self::new(start, last.wrapping_sub(start).wrapping_add(1))
    }
}

/// In the form of `/proc/iomem`, with prefixes: `0xfea00000-0xfea00fff`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(fmt!("{:#x}-{:#x}", self.start(), self.last()))
    }
}

#[kunit_tests(iomem_range)]
mod tests {
    use super::*;

    const PAGE: u64 = PAGE_SIZE as u64;

    #[test]
    fn empty_is_refused() {
        for start in [0, 1, PAGE, u64::MAX] {
            assert_eq!(Range::new(start, 0), Err(EINVAL));
        }
    }

    #[test]
    fn wrap_around_is_refused() {
        for (start, length) in [(2, u64::MAX), (u64::MAX, 2), (1 << 63, (1 << 63) + 1)] {
            assert_eq!(Range::new(start, length), Err(EOVERFLOW));
        }
    }

    #[test]
    fn the_last_address_can_be_had() -> Result {
        for (start, length) in [(u64::MAX, 1), (1, u64::MAX), (1 << 63, 1 << 63)] {
            assert_eq!(Range::new(start, length)?.last(), u64::MAX);
        }
        assert_eq!(Range::new(0, u64::MAX)?.last(), u64::MAX - 1);
        Ok(())
    }

    #[test]
    fn one_byte_is_its_own_last() -> Result {
        let range = Range::new(0x1234, 1)?;
        assert_eq!(
            (range.start(), range.last(), range.length()),
            (0x1234, 0x1234, 1)
        );
        Ok(())
    }

    #[test]
    fn pages_are_those_of_the_first_and_the_last_byte() -> Result {
        for (start, length) in [(PAGE, PAGE), (PAGE, 1), (2 * PAGE - 1, 1)] {
            assert_eq!(
                Range::new(start, length)?.whole_pages(),
                Range::new(PAGE, PAGE)
            );
        }
        let across = Range::new(2 * PAGE - 1, 2)?;
        assert_eq!(across.whole_pages(), Range::new(PAGE, 2 * PAGE));
        assert_eq!(Range::new(1, u64::MAX - 1)?.whole_pages(), Err(EINVAL));
        Ok(())
    }

    #[test]
    fn whole_pages_are_told_from_parts() -> Result {
        assert!(Range::new(0, PAGE)?.is_page_aligned());
        assert!(Range::new(7 * PAGE, 3 * PAGE)?.is_page_aligned());
        assert!(Range::new(u64::MAX - PAGE + 1, PAGE)?.is_page_aligned());
        for (start, length) in [
            (1, PAGE),
            (PAGE - 1, PAGE),
            (PAGE, PAGE - 1),
            (PAGE, PAGE + 1),
            (PAGE / 2, PAGE / 2),
        ] {
            assert!(!Range::new(start, length)?.is_page_aligned());
        }
        Ok(())
    }
}
