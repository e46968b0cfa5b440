// SPDX-License-Identifier: GPL-2.0

//! A claim whose window goes before it is tied: tests/hosts.c unbinds the host bridge meanwhile. Loading
//! fails with what claiming or tying fails with. The device that it is tied to has a node whose name begins as that of a
//! host bridge does.

#![deny(unsafe_code)]

use iomem::{
    chardev::{
        CharDevice,
        CharFile,
        Options,
        Registration, //
    },
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
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Attack,
    name: "iomem_attack_late_tie",
    authors: ["The iomem authors"],
    description: "Ties a claim long after it was made",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of the claim, in bytes",
        },
        seconds: u64 {
            default: 3,
            description: "how long after the claim it is tied",
        },
    },
}

/// What the claim or the tie failed with: an errno, or 0; 1 until it is known.
static FAILED: Atomic<i32> = Atomic::new(1);

struct Node;

#[vtable]
impl CharDevice for Node {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }
}

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let start = param(module_parameters::start.value());
            let seconds = param(module_parameters::seconds.value());
            let claim = request_mem_region(start, 0x1000, c"attack-late")
                .map_err(Error::from)
                .inspect_err(|e| FAILED.store(e.to_errno(), Relaxed))?;
            let name = CString::try_from_fmt(fmt!("pci-card0"))?;
            let options = Options::new(name).parent(pdev.as_ref());
            let node = Registration::register(options, Arc::new(Node, GFP_KERNEL)?);
            let _node = KBox::pin_init(node, GFP_KERNEL)?;
            fsleep(Delta::from_secs(seconds as i64));
            let failed = match claim.unbind_on_removal(pdev.as_ref()) {
                Ok(()) => 0,
                Err(e) => e.to_errno(),
            };
            FAILED.store(failed, Relaxed);
            Ok(Ok(Self))
        })
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
                    let device = Info::new(<Self as ModuleMetadata>::NAME, &resources)
                        .id(Id::None)
                        .register()?;
                    match FAILED.load(Relaxed) {
                        0 => device,
                        1 => return Err(ENXIO),
                        errno => return Err(Error::from_errno(errno)),
                    }
                },
            }))
        })
    }
}
