// SPDX-License-Identifier: GPL-2.0

//! A claim that is made and tied while its device is being unbound. The log has what the tie fails with:
//! tests/hosts.c has a host bridge whose window the claim is in, beside this device or below it.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    platform::{
        Id,
        Info,
        Resource, //
    },
    range::Range,
    resource::request_mem_region, //
};
use kernel::{
    device::Core,
    driver,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Attack,
    name: "iomem_attack_unbind_tie",
    authors: ["The iomem authors"],
    description: "Ties a claim while its device is being unbound",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of the claim, in bytes",
        },
        seconds: u64 {
            default: 0,
            description: "how long the unbinding takes after that",
        },
    },
}

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        Ok::<_, Error>(Self)
    }

    fn unbind<'bound>(pdev: &'bound platform::Device<Core<'_>>, _this: Pin<&Self>) {
        let start = param(module_parameters::start.value());
        let claim = request_mem_region(start, 0x1000, c"attack-unbind");
        match claim {
            Ok(claim) => pr_info!("tied: {:?}\n", claim.unbind_on_removal(pdev.as_ref())),
            Err(refused) => pr_err!("{refused}\n"),
        }
        let seconds = param(module_parameters::seconds.value());
        fsleep(Delta::from_secs(seconds as i64));
    }
}

#[pin_data]
struct Attack {
    _device: iomem::platform::Device,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            Ok(try_pin_init!(Self {
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _device: {
                    // A device has to have a resource, whatever it is.
                    let ports = Range::new(0x2f0, 4)?;
                    let resources = [Resource::port(ports)];
                    Info::new(<Self as ModuleMetadata>::NAME, &resources)
                        .id(Id::None)
                        .register()?
                },
            }))
        })
    }
}
