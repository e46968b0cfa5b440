// SPDX-License-Identifier: GPL-2.0

//! I/O memory: claim, map, read and write, unmap, release; by hand, and left to a device.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_mem_region()` | [`request_mem_region`] |
//! | `ioremap()` | [`Mapping::ioremap`] |
//! | `readl()`, `writel()`, `readl_relaxed()` | `read32`, `write32` of it and of its `relaxed()` |
//! | `iounmap()`, `release_mem_region()` | dropping the [`Mapping`], which owns the claim |
//! | `devm_platform_ioremap_resource()` | [`devm_platform_ioremap_resource`]: ends with the device |
//!
//! The device is QEMU's `edu`. With `devm=1` the module makes a platform device of it, and a driver
//! for that. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:02.0/enable
//! modprobe sample_memory start=0xfea00000
//! dmesg | tail -n 1
//! grep sample_memory /proc/iomem
//! rmmod sample_memory
//! ```
//!
//! The log has what the registers said, and `/proc/iomem` the claim, until the module is unloaded
//! or, with `devm=1`, the device is unbound. Documentation/samples/memory.rst shows it.

use iomem::{
    compat::param,
    mapping::{
        devm_platform_ioremap_resource,
        DevmMapping,
        Mapping, //
    },
    platform::Device,
    range::Range,
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    device::Core,
    driver,
    io::Io,
    platform,
    prelude::*,
    ModuleMetadata, //
};

module! {
    type: Sample,
    name: "sample_memory",
    authors: ["The iomem authors"],
    description: "Sample: I/O memory by ioremap() and readl()",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
        devm: u64 {
            default: 0,
            description: "1: the claim and the mapping belong to a device",
        },
    },
}

/// edu's registers: which device it is, and one that gives the inverse of what was written.
const ID: usize = 0x00;
const INVERSE: usize = 0x04;
/// How much of it is claimed, in bytes.
const LENGTH: u64 = 0x100;

/// The registers, mapped. This value holds the claim, too.
type Regs = Mapping<MemRegion, 0x100>;

/// Tries the device.
fn try_out(regs: &Regs) -> Result {
    let id = regs.read32(ID);
    if id & 0xffff != 0xed {
        pr_err!("there is no edu at {}: ID {id:#010x}\n", regs.range());
        return Err(ENODEV);
    }
    regs.write32(0x1234_5678, INVERSE);
    let inverse = regs.relaxed().read32(INVERSE);
    pr_info!("ID {id:#010x}; the inverse of 0x12345678 is {inverse:#x}\n");
    Ok(())
}

/// By hand: what is done here is undone when the value is dropped, also if `try_out` fails.
fn by_hand(start: u64) -> Result<Regs> {
    let claim = request_mem_region(start, LENGTH, c"sample_memory")
        .inspect_err(|refused| pr_err!("{refused}\n"))?;
    let regs = Regs::ioremap(claim)?;
    try_out(&regs)?;
    Ok(regs)
}

/// Left to a device. The driver may keep this for longer; then there is nothing in it any more.
struct Driver {
    _regs: DevmMapping<0x100>,
}

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        let _regs = devm_platform_ioremap_resource(pdev, 0)?;
        _regs.access_with(try_out).ok_or(ENODEV)??;
        Ok(Self { _regs })
    }
}

/// What the module keeps. The device goes before its driver.
enum Sample {
    ByHand {
        _regs: Regs,
    },
    Devm {
        _device: Device,
        _driver: Pin<KBox<driver::Registration<platform::Adapter<Driver>>>>,
    },
}

impl kernel::Module for Sample {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        if start == 0 {
            pr_err!("say where edu is, for example start=0xfea00000\n");
            return Err(EINVAL);
        }
        if param(module_parameters::devm.value()) == 0 {
            return Ok(Self::ByHand {
                _regs: by_hand(start)?,
            });
        }
        let driver = driver::Registration::new(<Self as ModuleMetadata>::NAME, module);
        let _driver = KBox::pin_init(driver, GFP_KERNEL)?;
        // This calls `probe`. If that fails, the device is there nevertheless, without a driver.
        let _device = Device::register(c"sample_memory", Range::new(start, LENGTH)?)?;
        if !_device.is_bound() {
            return Err(ENODEV);
        }
        Ok(Self::Devm { _device, _driver })
    }
}
