// SPDX-License-Identifier: GPL-2.0

//! A line that is handled, and what became of it.

use core::ptr::NonNull;

use kernel::{
    device::{
        Bound,
        Device, //
    },
    error::to_result,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

use super::{
    kind::{
        self,
        Trigger, //
    },
    listener::Listeners,
    polled::Polled,
    waking::Waking, //
};
use crate::{
    bindings,
    chardev::wait::WaitQueue,
    compat::{
        self,
        SpinLockIrq, //
    },
    devres::{
        drop_fn,
        End,
        Kept,
        Managed, //
    }, //
};

/// How an interrupt stands.
///
/// # Examples
///
/// ```no_run
/// use iomem::irq::Status;
///
/// fn waits_for_us(status: &Status) -> bool {
///     status.is_level && status.is_masked
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many came since the line was requested.
    pub count: u64,
    /// The line is level-triggered, or not known to be edge-triggered, so that it is masked when an
    /// interrupt comes.
    pub is_level: bool,
    /// It is masked, by an interrupt or by [`Interrupt::mask`], until [`Interrupt::unmask`].
    pub is_masked: bool,
}

/// What is under the lock *state*.
pub(super) struct State {
    status: Status,
    /// It may be an edge that comes: each has to be counted.
    may_be_edge: bool,
    /// One came before the line was masked, and was seen when it was: it counts as one that comes when
    /// the line is unmasked. Where handlers are threads (`PREEMPT_RT`), the controller may interrupt again
    /// before the handler has masked the line.
    is_kept: bool,
    /// [`Interrupt::mask`] waits for the handler.
    is_masking: bool,
    /// The line is not ours any more, or will not be soon.
    gone: bool,
    pub(super) listeners: Listeners,
}

impl State {
    /// Fails with `ENODEV` once the device is gone.
    pub(super) fn check(&self) -> Result {
        if self.gone {
            return Err(ENODEV);
        }
        Ok(())
    }

    /// Counts an interrupt, and signals those who listen.
    fn count(&mut self) {
        self.status.count = self.status.count.wrapping_add(1);
        self.listeners.signal();
    }
}

/// What became of a line: shared by the driver and all who have the device open.
///
/// Made by [`Line::request`](super::Line::request).
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// - As long as the line is ours, it is disabled once if `status.is_masked`, and otherwise not.
/// - The line was requested with this as the cookie, and `label` as its name, which the kernel has a
///   pointer to. It is freed after `gone` was set and `masking` was free once.
/// - `waking` is queued by the handler only, and cancelled after the line has been freed.
#[pin_data]
pub struct Interrupt {
    number: u32,
    name: Option<CString>,
    label: CString,
    #[pin]
    queue: WaitQueue,
    /// Shared with other lines.
    polled: Option<Polled>,
    #[pin]
    waking: Waking,
    /// The line ends, and who is still asleep is woken by those who end it.
    is_ending: Atomic<bool>,
    #[pin]
    masking: Mutex<()>,
    #[pin]
    pub(super) state: SpinLockIrq<State>,
}

impl Interrupt {
    /// Returns the line's number in Linux, the first column of `/proc/interrupts`.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns what the device's description calls the line, if anything.
    pub fn name(&self) -> Option<&CStr> {
        self.name.as_deref()
    }

    /// Returns where those wait who wait for the interrupt: they are woken for each, and when the
    /// device goes. The handler wakes 64 of them, and leaves more to a workqueue.
    pub fn queue(&self) -> &WaitQueue {
        &self.queue
    }

    /// Fails with `ENODEV` once the device is gone, or the line: see the [module](super).
    pub(super) fn check(&self, state: &State) -> Result {
        state.check()?;
        if self.is_handled() {
            Ok(())
        } else {
            Err(ENODEV)
        }
    }

    /// Tells whether the number is still that of our line.
    fn is_handled(&self) -> bool {
        // SAFETY: The function takes any number and any cookie, which it compares.
        unsafe { bindings::irq_is_handled_with(self.number, core::ptr::from_ref(self).cast()) }
    }

    /// Returns how it stands now. Context: any; on `PREEMPT_RT` a task with interrupts enabled, for a
    /// spinlock.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is gone, or the line.
    pub fn status(&self) -> Result<Status> {
        let state = self.state.lock();
        self.check(&state)?;
        Ok(state.status)
    }

