// SPDX-License-Identifier: GPL-2.0

//! The library, tried in the kernel: claims on both roots, and registers through mappings.
//!
//! Loading it with `start=` at BAR 0 of QEMU's `edu` runs the checks once. Each is a line in the
//! log, `iomem_test: ok NAME` or `iomem_test: not ok NAME`, which tests/guest/suite turns into KTAP.
//! Loading always succeeds, so that the log is what counts.
//!
//! As in tests/edu.c, marks written to the inversion register tell tests/witness.py where to look
//! in QEMU's trace.

use iomem::{
    compat::param,
    index::Indices,
    mapping::Mapping,
    range::Range,
    resource::{
        contains_ram,
        request_mem_region,
        request_region, //
    },
};
use kernel::{
    io::{
        register,
        Io, //
    },
    prelude::*,
    sync::Arc, //
};

module! {
    type: IomemTest,
    name: "iomem_test",
    authors: ["The iomem authors"],
    description: "Tries the iomem library on QEMU's edu device",
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

const ID: usize = 0x00;
const INVERT: usize = 0x04;
const DMA_SOURCE: usize = 0x80;

/// What tests/witness.py looks for.
const MARK_READ32: u32 = 0x10e3_1001;
const MARK_WRITE32: u32 = 0x10e3_1002;
const MARK_READ64: u32 = 0x10e3_1003;
const MARK_REFUSED: u32 = 0x10e3_1004;
const MARK_END: u32 = 0x10e3_ffff;

register! {
    /// The identification register, as the kernel crate declares registers.
    EDU_ID(u32) @ 0x00 {
        31:24 major;
        23:16 minor;
        15:0  magic;
    }
}

static INDICES: Indices<1> = Indices::new();

/// One check: a line in the log.
macro_rules! check {
    ($name:literal, $passed:expr) => {
        if $passed {
            pr_info!("ok {}\n", $name);
        } else {
            pr_info!("not ok {}\n", $name);
        }
    };
}

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
        request_mem_region(start, 0, c"iomem_test").err() == Some(EINVAL)
    );
    check!(
        "mem_wrap_around_is_refused",
        request_mem_region(start, u64::MAX, c"iomem_test").err() == Some(EOVERFLOW)
    );
    check!(
        "mem_beyond_the_processor_is_refused",
        request_mem_region(1 << 60, 0x1000, c"iomem_test").err() == Some(ERANGE)
    );

    let claim = request_mem_region(start, LENGTH, c"iomem_test")?;
    check!(
        "mem_claim_has_its_name",
        claim.name() == Some(c"iomem_test")
    );
    check!(
        "mem_claim_is_exclusive",
        request_mem_region(start + 0x1000, 4, c"iomem_test").err() == Some(EBUSY)
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
        request_region(0x2f0, 0, c"iomem_test").err() == Some(EINVAL)
    );
    check!(
        "port_beyond_the_last_is_refused",
        request_region(1 << 40, 1, c"iomem_test").err() == Some(ERANGE)
    );
    let claim = request_region(0x2f0, 4, c"iomem_test")?;
    check!(
        "port_claim_has_its_name",
        claim.name() == Some(c"iomem_test")
    );
    check!(
        "port_claim_is_exclusive",
        request_region(0x2f3, 4, c"iomem_test").err() == Some(EBUSY)
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

fn mapping(start: u64) -> Result {
    let claim = request_mem_region(start, LENGTH, c"iomem_test")?;
    check!(
        "mapping_is_no_larger_than_its_claim",
        Mapping::<_, 0x10_0001>::ioremap(&claim).err() == Some(EINVAL)
    );

    // The size is known when this is compiled.
    let sized = Mapping::<_, 0x100>::ioremap(&claim)?;
    let sized = &sized;
    check!("sized_reads", sized.read32(ID) == 0x0100_00ed);
    let id = sized.read(EDU_ID);
    check!(
        "register_blocks_work",
        (id.major().get(), id.minor().get(), id.magic().get()) == (1, 0, 0xed)
    );
    sized.write32(0x1234_5678, INVERT);
    check!("sized_writes", sized.read32(INVERT) == !0x1234_5678);

    // It is not.
    let unsized_ = Mapping::<_>::ioremap(&claim)?;
    let unsized_ = &unsized_;
    check!("unsized_reads", unsized_.try_read32(ID) == Ok(0x0100_00ed));
    check!(
        "last_register_is_within",
        unsized_.try_read32(LENGTH as usize - 4).is_ok()
    );

    sized.write32(MARK_REFUSED, INVERT);
    check!(
        "beyond_the_end_is_refused",
        unsized_.try_read32(LENGTH as usize) == Err(EINVAL)
            && unsized_.try_read32(LENGTH as usize - 2) == Err(EINVAL)
            && unsized_.try_read32(usize::MAX) == Err(EINVAL)
            && unsized_.try_write32(0, LENGTH as usize) == Err(EINVAL)
    );
    check!(
        "misaligned_is_refused",
        unsized_.try_read32(2) == Err(EINVAL) && unsized_.try_write64(0, 0x84) == Err(EINVAL)
    );
    sized.write32(MARK_END, INVERT);

    sized.write32(MARK_READ32, INVERT);
    let _ = sized.read32(ID);
    sized.write32(MARK_END, INVERT);

    sized.write32(MARK_WRITE32, INVERT);
    sized.write32(0xcafe, DMA_SOURCE);
    sized.write32(MARK_END, INVERT);

    sized.write32(MARK_READ64, INVERT);
    // A sized window of 7.3's crate has no 64-bit registers.
    let _ = unsized_.try_read64(DMA_SOURCE);
    sized.write32(MARK_END, INVERT);
    Ok(())
}

/// A mapping that owns its claim: both end together.
fn owned(start: u64) -> Result {
    let mapping = Mapping::<_, 0x1000>::ioremap(claim_again(start)?)?;
    check!("owned_reads", mapping.read32(ID) == 0x0100_00ed);
    check!("owned_keeps_its_claim", claim_again(start).is_err());
    drop(mapping);
    let shared = Arc::new(claim_again(start)?, GFP_KERNEL)?;
    let mapping = Mapping::<_>::ioremap(shared.clone())?;
    drop(shared);
    check!("shared_keeps_its_claim", claim_again(start).is_err());
    drop(mapping);
    check!(
        "claim_ends_with_the_last_mapping",
        claim_again(start).is_ok()
    );
    Ok(())
}

fn claim_again(start: u64) -> Result<iomem::resource::MemRegion> {
    request_mem_region(start, LENGTH, c"iomem_test")
}

struct IomemTest;

impl kernel::Module for IomemTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());

        ranges();
        check!("indices_ran", indices().is_ok());
        check!("memory_ran", memory(start).is_ok());
        check!("ports_ran", ports().is_ok());
        check!("mapping_ran", mapping(start).is_ok());
        check!("owned_ran", owned(start).is_ok());
        pr_info!("done\n");
        Ok(Self)
    }
}
