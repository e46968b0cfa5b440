// SPDX-License-Identifier: GPL-2.0

//! What is said of a claim that was refused.

use iomem::{
    range::Range,
    resource::{
        region_intersects,
        request_mem_region,
        request_region,
        Intersection,
        Kind,
        Mem,
        MemRegion,
        Port,
        Reason,
        Root, //
    },
};
use kernel::{
    prelude::*,
    str::CString, //
};

use super::{
    reason,
    LENGTH, //
};

/// What a refusal says of the range, of what is in the way, and in words.
pub(crate) fn refusals(start: u64, ram: u64) -> Result {
    let refused = request_mem_region(start, 0, c"iomem_test").err();
    check!(
        "refusal_knows_an_empty_range",
        refused.is_some_and(|refused| refused.reason() == Reason::Empty
            && (refused.start(), refused.length()) == (start, 0))
    );
    check!(
        "refusal_knows_wrap_around",
        reason(request_mem_region(start, u64::MAX, c"iomem_test")) == Some(Reason::WrapsAround)
    );
    check!(
        "refusal_knows_the_last_address",
        reason(request_mem_region(1 << 60, 4, c"iomem_test")) == Some(Reason::Beyond(Mem::last()))
            && reason(request_region(Port::last() + 1, 1, c"iomem_test"))
                == Some(Reason::Beyond(Port::last()))
    );
    check!(
        "refusal_knows_a_range_that_ends_beyond",
        reason(request_region(Port::last(), 2, c"iomem_test"))
            == Some(Reason::Beyond(Port::last()))
    );

    let page = Range::new(ram, 0x1000)?;
    check!(
        "refusal_knows_ram",
        reason(MemRegion::request(page, c"iomem_test")) == Some(Reason::Ram(page))
    );
    check!(
        "refusal_knows_a_byte_of_ram",
        reason(MemRegion::request(page.part(0, 1)?, c"iomem_test"))
            == Some(Reason::Ram(page.part(0, 1)?))
    );

    let held = request_mem_region(start + 0x800, 0x10, c"iomem_test")?;
    let refused = request_mem_region(start, 0x1000, c"iomem_test").err();
    check!(
        "refusal_knows_the_part_that_is_held",
        refused.is_some_and(|refused| refused.reason() == Reason::Busy(held.range())
            && (refused.start(), refused.length()) == (start, 0x1000))
    );
    check!(
        "refusal_is_about_what_was_asked_for",
        reason(request_mem_region(start + 0x808, 0x20, c"iomem_test"))
            == Some(Reason::Busy(Range::new(start + 0x808, 8)?))
    );
    check!(
        "refusal_knows_a_byte_that_is_held",
        reason(request_mem_region(start + 0x80f, 1, c"iomem_test"))
            == Some(Reason::Busy(Range::new(start + 0x80f, 1)?))
    );
    if let Some(refused) = refused {
        let words = CString::try_from_fmt(fmt!("{refused}"))?;
        let wanted = CString::try_from_fmt(fmt!(
            "{} is refused: {} of it is in use, see /proc/iomem",
            Range::new(start, 0x1000)?,
            held.range()
        ))?;
        check!("refusal_has_words", *words == *wanted);
    }
    drop(held);
    check!(
        "refusals_leave_nothing",
        region_intersects(Range::new(start, LENGTH)?, Kind::BUSY) == Intersection::Disjoint
            && request_mem_region(start, LENGTH, c"iomem_test").is_ok()
    );
    check!(
        "refusal_of_ports_knows_no_part",
        {
            let _held = request_region(0x2f2, 1, c"iomem_test")?;
            reason(request_region(0x2f0, 4, c"iomem_test"))
        } == Some(Reason::Conflict)
    );
    Ok(())
}