    /// Lets the interrupt come again. A level-triggered line is to be unmasked after the device has
    /// been made to release it; if it has not, the interrupt comes again at once, and the line is
    /// masked again. Of the edges that came while the line was masked, the kernel has kept one, which
    /// comes now. A line that is not masked stays as it is, and so does one that another thread is about
    /// to mask: until [`mask`](Self::mask) has returned there, this does nothing.
    ///
    /// Context: may sleep.
    ///
    /// Corresponds to the C function `enable_irq()` in
    /// [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h).
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is gone, or the line.
    pub fn unmask(&self) -> Result {
        let mut state = self.state.lock();
        self.check(&state)?;
        if state.is_masking {
            return Ok(());
        }
        if core::mem::replace(&mut state.is_kept, false) {
            // The line stays masked, as it is after any that comes.
            state.count();
            drop(state);
            self.wake();
        } else if core::mem::replace(&mut state.status.is_masked, false) {
            // INVARIANT: It is disabled once by the type invariant, so not at all after this.
            // SAFETY: The line is ours, and is not freed while the lock is held.
            unsafe { bindings::enable_irq(self.number) };
        }
        Ok(())
    }

    /// Keeps the interrupt from coming, be the line level- or edge-triggered, until
    /// [`unmask`](Self::unmask). When this returns, the handler does not run, and nothing is counted
    /// or signalled any more. A line that is masked stays as it is.
    ///
    /// Context: may sleep.
    ///
    /// Corresponds to the C function `disable_irq()` in
    /// [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h).
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is gone, or the line.
    pub fn mask(&self) -> Result {
        // The line is not freed before the handler has been waited for, which takes the other lock.
        let _line_is_ours = self.masking.lock();
        let mut state = self.state.lock();
        self.check(&state)?;
        if !core::mem::replace(&mut state.status.is_masked, true) {
            // INVARIANT: It was not disabled by the type invariant, so it is once after this.
            // SAFETY: By the type invariant the line is ours, since it is not gone.
            unsafe { bindings::disable_irq_nosync(self.number) };
        }
        // Nor does the handler begin again meanwhile, which this would then wait for as well.
        state.is_masking = true;
        drop(state);
        // SAFETY: By the type invariant the line is ours as long as `masking` is held. The spinlock,
        // which the handler takes, is not held, and the handler does not take the mutex.
        unsafe { bindings::synchronize_irq(self.number) };
        self.state.lock().is_masking = false;
        Ok(())
    }

    /// Takes note of an interrupt: what the handler does.
    fn came(&self) {
        let mut state = self.state.lock();
        if state.status.is_masked && state.may_be_edge {
            state.is_kept = true;
            return;
        }
        // Also while the device goes: a line that is raised has to let the processor do that.
        if state.status.is_level && !state.status.is_masked {
            state.status.is_masked = true;
            // INVARIANT: It was not disabled by the type invariant, so it is once after this.
            // SAFETY: The handler was called, so the line is ours; who frees it waits for the
            // handler.
            unsafe { bindings::disable_irq_nosync(self.number) };
        }
        state.count();
        drop(state);
        let more = self.queue.wake_first();
        let polled = self
            .polled
            .as_ref()
            .is_some_and(|polled| polled.wake_first());
        if more || polled {
            self.waking.queue();
        }
    }

    /// Wakes all, when there are more than the handler wakes; or until the line ends.
    fn wake(&self) {
        self.queue.wake_in_pieces_until(&self.is_ending);
        if let Some(polled) = &self.polled {
            polled.wake_in_pieces_until(&self.is_ending);
        }
    }
}

/// The handler.
///
/// # Safety
///
/// `cookie` points to an [`Interrupt`] that is valid for the call.
unsafe extern "C" fn handle(_irq: c_int, cookie: *mut c_void) -> bindings::irqreturn_t {
    // SAFETY: By the requirement.
    let interrupt = unsafe { &*cookie.cast::<Interrupt>() };
    interrupt.came();
    compat::IRQ_HANDLED
}

/// Wakes those whom the handler has left asleep.
///
/// # Safety
///
/// `work` points to the one in `waking` of an [`Interrupt`] that is valid for the call.
unsafe extern "C" fn wake_others(work: *mut bindings::work_struct) {
    // SAFETY: By the requirement. `Waking` is a transparent wrapper around `struct work_struct`.
    let interrupt = unsafe {
        let waking: *mut Waking = work.cast();
        &*kernel::container_of!(waking, Interrupt, waking)
    };
    interrupt.wake();
}

/// A line that is handled, by this library's handler.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// The line `interrupt.number` was requested with `interrupt` as the cookie.
struct Handled {
    interrupt: Arc<Interrupt>,
}

