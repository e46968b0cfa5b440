// SPDX-License-Identifier: GPL-2.0

//! The kernel crate's own claims, on a platform device that this module made: they are entered below
//! the device's resource, and released by number in the tree that all share. So there must be none:
//! one would release what another has.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    platform::{
        Device,
        Info,
        Resource, //
    },
    range::Range,
    resource::request_mem_region, //
};
use kernel::{
    device::Core,
    driver,
    io::resource::Flags,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_exclusive",
    authors: ["The iomem authors"],
    description: "Claims a platform device's range in the kernel crate's way",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

/// How many attempts were made, and how many succeeded.
static TRIED: Atomic<u32> = Atomic::new(0);
static HAD: Atomic<u32> = Atomic::new(0);

struct Driver;

fn note(had: bool) {
    TRIED.add(1, Relaxed);
    if had {
        HAD.add(1, Relaxed);
    }
}

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let request = || pdev.io_request_by_index(0).ok_or(ENODEV);
            note(request()?.iomap_exclusive().is_ok());
            note(request()?.iomap_exclusive_sized::<0x100>().is_ok());

            let resource = pdev.resource_by_index(0).ok_or(ENODEV)?;
            let start = resource.start();
            for (offset, size) in [
                (0, 0x1000),
                (0, 1),
                (0x800, 0x10),
                (0, 0x2000),
                (0x1000, 0x10),
            ] {
                for flags in [
                    Flags::IORESOURCE_MEM,
                    Flags::IORESOURCE_MEM | Flags::IORESOURCE_MUXED,
                    Flags::IORESOURCE_IO,
                ] {
                    let name = c"attack".to_cstring()?;
                    note(
                        resource
                            .request_region(start + offset, size, name, flags)
                            .is_some(),
                    );
                }
            }
            Ok(Ok(Self))
        })
    }
}

fn run(start: u64) -> Result {
    let range = Range::new(start, 0x1000)?;
    // What another has.
    let other = request_mem_region(start, 0x1000, c"other")?;

    let device = Info::new(
        <Attack as ModuleMetadata>::NAME,
        &[
            Resource::mem(range),
            Resource::mem(Range::new(start + 0x4000, 0x10)?),
        ],
    )
    .register()?;
    check!("device_is_bound", device.is_bound());
    check!("all_was_tried", TRIED.load(Relaxed) == 17);
    check!("nothing_could_be_claimed", HAD.load(Relaxed) == 0);
    check!(
        "claim_of_another_stays",
        request_mem_region(start, 0x1000, c"third").is_err()
    );
    drop::<Device>(device);
    check!(
        "claim_of_another_stays_after_the_device",
        request_mem_region(start, 0x1000, c"third").is_err()
    );
    drop(other);
    check!(
        "range_is_free_at_the_end",
        request_mem_region(start, 0x1000, c"third").is_ok()
    );
    Ok(())
}

#[pin_data]
struct Attack {
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            Ok(try_pin_init!(Self {
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _: {
                    let end = run(param(module_parameters::start.value()));
                    check!("attack_came_to_its_end", end == Ok(()));
                    pr_info!("done\n");
                },
            }))
        })
    }
}
