// SPDX-License-Identifier: GPL-2.0

//! Interrupts, tried in the kernel with those of QEMU's `edu`.
//!
//! Loading it with `start=` at BAR 0 and `irq=`, the number of the device's line, runs the checks,
//! those for a level-triggered line or, with `edge=1`, those for an edge-triggered one
//! (tests/kmod/msi.c has such a number). With `window=1` it runs none, and makes a platform device
//! for the driver iomem_dev instead, which has the BAR and the line.

use iomem::{
    compat::param,
    irq::{
        Interrupt,
        Lines,
        Registration, //
    },
    mapping::Mapping,
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
            Acquire,
            Atomic,
            Full, //
        },
        Arc, //
    },
    time::{
        Instant,
        Monotonic, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_irq",
    authors: ["The iomem authors"],
    description: "Tries the interrupts of the iomem library",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
        irq: u64 {
            default: 0,
            description: "Linux's number of edu's interrupt",
        },
        edge: u64 {
            default: 0,
            description: "1: that line is edge-triggered",
        },
        window: u64 {
            default: 0,
            description: "1: make a device for iomem_dev, and nothing else",
        },
    },
}

const NAME: &CStr = c"iomem_test_irq";

const RAISE: usize = 0x60;
const ACKNOWLEDGE: usize = 0x64;

/// A number that no line has, on these machines.
const FREE: u32 = 100_000;

const MILLISECOND: u64 = 1_000_000;

/// How many devices have been tried.
static TRIED: Atomic<u32> = Atomic::new(0);

/// The device that raises interrupts, and what it was told.
struct Edu(Mapping<MemRegion, 0x100>);

impl Edu {
    fn new(start: u64) -> Result<Self> {
        let edu = Self(Mapping::ioremap(request_mem_region(start, 0x1000, NAME)?)?);
        edu.acknowledge();
        Ok(edu)
    }

    fn raise(&self) {
        self.0.write32(1, RAISE);
    }

    /// Has the line released. What is read comes after what was written.
    fn acknowledge(&self) {
        self.0.write32(!0, ACKNOWLEDGE);
        self.0.read32(ACKNOWLEDGE);
    }
}

/// Tells whether there are `count` interrupts within a second, and how it stands then.
fn comes(interrupt: &Interrupt, count: u64) -> bool {
    interrupt
        .queue()
        .wait_until_timeout(1000 * MILLISECOND, || {
            let status = interrupt.status().ok()?;
            (status.count == count).then_some(())
        })
        .is_ok()
}

/// Tells whether there are `count` interrupts, and no more for a while.
fn stays(interrupt: &Interrupt, count: u64) -> bool {
    comes(interrupt, count)
        && interrupt.queue().wait_until_timeout(50 * MILLISECOND, || {
            let status = interrupt.status().ok()?;
            (status.count != count).then_some(())
        }) == Err(ETIMEDOUT)
}

fn is_masked(interrupt: &Interrupt) -> bool {
    interrupt.status().is_ok_and(|status| status.is_masked)
}

fn label() -> Result<CString> {
    Ok(NAME.try_into()?)
}

/// What `probe` does with the device that has the line by name.
fn lines(pdev: &platform::Device<Core<'_>>, irq: u32) -> Result<Registration> {
    let line = pdev.line_by_index(0)?.ok_or(ENXIO)?;
    check!("line_is_found_by_index", line.number() == irq);
    check!("line_has_its_name", line.name() == Some(c"done"));
    let by_name = pdev.line_by_name(c"done")?;
    check!(
        "line_is_found_by_name",
        by_name.is_some_and(|l| l.number() == irq && l.name() == Some(c"done"))
    );
    check!(
        "no_other_line_is_found",
        matches!(pdev.line_by_index(3), Ok(None))
            && matches!(pdev.line_by_index(u32::MAX), Ok(None))
            && matches!(pdev.line_by_name(c"don"), Ok(None))
            && matches!(pdev.line_by_name(c""), Ok(None))
    );
    let unnamed = pdev.line_by_index(1)?.ok_or(ENXIO)?;
    check!(
        "line_without_a_name_has_none",
        unnamed.number() == FREE && unnamed.name().is_none()
    );
    check!(
        "number_of_no_line_is_refused",
        unnamed.request(label()?).err() == Some(EINVAL)
    );

    for name in ["", ".", "..", "of/a folder"] {
        let line = pdev.line_by_index(0)?.ok_or(ENXIO)?;
        check!(
            "label_that_no_folder_can_have_is_refused",
            line.request(CString::try_from_fmt(fmt!("{name}"))?).err() == Some(EINVAL)
        );
    }
    let registration = line.request(label()?)?;
    check!(
        "line_that_is_handled_is_refused",
        pdev.line_by_index(0)?.ok_or(ENXIO)?.request(label()?).err() == Some(EBUSY)
    );
    Ok(registration)
}