impl Handled {
    fn new(
        number: u32,
        name: Option<CString>,
        label: CString,
        polled: Option<Polled>,
    ) -> Result<Self> {
        kind::check(number)?;
        let state = State {
            status: Status {
                count: 0,
                is_level: true,
                is_masked: true,
            },
            may_be_edge: false,
            is_kept: false,
            is_masking: false,
            gone: false,
            listeners: Listeners::new()?,
        };
        let interrupt = Arc::pin_init(
            try_pin_init!(Interrupt {
                number,
                name,
                label,
                queue <- crate::new_wait_queue!("Interrupt::queue"),
                polled,
                // SAFETY: The handler alone queues it, and it is cancelled when that is not called any
                // more, before the last reference can go.
                waking <- unsafe { Waking::new(wake_others) },
                is_ending: Atomic::new(false),
                masking <- new_mutex!((), "Interrupt::masking"),
                state <- SpinLockIrq::new(
                    state,
                    c"Interrupt::state",
                    kernel::static_lock_class!()
                ),
            }),
            GFP_KERNEL,
        )?;

        // What raises an interrupt can be told when the line has been set up, and has to be known
        // when the first one comes. So the line is requested disabled: masked, as it were.
        //
        // SAFETY: The handler gets the interrupt, which is valid until `free_irq`, since `Handled`
        // has a reference, and so is the name in it.
        to_result(unsafe {
            bindings::request_threaded_irq(
                number,
                Some(handle),
                None,
                bindings::IRQF_NO_AUTOEN as c_ulong,
                interrupt.label.as_char_ptr(),
                Arc::as_ptr(&interrupt).cast_mut().cast(),
            )
        })?;
        // INVARIANT: It has just been requested. It is disabled once, and `is_masked`.
        let handled = Self { interrupt };

        // SAFETY: The line has just been requested, and is not freed while `handled` is there.
        let trigger = unsafe { Trigger::of(number) };
        // What may be an edge is disabled when the next one comes, which the kernel keeps then; so a
        // line that is none may come once more when it is unmasked.
        if trigger == Trigger::Level {
            // SAFETY: The flag is that of the one who requested the line, and ends with `free_irq`.
            unsafe { bindings::irq_set_disable_unlazy(number) };
        }
        let mut state = handled.interrupt.state.lock();
        state.status.is_level = trigger != Trigger::Edge;
        state.may_be_edge = trigger == Trigger::Unknown;
        drop(state);
        handled.interrupt.unmask()?;
        Ok(handled)
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        let interrupt = &*self.interrupt;
        // From here on the line is neither enabled nor disabled.
        interrupt.state.lock().gone = true;
        // Who was about to mask it is done with it.
        drop(interrupt.masking.lock());
        if interrupt.is_handled() {
            // SAFETY: By the type invariant the line was requested with this cookie, and this is the
            // one place that frees it. This is no interrupt handler. It waits for the handler. A line
            // that is disabled has not to be enabled for this: who requests it next gets it enabled.
            unsafe {
                bindings::free_irq(
                    interrupt.number,
                    Arc::as_ptr(&self.interrupt).cast_mut().cast(),
                )
            };
        } else {
            // SAFETY: The label ends with zero.
            unsafe {
                bindings::note_handler_leaked(interrupt.number, interrupt.label.as_char_ptr())
            };
            // Whether the handler still runs is not known.
            core::mem::forget(self.interrupt.clone());
        }
        // No listener is added any more. The last of them is signalled and dropped without the lock.
        let listeners = interrupt.state.lock().listeners.take();
        listeners.signal();
        // The handler, which queued it, is not called any more. `polled` is for the driver to wake, after what
        // comes with the line: there can be millions in it.
        interrupt.is_ending.store(true, Relaxed);
        interrupt.waking.cancel();
        interrupt.queue.wake_all_in_pieces();
    }
}

// SAFETY: The function drops it, and is in the library.
unsafe impl Kept for Handled {
    unsafe fn end(this: NonNull<Self>) -> End {
        End::whole(this, drop_fn!(Handled))
    }
}

/// A line that is handled, until this is dropped or the device is unbound, whichever is first.
///
/// The device has the line, and this is a handle of it: kept beyond the unbinding, or forgotten, it
/// keeps nothing from being freed, and everything on the [`Interrupt`] fails with `ENODEV` then.
/// Dropping it frees the line also while that is masked, and waits for the handler.
///
/// Context of the drop: may sleep. Where this is not a task that may sleep, the device keeps the line, as if
/// this were forgotten.
///
/// # Examples
///
/// See the [module](super).
pub struct Registration {
    interrupt: Arc<Interrupt>,
    _handled: Managed<Handled>,
}

impl Registration {
    pub(super) fn new(
        dev: &Device<Bound>,
        number: u32,
        name: Option<CString>,
        label: CString,
        polled: Option<Polled>,
    ) -> Result<Self> {
        let handled = Handled::new(number, name, label, polled)?;
        Ok(Self {
            interrupt: handled.interrupt.clone(),
            _handled: Managed::new(dev, handled)?,
        })
    }

    /// Returns what becomes of the line, to be shared with programs.
    pub fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }
}
