// SPDX-License-Identifier: GPL-2.0

//! Claims on both roots, tried in the kernel.
//!
//! Loading it with `start=` at BAR 0 of QEMU's `edu` runs the checks once.

use iomem::{
    compat::param,
    index::Indices,
    range::Range,
    resource::{
        contains_ram,
        request_mem_region,
        request_region, //
    },
};
use kernel::prelude::*;

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_claims",
    authors: ["The iomem authors"],
    description: "Tries the claims of the iomem library",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
    },
}

/// The length of edu's BAR 0, in bytes.
const LENGTH: u64 = 1 << 20;

static INDICES: Indices<1> = Indices::new();

fn ranges() {
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
        Range::new(0x1000, 0x2000).is_ok_and(|range| range.is_page_aligned())
            && Range::new(0x1000, 0x2004).is_ok_and(|range| !range.is_page_aligned())
            && Range::new(0x1004, 0x1000).is_ok_and(|range| !range.is_page_aligned())
    );
}

fn indices() -> Result {
    let first = INDICES.take()?;
    let second = INDICES.take()?;
    check!(
        "index_is_the_lowest_free",
        (first.value(), second.value()) == (0, 1)
    );
    drop(first);
    let again = INDICES.take()?;
    check!("index_comes_back", again.value() == 0);

    let mut held = KVec::new();
    while let Ok(index) = INDICES.take() {
        held.push(index, GFP_KERNEL)?;
    }
    check!("indices_run_out", held.len() == 62);
    check!(
        "indices_run_out_with_enospc",
        INDICES.take().err() == Some(ENOSPC)
    );
    Ok(())
}

fn memory(start: u64) -> Result {
    check!(
        "mem_zero_length_is_refused",
        request_mem_region(start, 0, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(EINVAL)
    );
    check!(
        "mem_wrap_around_is_refused",
        request_mem_region(start, u64::MAX, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(EOVERFLOW)
    );
    check!(
        "mem_beyond_the_processor_is_refused",
        request_mem_region(1 << 60, 0x1000, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(ERANGE)
    );

    let claim = request_mem_region(start, LENGTH, c"iomem_test")?;
    check!(
        "mem_claim_has_its_name",
        claim.name() == Some(c"iomem_test")
    );
    check!(
        "mem_claim_is_exclusive",
        request_mem_region(start + 0x1000, 4, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(EBUSY)
    );
    check!("mem_device_is_no_ram", !contains_ram(claim.range()));
    drop(claim);
    check!(
        "mem_claim_ends_with_drop",
        request_mem_region(start + 0x1000, 4, c"iomem_test").is_ok()
    );
    Ok(())
}

/// Ports that no machine here has a device at; claiming touches none.
fn ports() -> Result {
    check!(
        "port_zero_length_is_refused",
        request_region(0x2f0, 0, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(EINVAL)
    );
    check!(
        "port_beyond_the_last_is_refused",
        request_region(1 << 40, 1, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(ERANGE)
    );
    let claim = request_region(0x2f0, 4, c"iomem_test")?;
    check!(
        "port_claim_has_its_name",
        claim.name() == Some(c"iomem_test")
    );
    check!(
        "port_claim_is_exclusive",
        request_region(0x2f3, 4, c"iomem_test")
            .err()
            .map(Error::from)
            == Some(EBUSY)
    );
    check!(
        "ports_are_not_memory",
        request_region(0x2f4, 4, c"iomem_test").is_ok()
    );
    drop(claim);
    check!(
        "port_claim_ends_with_drop",
        request_region(0x2f3, 4, c"iomem_test").is_ok()
    );
    Ok(())
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());

        ranges();
        check!("indices_ran", indices().is_ok());
        check!("memory_ran", memory(start).is_ok());
        check!("ports_ran", ports().is_ok());
        pr_info!("done\n");
        Ok(Self)
    }
}
