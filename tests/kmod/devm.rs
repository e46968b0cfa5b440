// SPDX-License-Identifier: GPL-2.0

//! What ends when a device is unbound, tried in the kernel.
//!
//! Loading it with `start=` at BAR 0 of QEMU's `edu` runs the checks once: it makes platform
//! devices there, and is their driver. What the driver claims and maps is kept beyond the unbinding,
//! where it must be out of reach and the ranges free.

use iomem::{
    compat::param,
    devres::Managed,
    mapping::{
        devm_ioremap,
        devm_ioremap_resource_wc,
        devm_platform_ioremap_resource,
        devm_platform_ioremap_resource_byname,
        Cache,
        DevmMapping, //
    },
    platform::Device,
    range::Range,
    resource::{
        devm_request_mem_region,
        devm_request_region,
        region_intersects,
        request_mem_region,
        request_region,
        Kind,
        MemRegion,
        PortRegion, //
    },
};
use kernel::{
    device::Core,
    driver,
    io::Io,
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
        Arc,
        Completion, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue,
    ModuleMetadata, //
};

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_devm",
    authors: ["The iomem authors"],
    description: "Tries what the iomem library binds to a device",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
    },
}

/// Where things are in edu's BAR 0: the device's resource, a claim of the driver's, and one that it
/// maps.
const RESOURCE: Range = match Range::new(0, 0x1000) {
    Ok(range) => range,
    Err(_) => panic!(),
};
const CLAIMED: u64 = 0x1000;
const MAPPED: u64 = 0x2000;
/// Ports that no machine here has a device at.
const PORTS: u64 = 0x2f0;

/// The next probe fails, at its very end.
static FAILS: Atomic<bool> = Atomic::new(false);

/// The next probe maps the resource write-combining.
static COMBINES: Atomic<bool> = Atomic::new(false);

/// What a driver got, and the module kept.
#[derive(Clone)]
struct Kept {
    claim: Arc<Managed<MemRegion>>,
    ports: Arc<Managed<PortRegion>>,
    mapped: Arc<DevmMapping>,
    registers: Arc<DevmMapping<0x100>>,
}

// What the last probe got, or why it got nothing. The lock protects that and nothing else; nothing
// is locked inside.
kernel::sync::global_lock! {
    // SAFETY: The module's initialisation does so before anything else.
    unsafe(uninit) static KEPT: Mutex<Result<Kept>> = Err(ENODEV);
}

struct Driver;

