// SPDX-License-Identifier: GPL-2.0

//! Sleeping until something has happened.
//!
//! A [`WaitQueue`] is where programs sleep, in a call ([`WaitQueue::wait_until`],
//! [`WaitQueue::wait_until_timeout`]) or in `poll()`
//! ([`PollTable::wait`](super::poll::PollTable::wait)), and where the code that changes what they wait for
//! wakes them: [`WaitQueue::wake_all`].
//!
//! # Why not the kernel crate's `CondVar`
//!
//! A `CondVar` goes with a lock that both sides take. What devices report, they report in an
//! interrupt handler, which must not take a `Mutex`, nor a `SpinLock` that others take with
//! interrupts enabled. Here the condition is looked at without a lock, after the sleeper has entered
//! itself into the queue, so an atomic variable will do: change it, then wake. And its
//! `PollCondVar` may be freed while it is polled, which `poll()`, other than `epoll`, does not
//! bear; a [`WaitQueue`] lives as long as the file.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use kernel::{
    prelude::*,
    sync::LockClassKey,
    types::Opaque, //
};

use crate::{
    bindings,
    context::may_sleep, //
};

mod pieces;

/// Makes the initializer of a [`WaitQueue`], with a lock class of its own.
///
/// # Examples
///
/// ```no_run
/// use iomem::chardev::wait::WaitQueue;
///
/// let queue = KBox::pin_init(iomem::new_wait_queue!("my_device::queue"), GFP_KERNEL)?;
/// queue.wake_all();
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! new_wait_queue {
    ($($name:literal)?) => {
        $crate::chardev::wait::WaitQueue::new(
            $crate::__private::kernel::optional_name!($($name)?),
            $crate::__private::kernel::static_lock_class!(),
        )
    };
}

