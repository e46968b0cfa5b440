// SPDX-License-Identifier: GPL-2.0

//! Data races, made on purpose, and the same without a race: whether the kernel that watches for
//! them (`scripts/prepare --kernel kcsan`) sees them in code of Rust. For tests/kcsan.
//!
//! Loading it with `how=` at one of the numbers at [`HOW`] has two threads do that for a while. What
//! is said of it is KCSAN's: the functions that touch the value are what it has to name.

use core::{
    cell::UnsafeCell,
    hint::black_box,
    ptr::{
        read_volatile,
        write_volatile, //
    },
};

use iomem::compat::param;
use kernel::{
    impl_has_work, new_spinlock, new_work,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc,
        Completion,
        SpinLock, //
    },
    time::{
        Instant,
        Monotonic, //
    },
    workqueue::{
        self,
        Work,
        WorkItem, //
    },
};

module! {
    type: Test,
    name: "iomem_test_races",
    authors: ["The iomem authors"],
    description: "Races on purpose, for tests",
    license: "GPL",
    params: {
        how: u64 {
            default: 0,
            description: "what the two threads do: a number in the list of the source",
        },
    },
}

/// What the two threads do, by number: the first three are races, the others none.
const HOW: [fn(&Race, Side); 7] = [
    plain_twice,
    plain_and_volatile,
    published_relaxed,
    volatile_twice,
    locked,
    counted,
    published,
];

/// For how long.
const SECONDS: i64 = 4;

/// How often the writer writes, and looks elsewhere before it returns. One access in a thousand is
/// waited at; for a barrier that is missing it has to be one of the former and one of the latter.
const OFTEN: usize = 100;

/// Which of the two threads this is.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    One,
    Other,
}

/// What both threads have in hand.
#[pin_data]
struct Race {
    how: fn(&Race, Side),
    value: UnsafeCell<u64>,
    /// Whether the value is there to be read.
    full: Atomic<bool>,
    counter: Atomic<u64>,
    #[pin]
    lock: SpinLock<u64>,
    #[pin]
    over: Completion,
    #[pin]
    work: Work<Self>,
}

// SAFETY: It is none for `value`: two threads touch that at once, which is what this module is for.
// It is a whole word, which the machine reads and writes at once, and no decision hangs on it. The
// rest of the fields may be shared. The library cannot carry this: it has no races.
unsafe impl Sync for Race {}

// SAFETY: It owns all that is in it.
unsafe impl Send for Race {}

impl_has_work! {
    impl HasWork<Self> for Race { self.work }
}

impl WorkItem for Race {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.run_as(Side::Other);
        this.over.complete_all();
    }
}

impl Race {
    fn run_as(&self, side: Side) {
        let start = Instant::<Monotonic>::now();
        while start.elapsed().as_millis() < 1000 * SECONDS {
            for _ in 0..1000 {
                (self.how)(self, side);
            }
        }
    }
}

/// A race: what a lock left out would make.
#[inline(never)]
fn plain_twice(race: &Race, _: Side) {
    // SAFETY: See `Race`: it is a race.
    unsafe { *race.value.get() = (*race.value.get()).wrapping_add(1) };
}

/// A race still: one of the two is not marked.
#[inline(never)]
fn plain_and_volatile(race: &Race, side: Side) {
    let value = race.value.get();
    match side {
        // SAFETY: See `Race`: it is a race.
        Side::One => unsafe { *value = (*value).wrapping_add(1) },
        Side::Other => {
            // SAFETY: See `Race`: it is a race, though this half of it is marked.
            unsafe { read_volatile(value) };
        }
    }
}

/// No race by the kernel's rules: both are marked.
#[inline(never)]
fn volatile_twice(race: &Race, _: Side) {
    let value = race.value.get();
    // SAFETY: The pointer is that of a reference. The kernel takes volatile accesses of a word for
    // atomic ones.
    unsafe { write_volatile(value, read_volatile(value).wrapping_add(1)) };
}

/// No race: what is changed is behind a lock.
#[inline(never)]
fn locked(race: &Race, _: Side) {
    let mut value = race.lock.lock();
    *value = value.wrapping_add(1);
}

/// No race: an atomic counter.
#[inline(never)]
fn counted(race: &Race, _: Side) {
    race.counter.fetch_add(1, Relaxed);
}

/// Takes over what the other thread handed over.
#[inline(never)]
fn take(race: &Race) {
    if race.full.load(Acquire) {
        // SAFETY: The thread that filled it leaves it alone until it is empty again.
        let value = unsafe { *race.value.get() };
        race.counter.store(value, Relaxed);
        race.full.store(false, Release);
    }
}

/// Stays a while: an access that nothing holds back can be late until its function returns.
fn linger(race: &Race) {
    for _ in 0..OFTEN {
        race.counter.load(Relaxed);
    }
}

/// A race where the processor, or the compiler, is free to put the value behind the word that tells
/// of it: nothing holds the two in order.
#[inline(never)]
fn published_relaxed(race: &Race, side: Side) {
    if side == Side::One {
        take(race);
    } else if !race.full.load(Acquire) {
        for _ in 0..OFTEN {
            let value = black_box(race.value.get());
            // SAFETY: See `Race`: it is a race.
            unsafe { *value = (*value).wrapping_add(1) };
        }
        race.full.store(true, Relaxed);
        linger(race);
    }
}

/// No race: the value is there before it is said to be.
#[inline(never)]
fn published(race: &Race, side: Side) {
    if side == Side::One {
        take(race);
    } else if !race.full.load(Acquire) {
        for _ in 0..OFTEN {
            let value = black_box(race.value.get());
            // SAFETY: The reader looks at it only once it is full.
            unsafe { *value = (*value).wrapping_add(1) };
        }
        race.full.store(true, Release);
        linger(race);
    }
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let how = usize::try_from(param(module_parameters::how.value()))?;
        let what = *HOW.get(how).ok_or(EINVAL)?;
        let race = Arc::pin_init(
            pin_init!(Race {
                how: what,
                value: UnsafeCell::new(0),
                full: Atomic::new(false),
                counter: Atomic::new(0),
                lock <- new_spinlock!(0),
                over <- Completion::new(),
                work <- new_work!("Race::work"),
            }),
            GFP_KERNEL,
        )?;
        let _ = workqueue::system_unbound().enqueue(race.clone());
        race.run_as(Side::One);
        race.over.wait_for_completion();
        // SAFETY: No other thread touches it any more.
        let value = unsafe { *race.value.get() };
        pr_info!("done {how}: {value}\n");
        Ok(Self)
    }
}
