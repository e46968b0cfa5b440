// SPDX-License-Identifier: GPL-2.0

//! Names of resources and properties that are gone when they are asked for: the device has copies.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    platform::{
        Device,
        Id,
        Info,
        Ports as _,
        Property,
        Resource, //
    },
    range::Range, //
};
use kernel::{
    device::Core,
    driver,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    str::CString,
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
    name: "iomem_attack_names",
    authors: ["The iomem authors"],
    description: "Gives a platform device names that do not stay",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

/// What the driver found by name.
static FOUND: Atomic<u32> = Atomic::new(0);

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        let found = [
            pdev.resource_by_name(c"registers-of-memory").is_some(),
            pdev.resource_by_name(c"").is_some(),
            pdev.resource_by_index(0)
                .and_then(|resource| resource.name())
                .is_some_and(|name| name == c"registers-of-memory"),
            pdev.port_by_name(c"registers-of-ports").is_some(),
            pdev.port_by_index(0)
                .and_then(|ports| ports.name())
                .is_some_and(|name| name == c"registers-of-ports"),
            iomem::platform::strings(pdev.as_ref(), c"reg-names")
                .is_ok_and(|names| names.first().is_some_and(|name| **name == *c"short-lived")),
        ];
        for (n, found) in found.into_iter().enumerate() {
            FOUND.add(u32::from(found) << n, Relaxed);
        }
        Ok(Self)
    }
}

/// Makes the device of names that are gone when this returns, and writes over where they were.
fn device(start: u64) -> Result<Device> {
    let mut names: KVec<CString> = KVec::new();
    for text in [
        "registers-of-memory",
        "",
        "registers-of-ports",
        "short-lived",
    ] {
        names.push(CString::try_from_fmt(fmt!("{text}"))?, GFP_KERNEL)?;
    }
    let [memory, empty, ports, string] = &names[..] else {
        return Err(EINVAL);
    };
    let device = Info::new(
        <Attack as ModuleMetadata>::NAME,
        &[
            Resource::mem(Range::new(start, 0x100)?).named(memory),
            Resource::mem(Range::new(start + 0x1000, 0x100)?).named(empty),
            Resource::port(Range::new(0x2f0, 4)?).named(ports),
        ],
    )
    .id(Id::None)
    .properties(&[Property::strings(c"reg-names", &[string])])
    .register()?;
    drop(names);

    let mut spray: KVec<CString> = KVec::new();
    for _ in 0..2000 {
        for text in [
            "xxxxxxxxx-xx-xxxxxx",
            "",
            "xxxxxxxxx-xx-xxxxx",
            "xxxxx-xxxxx",
        ] {
            spray.push(CString::try_from_fmt(fmt!("{text}"))?, GFP_KERNEL)?;
        }
    }
    Ok(device)
}

#[pin_data]
struct Attack {
    // Dropped before the driver is.
    _device: Option<Device>,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let device = device(param(module_parameters::start.value()));
            check!("names_need_not_stay", device.is_ok());
            Ok(try_pin_init!(Self {
                _device: device.ok(),
                // Probes it.
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _: {
                    check!("all_names_are_found", FOUND.load(Relaxed) == 0b11_1111);
                    pr_info!("done\n");
                },
            }))
        })
    }
}
