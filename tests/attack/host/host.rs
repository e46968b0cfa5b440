// SPDX-License-Identifier: GPL-2.0

//! What other modules attack by: a module that has a device and a driver, and lets another module take
//! part in them.

use iomem::{
    chardev::{
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    mapping::DevmMapping,
    resource::Refused,
    sysfs::Groups,
    vma::{
        Mapped,
        NewVma, //
    },
};
use kernel::{
    device::Core,
    driver,
    io::Io,
    platform::Adapter,
    prelude::*,
    sync::{
        Arc,
        SetOnce, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Host,
    name: "iomem_attack_host",
    authors: ["The iomem authors"],
    description: "Lets another module take part in its device and its driver",
    license: "GPL",
}

/// What maps this module's device: code of another module.
pub trait Map: Send + Sync {
    /// A program maps the node.
    fn map<'a>(&'a self, vma: NewVma<'a>) -> Result<Mapped<'a>>;
}

/// What probes this module's platform device: a function of another module.
pub type Probe = for<'a> fn(&'a kernel::platform::Device<Core<'_>>) -> Result;

/// What `/dev/iomem_attack_host` stands for.
pub struct Device {
    map: KBox<dyn Map>,
}

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        self.map.map(vma)
    }
}

/// A node of this module's.
pub struct Node {
    _registration: Pin<KBox<Registration<Device>>>,
}

/// Makes `/dev/iomem_attack_host`.
#[inline(never)]
pub fn node(map: KBox<dyn Map>, groups: Groups) -> Result<Node> {
    let device = Arc::new(Device { map }, GFP_KERNEL)?;
    let options = Options::new(c"iomem_attack_host".to_cstring()?).groups(groups);
    Ok(Node {
        _registration: KBox::pin_init(Registration::register(options, device), GFP_KERNEL)?,
    })
}

/// What is called when the platform device is probed, which its maker says.
static PROBE: SetOnce<Probe> = SetOnce::new();

/// Has the platform device that is made next probed by a function of the caller's. Once.
#[inline(never)]
pub fn probe_with(probe: Probe) -> bool {
    PROBE.populate(probe)
}

struct Driver;

impl kernel::platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound kernel::platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let probe = PROBE.as_ref().ok_or(ENXIO)?;
            probe(pdev)?;
            Ok(Ok(Self))
        })
    }
}

/// What another module was given, of a type of the library's.
static KEPT: SetOnce<DevmMapping<0x20>> = SetOnce::new();

/// Keeps a mapping that another module made. Once.
#[inline(never)]
pub fn keep(mapping: DevmMapping<0x20>) -> bool {
    KEPT.populate(mapping)
}

/// Returns what is read at the start of the mapping that is kept, if there is one and it can be reached.
#[inline(never)]
pub fn look() -> Option<u32> {
    KEPT.as_ref()?.try_access_with(|regs| regs.read32(0))
}

/// Why another module was refused something, a plain value of the library's.
static REFUSED: SetOnce<Refused> = SetOnce::new();

/// Keeps a refusal that another module got. Once.
#[inline(never)]
pub fn keep_refused(refused: Refused) -> bool {
    REFUSED.populate(refused)
}

/// Looks when this module is unloaded, which is after its drivers have been unregistered unless it is
/// dropped before them.
struct Look;

impl Drop for Look {
    fn drop(&mut self) {
        if KEPT.as_ref().is_some() {
            pr_info!("kept: {:x?}\n", look());
        }
        if let Some(refused) = REFUSED.as_ref() {
            pr_info!("kept: {refused}\n");
        }
    }
}

/// The name of the driver, and of the devices that it takes.
pub const NAME: &CStr = c"iomem_attack_host";

/// This module.
#[pin_data]
pub struct Host {
    // Dropped first.
    _look: Look,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Host {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _look: Look,
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
        })
    }
}
