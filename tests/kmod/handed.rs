// SPDX-License-Identifier: GPL-2.0

//! A claim that is handed to the device of another module's driver, tests/kmod/slow.c, and dropped when this
//! module is unloaded. See tests/library_gone.c.

use iomem::{
    compat::param,
    devres::Managed,
    resource::{
        devm_request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    auxiliary,
    device::Core,
    driver,
    prelude::*,
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Test,
    name: "iomem_test_handed",
    authors: ["The iomem authors"],
    description: "Hands a claim to the parent of a device",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

// What was handed over: it outlives the child. The lock protects that and nothing else; the lock of the
// claims is taken inside.
kernel::sync::global_lock! {
    // SAFETY: The module's initialisation does so before anything else.
    unsafe(uninit) static HANDED: Mutex<Option<Managed<MemRegion>>> = None;
}

struct Driver;

iomem::auxiliary_device_table!(
    CHILDREN,
    <Driver as auxiliary::Driver>::IdInfo,
    [(auxiliary::DeviceId::new(c"iomem_test_slow", c"child"), ())]
);

impl auxiliary::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    const ID_TABLE: auxiliary::IdTable<Self::IdInfo> = &CHILDREN;

    fn probe<'bound>(
        child: &'bound auxiliary::Device<Core<'_>>,
        _info: &'bound Self::IdInfo,
    ) -> impl PinInit<Self, Error> + 'bound {
        let start = param(module_parameters::start.value());

        *HANDED.lock() = Some(devm_request_mem_region(
            child.parent(),
            start,
            0x100,
            c"handed",
        )?);
        Ok(Self)
    }
}

/// Drops what was handed over: a static is not dropped.
struct Handed;

impl Drop for Handed {
    fn drop(&mut self) {
        *HANDED.lock() = None;
    }
}

#[pin_data]
struct Test {
    #[pin]
    _driver: driver::Registration<auxiliary::Adapter<Driver>>,
    _handed: Handed,
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        // SAFETY: It is called once, before anything uses it. The library cannot carry this: the lock
        // belongs to a static, which is this module's.
        unsafe { HANDED.init() };
        try_pin_init!(Self {
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
            _handed: Handed,
        })
    }
}