impl Driver {
    fn take(pdev: &platform::Device<Core<'_>>) -> Result<Kept> {
        let start = param(module_parameters::start.value());
        let dev = pdev.as_ref();
        let resource = pdev.resource_by_index(0).ok_or(ENODEV)?;

        let part = MemRegion::request_part(resource, 0x800, 0x10, c"iomem_test")?;
        check!(
            "part_of_a_device_is_claimed",
            part.range() == Range::new(start + 0x800, 0x10)?
        );
        drop(part);
        let beyond = MemRegion::request_part(resource, 0xff8, 0x10, c"iomem_test");
        check!(
            "part_beyond_a_device_is_refused",
            beyond.err().map(Error::from) == Some(EINVAL)
        );
        // The kernel names a resource that has no name after its device.
        let name = CString::try_from_fmt(fmt!("{}", dev.name()))?;
        drop(devm_platform_ioremap_resource_byname::<0x100>(pdev, &name)?);
        check!(
            "dropping_ends_it_while_bound",
            !is_held(start, RESOURCE.length())
        );

        check!(
            "missing_index_is_refused",
            devm_platform_ioremap_resource::<0x100>(pdev, 1).err() == Some(EINVAL)
        );
        check!(
            "missing_name_is_refused",
            devm_platform_ioremap_resource_byname::<0x100>(pdev, c"none").err() == Some(EINVAL)
        );
        check!(
            "resource_is_no_smaller_than_the_type",
            devm_platform_ioremap_resource::<0x1001>(pdev, 0).err() == Some(EINVAL)
        );

        let registers = if COMBINES.load(Relaxed) {
            devm_ioremap_resource_wc(dev, resource)?
        } else {
            devm_platform_ioremap_resource(pdev, 0)?
        };
        let kept = Kept {
            claim: Arc::new(
                devm_request_mem_region(dev, start + CLAIMED, 0x1000, c"iomem_test")?,
                GFP_KERNEL,
            )?,
            ports: Arc::new(
                devm_request_region(dev, PORTS, 4, c"iomem_test")?,
                GFP_KERNEL,
            )?,
            mapped: Arc::new(
                devm_ioremap(
                    dev,
                    request_mem_region(start + MAPPED, 0x1000, c"iomem_test")?,
                    Cache::Uncached,
                )?,
                GFP_KERNEL,
            )?,
            registers: Arc::new(registers, GFP_KERNEL)?,
        };

        let name = CString::try_from_fmt(fmt!("{0} {0}", dev.name()))?;
        kept.registers
            .access_with(|registers| {
                check!("bound_device_is_read", registers.read32(0) == 0x0100_00ed);
                check!(
                    "claim_is_named_after_device_and_resource",
                    registers.region().name() == Some(&*name)
                );
                check!(
                    "resource_is_mapped_as_asked_for",
                    registers.cache()
                        == if COMBINES.load(Relaxed) {
                            Cache::WriteCombining
                        } else {
                            Cache::Uncached
                        }
                );
            })
            .ok_or(ENXIO)?;
        let claimed = Range::new(start + CLAIMED, 0x1000)?;
        let ports = Range::new(PORTS, 4)?;
        check!(
            "claim_is_accessible_while_bound",
            kept.claim.access_with(|claim| claim.range()) == Some(claimed)
                && kept.ports.access_with(|claim| claim.range()) == Some(ports)
        );
        Ok(kept)
    }
}

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        if let Ok(former) = &*KEPT.lock() {
            check!("what_the_former_binding_had_is_gone", former.is_refused());
        }
        let kept = Self::take(pdev);
        *KEPT.lock() = kept.clone();
        match kept {
            Err(e) => Err(e),
            Ok(_) if FAILS.load(Relaxed) => Err(EIO),
            Ok(_) => Ok(Self),
        }
    }
}

/// Whether any byte of the memory is held.
fn is_held(start: u64, length: u64) -> bool {
    Range::new(start, length).is_ok_and(|range| region_intersects(range, Kind::BUSY).is_any())
}

/// How many of the four ranges of a driver cannot be claimed.
fn held(start: u64) -> usize {
    let memory = [0, CLAIMED, MAPPED];
    let is_port_held = request_region(PORTS, 4, c"iomem_test").is_err();

    memory
        .into_iter()
        .filter(|offset| request_mem_region(start + offset, 0x1000, c"iomem_test").is_err())
        .count()
        + usize::from(is_port_held)
}

impl Kept {
    /// Whether nothing can be had of it, though the device is bound: it was not, in between.
    fn is_refused(&self) -> bool {
        self.claim.access_with(|_| ()).is_none()
            && self.ports.access_with(|_| ()).is_none()
            && self.mapped.access_with(|_| ()).is_none()
            && self.registers.access_with(|_| ()).is_none()
    }

    /// Whether everything can be reached, or nothing.
    fn is_reachable(&self) -> Option<bool> {
        let reachable = [
            self.claim.try_access().is_some(),
            self.ports.try_access().is_some(),
            self.mapped.try_access().is_some(),
            self.registers.try_access().is_some(),
        ];
        match reachable {
            [true, true, true, true] => Some(true),
            [false, false, false, false] => Some(false),
            _ => None,
        }
    }
}

fn unbinding(start: u64, range: Range) -> Result {
    let device = Device::register(c"iomem_test_devm", range)?;
    check!("device_is_bound", device.is_bound());
    check!("bound_device_holds_its_ranges", held(start) == 4);
    let kept = KEPT.lock().clone()?;
    check!(
        "bound_device_is_reached_by_others",
        kept.is_reachable() == Some(true)
            && kept
                .registers
                .try_access_with(|registers| registers.read32(0))
                == Some(0x0100_00ed)
    );

    drop(device);
    check!("unbound_device_holds_nothing", held(start) == 0);
    check!(
        "unbound_device_is_out_of_reach",
        kept.is_reachable() == Some(false)
    );
    // To be dropped after the device, which must do no harm.
    *KEPT.lock() = Err(ENODEV);
    drop(kept);
    check!("late_drop_is_harmless", held(start) == 0);
    Ok(())
}

