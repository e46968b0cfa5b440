// SPDX-License-Identifier: GPL-2.0

//! Mappings into programs, for tests/vma.c to try from user space.
//!
//! Loading it with `start=` and `length=` at BAR 2 of QEMU's `ivshmem-plain`, `large=` and
//! `large_length=` at that of a second one, and `edu=` at BAR 0 of `edu`, makes `/dev/iomem-vma-ctl`, through which the test makes
//! the device `/dev/iomem-vma`, takes it back and makes it again. What is mapped, and how, is in the
//! offset that the test maps; see [`Request`](view::Request).

use iomem::{
    chardev::{
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    compat::param,
    platform as by_hand,
    range::Range,
    resource::request_mem_region,
    vma::{
        AddressSpace,
        Lease,
        Mapped,
        NewVma,
        WcReservation, //
    },
};
use kernel::{
    device::{
        Bound,
        Core,
        Device, //
    },
    driver,
    io::PhysAddr,
    new_mutex,
    page::PAGE_SIZE,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    str::CString,
    sync::{
        atomic::Relaxed,
        Arc,
        Mutex,
        SetOnce, //
    },
    InPlaceModule,
    ModuleMetadata,
    ThisModule, //
};

#[path = "vma/view.rs"]
mod view;

use self::view::*;

module! {
    type: Test,
    name: "iomem_test_vma",
    authors: ["The iomem authors"],
    description: "Maps devices into programs by the iomem library, for tests/vma.c",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of ivshmem's BAR 2",
        },
        length: u64 {
            default: 0,
            description: "its length in bytes",
        },
        large: u64 {
            default: 0,
            description: "physical address of another one's BAR 2",
        },
        large_length: u64 {
            default: 0,
            description: "its length in bytes",
        },
        edu: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
    },
}

/// The ioctls of `/dev/iomem-vma-ctl` and, the last one, of `/dev/iomem-vma`; see tests/vma.h.
const RENEW: u32 = 0xbc00;
const REVOKE: u32 = 0xbc01;
const REMOVE: u32 = 0xbc02;
const COUNT: u32 = 0xbc10;

/// The length of edu's BAR 0, in bytes.
const EDU_LENGTH: u64 = 1 << 20;

/// `/dev/iomem-vma`.
struct Node {
    shared: Arc<Shared>,
    /// The operations of all VMAs that are mapped as `SHARED`.
    view: SetOnce<Arc<View>>,
}

#[vtable]
impl CharDevice for Node {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn address_space(&self) -> Option<&AddressSpace> {
        Some(self.shared.lease.address_space())
    }

    fn physical_address(&self, page_offset: usize, _length: usize) -> Option<PhysAddr> {
        let request = Request(page_offset);
        let hardware = self.shared.lease.get()?;
        let start = hardware.claim(request).range().start();
        Some(start + request.page() as u64 * PAGE_SIZE as u64)
    }

    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        let request = Request(vma.page_offset());
        let how = request.how();
        let (shared, page) = (&self.shared, request.page());
        if how == STRAY && page == 0 {
            return shared.stray.mmap(vma, |(), vma| {
                let prot = vma.page_prot();
                vma.map_on_fault(View::make(shared, how)?, prot)
            });
        }
        shared.lease.mmap(vma, |hardware, vma| {
            let claim = hardware.claim(request);
            let prot = request.prot(vma.page_prot());
            match how {
                IOMAP => vma.vm_iomap_memory(claim, prot),
                REMAP => vma.remap_pfn_range(claim, page, prot),
                IO_REMAP => vma.io_remap_pfn_range(claim, page, prot),
                EAGER => vma
                    .with_ops(View::make(shared, how)?)
                    .io_remap_pfn_range(claim, page, prot),
                FAULT_PROT => {
                    let prot = vma.page_prot().noncached();
                    vma.map_on_fault(View::make(shared, how)?, prot)
                }
                FAIL => {
                    let _mapped = vma
                        .with_ops(View::make(shared, how)?)
                        .io_remap_pfn_range(claim, page, prot)?;
                    Err(EIO)
                }
                DEFAULTS => vma.map_on_fault(Arc::new(Defaults, GFP_KERNEL)?, prot),
                TWICE => {
                    let vma = vma.with_ops(View::make(shared, how)?);
                    vma.map_on_fault(View::make(shared, how)?, prot)
                }
                SHARED => {
                    if self.view.as_ref().is_none() {
                        // Another one may be faster: then that is taken.
                        self.view.populate(View::make(shared, how)?);
                    }
                    let view = self.view.as_ref().ok_or(EINVAL)?.clone();
                    // The same page in both ways: at once for a file that is open for reading only.
                    if vma.may_be_written() {
                        vma.map_on_fault(view, prot)
                    } else {
                        vma.with_ops(view).io_remap_pfn_range(claim, page, prot)
                    }
                }
                FAULT | HUGE | AROUND | BEYOND | RETRY | NAMED | WHOLE | ASKEW | STRAY
                | MADE_UP => vma.map_on_fault(View::make(shared, how)?, prot),
                _ => Err(EINVAL),
            }
        })
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            COUNT => {
                let counter = self.shared.counters.0.get(arg).ok_or(EINVAL)?;
                Ok(counter.load(Relaxed) as isize)
            }
            _ => Err(ENOTTY),
        }
    }
}

