// SPDX-License-Identifier: GPL-2.0

//! One claim that two devices share, tied to both of them: tests/pci_within.c removes the PCI device
//! that the claim is on. The first device ties itself twice.

use iomem::{
    compat::param,
    platform::{
        Device,
        Id,
        Info,
        Resource, //
    },
    range::Range,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    device::Core,
    driver,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    sync::Arc,
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Test,
    name: "iomem_test_tied",
    authors: ["The iomem authors"],
    description: "Shares a claim on a device's registers among two devices",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

// What the devices are to share, until both have it. The lock protects that and nothing else; the
// lock of the claims is taken inside.
kernel::sync::global_lock! {
    // SAFETY: The module's initialisation does so before anything else.
    unsafe(uninit) static SHARED: Mutex<Option<Arc<MemRegion>>> = None;
}

struct Driver {
    _claim: Arc<MemRegion>,
}

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let shared = SHARED.lock();
            let claim = shared.as_ref().ok_or(ENODEV)?;
            claim.unbind_on_removal(pdev.as_ref())?;
            claim.unbind_on_removal(pdev.as_ref())?;
            Ok(Ok(Self {
                _claim: claim.clone(),
            }))
        })
    }
}

#[pin_data]
struct Test {
    _devices: [Device; 2],
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

fn register(number: u32) -> Result<Device> {
    // A device has to have a resource, whatever it is.
    let ports = Range::new(0x2f0 + 4 * u64::from(number), 4)?;
    Info::new(<Test as ModuleMetadata>::NAME, &[Resource::port(ports)])
        .id(Id::Number(number))
        .register()
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            // SAFETY: It is called once, before anything uses it. The library cannot carry this: the lock
            // belongs to a static, which is this module's.
            unsafe { SHARED.init() };
            let start = param(module_parameters::start.value());
            let claim = request_mem_region(start, 0x1000, c"tied")?;
            *SHARED.lock() = Some(Arc::new(claim, GFP_KERNEL)?);
            Ok(try_pin_init!(Self {
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _devices: {
                    let devices = [register(0)?, register(1)?];
                    *SHARED.lock() = None;
                    devices
                },
            }))
        })
    }
}
