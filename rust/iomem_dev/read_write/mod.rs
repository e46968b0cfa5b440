// SPDX-License-Identifier: GPL-2.0

//! Reading and writing registers by call: `pread()`, `pwrite()` and their kin.
//!
//! A transfer of the stated width, or without one of 1, 2, 4 or 8 bytes, is exactly one access of that
//! width. A longer one, of as many registers as fit, is a series of accesses from the lowest address up, so
//! that `dd` and `xxd` are of use. Nothing else is done: no access is split, widened, or made where it is
//! not aligned.
//!
//! The bytes of a register come and go in the processor's order, as those of a variable of that
//! width do.
//!
//! Reading can change a register. So the program's memory is made present first, and as many registers
//! are read as it has room for. A value is lost only where another thread of the program takes the
//! memory away between the two, or where an address has the wrong tag (arm64's MTE).

use iomem::{
    access::Width,
    chardev::transfer::{
        Give,
        Take, //
    },
};
use kernel::{
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*, //
};

use crate::{
    file::File,
    offset::Mode,
    region::{
        access::WriteAccess,
        Region, //
    },
    window::Window, //
};

mod series;

use self::series::accesses;

/// How many bytes of registers are kept at a time.
pub(crate) const CHUNK: usize = 256;

/// How a transfer is made of accesses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The number of the region.
    region: usize,
    pub(crate) width: Width,
    /// The offset of the first access, within the region.
    pub(crate) offset: u64,
    /// How many bytes of what was asked for there are: a multiple of the width.
    pub(crate) bytes: usize,
}

impl Plan {
    /// Returns how many of so many bytes are whole registers.
    fn whole(&self, bytes: usize) -> usize {
        bytes - bytes % self.width.bytes()
    }

    /// Does something with the region that a transfer is of. The guard is let go of before the
    /// program's memory is touched.
    pub(crate) fn with_region<T>(
        &self,
        window: &Window,
        access: impl FnOnce(&Region) -> Result<T>,
    ) -> Result<T> {
        let resources = window.resources()?;
        access(resources.region(self.region).ok_or(ENXIO)?)
    }
}

/// Puts what was read to where the caller has room for it, which was cut by the same width.
fn put<const N: usize>(register: &mut [u8], value: [u8; N]) {
    if let Some(to) = register.first_chunk_mut() {
        *to = value;
    }
}

/// Reads registers into `bytes`, of which it is a whole number.
pub(crate) fn load(region: &Region, width: Width, offset: u64, bytes: &mut [u8]) -> Result {
    // Asked first, so that an invalid register has the same errno whatever the region's state; and
    // once: where the first one is a register, all are.
    let mut offset = region.check(width, offset)?;
    let access = region.read_access()?;
    for register in bytes.chunks_exact_mut(width.bytes()) {
        let value = access.load(width, offset)?;
        match width {
            Width::W8 => put(register, (value as u8).to_ne_bytes()),
            Width::W16 => put(register, (value as u16).to_ne_bytes()),
            Width::W32 => put(register, (value as u32).to_ne_bytes()),
            Width::W64 => put(register, value.to_ne_bytes()),
        }
        offset = offset.wrapping_add(width.bytes());
    }
    Ok(())
}

/// Writes registers from `bytes`, of which it is a whole number.
pub(crate) fn store(region: &Region, width: Width, offset: u64, bytes: &[u8]) -> Result {
    let offset = region.check(width, offset)?;
    region.write_access(|access| store_all(access, width, offset, bytes))
}

fn store_all(access: &WriteAccess<'_>, width: Width, offset: usize, bytes: &[u8]) -> Result {
    let mut offset = offset;
    for register in bytes.chunks_exact(width.bytes()) {
        let mut value = [0; 8];
        for (to, from) in value.iter_mut().zip(register) {
            *to = *from;
        }
        let [a, b, c, d, ..] = value;
        let value = match width {
            Width::W8 => u64::from(a),
            Width::W16 => u64::from(u16::from_ne_bytes([a, b])),
            Width::W32 => u64::from(u32::from_ne_bytes([a, b, c, d])),
            Width::W64 => u64::from_ne_bytes(value),
        };
        access.store(width, offset, value)?;
        offset = offset.wrapping_add(width.bytes());
    }
    Ok(())
}

