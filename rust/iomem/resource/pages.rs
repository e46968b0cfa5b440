// SPDX-License-Identifier: GPL-2.0

//! Whole pages around claims that are smaller.

use kernel::{
    io::PhysAddr,
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc, //
};

use super::{
    memtypes::Memtypes,
    MemRegion,
    Reason,
    Refused, //
};
use crate::{
    range::Range,
    resource::Mem, //
};

/// How many claims there can be pages around. Their list is in one piece, and each is looked at for each.
const MOST: usize = 1024;

/// Whole pages of I/O memory, every byte of which is claimed.
///
/// Registers are often shorter than a page, and a page is the smallest thing that a program can be
/// shown. These are the pages that some claims are in, and the claims on what is left of them: so no
/// program is ever shown what belongs to another driver, now or later.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `range` begins and ends at page boundaries. `claims` and `rest` together hold all of it.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_mem_region,
///     Pages, //
/// };
/// use kernel::sync::Arc;
///
/// let control = Arc::new(request_mem_region(0x1000_0040, 0x20, c"control")?, GFP_KERNEL)?;
/// let status = Arc::new(request_mem_region(0x1000_0800, 0x10, c"status")?, GFP_KERNEL)?;
/// let pages = Pages::around(&[&control, &status], c"rest")?;
/// assert_eq!(pages.range().start(), 0x1000_0000);
/// assert_eq!(pages.range().length(), 0x1000);
/// # Ok::<(), Error>(())
/// ```
pub struct Pages {
    // Ends before a claim does.
    memtypes: Memtypes,
    range: Range,
    claims: KVec<Arc<MemRegion>>,
    rest: KVec<MemRegion>,
}

impl Pages {
    /// Claims, under `name`, what is left of the pages that `claims` are in, from the first page to
    /// the last, and keeps them all. Nothing is claimed if it fails. Context: may sleep.
    ///
    /// A claim keeps those away who claim. A driver that maps registers without a claim, and one that
    /// is not loaded yet, are not seen by this: whether the rest of a page holds registers of another
    /// device is for the caller to know. [`described_beside`](crate::platform::described_beside) asks
    /// firmware, as far as it says. Nor is it looked at whether firmware keeps the rest for itself:
    /// [`reserved_rest`](Self::reserved_rest) tells.
    ///
    /// # Errors
    ///
    /// - [`Reason::Empty`]: there are no claims; or the pages are all of the address space, of which
    ///   the length is no number.
    /// - [`Reason::TooMany`]: there are more than 1,024 claims.
    /// - [`Reason::Elsewhere`]: a part of the rest belongs to a resource that none of the claims is in,
    ///   such as the BAR of another PCI device.
    /// - [`Reason::Busy`] and the others of [`MemRegion::request`]: a part of the pages is another
    ///   driver's, or cannot be claimed.
    /// - [`Reason::NoMemory`]: no memory.
    ///
    /// # Examples
    ///
    /// See [`Pages`].
    pub fn around(claims: &[&Arc<MemRegion>], name: &CStr) -> Result<Self, Refused> {
        Self::new(claims, |gap| {
            let rest = MemRegion::request(gap, name)?;
            // It was entered below the deepest resource that contains it.
            if !claims.iter().any(|claim| claim.is_within_parent_of(&rest)) {
                return Err(Refused::of(gap, Reason::Elsewhere(gap)));
            }
            Ok(rest)
        })
    }

