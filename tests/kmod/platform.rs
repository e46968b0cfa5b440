// SPDX-License-Identifier: GPL-2.0

//! Platform devices made from lists of resources, tried in the kernel.
//!
//! Loading it with `start=` at BAR 0 of QEMU's `edu` makes devices and runs the checks once. Its
//! driver claims what a device has, and looks for it in each way there is. As long as it is loaded,
//! tests/platform.c has these to work on:
//!
//! | device | what it is |
//! |---|---|
//! | `iomem_test_platform.7` | bound: two ranges of memory and one of ports |
//! | `iomem_test_child` | a child of the first, for which there is no driver |

use iomem::{
    compat::param,
    platform::{
        Device,
        Id,
        Info,
        PortResource,
        Ports,
        Resource, //
    },
    range::Range,
    resource::{
        request_mem_region,
        MemRegion,
        PortRegion,
        Reason, //
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
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
mod check;
#[path = "platform/properties.rs"]
mod properties;

module! {
    type: Test,
    name: "iomem_test_platform",
    authors: ["The iomem authors"],
    description: "Tries the platform devices of the iomem library",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
    },
}

/// Ports that no machine here has a device at.
const PORTS: u64 = 0x2f0;

/// What the driver found, at the device that it was last bound to.
static FOUND: Atomic<u32> = Atomic::new(0);
/// How often it has been unbound.
static UNBOUND: Atomic<u32> = Atomic::new(0);

const MEM_BY_INDEX: u32 = 1 << 0;
const MEM_BY_NAME: u32 = 1 << 1;
const PORT_BY_INDEX: u32 = 1 << 2;
const PORT_BY_NAME: u32 = 1 << 3;
const MEM_WITHOUT_NAME: u32 = 1 << 4;
const NOTHING_ELSE: u32 = 1 << 5;
const PROPERTIES: u32 = 1 << 6;
const NO_PROPERTIES: u32 = 1 << 7;

/// A driver that holds what its device has.
struct Driver {
    _mem: MemRegion,
    _ports: Option<PortRegion>,
}

impl Driver {
    /// Looks for what the device of [`resources`] has.
    fn look(pdev: &platform::Device<Core<'_>>, start: u64) -> u32 {
        let is = |resource: Option<&kernel::io::Resource>, start: u64, size: u64| {
            resource.is_some_and(|r| r.start() == start && r.size() == size)
        };
        let mut found = 0;
        let mut note = |what, seen| {
            if seen {
                found |= what;
            }
        };
        note(
            MEM_BY_INDEX,
            is(pdev.resource_by_index(0), start + 0x1000, 0x1000)
                && is(pdev.resource_by_index(1), start + 0x4000, 0x100),
        );
        note(
            MEM_BY_NAME,
            is(pdev.resource_by_name(c"control"), start + 0x1000, 0x1000),
        );
        // It has the name of the device.
        note(
            MEM_WITHOUT_NAME,
            is(
                pdev.resource_by_name(c"iomem_test_platform.7"),
                start + 0x4000,
                0x100,
            ),
        );
        let are = |ports: Option<PortResource<'_>>| {
            ports.is_some_and(|p| {
                (p.start(), p.size(), p.range()) == (PORTS, 4, Range::new(PORTS, 4))
                    && p.name() == Some(c"ports")
            })
        };
        note(PORT_BY_INDEX, are(pdev.port_by_index(0)));
        note(PORT_BY_NAME, are(pdev.port_by_name(c"ports")));
        note(
            NOTHING_ELSE,
            pdev.resource_by_index(2).is_none()
                && pdev.resource_by_name(c"ports").is_none()
                && pdev.port_by_index(1).is_none()
                && pdev.port_by_name(c"control").is_none()
                && pdev.port_by_name(c"").is_none(),
        );
        note(PROPERTIES, properties::has_all(pdev));
        note(NO_PROPERTIES, properties::has_none(pdev));
        found
    }
}

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let start = param(module_parameters::start.value());
            FOUND.store(Self::look(pdev, start), Relaxed);

            let mem = pdev.resource_by_index(0).ok_or(ENODEV)?;
            let ports = pdev.port_by_index(0);
            Ok(Ok(Self {
                _mem: request_mem_region(mem.start(), mem.size(), c"iomem_test_platform")?,
                _ports: ports
                    .map(|ports| {
                        parts(&ports, mem)?;
                        ports.request(c"iomem_test_platform").map_err(Error::from)
                    })
                    .transpose()?,
            }))
        })
    }

    fn unbind<'bound>(_pdev: &'bound platform::Device<Core<'_>>, _this: Pin<&Self>) {
        UNBOUND.fetch_add(1, Full);
    }
}

