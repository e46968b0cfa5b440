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
        region_intersects,
        request_mem_region,
        request_mem_region_exclusive,
        request_region,
        Claim,
        Intersection,
        Kind,
        Mem,
        MemRegion,
        Port,
        Reason,
        Refused,
        Root, //
    },
};
use kernel::prelude::*;

#[macro_use]
mod check;
#[path = "claims/muxed.rs"]
mod muxed;
#[path = "claims/ranges.rs"]
mod ranges;
#[path = "claims/refusals.rs"]
mod refusals;

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
        ram: u64 {
            default: 0,
            description: "physical address of some system RAM",
        },
        reserved: u64 {
            default: 0,
            description: "the first of four addresses or ports that were reserved at boot",
        },
    },
}

/// The length of edu's BAR 0, in bytes.
const LENGTH: u64 = 1 << 20;

static INDICES: Indices<1> = Indices::new();

/// The errno of a claim, if it was refused; whatever was granted is given back.
fn errno<T>(claim: Result<T, Refused>) -> Option<Error> {
    claim.err().map(Error::from)
}

/// Why a claim was refused, if it was.
fn reason<T>(claim: Result<T, Refused>) -> Option<Reason> {
    claim.err().map(|refused| refused.reason())
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

fn availability(start: u64, ram: u64) -> Result {
    let bar = Range::new(start, LENGTH)?;
    let page = bar.part(0x2000, 0x1000)?;
    let ask = |range, kind| region_intersects(range, kind);

    check!(
        "unclaimed_is_disjoint_from_busy",
        ask(page, Kind::BUSY) == Intersection::Disjoint
    );
    check!(
        "device_is_memory_and_no_ram",
        ask(page, Kind::MEM) == Intersection::Intersects
            && ask(page, Kind::SYSTEM_RAM) == Intersection::Disjoint
    );
    let ram = Range::new(ram, 0x1000)?;
    check!(
        "ram_is_ram_and_busy",
        ask(ram, Kind::SYSTEM_RAM) == Intersection::Intersects
            && ask(ram, Kind::SYSTEM_RAM.and(Kind::BUSY)) == Intersection::Intersects
            && contains_ram(ram)
    );
    check!(
        "ram_is_not_reserved",
        ask(ram, Kind::RESERVED) == Intersection::Disjoint
            && ask(ram, Kind::PERSISTENT_MEMORY) == Intersection::Disjoint
    );

    let claim = MemRegion::request(page, c"iomem_test")?;
    check!(
        "claimed_is_busy",
        ask(page, Kind::BUSY) == Intersection::Intersects
    );
    check!(
        "claimed_in_part_is_mixed",
        ask(bar, Kind::BUSY) == Intersection::Mixed
    );
    drop(claim);
    check!(
        "released_is_disjoint_again",
        ask(bar, Kind::BUSY) == Intersection::Disjoint
    );
    Ok(())
}

fn exclusive(start: u64) -> Result {
    let length = 0x1000;
    let range = Range::new(start, length)?;

    let claim = request_mem_region(start, length, c"iomem_test")?;
    check!(
        "plain_claim_is_not_exclusive",
        !claim.is_exclusive() && !region_intersects(range, Kind::EXCLUSIVE).is_any()
    );
    drop(claim);

    let claim = request_mem_region_exclusive(start, length, c"iomem_test")?;
    check!(
        "exclusive_claim_is_marked",
        claim.is_exclusive() && region_intersects(range, Kind::EXCLUSIVE.and(Kind::BUSY)).is_any()
    );
    check!(
        "exclusive_claim_is_a_claim",
        errno(request_mem_region_exclusive(start, 4, c"iomem_test")) == Some(EBUSY)
            && claim.name() == Some(c"iomem_test")
    );
    drop(claim);
    check!(
        "exclusive_claim_ends_with_drop",
        !region_intersects(range, Kind::BUSY).is_any()
    );
    check!(
        "exclusive_bad_input_is_refused",
        errno(request_mem_region_exclusive(start, 0, c"iomem_test")) == Some(EINVAL)
            && errno(request_mem_region_exclusive(start, u64::MAX, c"iomem_test"))
                == Some(EOVERFLOW)
            && errno(request_mem_region_exclusive(1 << 60, 4, c"iomem_test")) == Some(ERANGE)
    );
    Ok(())
}

/// What `reserve=` on the kernel's command line keeps from everybody: four addresses, of memory
/// from 0x10000 on and ports below, which is how the kernel reads it.
fn reserved_at_boot<R: Root>(first: u64) -> Result {
    let claim = |first, length| {
        Claim::<R>::request(Range::new(first, length)?, c"iomem_test").map_err(Error::from)
    };
    check!(
        "reserved_at_boot_is_refused",
        claim(first, 4).err() == Some(EBUSY)
            && claim(first + 3, 1).err() == Some(EBUSY)
            && claim(first - 1, 2).err() == Some(EBUSY)
    );
    check!("next_to_reserved_is_granted", claim(first + 4, 1).is_ok());
    Ok(())
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let ram = param(module_parameters::ram.value());
        let reserved = param(module_parameters::reserved.value());

        ranges::ranges();
        check!("parts_ran", ranges::parts().is_ok());
        check!("indices_ran", indices().is_ok());
        check!("memory_ran", memory(start).is_ok());
        check!("ports_ran", ports().is_ok());
        check!("refusals_ran", refusals::refusals(start, ram).is_ok());
        check!("availability_ran", availability(start, ram).is_ok());
        check!("exclusive_ran", exclusive(start).is_ok());
        check!("muxed_ran", muxed::muxed(start).is_ok());
        let is_reserved = match reserved {
            0x1_0000.. => reserved_at_boot::<Mem>(reserved),
            _ => reserved_at_boot::<Port>(reserved),
        };
        check!("reserved_ran", is_reserved.is_ok());
        pr_info!("done\n");
        Ok(Self)
    }
}
