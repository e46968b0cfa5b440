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
//! Modules are in four rooms: how a device becomes a window (*in*), what a program does with it (*out*),
//! where it is shown (*seen*), and what it is (*core*). A module imports from its own room and from those
//! below it in this table, never from one above it, and no imports form a circle: `scripts/imports` reads
//! the table.
//!
//! | room | module | what it owns |
//! |---|---|---|
//! | in | `driver` | the platform driver: binding makes a window and its node |
//! | in | `params` | the window that the module's parameters ask for |
//! | in | `new_device` | windows that are made by writing to `new_device` |
//! | in | `registry` | the windows of bound devices, to be revoked before their devices are removed |
//! | in | `permission` | who may choose an address |
//! | in | `probe_result` | why a device that this module made was not bound |
//! | out | `fops` | the file operations of `/dev/iomem<N>` |
//! | out | `file` | the state of an open file |
//! | out | `read_write` | `pread()` and `pwrite()` |
//! | out | `batch` | `IOMEM_IOC_BATCH`: hundreds of accesses in one call |
//! | out | `irq_ioctl` | `IOMEM_IOC_IRQ_*` and `poll()`: waiting for interrupts |
//! | out | `mmap` | `mmap()` |
//! | out | `ptrace` | `ptrace()` and `/proc/<pid>/mem`: what a debugger reaches of a mapping |
//! | seen | `sysfs` | attributes of the node, `/sys/class/misc/iomem<N>/` |
//! | seen | `debugfs` | the values of registers, `/sys/kernel/debug/iomem/iomem<N>/` |
//! | seen | `fdinfo` | what `/proc/<pid>/fdinfo/<fd>` has of a file's window |
//! | core | `window` | a window: its regions and interrupts, the counts of its files and mappings |
//! | core | `resources` | what a window has of its device: claims on memory and ports, and interrupt lines |
//! | core | `pages` | the pages that memory is in, and what else may be in them |
//! | core | `region` | registers that follow one another, accesses to them, and the trace of these |
//! | core | `irq_lines` | the interrupt lines of a device |
//! | core | `offset` | what an offset into the node means |
//! | core | `names` | what properties call a device and its regions |
//! | core | `map_count` | how many mappings there are |
//! | core | `claim_error` | why an address range is not handed out, in words |

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
mod pages;
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
    _driver: Registration<AdapterWithFiles<driver::Driver, new_device::RuntimeWindows>>,
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
