// SPDX-License-Identifier: GPL-2.0

//! Interrupt lines that cannot be masked by a handler: per-CPU ones, nested ones, and those of a
//! controller that sleeps. tests/kmod/lines.c has some of each kind.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    error::eopnotsupp,
    irq::Lines,
    platform::{
        Info,
        Resource, //
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
    str::CString,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_irq_lines",
    authors: ["The iomem authors"],
    description: "Asks the iomem library for interrupt lines that it does not support",
    license: "GPL",
    params: {
        first: u64 {
            default: 0,
            description: "the first of iomem_test_lines",
        },
    },
}

const NAME: &CStr = c"iomem_attack_irq_lines";

/// A number that no line has, on these machines.
const NO_LINE: u32 = 100_000;

// As in tests/kmod/lines.c.
const PER_CPU_DEVID: u32 = 5;
const PER_CPU: u32 = 6;
const SLOW_BUS: u32 = 7;
const NESTED: u32 = 8;

/// What the last request came to: an errno, 0, or 1 if there was none.
static OUTCOME: Atomic<i32> = Atomic::new(1);

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let line = pdev.line_by_index(0)?.ok_or(ENXIO)?;
            let outcome = match line.request(CString::try_from_fmt(fmt!("attack"))?) {
                Ok(registration) => {
                    // Each of these asks the controller for something, under a lock.
                    registration.interrupt().mask()?;
                    registration.interrupt().unmask()?;
                    0
                }
                Err(e) => e.to_errno(),
            };
            OUTCOME.store(outcome, Relaxed);
            Ok(Ok(Self))
        })
    }
}

/// What requesting a line comes to.
fn outcome(irq: u32) -> Result<i32> {
    OUTCOME.xchg(1, Full);
    drop(Info::new(NAME, &[Resource::irq(irq)]).register()?);
    Ok(OUTCOME.load(Relaxed))
}

fn run() -> Result {
    let first = u32::try_from(param(module_parameters::first.value())).map_err(|_| EINVAL)?;
    let line = |kind: u32| first.saturating_add(kind);
    let refused = eopnotsupp().to_errno();

    check!(
        "per_cpu_line_with_data_is_refused",
        outcome(line(PER_CPU_DEVID))? == refused
    );
    check!(
        "per_cpu_line_is_refused",
        outcome(line(PER_CPU))? == refused
    );
    check!(
        "line_behind_a_slow_bus_is_refused",
        outcome(line(SLOW_BUS))? == refused
    );
    check!("nested_line_is_refused", outcome(line(NESTED))? == refused);
    check!("no_line_is_refused", outcome(NO_LINE)? == EINVAL.to_errno());
    check!("line_of_another_kind_is_not", outcome(first)? == 0);
    Ok(())
}

#[pin_data]
struct Attack {
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Attack {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
            _: {
                let end = run();
                check!("attack_came_to_its_end", end == Ok(()));
                pr_info!("done\n");
            },
        })
    }
}
