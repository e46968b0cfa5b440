// SPDX-License-Identifier: GPL-2.0

//! Hundreds of accesses in one call: `IOMEM_IOC_BATCH`.
//!
//! All operations are taken from the program and checked before the first is made, so that a
//! mistake in the last leaves the device as it was; and so does memory that what they give cannot be
//! written to: it is written once before, with what is there already. They are then made in their
//! order, and what they gave goes back to the program in one piece, also when one of them failed. Those
//! of one region that follow one another take its lock once.
//!
//! After each few operations the device can be taken back, and the call ends if its program is being
//! killed.

use iomem::{
    access::Width,
    chardev::OpenFile,
    signal::fatal_signal_pending,
    uapi::{
        Argument,
        Batch,
        Op,
        OP_READ,
        OP_UPDATE,
        OP_WAIT,
        OP_WRITE, //
    },
};
use kernel::{
    prelude::*,
    time::{
        Instant,
        Monotonic, //
    },
    transmute::AsBytes,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

use crate::{
    file::File,
    read_write::CHUNK,
    region::access::WriteAccess,
    resources::Resources,
    window::Window, //
};

/// How many operations one call may have: 48 KiB of them.
pub(crate) const MAX: u32 = 1024;

/// How long a wait sleeps between two looks at a register, in nanoseconds.
const PAUSE: i64 = 20_000;

/// How many operations are made before others are let in: as many as a chunk of `pread()` has
/// registers of 4 bytes.
const TOGETHER: usize = CHUNK / 4;

/// What a file may do.
#[derive(Clone, Copy)]
struct Rights<'a> {
    read: bool,
    write: bool,
    file: &'a File,
}

/// Makes the operations that a program has listed. Its errors are those of the header.
pub(crate) fn run(window: &Window, file: OpenFile<'_, Window>, arg: usize) -> Result<isize> {
    let argument = Argument::<Batch>::take(arg)?;
    let mut batch = argument.value;
    let size = core::mem::size_of::<Op>();
    if batch.flags != 0 || batch.count == 0 || batch.op_size as usize != size {
        return Err(EINVAL);
    }
    if batch.count > MAX {
        return Err(E2BIG);
    }
    let address = usize::try_from(batch.ops).map_err(|_| EFAULT)?;
    let count = batch.count as usize;
    let bytes = count.checked_mul(size).ok_or(E2BIG)?;
    let slice = || UserSlice::new(UserPtr::from_addr(address), bytes);

    let mut ops = KVVec::from_elem(Op::default(), count, GFP_KERNEL_ACCOUNT)?;
    slice().reader().read_slice(ops.as_bytes_mut())?;

    // Whether the results can be told. Should that change before they are, what was done is not lost:
    // the array and the structure are each written if they can be.
    batch.done = 0;
    batch.failed = 0;
    argument.answer(batch)?;
    slice().writer().write_slice(ops.as_bytes())?;

    let rights = Rights {
        read: file.may_read(),
        write: file.may_write(),
        file: file.state(),
    };
    let (done, failed, result) = make(window, rights, &mut ops);

    let written = slice().writer().write_slice(ops.as_bytes());
    // Neither is larger than the count.
    batch.done = done as u32;
    batch.failed = failed as u32;
    argument.answer(batch)?;
    written?;
    result.map(|()| 0)
}

/// Checks and makes operations, and puts what was read into them. Returns how many were done, which
/// one an error is about, and the error.
fn make(window: &Window, rights: Rights<'_>, ops: &mut [Op]) -> (usize, usize, Result) {
    let checked = window
        .resources()
        .map_err(|e| (0, e))
        .and_then(|resources| {
            for (index, op) in ops.iter().enumerate() {
                check(&resources, rights, op).map_err(|e| (index, e))?;
            }
            Ok(())
        });
    if let Err((index, e)) = checked {
        return (0, index, Err(e));
    }

    let mut done = 0;
    while let Some(rest) = ops.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let (more, result) = match window.resources() {
            // Under one guard.
            Ok(resources) => make_some(&resources, rest),
            Err(e) => (0, Err(e)),
        };
        done = done.wrapping_add(more);
        let result = result.and_then(|()| match ops.get_mut(done) {
            Some(op) if op.op == OP_WAIT => wait(window, op).map(|()| done = done.wrapping_add(1)),
            Some(_) if fatal_signal_pending() => Err(EINTR),
            _ => Ok(()),
        });
        if let Err(e) = result {
            return (done, done, Err(e));
        }
    }
    (done, done, Ok(()))
}

