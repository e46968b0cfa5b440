// SPDX-License-Identifier: GPL-2.0

//! Hands a device's registers to programs.
//!
//! A *window* is a platform device with regions of memory or ports. Binding to it claims them, so
//! that they show in `/proc/iomem` and no other driver can have them, and makes `/dev/iomem<N>`, by which
//! a program maps, reads and writes registers and waits for interrupts. Unbinding takes all of that
//! away.
//!
//! Windows come from firmware (`compatible = "iomem,window"` in a device tree, or in ACPI's `_DSD`
//! of a `PRP0001`), from `driver_override`, from this module's parameters, `start=` and `length=`,
//! and from what is written to `new_device` in the driver's folder of sysfs.
//!
//! | module | what it owns |
//! |---|---|
//! | `driver` | the platform driver: binding makes a window and its node |
//! | `params` | the window that the module's parameters ask for |
//! | `new_device` | windows that are made by writing to `new_device` |
//! | `registry` | the windows of bound devices, to be revoked before their devices are removed |
//! | `permission` | who may choose an address |
//! | `probe_result` | why a device that this module made was not bound |
//! | `window` | a window: its regions, its node, the counts of its files and mappings |
//! | `resources` | the claims on a device's memory and ports, and on the rest of its pages |
//! | `region` | registers that follow one another, and accesses to them |
//! | `offset` | what an offset into the node means |
//! | `names` | what properties call a device and its regions |
//! | `map_count` | how many mappings there are |
//! | `claim_error` | why an address range is not handed out, in words |
//! | `fops` | the file operations of `/dev/iomem<N>` |
//! | `file` | the state of an open file |
//! | `mmap` | `mmap()` |
//! | `read_write` | `pread()` and `pwrite()` |
//! | `ptrace` | `ptrace()` and `/proc/<pid>/mem`: what a debugger reaches of a mapping |
//! | `batch` | `IOMEM_IOC_BATCH`: hundreds of accesses in one call |
//! | `irq_ioctl` | `IOMEM_IOC_IRQ_*` and `poll()`: waiting for interrupts |
//! | `sysfs` | attributes of the node |
//! | `debugfs` | the values of registers |
//! | `fdinfo` | what an open file tells of its window |

use iomem::{
    compat::param,
    platform::{
        self,
        AdapterWithFiles, //
    },
};
use kernel::{
    driver::Registration,
    prelude::*,
    InPlaceModule,
    ThisModule, //
};

mod batch;
mod claim_error;
mod debugfs;
mod driver;
mod fdinfo;
mod file;
mod fops;
mod irq_ioctl;
mod irq_lines;
mod map_count;
mod mmap;
mod names;
mod new_device;
mod offset;
mod params;
mod permission;
mod probe_result;
mod ptrace;
mod read_write;
mod region;
mod registry;
mod resources;
mod sysfs;
mod window;

module! {
    type: IomemDev,
    name: "iomem_dev",
    authors: ["The iomem authors"],
    description: "Hands a device's registers to programs as /dev/iomem<N>",
    license: "GPL",
    params: {
        start: u64 {
            default: crate::params::NOT_GIVEN,
            description: "physical address of a window to make, in bytes; needs length=",
        },
        length: u64 {
            default: crate::params::NOT_GIVEN,
            description: "length of the window, in bytes; needs start=",
        },
    },
}

iomem::string_param!(
    NAME: 32,
    name,
    "what the window is called that start= and length= make"
);

/// The loaded module.
#[pin_data]
struct IomemDev {
    // Dropped in this order: the device that the parameters made goes before the driver it is
    // bound to.
    _by_hand: Option<platform::Device>,
    #[pin]
    _driver: Registration<AdapterWithFiles<driver::Driver, new_device::RunTime>>,
    _debugfs: debugfs::Root,
}

impl InPlaceModule for IomemDev {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            // What cannot be granted is refused before anything has been registered.
            let wanted = params::wanted(
                param(module_parameters::start.value()),
                param(module_parameters::length.value()),
                NAME.value(),
            )?;

            // SAFETY: A module is initialized once, and its driver is registered after this. The library
            // cannot carry it: see there.
            unsafe { registry::init() };

            Ok(try_pin_init!(Self {
                // SAFETY: A module is initialized once, and its driver is registered after this. The
                // library cannot carry it: see `Root::new`.
                _debugfs: unsafe { debugfs::Root::new() }?,
                _driver <- Registration::new(names::DRIVER, module),
                _by_hand: {
                    permission::loaded();
                    params::make(wanted)?
                },
            }))
        })
    }
}
