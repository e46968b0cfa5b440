// SPDX-License-Identifier: GPL-2.0

//! The interrupts of a window: waiting for them, in calls, in `poll()` and with eventfds.
//!
//! All lines of the device are handled from when it is bound until it is unbound, whether a file is
//! open or not: what came is counted. A line that is not known to be edge-triggered is masked when an
//! interrupt comes, until a program has it unmasked; see [`irq`](iomem::irq) for why, and why lines
//! are not shared.
//!
//! A file that is open for writing may mask any line. That keeps every file from its interrupts, as
//! writing to a register of the device can. Unmasking takes no more than a file: a line that masks
//! itself would be of no use to one that is open for reading.
//!
//! # What a file knows
//!
//! Each file remembers how many interrupts of each line `IOMEM_IOC_IRQ_WAIT` has told it of, for
//! `poll()`. A file that was told of none is told of those from before it was opened, too: who asks
//! has not seen them. The count that `IOMEM_IOC_IRQ_WAIT` compares with is the program's own, so
//! several threads may wait with one file.
//!
//! # Signals
//!
//! A call that waits without a limit and unmasks nothing begins again after a signal, where the
//! program has asked for that (`SA_RESTART`): it sees no difference. Any other is `EINTR`, or its
//! limit would begin again, or a line be unmasked that has raised an interrupt meanwhile. The kernel also has
//! a task leave a call with no signal, for `task_work` of io_uring or for a livepatch, which must not have to
//! wait for the interrupt: the same holds then.
//!
//! # Locks
//!
//! A file's mutex protects what it was told of and its eventfds. The library's locks are taken in
//! it. Nothing is held while a program waits, or while its memory is accessed.

use iomem::{
    chardev::{
        poll::{
            Events,
            PollTable, //
        },
        OpenFile, //
    },
    error::eopnotsupp,
    eventfd::EventFd,
    irq::{
        Interrupt,
        Lines,
        Listener,
        Polled,
        Registration,
        Status, //
    },
    uapi::{
        name,
        Argument,
        IrqEventfd,
        IrqInfo,
        IrqMask,
        IrqUnmask,
        IrqWait,
        IRQ_LEVEL,
        IRQ_MASKED,
        IRQ_WAIT_UNMASK,
        WAIT_FOREVER, //
    },
};
use kernel::{
    device::{
        self,
        Core, //
    },
    new_mutex,
    platform,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex,
        MutexGuard, //
    },
    transmute::AsBytes, //
};

use crate::{
    names,
    window::Window, //
};

/// Handles all lines of a device, as `<node>:irq<N>`. Each interrupt wakes who sleeps in `polled`.
///
/// # Errors
///
/// - `EPROBE_DEFER`: the controller of a line is not there yet.
/// - `EBUSY`: another driver handles a line.
/// - `EINVAL`: what a line is called is no name.
/// - `EOPNOTSUPP`: a line is of a kind that is not supported.
/// - Others: as [`Lines::line_by_index`] and [`Line::request`](iomem::irq::Line::request).
pub(crate) fn request(
    pdev: &platform::Device<Core<'_>>,
    node: &CStr,
    polled: &Polled,
) -> Result<KVec<Registration>> {
    let dev: &device::Device<Core<'_>> = pdev.as_ref();
    let mut lines = KVec::new();
    loop {
        let index = u32::try_from(lines.len())?;
        let found = pdev.line_by_index(index).inspect_err(|e| {
            if *e != EPROBE_DEFER {
                dev_err!(dev, "interrupt {index} is described wrongly: {e:?}\n");
            }
        });
        let Some(line) = found? else {
            return Ok(lines);
        };
        if let Some(name) = line.name() {
            // By a property, or by the list of resources.
            names::check(dev, fmt!("the name of interrupt {index}"), name)?;
        }
        let number = line.number();
        let label = CString::try_from_fmt(fmt!("{node}:irq{index}"))?;
        let requested = line.request_polled(label, polled.clone());
        let registration = requested.inspect_err(|e| match *e {
            e if e == eopnotsupp() => dev_err!(
                dev,
                "interrupt {index} is line {number}, which is not supported: it is per-CPU or \
                 nested, of a controller behind a slow bus, or a message (MSI) of another \
                 device; leave the interrupt out\n"
            ),
            EBUSY => dev_err!(
                dev,
                "interrupt {index} is line {number}, which is in use: /proc/interrupts says by \
                 whom; unbind that driver, or leave the interrupt out, for lines are not shared\n"
            ),
            e => dev_err!(
                dev,
                "interrupt {index} is line {number}, which cannot be handled ({e:?}): choose one \
                 of /proc/interrupts\n"
            ),
        })?;
        lines.push(registration, GFP_KERNEL)?;
    }
}

