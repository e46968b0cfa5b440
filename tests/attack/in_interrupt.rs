// SPDX-License-Identifier: GPL-2.0

//! What must not be done in an interrupt: questions about ranges, since the processor that it came to could
//! hold the lock of the tree, which are answered such that nothing is granted; waiting, which fails; and
//! dropping what takes sleeping to be dropped, which stays.

#![deny(unsafe_code)]

use iomem::{
    chardev::wait::WaitQueue,
    compat::{
        param,
        SpinLockIrq, //
    },
    mapping::Mapping,
    range::Range,
    resource::{
        contains_ram,
        region_intersects,
        request_mem_region,
        Intersection,
        Kind, //
    },
};
use kernel::{
    new_mutex, new_spinlock,
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
        registers: u64 {
            default: 0,
            description: "physical address of a page of registers that stays mapped",
        },
    },
}

/// Whatever an interrupt could wait for is held with interrupts disabled: a lock that is taken with them
/// enabled must not be waited for.
fn with_interrupts_disabled(range: Range) -> Result {
    let lock = KBox::pin_init(
        SpinLockIrq::new((), c"attack::irq", kernel::static_lock_class!()),
        GFP_KERNEL,
    )?;
    let guard = lock.lock();
    let (found, ram) = (
        region_intersects(range, Kind::SYSTEM_RAM),
        contains_ram(range),
    );
    drop(guard);
    check!(
        "nothing_is_granted_with_interrupts_disabled",
        found == Intersection::Mixed && ram
    );
    Ok(())
}

/// What was answered, in an interrupt.
const MIXED: u32 = 1 << 0;
const RAM: u32 = 1 << 1;
const ASKED: u32 = 1 << 2;
const WAIT_FAILS: u32 = 1 << 3;
const TIMEOUT_FAILS: u32 = 1 << 4;
const FREEZABLE_FAILS: u32 = 1 << 5;
const LOOKS: u32 = 1 << 6;
const ALL: u32 = (1 << 7) - 1;

#[pin_data]
struct Asker {
    range: Range,
    answer: Atomic<u32>,
    #[pin]
    queue: WaitQueue,
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
        for (bit, result) in [
            (WAIT_FAILS, this.queue.wait_until(|| None::<()>)),
            (
                TIMEOUT_FAILS,
                this.queue.wait_until_timeout(1_000_000, || None),
            ),
            (FREEZABLE_FAILS, this.queue.wait_until_freezable(|| None)),
        ] {
            if result == Err(EAGAIN) {
                answer |= bit;
            }
        }
        if this.queue.wait_until(|| Some(1)) == Ok(1) {
            answer |= LOOKS;
        }
        this.answer.store(answer, Release);
        HrTimerRestart::NoRestart
    }
}

fn under_a_spinlock(registers: u64) -> Result {
    let claim = request_mem_region(registers, 0x10, c"iomem_attack_in_interrupt")?;
    let mapping = Mapping::<_, 0x10>::ioremap(&claim)?;
    let queue = KBox::pin_init(iomem::new_wait_queue!("attack::queue"), GFP_KERNEL)?;
    let lock = KBox::pin_init(new_spinlock!((), "attack::lock"), GFP_KERNEL)?;
    let guard = lock.lock();
    let waited = queue.wait_until(|| None::<()>);
    // It stays, as tests/guest/suite sees.
    drop(mapping);
    drop(guard);
    check!("waiting_fails_under_a_spinlock", waited == Err(EAGAIN));
    // Another owner would have it in the mode of that mapping.
    drop(claim);
    let again = request_mem_region(registers, 0x10, c"iomem_attack_in_interrupt");
    check!(
        "what_is_still_mapped_is_still_claimed",
        again.err().map(Error::from) == Some(EBUSY)
    );

    // A task that may sleep is not taken for another.
    let mutex = KBox::pin_init(new_mutex!((), "attack::mutex"), GFP_KERNEL)?;
    let guard = mutex.lock();
    let waited = queue.wait_until_timeout(1_000_000, || None::<()>);
    drop(guard);
    check!("waiting_sleeps_under_a_mutex", waited == Err(ETIMEDOUT));
    Ok(())
}

fn run(start: u64) -> Result {
    let range = Range::new(start, 0x1000)?;
    check!("device_is_no_ram", !contains_ram(range));

    let asker = Arc::pin_init(
        pin_init!(Asker {
            range,
            answer: Atomic::new(0),
            queue <- iomem::new_wait_queue!("Asker::queue"),
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
    let answer = asker.answer.load(Acquire);
    check!(
        "nothing_is_granted_in_an_interrupt",
        answer & (ASKED | MIXED | RAM) == ASKED | MIXED | RAM
    );
    check!("waiting_fails_in_an_interrupt", answer == ALL);

    if !cfg!(CONFIG_PREEMPT_RT) {
        with_interrupts_disabled(range)?;
    }

    let mut looks = 0;
    let waited = asker.queue.wait_until_timeout(0, || {
        looks += 1;
        None::<()>
    });
    check!(
        "limit_of_zero_looks_once",
        waited == Err(ETIMEDOUT) && looks == 1
    );

    // Under a spinlock, which PREEMPT_RT's sleep with.
    if cfg!(CONFIG_PREEMPT_COUNT) && !cfg!(CONFIG_PREEMPT_RT) {
        under_a_spinlock(param(module_parameters::registers.value()))?;
    }
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