    /// Keeps claims that have all of the pages that they are in. Context: may sleep.
    ///
    /// # Errors
    ///
    /// - [`Reason::Unclaimed`]: they do not have this part of the pages.
    /// - [`Reason::Empty`], [`Reason::TooMany`], [`Reason::NoMemory`]: as [`around`](Self::around).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::{
    ///     request_mem_region,
    ///     Pages, //
    /// };
    /// use kernel::sync::Arc;
    ///
    /// let control = Arc::new(request_mem_region(0x1000_0000, 0x800, c"control")?, GFP_KERNEL)?;
    /// // Nothing is known of 0x10000800.
    /// assert!(Pages::covered_by(&[&control]).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn covered_by(claims: &[&Arc<MemRegion>]) -> Result<Self, Refused> {
        Self::new(claims, |gap| Err(Refused::of(gap, Reason::Unclaimed(gap))))
    }

    /// Makes pages around claims, with what `fill` gives for each gap.
    fn new(
        claims: &[&Arc<MemRegion>],
        fill: impl Fn(Range) -> Result<MemRegion, Refused>,
    ) -> Result<Self, Refused> {
        let mask = PAGE_SIZE as u64 - 1;
        let starts = claims.iter().map(|claim| claim.range().start()).min();
        let lasts = claims.iter().map(|claim| claim.range().last()).max();
        let (Some(start), Some(last)) = (starts, lasts) else {
            return Err(Refused::no_range::<Mem>(0, 0));
        };
        let (start, last) = (start & !mask, last | mask);
        let length = last.wrapping_sub(start).wrapping_add(1);
        // All of the address space is no range.
        let whole =
            Range::new(start, length).map_err(|_| Refused::no_range::<Mem>(start, length))?;
        if claims.len() > MOST {
            return Err(Refused::of(whole, Reason::TooMany));
        }
        let no_memory = |_| Refused::new::<Mem>(start, length, Reason::NoMemory);

        let mut kept = KVec::with_capacity(claims.len(), GFP_KERNEL).map_err(no_memory)?;
        let mut rest = KVec::new();
        // The first byte that is not known to be held, if there is one.
        let mut open = Some(start);
        while let Some(from) = open {
            // The claims that there are, by address; there are few.
            let next = claims
                .iter()
                .filter(|claim| claim.range().last() >= from)
                .min_by_key(|claim| claim.range().start());
            let end = next.map_or(last, |claim| claim.range().start().wrapping_sub(1));
            if next.is_none() || end.wrapping_add(1) > from {
                let left = end.wrapping_sub(from).wrapping_add(1);
                let gap =
                    Range::new(from, left).map_err(|_| Refused::no_range::<Mem>(from, left))?;
                rest.push(fill(gap)?, GFP_KERNEL).map_err(no_memory)?;
            }
            open = next
                .map(|claim| claim.range().last())
                .filter(|held| *held < last)
                .map(|held: PhysAddr| held.wrapping_add(1));
        }
        for claim in claims {
            kept.push((*claim).clone(), GFP_KERNEL).map_err(no_memory)?;
        }

        // INVARIANT: Each byte was in one of `claims`, or in a gap that has been claimed.
        Ok(Self {
            memtypes: Memtypes::new(whole),
            range: whole,
            claims: kept,
            rest,
        })
    }

    /// Returns what x86's list of memory types has of all of them.
    pub(crate) fn memtypes(&self) -> &Memtypes {
        &self.memtypes
    }

    /// Returns the physical addresses, whole pages. Context: any.
    ///
    /// # Examples
    ///
    /// See [`Pages`].
    pub fn range(&self) -> Range {
        self.range
    }

    /// Returns how many claims there are around which these are the pages, and how many on the rest.
    /// Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(pages: &iomem::resource::Pages) {
    /// let (claims, rest) = pages.counts();
    /// pr_info!("{claims} claims of the device, {rest} on what is around them\n");
    /// # }
    /// ```
    pub fn counts(&self) -> (usize, usize) {
        (self.claims.len(), self.rest.len())
    }

    /// Returns the parts of the pages that are not of the claims around which these are the pages.
    /// Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(pages: &iomem::resource::Pages) {
    /// for range in pages.rest() {
    ///     pr_info!("{range} is claimed so that it can be mapped\n");
    /// }
    /// # }
    /// ```
    pub fn rest(&self) -> impl Iterator<Item = Range> + '_ {
        self.rest.iter().map(|claim| claim.range())
    }

    /// Returns the first part of the rest that firmware keeps for itself, or may use, as
    /// [`is_firmware_reserved`](super::Claim::is_firmware_reserved) tells of a claim. Context: may sleep.
    ///
    /// Pages can be larger than those of EFI's map, which have 4 KiB: then memory shares a page with
    /// registers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(pages: &iomem::resource::Pages) -> Result {
    /// if pages.reserved_rest().is_some() {
    ///     return Err(EPERM);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn reserved_rest(&self) -> Option<Range> {
        let mut reserved = self
            .rest
            .iter()
            .filter(|claim| claim.is_firmware_reserved());
        reserved.next().map(|claim| claim.range())
    }

    /// Returns the pages that one claim lies in, as a part of these; `None` if it does not lie in
    /// these. Context: any.
    ///
    /// # Examples
    ///
    /// See [`ClaimPages`].
    pub fn of(pages: &Arc<Self>, claim: &MemRegion) -> Option<ClaimPages> {
        let range = claim.range().whole_pages().ok()?;
        // INVARIANT: It begins and ends at page boundaries, as was just made sure of.
        pages.range.contains(&range).then(|| ClaimPages {
            memtypes: Memtypes::new(range),
            range,
            pages: pages.clone(),
        })
    }
}

/// The pages that one claim lies in, of [`Pages`] that may have more.
///
/// Several claims can share pages, and then the pages around all of them are one [`Pages`]. What a
/// program is shown of one claim is this part of them: the claim begins in its first page and ends in
/// its last one.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `range` begins and ends at page boundaries, and lies in `pages`.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_mem_region,
///     Pages, //
/// };
/// use kernel::sync::Arc;
///
/// // Pages of 4 KiB: the second one is shared.
/// let control = Arc::new(request_mem_region(0x1000_0000, 0x1800, c"control")?, GFP_KERNEL)?;
/// let status = Arc::new(request_mem_region(0x1000_1800, 0x800, c"status")?, GFP_KERNEL)?;
/// let pages = Arc::new(Pages::around(&[&control, &status], c"rest")?, GFP_KERNEL)?;
/// let shown = Pages::of(&pages, &status).ok_or(EINVAL)?;
/// assert_eq!(shown.range().start(), 0x1000_1000);
/// assert_eq!(shown.range().length(), 0x1000);
/// # Ok::<(), Error>(())
/// ```
pub struct ClaimPages {
    // Ends before `pages`.
    memtypes: Memtypes,
    range: Range,
    pages: Arc<Pages>,
}

impl Clone for ClaimPages {
    fn clone(&self) -> Self {
        // INVARIANT: As `self`.
        Self {
            memtypes: Memtypes::new(self.range),
            range: self.range,
            pages: self.pages.clone(),
        }
    }
}

impl ClaimPages {
    /// Returns what x86's list of memory types has of them by way of this value.
    pub(crate) fn memtypes(&self) -> &Memtypes {
        &self.memtypes
    }

    /// Returns the physical addresses, whole pages. Context: any.
    ///
    /// # Examples
    ///
    /// See [`ClaimPages`].
    pub fn range(&self) -> Range {
        self.range
    }

    /// Returns all the pages that these are a part of. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(shown: &iomem::resource::ClaimPages) {
    /// let (claims, _) = shown.pages().counts();
    /// pr_info!("{claims} claims share them\n");
    /// # }
    /// ```
    pub fn pages(&self) -> &Pages {
        &self.pages
    }
}
