// SPDX-License-Identifier: GPL-2.0

//! Which pages fit where. Nothing but numbers, so that the tests can try it outside the kernel.

use core::iter;

use kernel::{
    page::PAGE_SHIFT,
    prelude::*, //
};

use crate::range::Range;

/// Returns the frame number of page `page` of a range that is made of whole pages, if `count` pages
/// from there on belong to it.
pub(super) fn frame(range: Range, page: usize, count: usize) -> Option<c_ulong> {
    let pages = range.length() >> PAGE_SHIFT;
    if page.checked_add(count)? as u64 > pages {
        return None;
    }
    let first = usize::try_from(range.start() >> PAGE_SHIFT).ok()?;
    first.checked_add(page)
}

/// Tells whether a huge page of `size` bytes, if there is such a thing, fits into `length` bytes from
/// the address `start` on, where the frame `pfn` is to be.
pub(super) fn has_room(size: usize, start: usize, length: usize, pfn: c_ulong) -> bool {
    let Some(mask) = size.checked_sub(1) else {
        return false;
    };
    let to_next = start.wrapping_neg() & mask;
    let congruent = (pfn << PAGE_SHIFT).wrapping_sub(start) & mask == 0;
    congruent && length.saturating_sub(to_next) >= size
}

/// Returns the huge pages of `size` bytes around the one that `address` is in, which shows page `page`
/// of something: the addresses of those that are in the same block of `block` bytes and of which all
/// is within `start..end`, and what page each begins with. That can be before the first one, and then
/// wraps. Both lengths are powers of two.
pub(super) fn neighbours(
    size: usize,
    block: usize,
    address: usize,
    page: usize,
    (start, end): (usize, usize),
) -> impl Iterator<Item = (usize, usize)> {
    let mask = size.wrapping_sub(1);
    let base = address & !mask;
    let block_start = base & !block.wrapping_sub(1);
    let before = address.wrapping_sub(base) >> PAGE_SHIFT;
    // The page at the block's start.
    let ahead = base.wrapping_sub(block_start) >> PAGE_SHIFT;
    let first = page.wrapping_sub(before).wrapping_sub(ahead);

    let offsets = iter::successors(Some(0usize), move |offset| offset.checked_add(size));
    offsets
        .take_while(move |offset| *offset < block)
        .filter_map(move |offset| {
            let address = block_start | offset;
            let last = address | mask;
            let is_one = address != base && address >= start && last < end;
            is_one.then(|| (address, first.wrapping_add(offset >> PAGE_SHIFT)))
        })
}
