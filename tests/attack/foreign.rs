// SPDX-License-Identifier: GPL-2.0

//! What this module hands to a device that is bound to another one's driver, and forgets. The device stays
//! bound when this module is unloaded: nothing of this module may be called any more then.

#![deny(unsafe_code)]

use core::mem::forget;

use iomem::{
    compat::param,
    irq::Lines,
    mapping::{
        devm_ioremap,
        devm_ioremap_resource,
        Cache, //
    },
    platform::{
        Info,
        Resource, //
    },
    range::Range,
    resource::{
        devm_request_mem_region,
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    device::Core,
    platform,
    prelude::*,
    str::CString,
    sync::Arc, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_foreign",
    authors: ["The iomem authors"],
    description: "Leaves things of its own with another module's device",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
        irq: u64 {
            default: 0,
            description: "Linux's number of edu's interrupt",
        },
    },
}

/// Called by the other module's driver.
fn probe(pdev: &platform::Device<Core<'_>>) -> Result {
    let edu = param(module_parameters::edu.value());
    let dev = pdev.as_ref();

    let line = pdev.line_by_index(0)?.ok_or(ENXIO)?;
    forget(line.request(CString::try_from_fmt(fmt!("attack-foreign"))?)?);
    forget(devm_request_mem_region(
        dev,
        edu + 0x1000,
        0x100,
        c"attack-foreign-claim",
    )?);
    let claim = request_mem_region(edu + 0x2000, 0x100, c"attack-foreign-mapping")?;
    forget(devm_ioremap::<_, 0x100>(dev, claim, Cache::Uncached)?);
    // In an `Arc`, so that what is dropped is this module's type.
    let claim = request_mem_region(edu + 0x3000, 0x100, c"attack-foreign-shared")?;
    let claim = Arc::new(claim, GFP_KERNEL)?;
    forget(devm_ioremap::<_, 0x40>(dev, claim, Cache::Uncached)?);
    // Given to a third party, here the other driver's module.
    let claim = request_mem_region(edu, 0x100, c"attack-foreign-given")?;
    let given = devm_ioremap(dev, claim, Cache::Uncached)?;
    check!(
        "mapping_is_kept_by_another_module",
        iomem_attack_host::keep(given)
    );
    check!(
        "mapping_is_read_by_another_module",
        iomem_attack_host::look() == Some(0x0100_00ed)
    );
    // In use, and in this module's copy of generic code.
    let refused = MemRegion::request(Range::new(edu, 0x10)?, c"attack-foreign-refused").err();
    check!(
        "refusal_is_kept_by_another_module",
        refused.is_some_and(iomem_attack_host::keep_refused)
    );
    let resource = pdev.resource_by_index(0).ok_or(ENXIO)?;
    forget(devm_ioremap_resource::<0x20>(dev, resource)?);
    Ok(())
}

fn run() -> Result {
    let edu = param(module_parameters::edu.value());
    let irq = u32::try_from(param(module_parameters::irq.value())).map_err(|_| EINVAL)?;

    check!(
        "another_driver_asks_this_module",
        iomem_attack_host::probe_with(probe)
    );
    // Where no other test has registers: that of a device which stays is another's there.
    let device = Info::new(
        iomem_attack_host::NAME,
        &[
            Resource::mem(Range::new(edu + 0x9_0000, 0x100)?),
            Resource::irq(irq), //
        ],
    )
    .register()?;
    check!("device_is_bound_to_another_driver", device.is_bound());
    // It stays, bound to the other module's driver.
    forget(device);
    Ok(())
}

struct Attack;

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = run();
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
