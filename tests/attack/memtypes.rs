// SPDX-License-Identifier: GPL-2.0

//! Entries in x86's list of memory types that are forgotten, and that say something else than what was
//! asked for.
//!
//! What is left on the list is looked at from without (`memtypes_left` of tests/guest/suite): while the
//! module is loaded, that of the one claim which it holds, and nothing afterwards.

#![deny(unsafe_code)]

use core::mem::{
    forget,
    MaybeUninit, //
};

use iomem::{
    compat::param,
    mapping::{
        Cache,
        Mapping, //
    },
    resource::{
        request_mem_region,
        ClaimPages,
        MemRegion,
        Pages, //
    },
    vma::{
        WcReservation,
        EXCLUSIVE_CACHE_MODES, //
    }, //
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_memtypes",
    authors: ["The iomem authors"],
    description: "Forgets reservations of a cache mode, and makes some beside another mode",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of some pages that are not mapped: 16 of 16 KiB",
        },
    },
}

const PAGE: u64 = PAGE_SIZE as u64;

/// Whole pages, from page `page` on.
fn claim(start: u64, page: u64, pages: u64) -> Result<MemRegion> {
    Ok(request_mem_region(
        start + page * PAGE,
        pages * PAGE,
        c"attack",
    )?)
}

fn forgotten(start: u64) -> Result {
    let first = claim(start, 0, 1)?;
    forget(WcReservation::new(&first)?);
    forget(WcReservation::new(&first)?);
    drop(first);

    // Memory that is freed without a drop.
    let second = Arc::new(claim(start, 1, 1)?, GFP_KERNEL)?;
    drop(KBox::new(
        MaybeUninit::new(WcReservation::new(&second)?),
        GFP_KERNEL,
    )?);
    // One that is dropped does not take another one with it.
    drop(WcReservation::new(&second)?);
    drop(second);

    let part = Arc::new(
        request_mem_region(start + 2 * PAGE + 0x10, 0x20, c"attack")?,
        GFP_KERNEL,
    )?;
    let pages = Arc::new(Pages::around(&[&part], c"attack")?, GFP_KERNEL)?;
    forget(WcReservation::new(&*pages)?);
    let shown: ClaimPages = Pages::of(&pages, &part).ok_or(EINVAL)?;
    forget(WcReservation::new(&shown)?);
    let again = shown.clone();
    forget(WcReservation::new(&again)?);
    drop(shown);
    drop(pages);
    Ok(())
}

/// What is mapped uncached cannot be reserved as write-combining where the two exclude each other.
fn another_mode(start: u64) -> Result {
    let claim = claim(start, 4, 4)?;
    // Neither the first page of the claim nor the last one.
    let part = Mapping::<_>::part_of(&claim, PAGE + 0x10, 0x20, Cache::Uncached)?;
    let refused = WcReservation::new(&claim).err() == Some(EBUSY);
    check!(
        "beside_an_uncached_mapping_is_refused",
        refused == EXCLUSIVE_CACHE_MODES
    );
    drop(part);
    check!("after_it_is_granted", WcReservation::new(&claim).is_ok());
    let combined = Mapping::<_>::with_cache(&claim, Cache::WriteCombining)?;
    check!(
        "beside_one_of_its_mode_is_granted",
        WcReservation::new(&claim).is_ok()
    );
    drop(combined);
    Ok(())
}

/// Pages that are partly in the BAR and partly before it, where the kernel would warn.
fn across_a_border(start: u64) -> Result {
    let before = Arc::new(
        request_mem_region(start - PAGE, PAGE, c"attack-before")?,
        GFP_KERNEL,
    )?;
    let first = Arc::new(claim(start, 0, 1)?, GFP_KERNEL)?;
    let pages = Arc::new(Pages::covered_by(&[&before, &first])?, GFP_KERNEL)?;
    check!(
        "across_the_border_of_a_device_is_refused",
        WcReservation::new(pages).is_ok() != EXCLUSIVE_CACHE_MODES
    );
    let second = Arc::new(claim(start, 1, 1)?, GFP_KERNEL)?;
    let pages = Arc::new(Pages::covered_by(&[&first, &second])?, GFP_KERNEL)?;
    check!(
        "across_the_border_of_a_claim_is_granted",
        WcReservation::new(pages).is_ok()
    );
    Ok(())
}

struct Attack {
    _held: WcReservation<MemRegion>,
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let end = forgotten(start)
            .and_then(|()| another_mode(start))
            .and_then(|()| across_a_border(start));
        check!("attack_came_to_its_end", end == Ok(()));
        let held = WcReservation::new(claim(start, 8, 1)?)?;
        pr_info!("done\n");
        Ok(Self { _held: held })
    }
}