/// What an open file has of an interrupt.
struct Slot {
    /// How many the program was told of.
    told: u64,
    listener: Option<Listener>,
}

/// What an open file has of all of them: nothing, until a call is about one.
///
/// It is charged to the control group of the program, which can make it wait. Opening a file must not,
/// since the kernel has `misc_mtx` then.
#[pin_data]
pub(crate) struct Slots {
    #[pin]
    list: Mutex<KVec<Slot>>,
}

impl Slots {
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            list <- new_mutex!(KVec::new(), "Slots::list"),
        })
    }

    /// Returns the list, with a slot for the interrupt `number`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    fn with(&self, number: usize) -> Result<MutexGuard<'_, KVec<Slot>>> {
        let mut list = self.list.lock();
        while list.len() <= number {
            let slot = Slot {
                told: 0,
                listener: None,
            };
            list.push(slot, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(list)
    }

    /// The program has been told of `count` interrupts.
    fn tell(&self, number: usize, count: u64) {
        if let Some(slot) = self.list.lock().get_mut(number) {
            slot.told = slot.told.max(count);
        }
    }

    /// Tells whether there is an interrupt that the program was not told of.
    fn has_news(&self, interrupts: &[Arc<Interrupt>]) -> Result<bool> {
        let list = self.list.lock();
        for (number, interrupt) in interrupts.iter().enumerate() {
            let told = list.get(number).map_or(0, |slot| slot.told);
            if interrupt.status()?.count != told {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Window {
    fn interrupt(&self, number: u32) -> Result<&Arc<Interrupt>> {
        self.interrupts().get(number as usize).ok_or(EINVAL)
    }

    /// Readable is a file that was not told of an interrupt yet, and any of a window without
    /// interrupts, as all files are that never make one wait. Writable are all.
    pub(crate) fn poll_interrupts<'a>(
        &'a self,
        file: OpenFile<'a, Self>,
        table: PollTable<'a>,
    ) -> Events {
        // One queue, whatever there is to wait for.
        table.wait(self.polled());
        let news = self.hardware().and_then(|hardware| {
            drop(hardware);
            let slots = file.state().interrupts();
            Ok(self.interrupts().is_empty() || slots.has_news(self.interrupts())?)
        });
        match news {
            Ok(true) => Events::IN | Events::OUT,
            Ok(false) => Events::OUT,
            Err(_) => Events::HUP | Events::ERR,
        }
    }

    /// `IOMEM_IOC_IRQ_INFO`: tells what an interrupt is, and how it stands.
    pub(crate) fn irq_info(&self, arg: usize) -> Result<isize> {
        let argument = Argument::<IrqInfo>::take(arg)?;
        let asked = IrqInfo {
            size: argument.value.size,
            irq: argument.value.irq,
            ..Default::default()
        };
        if argument.value.as_bytes() != asked.as_bytes() {
            return Err(EINVAL);
        }
        let interrupt = self.interrupt(asked.irq)?;
        let status = interrupt.status()?;
        argument.answer(IrqInfo {
            flags: status_flags(status),
            count: status.count,
            name: name(interrupt.name()),
            ..asked
        })?;
        Ok(0)
    }

    /// `IOMEM_IOC_IRQ_WAIT`: waits until there are not as many interrupts as the program has seen.
    pub(crate) fn irq_wait(&self, file: OpenFile<'_, Self>, arg: usize) -> Result<isize> {
        let argument = Argument::<IrqWait>::take(arg)?;
        let asked = argument.value;
        if asked.flags & !IRQ_WAIT_UNMASK != 0 || asked.reserved != 0 {
            return Err(EINVAL);
        }
        let interrupt = self.interrupt(asked.irq)?;
        // Before anything is changed, so that a call that fails has changed nothing.
        drop(file.state().interrupts().with(asked.irq as usize)?);
        if asked.flags & IRQ_WAIT_UNMASK != 0 {
            argument.answer(asked)?;
            interrupt.unmask()?;
        }

        let another = || match interrupt.status() {
            Ok(status) if status.count == asked.count => None,
            other => Some(other.map(|status| status.count)),
        };
        let waited = if file.is_nonblocking() {
            another().unwrap_or(Err(EAGAIN))
        } else if asked.timeout_ns == WAIT_FOREVER {
            let waited = interrupt
                .queue()
                .wait_until_freezable(another)
                .and_then(|answer| answer);
            match waited {
                Err(e) if e == ERESTARTSYS && asked.flags != 0 => Err(EINTR),
                other => other,
            }
        } else {
            let queue = interrupt.queue();
            let waited = queue.wait_until_timeout_freezable(asked.timeout_ns, another);
            match waited.and_then(|answer| answer) {
                Err(e) if e == ERESTARTSYS => Err(EINTR),
                other => other,
            }
        };
        // What ended the wait is what is told: to look again would be to tell of an interrupt together
        // with an error, or of the very count that the program did not want to wait for.
        let (count, answer) = match waited {
            Ok(count) => (count, Ok(0)),
            Err(e) if e == ETIMEDOUT || e == EAGAIN => (asked.count, Err(e)),
            Err(e) => return Err(e),
        };
        argument.answer(IrqWait { count, ..asked })?;
        file.state().interrupts().tell(asked.irq as usize, count);
        answer
    }

    /// `IOMEM_IOC_IRQ_UNMASK`: lets an interrupt come again.
    pub(crate) fn irq_unmask(&self, arg: usize) -> Result<isize> {
        let argument = Argument::<IrqUnmask>::take(arg)?;
        let asked = argument.value;
        if asked.flags != 0 || asked.reserved != 0 {
            return Err(EINVAL);
        }
        let interrupt = self.interrupt(asked.irq)?;
        // Before anything is changed, so that a call that fails has changed nothing.
        argument.answer(asked)?;
        interrupt.unmask()?;
        Ok(0)
    }

    /// `IOMEM_IOC_IRQ_MASK`: keeps an interrupt from coming.
    pub(crate) fn irq_mask(&self, file: OpenFile<'_, Self>, arg: usize) -> Result<isize> {
        let argument = Argument::<IrqMask>::take(arg)?;
        let asked = argument.value;
        if asked.flags != 0 || asked.reserved != 0 {
            return Err(EINVAL);
        }
        let interrupt = self.interrupt(asked.irq)?;
        if !file.may_write() {
            return Err(EBADF);
        }
        // Before anything is changed, so that a call that fails has changed nothing.
        argument.answer(asked)?;
        interrupt.mask()?;
        Ok(0)
    }

    /// `IOMEM_IOC_IRQ_EVENTFD`: has an eventfd signalled for each interrupt.
    pub(crate) fn irq_eventfd(&self, file: OpenFile<'_, Self>, arg: usize) -> Result<isize> {
        let argument = Argument::<IrqEventfd>::take(arg)?;
        let asked = argument.value;
        if asked.flags != 0 {
            return Err(EINVAL);
        }
        let interrupt = self.interrupt(asked.irq)?;
        let eventfd = match asked.fd {
            -1 => None,
            fd => Some(EventFd::from_fd(fd)?),
        };
        // Before anything is changed, so that a call that fails has changed nothing.
        argument.answer(asked)?;

        let mut slots = file.state().interrupts().with(asked.irq as usize)?;
        let slot = slots.get_mut(asked.irq as usize).ok_or(EINVAL)?;
        match (eventfd, &slot.listener) {
            (Some(eventfd), Some(listener)) => listener.replace(eventfd)?,
            (Some(eventfd), None) => slot.listener = Some(Interrupt::listen(interrupt, eventfd)?),
            (None, _) => slot.listener = None,
        }
        Ok(0)
    }
}

/// Says how an interrupt stands, in the header's words.
fn status_flags(status: Status) -> u32 {
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    flag(status.is_level, IRQ_LEVEL) | flag(status.is_masked, IRQ_MASKED)
}
