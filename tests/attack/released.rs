// SPDX-License-Identifier: GPL-2.0

//! Claims of this library that are released by the kernel crate's numbers: its `Region` can outlive the
//! resource that it is in, and then releases whatever is in the same place. tests/pci_within.c makes and
//! removes the platform device that the resource is of, and looks what is left.

#![deny(unsafe_code)]

use core::pin::Pin;

use iomem::{
    platform::{
        AdapterWithFiles,
        File,
        Files, //
    },
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    device::Core,
    driver,
    io::{
        resource::{
            Flags,
            Region, //
        },
        Resource, //
    },
    new_mutex,
    platform,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        SetOnce, //
    },
    InPlaceModule, //
};

module! {
    type: Attack,
    name: "iomem_attack_released",
    authors: ["The iomem authors"],
    description: "Releases claims by the kernel crate's numbers",
    license: "GPL",
}

/// The length of each region, in bytes.
const LENGTH: u64 = 0x1000;

/// What there is, in the order of addresses.
struct Held {
    regions: KVec<(u64, Region)>,
    claims: KVec<MemRegion>,
}

static HELD: SetOnce<Arc<Mutex<Held>>> = SetOnce::new();

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    /// Has regions that are not those of the device, as they stay when it goes.
    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let resource: &Resource = pdev.resource_by_index(0).ok_or(ENODEV)?;
            let mut held = HELD.as_ref().ok_or(ENODEV)?.lock();
            for number in 0..resource.size() / LENGTH {
                let start = resource.start() + number * LENGTH;
                let name = c"attack-region".to_cstring()?;
                let region = resource
                    .request_region(start, LENGTH, name, Flags::IORESOURCE_MEM)
                    .ok_or(EBUSY)?;
                held.regions.push((start, region), GFP_KERNEL)?;
            }
            Ok(Ok(Self))
        })
    }
}

/// The driver's file.
struct Release;

impl Files for Release {
    const FILES: &'static [File<Self>] = &[File::new(c"release", Self::release)];

    fn new() -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}

impl Release {
    /// Has each region release a claim, whose range is claimed again before it is dropped. The kernel gives
    /// memory that was freed last first: so the second claim is where the first one was.
    fn release(self: Pin<&Self>, _text: &[u8]) -> Result {
        let mut held = HELD.as_ref().ok_or(ENODEV)?.lock();
        while let Some((start, region)) = held.regions.pop() {
            let first = request_mem_region(start, LENGTH, c"attack-first")?;
            drop(region);
            let second = request_mem_region(start, LENGTH, c"attack-second")?;
            drop(first);
            held.claims.push(second, GFP_KERNEL)?;
        }
        Ok(())
    }
}

/// Drops what there is, which a static does not do by itself.
struct Rest;

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(held) = HELD.as_ref() {
            let mut held = held.lock();
            held.regions = KVec::new();
            held.claims = KVec::new();
        }
    }
}

#[pin_data]
struct Attack {
    // Dropped in this order.
    #[pin]
    _driver: driver::Registration<AdapterWithFiles<Driver, Release>>,
    _rest: Rest,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let held = Held {
                regions: KVec::new(),
                claims: KVec::new(),
            };
            HELD.populate(Arc::pin_init(new_mutex!(held), GFP_KERNEL)?);
            Ok(try_pin_init!(Self {
                _driver <- driver::Registration::new(c"iomem_test_within", module),
                _rest: Rest,
            }))
        })
    }
}
