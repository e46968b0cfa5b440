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
//! | `params` | the window that the parameters ask for |
//! | `live` | the windows that are there, to be taken back before their devices are removed |
//! | `run_time` | windows that are made by writing to `new_device` |
//! | `guard` | who may choose an address |
//! | `outcome` | why a device that we made was not bound |
//! | `window` | a window: its regions, its node, what is known of its files and mappings |
//! | `hardware` | the claims on a device's memory and ports, and on the rest of its pages |
//! | `interrupts` | waiting for interrupts: in calls, in `poll()`, with eventfds |
//! | `names` | what properties call a device and its regions |
//! | `region` | registers that follow one another, and one access to one of them |
//! | `offset` | what an offset into the node means |
//! | `node` | what programs do with `/dev/iomem<N>` |
//! | `file` | what an open file has for itself |
//! | `maps` | mapping a region into programs |
//! | `debugger` | what a debugger reaches of a mapping |
//! | `uses` | how many mappings there are |
//! | `registers` | reading and writing registers by call |
//! | `batch` | hundreds of accesses in one call |
//! | `see` | what can be seen of a window: sysfs, fdinfo, debugfs, tracepoints |
//! | `refusal` | why an address range is not handed out, in words |

use iomem::{
    compat::param,
    platform::{
        self,
        AdapterWithFiles, //
    },
};
use kernel::{
    driver,
    prelude::*,
    InPlaceModule,
    ModuleMetadata,
    ThisModule, //
};

mod batch;
mod debugger;
mod file;
mod guard;
mod hardware;
mod interrupts;
mod live;
mod maps;
mod names;
mod node;
mod offset;
mod outcome;
mod params;
mod refusal;
mod region;
mod registers;
mod run_time;
mod see;
mod uses;
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
    _driver: driver::Registration<AdapterWithFiles<window::Driver, run_time::RunTime>>,
    _debugfs: see::Root,
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
            unsafe { live::init() };

            Ok(try_pin_init!(Self {
                // SAFETY: A module is initialized once, and its driver is registered after this. The
                // library cannot carry it: see `Root::new`.
                _debugfs: unsafe { see::Root::new() }?,
                _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
                _by_hand: {
                    guard::loaded();
                    params::make(<Self as ModuleMetadata>::NAME, wanted)?
                },
            }))
        })
    }
}