/// Plans a transfer from `offset` on within the region of that number; `None` if that is its end or
/// beyond.
///
/// # Errors
///
/// - Those of [`accesses`].
/// - Those of [`File::check_access`].
pub(crate) fn plan_within(
    region: &Region,
    number: usize,
    file: &File,
    offset: u64,
    wanted: usize,
) -> Result<Option<Plan>> {
    let left = region.length().saturating_sub(offset);
    if left == 0 {
        return Ok(None);
    }
    let (width, bytes) = accesses(region.format().width, wanted, left)?;
    file.check_access(region)?;
    Ok(Some(Plan {
        region: number,
        width,
        offset,
        bytes,
    }))
}

/// Plans a transfer; `None` if it begins at the end of a region or beyond.
///
/// # Errors
///
/// - `ENODEV`: the device is gone.
/// - `ENXIO`: the position is that of no region.
/// - `EINVAL`: it is one for write-combining mappings.
/// - Those of [`plan_within`].
fn plan(window: &Window, file: &File, position: u64, wanted: usize) -> Result<Option<Plan>> {
    let resources = window.resources()?;
    let place = window.layout().place(position).ok_or(ENXIO)?;
    let region = resources.region(place.region).ok_or(ENXIO)?;
    if place.mode != Mode::Uncached {
        return Err(EINVAL);
    }
    plan_within(region, place.region, file, place.offset, wanted)
}

/// Reads registers for a program. Returns how many bytes it got; 0 at the end of the region.
///
/// # Errors
///
/// - `ENODEV`: the device is gone.
/// - `EFAULT`: the program's buffer has no memory for one register that could be written to. None was
///   read, unless the buffer went away during the call.
/// - `EINVAL`, `ENXIO`, `EPERM`: those of [`plan`], and `EINVAL` where the position is not a multiple of the width.
/// - `EBUSY`: the region is mapped write-combining, and the processor cannot have both.
pub(crate) fn read(
    window: &Window,
    file: &File,
    position: u64,
    buffer: &mut IovIterDest<'_>,
) -> Result<usize> {
    let Some(plan) = plan(window, file, position, buffer.len())? else {
        return Ok(0);
    };

    let mut chunk = [0; CHUNK];
    let mut done = 0;
    while done < plan.bytes {
        let wanted = CHUNK.min(plan.bytes.wrapping_sub(done));
        // Maybe none; whether there are such registers is asked nevertheless.
        let bytes = plan.whole(buffer.fault_in(wanted));
        let chunk = chunk.get_mut(..bytes).ok_or(EINVAL)?;
        let offset = plan.offset.wrapping_add(done as u64);
        match plan.with_region(window, |region| load(region, plan.width, offset, chunk)) {
            Ok(()) => (),
            // What the program has already is not taken back.
            Err(_) if done != 0 => break,
            Err(e) => return Err(e),
        }
        let copied = plan.whole(buffer.copy_to_iter(chunk));
        done = done.wrapping_add(copied);
        if copied < wanted || kernel::current!().signal_pending() {
            break;
        }
    }
    match done {
        0 => Err(EFAULT),
        done => Ok(done),
    }
}

/// Writes registers for a program. Returns how many bytes were written.
///
/// # Errors
///
/// - `ENODEV`: the device is gone.
/// - `ENOSPC`: the position is at the end of the region or beyond.
/// - `EPERM`: the region can only be read; and that of [`plan`].
/// - `EFAULT`: the program's buffer cannot be read.
/// - `EINVAL`, `ENXIO`: those of [`plan`], and where the position is not a multiple of the width.
/// - `EBUSY`: the region is mapped write-combining, and the processor cannot have both.
///
/// Whatever it is, nothing was written.
pub(crate) fn write(
    window: &Window,
    file: &File,
    position: u64,
    buffer: &mut IovIterSource<'_>,
) -> Result<usize> {
    let plan = plan(window, file, position, buffer.len())?.ok_or(ENOSPC)?;

    let mut chunk = [0; CHUNK];
    let mut done = 0;
    while done < plan.bytes {
        let wanted = CHUNK.min(plan.bytes.wrapping_sub(done));
        // Copying by itself may leave some of the last bytes that are there.
        let bytes = plan.whole(buffer.fault_in(wanted));
        let chunk = chunk.get_mut(..bytes).ok_or(EINVAL)?;
        let whole = plan.whole(buffer.copy_from_iter(chunk));
        let chunk = chunk.get(..whole).ok_or(EINVAL)?;
        let offset = plan.offset.wrapping_add(done as u64);
        match plan.with_region(window, |region| store(region, plan.width, offset, chunk)) {
            Ok(()) => done = done.wrapping_add(whole),
            Err(_) if done != 0 => break,
            Err(e) => return Err(e),
        }
        if whole < wanted || kernel::current!().signal_pending() {
            break;
        }
    }
    match done {
        0 => Err(EFAULT),
        done => Ok(done),
    }
}