/// A level-triggered line: masked when an interrupt comes.
fn level(edu: &Edu, interrupt: &Interrupt) -> Result {
    check!(
        "level.is_told",
        interrupt.status()?.is_level && !is_masked(interrupt)
    );
    check!("level.none_came_yet", stays(interrupt, 0));

    edu.raise();
    check!("level.comes", comes(interrupt, 1));
    check!("level.is_masked_then", is_masked(interrupt));
    check!("level.comes_once", stays(interrupt, 1));

    edu.acknowledge();
    edu.raise();
    check!("level.does_not_come_while_masked", stays(interrupt, 1));
    interrupt.unmask()?;
    check!(
        "level.comes_when_unmasked",
        stays(interrupt, 2) && is_masked(interrupt)
    );

    // The device was not told: each unmasking gives one more, and no storm.
    for count in 3..6 {
        interrupt.unmask()?;
        check!(
            "level.comes_again_if_not_acknowledged",
            stays(interrupt, count) && is_masked(interrupt)
        );
    }

    edu.acknowledge();
    for _ in 0..3 {
        interrupt.unmask()?;
    }
    check!(
        "level.unmasking_twice_is_once",
        stays(interrupt, 5) && !is_masked(interrupt)
    );
    edu.raise();
    check!(
        "level.is_masked_after_unmasking_twice",
        stays(interrupt, 6) && is_masked(interrupt)
    );
    edu.acknowledge();
    interrupt.unmask()?;

    interrupt.mask()?;
    interrupt.mask()?;
    edu.raise();
    check!(
        "level.does_not_come_while_masked_by_us",
        stays(interrupt, 6) && is_masked(interrupt)
    );
    interrupt.unmask()?;
    check!(
        "level.comes_when_unmasked_by_us",
        stays(interrupt, 7) && is_masked(interrupt)
    );
    edu.acknowledge();
    interrupt.unmask()
}

/// An edge-triggered line: each comes, none masks; one of those that come while it is masked is kept.
fn edge(edu: &Edu, interrupt: &Interrupt) -> Result {
    check!("edge.is_told", !interrupt.status()?.is_level);
    check!("edge.none_came_yet", stays(interrupt, 0));
    let mut all = true;
    for count in 1..=5 {
        edu.raise();
        all &= comes(interrupt, count) && !is_masked(interrupt);
    }
    check!("edge.each_comes", all && stays(interrupt, 5));
    interrupt.unmask()?;
    check!("edge.unmasking_does_nothing", stays(interrupt, 5));
    edu.acknowledge();
    edu.raise();
    check!("edge.comes_after_unmasking", stays(interrupt, 6));
    edu.acknowledge();

    interrupt.mask()?;
    interrupt.mask()?;
    edu.raise();
    edu.raise();
    check!(
        "edge.does_not_come_while_masked",
        stays(interrupt, 6) && is_masked(interrupt)
    );
    interrupt.unmask()?;
    check!(
        "edge.that_came_while_masked_is_kept",
        stays(interrupt, 7) && !is_masked(interrupt)
    );
    edu.acknowledge();
    Ok(())
}

