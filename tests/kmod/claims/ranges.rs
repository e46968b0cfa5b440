// SPDX-License-Identifier: GPL-2.0

//! Arithmetic of ranges.

use iomem::range::Range;
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};

const PAGE: u64 = PAGE_SIZE as u64;

pub(crate) fn ranges() {
    check!("range_is_not_empty", Range::new(1, 0) == Err(EINVAL));
    check!("range_may_end_at_the_end", Range::new(u64::MAX, 1).is_ok());
    check!(
        "range_does_not_wrap_around",
        Range::new(u64::MAX, 2) == Err(EOVERFLOW)
    );
    check!(
        "range_knows_its_last_address",
        Range::new(0x1000, 0x1000).is_ok_and(|range| range.last() == 0x1fff)
    );
    check!(
        "range_knows_whole_pages",
        Range::new(PAGE, 2 * PAGE).is_ok_and(|range| range.is_page_aligned())
            && Range::new(PAGE, 2 * PAGE + 4).is_ok_and(|range| !range.is_page_aligned())
            && Range::new(PAGE + 4, PAGE).is_ok_and(|range| !range.is_page_aligned())
    );
}

/// Where parts begin and end, and which ranges have an address in common.
pub(crate) fn parts() -> Result {
    let bar = Range::new(0x1000, 0x1000)?;
    check!(
        "part_is_where_it_was_asked_for",
        bar.part(0x10, 4) == Range::new(0x1010, 4)
    );
    check!(
        "part_may_be_the_whole_or_the_end",
        bar.part(0, 0x1000) == Ok(bar) && bar.part(0xfff, 1) == Range::new(0x1fff, 1)
    );
    check!("part_is_not_empty", bar.part(0, 0) == Err(EINVAL));
    check!(
        "part_does_not_end_beyond",
        bar.part(0, 0x1001) == Err(EINVAL)
            && bar.part(0xfff, 2) == Err(EINVAL)
            && bar.part(0x1000, 1) == Err(EINVAL)
    );
    check!(
        "part_does_not_wrap_around",
        bar.part(u64::MAX, 2) == Err(EOVERFLOW) && bar.part(2, u64::MAX) == Err(EOVERFLOW)
    );
    let high = Range::new(u64::MAX - 0xf, 0x10)?;
    check!(
        "part_may_end_at_the_end_of_the_space",
        high.part(0xf, 1).is_ok_and(|part| part.last() == u64::MAX)
    );
    check!(
        "contains_knows_both_ends",
        bar.contains(&bar)
            && bar.contains(&Range::new(0x1001, 0xfff)?)
            && !bar.contains(&Range::new(0xfff, 2)?)
            && !bar.contains(&Range::new(0x1fff, 2)?)
            && high.contains(&Range::new(u64::MAX, 1)?)
    );
    check!(
        "overlaps_knows_both_ends",
        bar.overlaps(&Range::new(0xfff, 2)?)
            && bar.overlaps(&Range::new(0x1fff, 2)?)
            && bar.overlaps(&Range::new(0, 0x4000)?)
            && !bar.overlaps(&Range::new(0x2000, 1)?)
            && !bar.overlaps(&Range::new(0, 0x1000)?)
    );
    Ok(())
}