/// Claims of parts of the ports, and of what is not of their kind.
fn parts(ports: &PortResource<'_>, memory: &kernel::io::Resource) -> Result {
    let part = |offset, length| ports.request_part(offset, length, c"iomem_test");
    let errno = |claim: Result<_, _>| claim.err().map(Error::from);

    let claim = part(0, 2)?;
    check!(
        "part_of_a_resource_is_claimed",
        claim.range() == Range::new(PORTS, 2)?
    );
    check!("part_of_a_resource_leaves_the_rest", part(2, 2).is_ok());
    check!(
        "part_of_a_resource_is_exclusive",
        errno(part(1, 2)) == Some(EBUSY)
    );
    drop(claim);
    check!("empty_part_is_refused", errno(part(0, 0)) == Some(EINVAL));
    check!(
        "wrapping_part_is_refused",
        errno(part(2, u64::MAX)) == Some(EOVERFLOW)
    );
    check!(
        "part_beyond_the_resource_is_refused",
        errno(part(3, 2)) == Some(EINVAL) && errno(part(4, 1)) == Some(EINVAL)
    );
    check!(
        "resource_of_the_other_kind_is_refused",
        PortRegion::request_part(memory, 0, 4, c"iomem_test")
            .err()
            .is_some_and(|refused| refused.reason() == Reason::NotOfResource)
            && errno(PortRegion::request_resource(memory, c"iomem_test")) == Some(EINVAL)
    );
    check!("parts_leave_nothing", part(0, 4).is_ok());
    Ok(())
}

fn resources(start: u64) -> Result<[Resource<'static>; 3]> {
    Ok([
        Resource::mem(Range::new(start + 0x1000, 0x1000)?).named(c"control"),
        Resource::mem(Range::new(start + 0x4000, 0x100)?),
        Resource::port(Range::new(PORTS, 4)?).named(c"ports"),
    ])
}

const NAME: &CStr = c"iomem_test_platform";