/// A line that is freed in the middle of things, and handled again.
fn again(pdev: &platform::Device<Core<'_>>, edu: &Edu, first: Registration) -> Result {
    let old = first.interrupt().clone();
    let before = old.status()?.count;
    edu.raise();
    check!("again.came_before", comes(&old, before.wrapping_add(1)));
    // A level-triggered line is masked now. It is released before it is freed: the I/O APIC of QEMU
    // does not see that of a line without a handler, and raises an interrupt later.
    edu.acknowledge();
    drop(first);
    check!(
        "again.nothing_is_left_of_the_first",
        old.status() == Err(ENODEV) && old.unmask() == Err(ENODEV)
    );

    let second = pdev
        .line_by_index(0)?
        .ok_or(ENXIO)?
        .request(CString::try_from_fmt(fmt!("another label"))?)?;
    let new = second.interrupt();
    check!(
        "again.counts_anew",
        new.status()?.count == 0 && !Arc::ptr_eq(new, &old)
    );
    edu.raise();
    check!("again.comes_to_the_second", stays(new, 1));
    edu.acknowledge();
    new.unmask()?;
    check!("again.is_not_masked", stays(new, 1) && !is_masked(new));
    edu.raise();
    check!("again.comes_twice", stays(new, 2));
    // Freed while it is raised: that is an interrupt as soon as the line has a handler.
    drop(second);
    if param(module_parameters::edge.value()) == 0 {
        let third = pdev.line_by_index(0)?.ok_or(ENXIO)?.request(label()?)?;
        check!(
            "again.line_that_is_raised_comes_at_once",
            stays(third.interrupt(), 1) && is_masked(third.interrupt())
        );
        edu.acknowledge();
    }
    edu.acknowledge();
    Ok(())
}

/// Waiting with a limit, in a queue that is not woken.
fn timeouts() -> Result {
    let queue = KBox::pin_init(iomem::new_wait_queue!("iomem_test_irq::queue"), GFP_KERNEL)?;
    let never = || None::<()>;

    let begin = Instant::<Monotonic>::now();
    check!(
        "timeout.of_0_looks_once",
        queue.wait_until_timeout(0, never) == Err(ETIMEDOUT)
            && queue.wait_until_timeout(0, || Some(7)) == Ok(7)
    );
    check!(
        "timeout.of_0_does_not_wait",
        begin.elapsed().as_millis() < 1000
    );
    let begin = Instant::<Monotonic>::now();
    let answer = queue.wait_until_timeout(30 * MILLISECOND, never);
    let took = begin.elapsed().as_millis();
    check!(
        "timeout.is_kept",
        answer == Err(ETIMEDOUT) && (30..2000).contains(&took)
    );
    check!(
        "timeout.may_be_any_number",
        queue.wait_until_timeout(u64::MAX, || Some(7)) == Ok(7)
            && queue.wait_until_timeout(i64::MAX as u64, || Some(7)) == Ok(7)
    );
    Ok(())
}

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let number = param(module_parameters::irq.value());
            let irq = u32::try_from(number).map_err(|_| EINVAL)?;
            let edu = Edu::new(param(module_parameters::start.value()))?;
            let registration = lines(pdev, irq)?;
            if param(module_parameters::edge.value()) == 0 {
                level(&edu, registration.interrupt())?;
            } else {
                edge(&edu, registration.interrupt())?;
            }
            again(pdev, &edu, registration)?;
            TRIED.fetch_add(1, Full);
            Ok(Ok(Self))
        })
    }
}

/// The loaded module.
#[pin_data]
struct Test {
    _device: Device,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let start = param(module_parameters::start.value());
        let number = param(module_parameters::irq.value());
        let window = param(module_parameters::window.value()) != 0;

        try_pin_init!(Self {
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
            _device: {
                let irq = Resource::irq(u32::try_from(number).map_err(|_| EINVAL)?).named(c"done");
                if window {
                    let registers = Resource::mem(Range::new(start, 0x10_0000)?);
                    Info::new(c"iomem_dev", &[registers, irq])
                        .id(Id::Number(4711))
                        .register()?
                } else {
                    check!("timeouts_ran", timeouts().is_ok());
                    Info::new(NAME, &[irq, Resource::irq(FREE)]).register()?
                }
            },
            _: {
                if !window {
                    check!("came_to_its_end", TRIED.load(Acquire) == 1);
                    pr_info!("done\n");
                }
            },
        })
    }
}
