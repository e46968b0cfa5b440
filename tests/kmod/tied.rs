// SPDX-License-Identifier: GPL-2.0

//! One claim that two devices share, tied to both of them: tests/pci_within.c removes the PCI device
//! that the claim is on. The first device ties itself twice.
//!
//! With `others=`, as many more devices are tied before that, each of which is gone when the next one comes.
//! With `device=`, the claim is tied to a device of tests/kmod/unfit.c first, and loading fails with what
//! that fails with.

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
    device::{
        self,
        Bound,
        Core, //
    },
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
            description: "physical address of the claim, in bytes: BAR 0 of QEMU's edu",
        },
        others: u64 {
            default: 0,
            description: "how many devices are tied and removed before",
        },
        device: u64 {
            default: 0,
            description: "where the structure of a device is that the claim is tied to first",
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
    let ports = Range::new(0x2f0 + 4 * u64::from(number % 2), 4)?;
    Info::new(<Test as ModuleMetadata>::NAME, &[Resource::port(ports)])
        .id(Id::Number(number))
        .register()
}

/// Ties the claim to a device that no driver of this module is for.
fn tie(claim: &MemRegion, address: u64) -> Result {
    if address == 0 {
        return Ok(());
    }
    // SAFETY: The module that this is said by, tests/kmod/unfit.c, is loaded and has a reference to the
    // device. Not all of them have a driver, but none is bound or unbound meanwhile, and what is tied asks
    // for the driver by itself. The library cannot carry this: there is no other way to such devices.
    let dev: &device::Device<Bound> = unsafe { device::Device::from_raw(address as *mut _) };
    claim.unbind_on_removal(dev)
}

/// Makes devices that are tied to the claim, one after another. Each is removed before the next one comes.
fn others(count: u64) -> Result {
    for number in 0..u32::try_from(count)? {
        if !register(2 + number)?.is_bound() {
            return Err(ENXIO);
        }
    }
    Ok(())
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            // SAFETY: It is called once, before anything uses it. The library cannot carry this: the lock
            // belongs to a static, which is this module's.
            unsafe { SHARED.init() };
            let start = param(module_parameters::start.value());
            let claim = request_mem_region(start, 0x1000, c"tied")?;
            tie(&claim, param(module_parameters::device.value()))?;
            *SHARED.lock() = Some(Arc::new(claim, GFP_KERNEL)?);
            Ok(try_pin_init!(Self {
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _devices: {
                    others(param(module_parameters::others.value()))?;
                    let devices = [register(0)?, register(1)?];
                    *SHARED.lock() = None;
                    devices
                },
            }))
        })
    }
}