/// Where programs sleep, and are woken.
///
/// Made in place with [`new_wait_queue!`](crate::new_wait_queue). Corresponds to the C
/// `wait_queue_head_t`.
///
/// # Locks
///
/// The kernel's own lock in it protects the list of sleepers; it is taken with interrupts disabled
/// and nothing is taken inside it but what waking a task takes.
///
/// # Examples
///
/// A device that counts events, and a reader that waits for the next one:
///
/// ```no_run
/// use iomem::chardev::wait::WaitQueue;
/// use kernel::sync::atomic::{
///     Acquire,
///     Atomic,
///     Full, //
/// };
///
/// #[pin_data]
/// struct Device {
///     events: Atomic<u64>,
///     gone: Atomic<bool>,
///     #[pin]
///     queue: WaitQueue,
/// }
///
/// impl Device {
///     /// Called by the interrupt handler.
///     fn event(&self) {
///         self.events.fetch_add(1, Full);
///         self.queue.wake_all();
///     }
///
///     /// Waits for an event after number `seen`.
///     fn next(&self, seen: u64) -> Result<u64> {
///         self.queue.wait_until(|| {
///             if self.gone.load(Acquire) {
///                 return Some(Err(ENODEV));
///             }
///             let now = self.events.load(Acquire);
///             (now != seen).then_some(Ok(now))
///         })?
///     }
/// }
/// ```
#[pin_data]
pub struct WaitQueue {
    // The list of sleepers is linked through it, so it stays in place.
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: The C type may be used by any thread: it has a lock of its own.
unsafe impl Send for WaitQueue {}

// SAFETY: Whatever is done to it by reference takes that lock.
unsafe impl Sync for WaitQueue {}

impl WaitQueue {
    /// Returns an initializer, for [`new_wait_queue!`](crate::new_wait_queue), which gives the name
    /// and the lock class.
    ///
    /// Corresponds to the C macro `init_waitqueue_head()`.
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The initializer may write to its slot; name and key are there for ever.
            head <- Opaque::ffi_init(|slot| unsafe {
                bindings::__init_waitqueue_head(slot, name.as_char_ptr(), key.as_ptr())
            }),
        })
    }

    /// Wakes everybody who sleeps here: in a call, to look at their condition again, and in
    /// `poll()`, to ask the device again.
    ///
    /// What was written before this is seen by who is woken. Context: any, also an interrupt
    /// handler; on `PREEMPT_RT` a task, as its handlers are, with interrupts enabled: it takes a spinlock.
    ///
    /// Corresponds to the C macro `wake_up_all()`.
    pub fn wake_all(&self) {
        // SAFETY: The queue has been initialized. No number is the limit, and no key means that
        // those who wait for any event are woken.
        unsafe {
            bindings::__wake_up(
                self.head.get(),
                bindings::TASK_NORMAL,
                0,
                core::ptr::null_mut(),
            )
        };
    }

    /// Sleeps until `condition` gives something, and returns that.
    ///
    /// The condition is looked at before the first sleep, and again whenever the queue is woken.
    /// It must not sleep itself. A device that can go away says so through the condition.
    /// Context: may sleep.
    ///
    /// Corresponds to the C macro `wait_event_interruptible()`.
    ///
    /// # Errors
    ///
    /// - `ERESTARTSYS`: a signal came first. Passed on to the program, it is `EINTR`, or the call
    ///   begins again, as the program has asked the signal to be handled.
    /// - `EAGAIN`: the condition gives nothing, and this must not sleep: it is an interrupt, or one
    ///   spinlock is held, or more, on a kernel with `CONFIG_PREEMPT_COUNT`. C would stop the kernel, or
    ///   warn.
    pub fn wait_until<T>(&self, condition: impl FnMut() -> Option<T>) -> Result<T> {
        self.wait(None, false, condition)
    }

    /// As [`wait_until`](Self::wait_until), but a program that is frozen meanwhile, because the machine
    /// is suspended or its control group of version 1 is frozen, is frozen where it sleeps, and goes on
    /// when it is thawed. Otherwise being frozen ends the wait as a signal does.
    ///
    /// Context: may sleep; no lock is held, since others would wait for it as long as the program is
    /// frozen.
    ///
    /// Corresponds to the C macro `wait_event_freezable()`, which however ends, with no signal, if the
    /// program is frozen just when it is awake.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`, `EAGAIN`: as [`wait_until`](Self::wait_until).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::wait::WaitQueue;
    /// # use kernel::sync::atomic::{Acquire, Atomic};
    /// fn ready(queue: &WaitQueue, ready: &Atomic<bool>) -> Result {
    ///     queue.wait_until_freezable(|| ready.load(Acquire).then_some(()))
    /// }
    /// ```
    pub fn wait_until_freezable<T>(&self, condition: impl FnMut() -> Option<T>) -> Result<T> {
        self.wait(None, true, condition)
    }

    /// Sleeps until `condition` gives something, and returns that, or until `limit` nanoseconds have
    /// passed. Time in which the machine is suspended does not count.
    ///
    /// With a limit of 0 it looks once, and does not sleep. Otherwise as [`wait_until`](Self::wait_until).
    ///
    /// Corresponds to the C macro `wait_event_interruptible_hrtimeout()`.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: the time has passed.
    /// - `ERESTARTSYS`: a signal came first. A program whose call begins again for it gets the whole
    ///   time again; who does not want that passes on `EINTR` instead.
    /// - `EAGAIN`: as [`wait_until`](Self::wait_until).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::wait::WaitQueue;
    /// use kernel::sync::atomic::{
    ///     Acquire,
    ///     Atomic, //
    /// };
    ///
    /// /// Waits for a millisecond at most.
    /// fn ready(queue: &WaitQueue, ready: &Atomic<bool>) -> Result {
    ///     queue.wait_until_timeout(1_000_000, || ready.load(Acquire).then_some(()))
    /// }
    /// ```
    pub fn wait_until_timeout<T>(
        &self,
        limit: u64,
        condition: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        self.wait(Some(limit), false, condition)
    }

    /// As [`wait_until_timeout`](Self::wait_until_timeout), but as
    /// [`wait_until_freezable`](Self::wait_until_freezable) where the program is frozen. Time in which it is
    /// frozen counts, as far as the machine is not suspended meanwhile.
    ///
    /// Context: may sleep; no lock is held.
    ///
    /// # Errors
    ///
    /// `ETIMEDOUT`, `ERESTARTSYS`, `EAGAIN`: as [`wait_until_timeout`](Self::wait_until_timeout).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::wait::WaitQueue;
    /// # use kernel::sync::atomic::{Acquire, Atomic};
    /// fn ready(queue: &WaitQueue, ready: &Atomic<bool>) -> Result {
    ///     queue.wait_until_timeout_freezable(1_000_000, || ready.load(Acquire).then_some(()))
    /// }
    /// ```
    pub fn wait_until_timeout_freezable<T>(
        &self,
        limit: u64,
        condition: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        self.wait(Some(limit), true, condition)
    }

    /// Returns the time in `limit` nanoseconds; `None` if it is beyond the last one that there is.
    fn deadline(limit: u64) -> Option<bindings::ktime_t> {
        // SAFETY: This is no non-maskable interrupt.
        let now = unsafe { bindings::ktime_get() };
        i64::try_from(limit)
            .ok()
            .and_then(|limit| now.checked_add(limit))
    }

    /// Freezes the program if the freezer asks for it, and returns when it is thawed. Returns whether
    /// there is a signal.
    ///
    /// The freezer marks a task that is awake as having a signal pending. The mark is cleared here,
    /// unless there is a signal; also where the freezer has given up before the task came here, because
    /// it could not freeze another one in time.
    fn freeze() -> bool {
        // SAFETY: The current task may sleep, and it is not on the queue. It has signal handlers, since
        // it is a program's, or it is the kernel's and not frozen in this way.
        unsafe { bindings::freeze_or_signal() }
    }

    /// Sleeps until `condition` gives something, a signal comes, or `limit` nanoseconds have passed.
    fn wait<T>(
        &self,
        limit: Option<u64>,
        freezable: bool,
        mut condition: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        if !may_sleep() {
            return condition().ok_or(EAGAIN);
        }
        let entry = Opaque::<bindings::wait_queue_entry>::uninit();
        // SAFETY: The entry is memory of this function's, to be initialized for the current task.
        unsafe { bindings::init_wait_entry(entry.get(), 0) };

        let mut state = bindings::TASK_INTERRUPTIBLE;
        if freezable {
            state |= bindings::TASK_FREEZABLE;
        }
        let deadline = limit.and_then(Self::deadline);
        let mut passed = limit == Some(0);
        let result = loop {
            // SAFETY: Queue and entry have been initialized. `finish_wait` below takes the entry out
            // again, before it goes.
            let interrupted = unsafe {
                bindings::prepare_to_wait_event(self.head.get(), entry.get(), state as c_int)
            };
            // From here on a wake-up is not lost: it makes what sleeps below return at once.
            if let Some(value) = condition() {
                break Ok(value);
            }
            if interrupted != 0 {
                // The kernel has taken the entry off the queue, and the task is not about to sleep.
                if freezable && !Self::freeze() {
                    continue;
                }
                break Err(ERESTARTSYS);
            }
            if passed {
                break Err(ETIMEDOUT);
            }
            match deadline {
                // SAFETY: This is a context that may sleep.
                None => unsafe { bindings::schedule() },
                Some(mut time) => {
                    // SAFETY: As above, and the function only reads the time.
                    let answer = unsafe {
                        bindings::schedule_hrtimeout(
                            &raw mut time,
                            bindings::hrtimer_mode_HRTIMER_MODE_ABS,
                        )
                    };
                    passed = answer == 0;
                }
            }
        };

        // SAFETY: Queue and entry are those of above.
        unsafe { bindings::finish_wait(self.head.get(), entry.get()) };
        result
    }

    /// Returns the queue for C.
    pub(super) fn as_raw(&self) -> *mut bindings::wait_queue_head {
        self.head.get()
    }
}
