// SPDX-License-Identifier: GPL-2.0

//! The interrupts of a window: waiting for them, in calls, in `poll()` and with eventfds.
//!
//! A file that is open for writing may mask any line. That keeps every file from its interrupts, as
//! writing to a register of the device can. Unmasking takes no more than a file: a line that masks
//! itself would be of no use to one that is open for reading.
//!
//! # Signals
//!
//! A call that waits without a limit and unmasks nothing begins again after a signal, where the
//! program has asked for that (`SA_RESTART`): it sees no difference. Any other is `EINTR`, or its
//! limit would begin again, or a line be unmasked that has raised an interrupt meanwhile. The kernel also has
//! a task leave a call with no signal, for `task_work` of io_uring or for a livepatch, which must not have to
//! wait for the interrupt: the same holds then.
//!
//! Nothing is held while a program waits, or while its memory is accessed.

use iomem::{
    chardev::{
        poll::{
            Events,
            PollTable, //
        },
        OpenFile, //
    },
    eventfd::EventFd,
    irq::Status,
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
    prelude::*,
    transmute::AsBytes, //
};

use crate::window::Window;

/// Readable is a file that was not told of an interrupt yet, and any of a window without
/// interrupts, as all files are that never make one wait. Writable are all.
pub(crate) fn poll<'a>(
    window: &'a Window,
    file: OpenFile<'a, Window>,
    table: PollTable<'a>,
) -> Events {
    // One queue, whatever there is to wait for.
    table.wait(window.polled());
    let pending = window.resources().and_then(|resources| {
        drop(resources);
        let irqs = file.state().irqs();
        Ok(window.interrupts().is_empty() || irqs.has_pending(window.interrupts())?)
    });
    match pending {
        Ok(true) => Events::IN | Events::OUT,
        Ok(false) => Events::OUT,
        Err(_) => Events::HUP | Events::ERR,
    }
}

/// `IOMEM_IOC_IRQ_INFO`: tells what an interrupt is, and how it stands.
pub(crate) fn info(window: &Window, arg: usize) -> Result<isize> {
    let argument = Argument::<IrqInfo>::take(arg)?;
    let asked = IrqInfo {
        size: argument.value.size,
        irq: argument.value.irq,
        ..Default::default()
    };
    if argument.value.as_bytes() != asked.as_bytes() {
        return Err(EINVAL);
    }
    let interrupt = window.interrupt(asked.irq)?;
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
pub(crate) fn wait(window: &Window, file: OpenFile<'_, Window>, arg: usize) -> Result<isize> {
    let argument = Argument::<IrqWait>::take(arg)?;
    let asked = argument.value;
    if asked.flags & !IRQ_WAIT_UNMASK != 0 || asked.reserved != 0 {
        return Err(EINVAL);
    }
    let interrupt = window.interrupt(asked.irq)?;
    // Before anything is changed, so that a call that fails has changed nothing.
    file.state().irqs().reserve(asked.irq as usize)?;
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
    file.state().irqs().saw(asked.irq as usize, count);
    answer
}

/// `IOMEM_IOC_IRQ_UNMASK`: lets an interrupt come again.
pub(crate) fn unmask(window: &Window, arg: usize) -> Result<isize> {
    let argument = Argument::<IrqUnmask>::take(arg)?;
    let asked = argument.value;
    if asked.flags != 0 || asked.reserved != 0 {
        return Err(EINVAL);
    }
    let interrupt = window.interrupt(asked.irq)?;
    // Before anything is changed, so that a call that fails has changed nothing.
    argument.answer(asked)?;
    interrupt.unmask()?;
    Ok(0)
}

/// `IOMEM_IOC_IRQ_MASK`: keeps an interrupt from coming.
pub(crate) fn mask(window: &Window, file: OpenFile<'_, Window>, arg: usize) -> Result<isize> {
    let argument = Argument::<IrqMask>::take(arg)?;
    let asked = argument.value;
    if asked.flags != 0 || asked.reserved != 0 {
        return Err(EINVAL);
    }
    let interrupt = window.interrupt(asked.irq)?;
    if !file.may_write() {
        return Err(EBADF);
    }
    // Before anything is changed, so that a call that fails has changed nothing.
    argument.answer(asked)?;
    interrupt.mask()?;
    Ok(0)
}

/// `IOMEM_IOC_IRQ_EVENTFD`: has an eventfd signalled for each interrupt.
pub(crate) fn eventfd(window: &Window, file: OpenFile<'_, Window>, arg: usize) -> Result<isize> {
    let argument = Argument::<IrqEventfd>::take(arg)?;
    let asked = argument.value;
    if asked.flags != 0 {
        return Err(EINVAL);
    }
    let interrupt = window.interrupt(asked.irq)?;
    let eventfd = match asked.fd {
        -1 => None,
        fd => Some(EventFd::from_fd(fd)?),
    };
    // Before anything is changed, so that a call that fails has changed nothing.
    argument.answer(asked)?;

    let irqs = file.state().irqs();
    irqs.set_eventfd(asked.irq as usize, interrupt, eventfd)?;
    Ok(0)
}

/// Says how an interrupt stands, in the header's words.
fn status_flags(status: Status) -> u32 {
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    flag(status.is_level, IRQ_LEVEL) | flag(status.is_masked, IRQ_MASKED)
}