/// Makes operations up to the first wait, but not too many, and returns how many. All have been checked.
fn make_some(resources: &Resources, ops: &mut [Op]) -> (usize, Result) {
    let together = ops.iter().take(TOGETHER);
    let count = together.take_while(|op| op.op != OP_WAIT).count();
    let ops = ops.get_mut(..count).unwrap_or_default();
    let mut made: usize = 0;
    for run in ops.chunk_by_mut(|one, next| one.region == next.region) {
        let (more, result) = make_run(resources, run);
        made = made.wrapping_add(more);
        if let Err(e) = result {
            return (made, Err(e));
        }
    }
    (made, Ok(()))
}

/// Makes operations of one region, whose lock is taken once: for reading if they all read, so that they
/// keep no other reader out. Returns how many.
fn make_run(resources: &Resources, run: &mut [Op]) -> (usize, Result) {
    let Some(region) = run
        .first()
        .and_then(|op| resources.region(op.region as usize))
    else {
        return (0, Err(EINVAL));
    };
    let mut made: usize = 0;
    let result = if run.iter().all(|op| op.op == OP_READ) {
        region.read_access().and_then(|access| {
            for op in run {
                op.value =
                    access.load(Width::from_bytes(op.width as usize)?, op.offset as usize)?;
                made = made.wrapping_add(1);
            }
            Ok(())
        })
    } else {
        region.write_access(|access| {
            for op in run {
                make_one(access, op)?;
                made = made.wrapping_add(1);
            }
            Ok(())
        })
    };
    (made, result)
}

fn make_one(access: &WriteAccess<'_>, op: &mut Op) -> Result {
    let (width, offset) = (Width::from_bytes(op.width as usize)?, op.offset as usize);
    match op.op {
        OP_READ => op.value = access.load(width, offset)?,
        OP_WRITE => access.store(width, offset, op.value)?,
        OP_UPDATE => op.value = access.update(width, offset, op.mask, op.value)?,
        _ => return Err(EINVAL),
    }
    Ok(())
}

/// Waits until a register is as wanted, and looks at it once at least. Nothing is held while it
/// sleeps, so a device that goes is noticed at the next look, and the program can be frozen.
///
/// # Errors
///
/// `ETIMEDOUT`: it was not in time. `EINTR`: a signal came, and the operation is as it was, so that it can be
/// made again. `ENODEV`: the device has gone. Those of
/// [`Region::read_access`](crate::region::Region::read_access).
fn wait(window: &Window, op: &mut Op) -> Result {
    let width = Width::from_bytes(op.width as usize)?;
    let limit = i64::try_from(op.timeout_ns).unwrap_or(i64::MAX);
    let start = Instant::<Monotonic>::now();
    loop {
        // Asked before the look, so that the last one is not before the end of the time.
        let elapsed = start.elapsed().as_nanos();
        let value = {
            let resources = window.resources()?;
            let region = resources.region(op.region as usize).ok_or(EINVAL)?;
            let access = region.read_access()?;
            access.load(width, op.offset as usize)?
        };
        if value & op.mask == op.value {
            op.value = value;
            return Ok(());
        }
        if elapsed >= limit {
            op.value = value;
            return Err(ETIMEDOUT);
        }
        let pause = PAUSE.min(limit.wrapping_sub(elapsed));
        let slept = window
            .gone_wq()
            .wait_until_timeout_freezable(pause.unsigned_abs(), || None::<()>);
        if slept == Err(ERESTARTSYS) {
            return Err(EINTR);
        }
    }
}

/// Checks whether an operation could be made.
///
/// # Errors
///
/// - `EINVAL`: it is none, or there is no such register, or something must be 0 that is not.
/// - `EBADF`: the file is not open for it.
/// - `EPERM`: the region can only be read, or the file may not access it: see [`File::check_access`].
fn check(resources: &Resources, rights: Rights<'_>, op: &Op) -> Result {
    let region = resources.region(op.region as usize).ok_or(EINVAL)?;
    let width = Width::from_bytes(op.width as usize)?;
    let ones = u64::MAX >> (u64::BITS as usize).wrapping_sub(width.bytes().wrapping_mul(8));
    let masked = matches!(op.op, OP_UPDATE | OP_WAIT);
    let writes = matches!(op.op, OP_WRITE | OP_UPDATE);
    let reads = op.op != OP_WRITE;
    let limit = if masked { op.mask } else { ones };
    if op.op > OP_WAIT
        || op.flags != 0
        || masked == (op.mask == 0)
        || op.mask & !ones != 0
        || (op.op != OP_READ && op.value & !limit != 0)
        || (op.op != OP_WAIT && op.timeout_ns != 0)
    {
        return Err(EINVAL);
    }
    region.check(width, op.offset)?;
    if (reads && !rights.read) || (writes && !rights.write) {
        return Err(EBADF);
    }
    if writes && region.format().read_only {
        return Err(EPERM);
    }
    rights.file.check_access(region)
}
