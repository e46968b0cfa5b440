// SPDX-License-Identifier: GPL-2.0

//! Mappings, tried in the kernel: registers of every width through them.
//!
//! Loading it with `start=` at BAR 0 of QEMU's `edu` runs the checks once.
//!
//! As in tests/edu.c, marks written to the inversion register tell tests/witness.py where to look
//! in QEMU's trace.

use iomem::{
    compat::param,
    error::eopnotsupp,
    mapping::{
        Cache,
        Mapping, //
    },
    range::Range,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    io::{
        register,
        Io,
        ResourceSize, //
    },
    prelude::*,
    sync::Arc, //
};

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_mapping",
    authors: ["The iomem authors"],
    description: "Tries the mappings of the iomem library on QEMU's edu device",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
        pixels: u64 {
            default: 0,
            description: "physical address of bochs-display's BAR 0",
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

fn claim_again(start: u64) -> Result<MemRegion> {
    Ok(request_mem_region(start, LENGTH, c"iomem_test")?)
}

/// Parts of a claim: where they are, where they end, and which are refused.
fn parts(start: u64) -> Result {
    let claim = claim_again(start)?;
    let part = |offset, length| Mapping::<_>::part_of(&claim, offset, length, Cache::Uncached);

    let mapped = Mapping::<_, 4>::part_of(&claim, INVERT as ResourceSize, 4, Cache::Uncached)?;
    check!(
        "part_knows_its_range",
        Ok(mapped.range()) == Range::new(start + INVERT as u64, 4)
            && mapped.region().range() == claim.range()
    );
    let invert = &mapped;
    invert.write32(0x1234_5678, 0);
    check!("part_is_where_it_was_asked_for", {
        let whole = Mapping::<_>::ioremap(&claim)?;
        let whole = &whole;
        invert.read32(0) == !0x1234_5678 && whole.try_read32(INVERT) == Ok(!0x1234_5678)
    });
    check!(
        "part_ends_where_it_was_asked_to",
        invert.try_read32(4) == Err(EINVAL)
    );
    check!(
        "part_may_be_the_end_or_the_whole",
        part(LENGTH - 8, 8).is_ok() && part(LENGTH - 1, 1).is_ok() && part(0, LENGTH).is_ok()
    );
    check!("part_is_not_empty", part(0, 0).err() == Some(EINVAL));
    check!(
        "part_does_not_end_beyond",
        part(0, LENGTH + 1).err() == Some(EINVAL)
            && part(LENGTH - 8, 16).err() == Some(EINVAL)
            && part(LENGTH, 8).err() == Some(EINVAL)
    );
    check!(
        "part_does_not_wrap_around",
        part(u64::MAX - 7, 16).err() == Some(EOVERFLOW)
            && part(8, u64::MAX).err() == Some(EOVERFLOW)
    );
    check!(
        "part_is_no_smaller_than_its_type",
        Mapping::<_, 9>::part_of(&claim, 0, 8, Cache::Uncached).err() == Some(EINVAL)
            && Mapping::<_, 8>::part_of(&claim, 0, 8, Cache::Uncached).is_ok()
    );
    check!(
        "misaligned_sized_part_is_refused",
        Mapping::<_, 8>::part_of(&claim, 4, 8, Cache::Uncached).err() == Some(EINVAL)
            && Mapping::<_, 4>::part_of(&claim, 2, 4, Cache::Uncached).err() == Some(EINVAL)
            && Mapping::<_, 2>::part_of(&claim, 1, 2, Cache::Uncached).err() == Some(EINVAL)
    );
    check!(
        "small_part_needs_no_more_than_its_own_alignment",
        Mapping::<_, 4>::part_of(&claim, 4, 8, Cache::Uncached).is_ok()
            && Mapping::<_, 2>::part_of(&claim, 2, 8, Cache::Uncached).is_ok()
            && Mapping::<_, 1>::part_of(&claim, 1, 8, Cache::Uncached).is_ok()
    );
    let crooked = part(2, 8)?;
    check!(
        "part_of_unknown_size_begins_anywhere",
        crooked.try_read32(0) == Err(EINVAL) && crooked.try_read32(2).is_ok()
    );
    drop(crooked);
    drop(mapped);
    drop(claim);

    let odd = request_mem_region(start + 4, 8, c"iomem_test")?;
    check!(
        "misaligned_claim_is_refused",
        Mapping::<_, 8>::ioremap(&odd).err() == Some(EINVAL)
    );
    drop(odd);

    let part = Mapping::<_>::part_of(claim_again(start)?, 0x1000, 8, Cache::Uncached)?;
    check!(
        "part_keeps_the_whole_claim",
        request_mem_region(start, 8, c"iomem_test").is_err()
    );
    drop(part);
    let refused = Mapping::<_>::part_of(claim_again(start)?, LENGTH, 8, Cache::Uncached);
    check!(
        "refused_part_leaves_nothing",
        refused.is_err() && claim_again(start).is_ok()
    );
    Ok(())
}

/// The attribute that the page tables give a mapping, as the library reads it back.
fn modes(start: u64) -> Result {
    let claim = claim_again(start)?;
    let map = |cache| Mapping::<_>::with_cache(&claim, cache);
    let mode = |cache| map(cache).map(|mapping| mapping.cache());

    check!(
        "ioremap_is_uncached",
        Mapping::<_>::ioremap(&claim)?.cache() == Cache::Uncached
    );
    check!(
        "uncached_is_uncached",
        mode(Cache::Uncached) == Ok(Cache::Uncached)
    );
    check!(
        "write_combining_is_write_combining",
        mode(Cache::WriteCombining) == Ok(Cache::WriteCombining)
    );
    // Firmware has declared the addresses of PCI devices uncached, in the MTRRs of x86.
    check!(
        "cached_is_cached_where_allowed",
        mode(Cache::Cached)
            == Ok(if cfg!(CONFIG_X86_64) {
                Cache::Uncached
            } else {
                Cache::Cached
            })
    );

    let (has, lacks) = if cfg!(CONFIG_X86_64) {
        (Cache::StronglyUncached, Cache::NonPosted)
    } else {
        (Cache::NonPosted, Cache::StronglyUncached)
    };
    check!(
        "strictest_mode_is_what_it_says",
        has.is_supported() && mode(has) == Ok(has)
    );
    check!(
        "missing_mode_is_refused",
        !lacks.is_supported() && mode(lacks) == Err(eopnotsupp())
    );
    drop(claim);
    check!(
        "refused_mode_leaves_nothing",
        Mapping::<_>::with_cache(claim_again(start)?, lacks).is_err() && claim_again(start).is_ok()
    );

    let claim = claim_again(start)?;
    let part = |offset, cache| Mapping::<_>::part_of(&claim, offset, 8, cache);
    let first = part(0, Cache::Uncached)?;
    let second = part(0x1000, Cache::WriteCombining)?;
    check!(
        "pages_of_one_claim_have_modes_of_their_own",
        (first.cache(), second.cache()) == (Cache::Uncached, Cache::WriteCombining)
    );
    // One page, two modes: x86 never gives a second one, arm64 does.
    check!(
        "stricter_mode_of_the_page_is_told",
        part(8, Cache::WriteCombining)?.cache()
            == if cfg!(CONFIG_X86_64) {
                Cache::Uncached
            } else {
                Cache::WriteCombining
            }
    );
    check!(
        "weaker_mode_of_the_page_is_refused",
        part(0x1008, Cache::Uncached).map(|mapping| mapping.cache())
            == if cfg!(CONFIG_X86_64) {
                Err(EBUSY)
            } else {
                Ok(Cache::Uncached)
            }
    );
    drop(second);
    check!(
        "mode_of_the_page_ends_with_its_mapping",
        part(0x1008, Cache::Uncached)?.cache() == Cache::Uncached
    );
    Ok(())
}

/// Where range and alignment allow, the kernel maps 2 MiB at a time; then the attribute is in
/// another place.
fn large_pages(pixels: u64) -> Result {
    let claim = request_mem_region(pixels, 4 << 20, c"iomem_test")?;

    for cache in [Cache::Uncached, Cache::WriteCombining] {
        let mapping = &Mapping::<_>::with_cache(&claim, cache)?;
        check!("large_page_has_its_mode", mapping.cache() == cache);
        check!(
            "large_page_has_all_its_bytes",
            mapping.try_read32((4 << 20) - 4).is_ok()
        );
    }
    Ok(())
}

/// Stays mapped until the module is unloaded, for tests/guest/suite to find in x86's list of memory
/// types. Two pages each, which are not mapped as such otherwise.
struct Kept {
    _uncached: Mapping<Arc<MemRegion>>,
    _write_combining: Mapping<Arc<MemRegion>>,
}

fn keep(start: u64) -> Result<Kept> {
    let claim = Arc::new(claim_again(start)?, GFP_KERNEL)?;

    Ok(Kept {
        _uncached: Mapping::part_of(claim.clone(), 0x4_0000, 0x2000, Cache::Uncached)?,
        _write_combining: Mapping::part_of(claim, 0x5_0000, 0x2000, Cache::WriteCombining)?,
    })
}

struct Test {
    _kept: Result<Kept>,
}

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let pixels = param(module_parameters::pixels.value());

        check!("mapping_ran", mapping(start).is_ok());
        check!("owned_ran", owned(start).is_ok());
        check!("parts_ran", parts(start).is_ok());
        check!("modes_ran", modes(start).is_ok());
        check!("large_pages_ran", large_pages(pixels).is_ok());
        let kept = keep(start);
        check!("keep_ran", kept.is_ok());
        pr_info!("done\n");
        Ok(Self { _kept: kept })
    }
}
