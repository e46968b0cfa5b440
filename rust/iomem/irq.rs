// SPDX-License-Identifier: GPL-2.0

//! Interrupts of a platform device, for programs.
//!
//! | type | what it is |
//! |---|---|
//! | [`Lines`] | finds a device's interrupt lines, by index or by name |
//! | [`Line`] | a line that was found |
//! | [`Registration`] | a line that is handled, until this is dropped or the device is unbound |
//! | [`Interrupt`] | what became of it: a count, a queue to wait in, a mask, eventfds |
//! | [`Listener`] | an eventfd that is signalled for each interrupt |
//!
//! What an interrupt means, and how the device is told that it was seen, only the program knows.
//! So the handler counts, wakes the program, and nothing else, except:
//!
//! # Masking
//!
//! A *level-triggered* line stays raised until the device has been served. Were it left enabled, the
//! handler would be called again and again and the program never get to run. So the handler masks
//! the line, and the program has it unmasked, [`Interrupt::unmask`], when it has served the device.
//! Each masking is taken back once, however often unmasking is asked for. So a program that unmasks
//! without having served the device gets one interrupt for each time it does, and no storm.
//!
//! An *edge-triggered* line comes once for each event. It is masked only by [`Interrupt::mask`], with
//! which a program stops what comes too often. Of the events meanwhile the kernel keeps one.
//!
//! Whether a line is edge-triggered is not always known: a controller that cannot choose need not say
//! what it has. What is not known to be an edge is treated as a level: a level that was taken for an
//! edge would be a storm, while an edge that is taken for a level waits until the program unmasks.
//!
//! # What is not supported
//!
//! Lines that the handler cannot mask, with interrupts disabled, for all processors: those of a
//! controller behind a slow bus (I2C, SPI), per-CPU lines, nested ones. [`Line::request`] fails with
//! `EOPNOTSUPP`.
//!
//! Nor messages (MSI) of other devices: a driver that gives them back does not look whether they are
//! handled. The same can be done with the line of another device whose number a list of resources has,
//! as when a PCI device is disabled whose `INTx` it is. Everything on the [`Interrupt`] fails with
//! `ENODEV` then, and the handler is leaked. This is looked at before the line is used, and does not
//! help when the number is given back at that very time: who makes such a device has to keep the other
//! one enabled as long.
//!
//! # Why lines are not shared
//!
//! Masking a line that other devices are on would silence those as long as the program likes; and
//! that an interrupt was another device's can be told only by a look at the device, which is the
//! program's. A line that another driver handles is `EBUSY`.
//!
//! # Life
//!
//! The line belongs to the binding of the device: it is freed when the [`Registration`] is dropped,
//! and at the latest when the device is unbound, also if the [`Registration`] lives on, or was
//! forgotten. The [`Interrupt`] is shared with the files that are open on the device, and lives as
//! long: everything on it fails with `ENODEV` then, waiters have been woken, and each eventfd has been
//! signalled once more and let go of.
//!
//! # Why not the kernel crate's `irq::Registration`
//!
//! It knows no mask, and enables the line before a driver can see whether it is level-triggered, which
//! is known from then on only. Its name is `'static`, so devices of a driver look alike in
//! `/proc/interrupts`. Making one is `unsafe` from Linux 7.3 on, since it must not be forgotten.
//!
//! # Locks
//!
//! An [`Interrupt`] has two. *Masking*, a mutex, keeps the line from being freed while
//! [`Interrupt::mask`] waits for the handler; it is taken first. *State*, a spinlock taken with
//! interrupts disabled, because the handler takes it, protects everything that changes. In it are
//! taken: the lock of the line, by `disable_irq_nosync()` and `enable_irq()`, as `uio_pdrv_genirq`
//! does; and the lock of an eventfd with what waking its waiters takes. None of those is held by who
//! calls us.
//!
//! On a `PREEMPT_RT` kernel the spinlock sleeps, and so do those of eventfds and of wait queues. The
//! handler is a thread there, as it is under `threadirqs`: the kernel makes it one, since it was
//! requested without `IRQF_NO_THREAD`. Meanwhile the line is masked (`IRQF_ONESHOT`, which the kernel
//! adds), and stays so if the handler has disabled it. Edges that come before the thread runs are
//! counted as one.
//!
//! # How long the handler takes
//!
//! It signals at most 64 eventfds, which takes some 5,000 instructions with interrupts disabled if no
//! task waits for them; [`Interrupt::listen`] fails with `ENOSPC` beyond. What waits for an eventfd can
//! be anything, `epoll` say, or an interrupt of a virtual machine: it has to bear being signalled with
//! interrupts disabled, as `eventfd_signal()` promises. How many wait for one eventfd is not limited, here
//! or anywhere in the kernel.
//!
//! It wakes at most 64 of those who sleep in the [`queue`](Interrupt::queue), and 64 in the queue that was
//! passed to [`Line::request_polled`]. If there are more, a thread of a workqueue wakes them, which lets
//! interrupts in after each 64: programs can sleep there as often as they may have threads and descriptors.
//!
//! C headers: [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h),
//! [`include/linux/irq.h`](srctree/include/linux/irq.h)
//!
//! # Examples
//!
//! A driver that gives the first line of its device to programs:
//!
//! ```no_run
//! use iomem::irq::{
//!     Interrupt,
//!     Lines,
//!     Registration, //
//! };
//! use kernel::{
//!     device::Core,
//!     platform,
//!     str::CString,
//!     sync::Arc, //
//! };
//!
//! fn probe(pdev: &platform::Device<Core<'_>>) -> Result<Option<Registration>> {
//!     let Some(line) = pdev.line_by_index(0)? else {
//!         return Ok(None);
//!     };
//!     let name = CString::try_from_fmt(fmt!("my-device-{}", line.number()))?;
//!     Ok(Some(line.request(name)?))
//! }
//!
//! /// A program waits for an interrupt after number `seen`, without a limit.
//! fn wait(interrupt: &Arc<Interrupt>, seen: u64) -> Result<u64> {
//!     interrupt.queue().wait_until(|| match interrupt.status() {
//!         Err(e) => Some(Err(e)),
//!         Ok(status) => (status.count != seen).then_some(Ok(status.count)),
//!     })?
//! }
//! ```

mod interrupt;
mod kind;
mod line;
mod listener;
mod polled;
mod waking;

pub use self::{
    interrupt::{
        Interrupt,
        Registration,
        Status, //
    },
    line::{
        Line,
        Lines, //
    },
    listener::Listener,
    polled::Polled, //
};