/// What cannot be a device.
fn refused(start: u64) -> Result {
    let of = |resources: &[Resource<'_>]| Info::new(NAME, resources).register().err();
    let mem = |start, length| Ok::<_, Error>(Resource::mem(Range::new(start, length)?));
    let port = |start, length| Ok::<_, Error>(Resource::port(Range::new(start, length)?));

    check!("no_resources_are_refused", of(&[]) == Some(EINVAL));
    check!(
        "no_name_is_refused",
        Info::new(c"", &[mem(start, 4)?]).register().err() == Some(EINVAL)
    );
    check!(
        "number_beyond_the_last_is_refused",
        Info::new(NAME, &[mem(start, 4)?])
            .id(Id::Number(1 << 31))
            .register()
            .err()
            == Some(EINVAL)
    );
    check!(
        "same_range_twice_is_refused",
        of(&[mem(start, 0x1000)?, mem(start, 0x1000)?]) == Some(EBUSY)
            && of(&[port(PORTS, 4)?, mem(start, 4)?, port(PORTS, 4)?]) == Some(EBUSY)
    );
    check!(
        "overlap_is_refused",
        of(&[mem(start, 0x1000)?, mem(start + 0xfff, 1)?]) == Some(EBUSY)
            && of(&[mem(start + 0x10, 1)?, mem(start, 0x1000)?]) == Some(EBUSY)
    );
    check!(
        "beyond_the_last_address_is_refused",
        of(&[mem(1 << 60, 4)?]) == Some(ERANGE)
            && of(&[mem(start, 4)?, port(1 << 40, 4)?]) == Some(ERANGE)
    );
    check!(
        "number_of_no_interrupt_is_refused",
        of(&[Resource::irq(0)]) == Some(EINVAL)
            && of(&[mem(start, 4)?, Resource::irq(1 << 31)]) == Some(EINVAL)
    );
    check!(
        "same_interrupt_twice_is_refused",
        of(&[Resource::irq(5), Resource::irq(6), Resource::irq(5)]) == Some(EBUSY)
    );
    properties::refused(start)?;
    check!("nothing_was_bound_by_these", FOUND.load(Acquire) == 0);
    Ok(())
}

/// Devices that are gone again at the end.
fn passing(start: u64) -> Result {
    // Memory and ports of one number do not overlap, neighbours neither.
    let neighbours = [
        Resource::mem(Range::new(start, 0x10)?),
        Resource::mem(Range::new(start + 0x10, 0x10)?),
        Resource::port(Range::new(0x200, 0x10)?),
        Resource::mem(Range::new(0x200, 0x10)?),
    ];
    let stranger = c"iomem_test_stranger";
    let device = Info::new(stranger, &neighbours).id(Id::None).register();
    check!("neighbours_do_not_overlap", device.is_ok());
    let device = device?;
    check!(
        "device_without_a_driver_is_not_bound",
        !device.is_bound() && FOUND.load(Acquire) == 0
    );
    check!(
        "name_that_is_taken_is_refused",
        Info::new(stranger, &neighbours)
            .id(Id::None)
            .register()
            .err()
            == Some(EEXIST)
    );
    let number = |id| {
        Info::new(stranger, &neighbours)
            .id(Id::Number(id))
            .register()
    };
    let numbered = number(0)?;
    check!(
        "number_that_is_taken_is_refused",
        number(0).err() == Some(EEXIST) && number(1).is_ok()
    );
    drop(numbered);
    check!("number_is_free_after_drop", number(0).is_ok());
    drop(device);

    let device = Info::new(NAME, &resources(start)?).register()?;
    check!("driver_is_found_by_name", device.is_bound());
    check!(
        "device_without_properties_has_none",
        FOUND.load(Acquire) & NO_PROPERTIES != 0
    );
    let before = UNBOUND.load(Acquire);
    drop(device);
    check!(
        "drop_unbinds",
        UNBOUND.load(Acquire).wrapping_sub(before) == 1
    );

    let device = Device::register(NAME, Range::new(start, 0x1000)?)?;
    check!("device_of_one_range_is_bound", device.is_bound());
    Ok(())
}

/// The loaded module: the devices go before the driver, the child before its parent.
#[pin_data]
struct Test {
    _child: Device,
    _parent: Device,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let start = param(module_parameters::start.value());

        try_pin_init!(Self {
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
            _: {
                check!("refused_ran", refused(start).is_ok());
                check!("passing_ran", passing(start).is_ok());
            },
            _parent: Info::new(NAME, &resources(start)?)
                .properties(properties::ALL)
                .id(Id::Number(7))
                .register()?,
            _child: {
                let range = Range::new(start + 0x2000, 0x1000)?;
                Info::new(c"iomem_test_child", &[Resource::mem(range)])
                    .id(Id::None)
                    .parent(&*_parent)
                    .register()?
            },
            _: {
                let found = FOUND.load(Acquire);
                check!("memory_is_found_by_index", found & MEM_BY_INDEX != 0);
                check!("memory_is_found_by_name", found & MEM_BY_NAME != 0);
                check!("memory_without_a_name_has_the_device_s", found & MEM_WITHOUT_NAME != 0);
                check!("ports_are_found_by_index", found & PORT_BY_INDEX != 0);
                check!("ports_are_found_by_name", found & PORT_BY_NAME != 0);
                check!("nothing_else_is_found", found & NOTHING_ELSE != 0);
                check!("properties_are_read", found & PROPERTIES != 0);
                check!("driver_claims_what_it_found", _parent.is_bound());
                pr_info!("done\n");
            },
        })
    }
}