/// The unbinding waits for a call that is at work on the registers.
fn unbinding_in_use(start: u64, range: Range) -> Result {
    let device = Device::register(c"iomem_test_devm", range)?;
    let kept = core::mem::replace(&mut *KEPT.lock(), Err(ENODEV))?;
    let unbound = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let mut tried = Ok(());
    let used = kept.registers.access_with(|registers| {
        let unbound = unbound.clone();
        tried = workqueue::system().try_spawn(GFP_KERNEL, move || {
            drop(device);
            unbound.complete_all();
        });
        fsleep(Delta::from_millis(300));
        // Not read if it is gone, which would be a fault.
        is_held(start, 0x100) && registers.read32(0) == 0x0100_00ed
    });
    tried.map_err(|_| ENOMEM)?;
    check!("unbinding_waits_for_an_access", used == Some(true));
    unbound.wait_for_completion();
    check!(
        "unbinding_then_goes_on",
        kept.is_refused() && held(start) == 0
    );
    Ok(())
}

type Registered = driver::Registration<Adapter<Driver>>;

fn register(module: &'static ThisModule) -> Result<Pin<KBox<Registered>>> {
    KBox::pin_init(
        Registered::new(<Test as ModuleMetadata>::NAME, module),
        GFP_KERNEL,
    )
}

/// The same device is bound twice, and what the first binding had was kept.
fn rebinding(range: Range, driver: Pin<KBox<Registered>>, module: &'static ThisModule) -> Result {
    let device = Device::register(c"iomem_test_devm", range)?;
    check!("device_is_bound_once", device.is_bound());
    drop(driver);
    check!("device_is_unbound", !device.is_bound());
    let driver = register(module)?;
    check!("device_is_bound_again", device.is_bound());
    let kept = core::mem::replace(&mut *KEPT.lock(), Err(ENODEV))?;
    check!(
        "what_the_new_binding_has_is_there",
        kept.is_reachable() == Some(true)
    );
    drop(device);
    drop(driver);
    Ok(())
}

fn failed_probe(start: u64, range: Range) -> Result {
    FAILS.store(true, Relaxed);
    let device = Device::register(c"iomem_test_devm", range)?;
    FAILS.store(false, Relaxed);
    let kept = core::mem::replace(&mut *KEPT.lock(), Err(ENODEV))?;
    check!("failed_probe_is_not_bound", !device.is_bound());
    check!(
        "failed_probe_holds_nothing",
        held(start) == 0 && kept.is_reachable() == Some(false)
    );
    Ok(())
}

fn busy(start: u64, range: Range) -> Result {
    let other = request_mem_region(start + 0xff0, 0x10, c"iomem_test")?;
    let device = Device::register(c"iomem_test_devm", range)?;
    check!(
        "busy_resource_is_refused",
        !device.is_bound() && KEPT.lock().as_ref().err() == Some(&EBUSY)
    );
    drop(other);
    check!("refused_probe_holds_nothing", held(start) == 0);
    Ok(())
}

fn write_combining(start: u64, range: Range) -> Result {
    COMBINES.store(true, Relaxed);
    let device = Device::register(c"iomem_test_devm", range)?;
    check!("write_combining_is_bound", device.is_bound());
    *KEPT.lock() = Err(ENODEV);
    drop(device);
    check!("write_combining_holds_nothing", held(start) == 0);
    Ok(())
}

struct Test;

impl kernel::Module for Test {
    fn init(module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It is called once, before anything uses it. The library cannot carry this: the lock
        // belongs to a static, which is this module's.
        unsafe { KEPT.init() };

        let start = param(module_parameters::start.value());
        let range = Range::new(start, RESOURCE.length())?;
        let driver = register(module)?;

        check!("unbinding_ran", unbinding(start, range).is_ok());
        check!(
            "unbinding_in_use_ran",
            unbinding_in_use(start, range).is_ok()
        );
        check!("failed_probe_ran", failed_probe(start, range).is_ok());
        check!("busy_ran", busy(start, range).is_ok());
        check!("write_combining_ran", write_combining(start, range).is_ok());
        check!("rebinding_ran", rebinding(range, driver, module).is_ok());
        pr_info!("done\n");
        Ok(Self)
    }
}
