// SPDX-License-Identifier: GPL-2.0

//! What firmware keeps for itself, mapped cached: memory that others use in another mode.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    mapping::{
        Cache,
        Mapping, //
    },
    resource::request_mem_region, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_reserved",
    authors: ["The iomem authors"],
    description: "Maps what firmware has reserved as if it were RAM",
    license: "GPL",
    params: {
        reserved: u64 {
            default: 0,
            description: "physical address of what firmware keeps of RAM",
        },
        edu: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
        beside: u64 {
            default: 0,
            description: "physical address behind the end of memory, in the same page",
        },
    },
}

fn run(reserved: u64, edu: u64) -> Result {
    let claim = Arc::new(request_mem_region(reserved, 0x1000, c"attack")?, GFP_KERNEL)?;
    check!("reserved_is_told", claim.is_firmware_reserved());
    check!(
        "reserved_is_not_cached",
        Mapping::<_>::with_cache(claim.clone(), Cache::Cached).err() == Some(EPERM)
            && Mapping::<_>::part_of(claim.clone(), 0x10, 0x20, Cache::Cached).err() == Some(EPERM)
    );
    let other = request_mem_region(edu, 0x1000, c"attack")?;
    check!("device_is_not_reserved", !other.is_firmware_reserved());
    check!(
        "device_is_mapped_in_each_mode",
        Mapping::<_>::with_cache(&other, Cache::Uncached).is_ok()
            && Mapping::<_>::with_cache(&other, Cache::Cached).is_ok()
    );
    Ok(())
}

/// Registers that share a page with memory: what is mapped is the page.
fn run_beside(beside: u64) -> Result {
    let claim = request_mem_region(beside, 0x100, c"attack")?;
    check!("beside_is_not_reserved", !claim.is_firmware_reserved());
    check!(
        "beside_is_not_cached",
        Mapping::<_>::with_cache(&claim, Cache::Cached).err() == Some(EPERM)
            && Mapping::<_>::part_of(&claim, 0x10, 0x20, Cache::Cached).err() == Some(EPERM)
    );
    check!(
        "beside_is_mapped_uncached",
        Mapping::<_>::ioremap(&claim).is_ok()
    );
    Ok(())
}

struct Attack;

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = match param(module_parameters::beside.value()) {
            0 => run(
                param(module_parameters::reserved.value()),
                param(module_parameters::edu.value()),
            ),
            beside => run_beside(beside),
        };
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
