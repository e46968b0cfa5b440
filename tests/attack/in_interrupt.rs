// SPDX-License-Identifier: GPL-2.0

//! Questions about ranges, asked in an interrupt: the processor that it came to could hold the lock of
//! the tree. The answer is one that grants nothing.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    range::Range,
    resource::{
        contains_ram,
        region_intersects,
        Intersection,
        Kind, //
    },
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc,
        ArcBorrow, //
    },
    time::{
        delay::fsleep,
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeMode, //
        },
        Delta,
        Monotonic, //
    },
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_in_interrupt",
    authors: ["The iomem authors"],
    description: "Looks for what is in a range, in an interrupt",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

/// What was answered, in an interrupt.
const MIXED: u32 = 1 << 0;
const RAM: u32 = 1 << 1;
const ASKED: u32 = 1 << 2;

#[pin_data]
struct Asker {
    range: Range,
    answer: Atomic<u32>,
    #[pin]
    timer: HrTimer<Self>,
}

kernel::impl_has_hr_timer! {
    impl HasHrTimer<Self> for Asker {
        mode: RelativeMode<Monotonic>,
        field: self.timer
    }
}

impl HrTimerCallback for Asker {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, _: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let mut answer = ASKED;
        if region_intersects(this.range, Kind::SYSTEM_RAM) == Intersection::Mixed {
            answer |= MIXED;
        }
        if contains_ram(this.range) {
            answer |= RAM;
        }
        this.answer.store(answer, Release);
        HrTimerRestart::NoRestart
    }
}

fn run(start: u64) -> Result {
    let range = Range::new(start, 0x1000)?;
    check!("device_is_no_ram", !contains_ram(range));

    let asker = Arc::pin_init(
        pin_init!(Asker {
            range,
            answer: Atomic::new(0),
            timer <- HrTimer::new(),
        }),
        GFP_KERNEL,
    )?;
    let handle: ArcHrTimerHandle<Asker> = asker.clone().start(Delta::from_millis(1));
    for _ in 0..1000 {
        if asker.answer.load(Acquire) != 0 {
            break;
        }
        fsleep(Delta::from_millis(1));
    }
    drop(handle);
    check!(
        "nothing_is_granted_in_an_interrupt",
        asker.answer.load(Acquire) == ASKED | MIXED | RAM
    );
    Ok(())
}

struct Attack;

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = run(param(module_parameters::start.value()));
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
