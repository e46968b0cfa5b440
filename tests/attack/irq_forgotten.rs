// SPDX-License-Identifier: GPL-2.0

//! Interrupt lines that a driver keeps beyond its binding: by forgetting the registration, by leaving
//! it where it is never dropped, by a count that never comes to zero, and by dropping it where the line
//! cannot be freed, under a spinlock.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    irq::{
        Interrupt,
        Lines,
        Registration, //
    },
    mapping::Mapping,
    platform::{
        Info,
        Resource, //
    },
    resource::{
        request_mem_region,
        MemRegion, //
    },
};
use kernel::{
    device::Core,
    driver,
    io::Io,
    new_spinlock,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        SetOnce, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_irq_forgotten",
    authors: ["The iomem authors"],
    description: "Keeps interrupt lines of the iomem library beyond its binding",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
        irq: u64 {
            default: 0,
            description: "Linux's number of edu's interrupt",
        },
    },
}

const NAME: &CStr = c"iomem_attack_irq_forgotten";

const RAISE: usize = 0x60;
const ACKNOWLEDGE: usize = 0x64;

const SECOND: u64 = 1_000_000_000;

/// How many times a device was bound.
static ROUND: Atomic<i32> = Atomic::new(0);

/// What became of the line, by round.
static INTERRUPTS: [SetOnce<Arc<Interrupt>>; 4] = [const { SetOnce::new() }; 4];

/// Where the registration of the second round stays.
static KEPT: SetOnce<Registration> = SetOnce::new();

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let round = ROUND.fetch_add(1, Full);
            let line = pdev.line_by_index(0)?.ok_or(ENXIO)?;
            let registration = line.request(CString::try_from_fmt(fmt!("attack-{round}"))?)?;
            let slot = INTERRUPTS.get(round as usize).ok_or(EINVAL)?;
            slot.populate(registration.interrupt().clone());
            match round {
                0 => core::mem::forget(registration),
                1 => {
                    KEPT.populate(registration);
                }
                2 => core::mem::forget(Arc::new(registration, GFP_KERNEL)?),
                _ => {
                    let lock = KBox::pin_init(new_spinlock!((), "attack"), GFP_KERNEL)?;
                    let _guard = lock.lock();
                    drop(registration);
                }
            }
            Ok(Ok(Self))
        })
    }
}

/// The interrupt of the last round.
fn last() -> Result<&'static Arc<Interrupt>> {
    let round = ROUND.load(Relaxed);
    let index = round.checked_sub(1).ok_or(EINVAL)?;
    INTERRUPTS
        .get(index as usize)
        .and_then(SetOnce::as_ref)
        .ok_or(ENXIO)
}

/// A device that has the line is there, and goes.
fn round(edu: &Mapping<MemRegion, 0x100>, irq: u32) -> Result {
    let device = Info::new(NAME, &[Resource::irq(irq)]).register()?;
    let interrupt = last()?;
    edu.write32(1, RAISE);
    let comes = interrupt.queue().wait_until_timeout(SECOND, || {
        (interrupt.status().ok()?.count == 1).then_some(())
    });
    check!("interrupt_comes_while_bound", comes.is_ok());
    edu.write32(!0, ACKNOWLEDGE);
    edu.read32(ACKNOWLEDGE);
    interrupt.unmask()?;

    drop(device);
    check!(
        "interrupt_is_gone_when_unbound",
        interrupt.status() == Err(ENODEV)
    );
    check!(
        "interrupt_cannot_be_unmasked_when_unbound",
        interrupt.unmask() == Err(ENODEV)
    );
    check!(
        "interrupt_cannot_be_masked_when_unbound",
        interrupt.mask() == Err(ENODEV)
    );
    Ok(())
}

fn run() -> Result {
    let start = param(module_parameters::edu.value());
    let irq = u32::try_from(param(module_parameters::irq.value())).map_err(|_| EINVAL)?;
    let edu = Mapping::<_, 0x100>::ioremap(request_mem_region(start, 0x100, NAME)?)?;
    // A spinlock of PREEMPT_RT's can be held by who sleeps.
    let tells = cfg!(CONFIG_PREEMPT_COUNT) && !cfg!(CONFIG_PREEMPT_RT);
    let rounds = if tells { 4 } else { 3 };
    for _ in INTERRUPTS.iter().take(rounds) {
        round(&edu, irq)?;
    }
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