/// A device that can be mapped, until it is taken back.
struct Live {
    // The node goes first, so that no program opens what is going.
    _node: Pin<KBox<Registration<Node>>>,
    shared: Arc<Shared>,
}

/// `/dev/iomem-vma-ctl`.
#[pin_data]
struct Control {
    // Protects which device there is. Taken before `misc_mtx`; nothing of a mapping is done with it
    // held.
    #[pin]
    live: Mutex<Option<Live>>,
}

impl Control {
    fn make(&self) -> Result<Live> {
        let claim = |start, length| request_mem_region(start, length, c"iomem_test_vma");
        let hardware = Hardware {
            small: claim(
                param(module_parameters::start.value()),
                param(module_parameters::length.value()),
            )?,
            large: WcReservation::new(claim(
                param(module_parameters::large.value()),
                param(module_parameters::large_length.value()),
            )?)?,
            edu: claim(param(module_parameters::edu.value()), EDU_LENGTH)?,
        };
        let shared = Arc::pin_init(
            try_pin_init!(Shared {
                lease <- Lease::new(hardware),
                stray <- Lease::new(()),
                counters: Counters::new(),
            }),
            GFP_KERNEL,
        )?;
        let node = Arc::new(
            Node {
                shared: shared.clone(),
                view: SetOnce::new(),
            },
            GFP_KERNEL,
        )?;
        let name = CString::try_from_fmt(fmt!("iomem-vma"))?;
        Ok(Live {
            _node: KBox::pin_init(Registration::register(Options::new(name), node), GFP_KERNEL)?,
            shared,
        })
    }
}

#[vtable]
impl CharDevice for Control {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn ioctl(&self, _file: OpenFile<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        match cmd {
            RENEW => {
                let mut live = self.live.lock();
                *live = None;
                *live = Some(self.make()?);
                Ok(0)
            }
            REVOKE => {
                let shared = match &*self.live.lock() {
                    Some(live) => live.shared.clone(),
                    None => return Err(ENODEV),
                };
                let hardware = shared.lease.revoke();
                Ok(isize::from(hardware.is_some()))
            }
            REMOVE => {
                *self.live.lock() = None;
                Ok(0)
            }
            _ => Err(ENOTTY),
        }
    }
}

#[pin_data]
struct Driver {
    #[pin]
    _control: Registration<Control>,
}

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let name = CString::try_from_fmt(fmt!("iomem-vma-ctl"))?;
            let control = Arc::pin_init(
                pin_init!(Control {
                    live <- new_mutex!(None),
                }),
                GFP_KERNEL,
            )?;
            let parent: &Device<Bound> = pdev.as_ref();
            Ok(try_pin_init!(Self {
                _control <- Registration::register(Options::new(name).parent(parent), control),
            }))
        })
    }
}

/// The loaded module.
#[pin_data]
struct Test {
    // Dropped in this order: the device before its driver.
    _device: by_hand::Device,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let range = Range::new(
                param(module_parameters::start.value()),
                param(module_parameters::length.value()),
            )?;
            Ok(try_pin_init!(Self {
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _device: by_hand::Device::register(<Self as ModuleMetadata>::NAME, range)?,
            }))
        })
    }
}
