// SPDX-License-Identifier: GPL-2.0

//! What a debugger reaches of a mapping, through `/proc/<pid>/mem` and `ptrace()`.
//!
//! It makes the accesses that `pread()` and `pwrite()` of as many bytes would make: each of exactly
//! the width that the registers are said to have, aligned, and none beyond the region, though the
//! mapping shows whole pages; and without such a width only by a file that was opened by who may
//! choose one. Only the order of bytes is another: a debugger shows memory, so it gets them as a
//! mapping has them, which in a big-endian region is not what a call gives.
//!
//! What the program itself has no right to, the library refuses before it comes here. Whether the
//! debugger has memory for what was read is not known here: the kernel has a buffer of its own.

use iomem::{
    signal::fatal_signal_pending,
    vma::{
        Access,
        Accessed, //
    },
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};

use crate::{
    read_write::{
        load,
        plan_within,
        store,
        Plan,
        CHUNK, //
    },
    region::Region,
    window::Window, //
};

/// Makes registers in the processor's order ones in that of the device, or the other way round.
fn reorder(region: &Region, plan: &Plan, registers: &mut [u8]) {
    if region.format().big_endian == cfg!(target_endian = "big") {
        return;
    }
    for register in registers.chunks_exact_mut(plan.width.bytes()) {
        register.reverse();
    }
}

/// Reads or writes registers for a debugger, by a mapping of this window.
///
/// # Errors
///
/// The debugger gets `EIO` for each of them.
///
/// - `EINTR`: it is being killed.
/// - `ENODEV`: the device is gone.
/// - `ENXIO`: what is there of the page is not the region's.
/// - `EIO`: up to a word, and a part of it is beyond the region or the mapping.
/// - `EINVAL`, `EPERM`, `EBUSY`: as `pread()` and `pwrite()`.
pub(crate) fn access<'a>(window: &Window, mut access: Access<'a>) -> Result<Accessed<'a>> {
    // The kernel asks again and again, and looks for nothing in between.
    if fatal_signal_pending() {
        return Err(EINTR);
    }
    let plan = plan(window, &access)?;

    let mut chunk = [0; CHUNK];
    let mut done = 0;
    while done < plan.bytes {
        let bytes = CHUNK.min(plan.bytes.wrapping_sub(done));
        let chunk = chunk.get_mut(..bytes).ok_or(EINVAL)?;
        let offset = plan.offset.wrapping_add(done as u64);
        let result = if access.is_write() {
            access.take(chunk)?;
            plan.with_region(window, |region| {
                reorder(region, &plan, chunk);
                store(region, plan.width, offset, chunk)
            })
        } else {
            plan.with_region(window, |region| {
                load(region, plan.width, offset, chunk)?;
                reorder(region, &plan, chunk);
                Ok(())
            })
            .and_then(|()| access.give(chunk).map(|_| ()))
        };
        match result {
            Ok(()) => done = done.wrapping_add(bytes),
            Err(_) if done != 0 => break,
            Err(e) => return Err(e),
        }
    }
    Ok(access.done(done))
}

/// Finds the registers that a debugger wants.
fn plan(window: &Window, access: &Access<'_>) -> Result<Plan> {
    let file = access.vma().file_state::<Window>().ok_or(EIO)?;
    let place = window.layout().place(access.offset()).ok_or(ENXIO)?;
    let resources = window.resources()?;
    let region = resources.region(place.region).ok_or(ENXIO)?;
    // A mapping begins with the page that the first register is in.
    let offset = place
        .offset
        .checked_sub(region.range().start() % PAGE_SIZE as u64)
        .ok_or(ENXIO)?;
    // `ptrace()` fails where it does not get all of its word, but only after what it does get has
    // been accessed. Whatever is longer comes from `/proc/<pid>/mem`, which says how much it got.
    let left = region.length().saturating_sub(offset);
    let here = left.min(access.length() as u64);
    if access.asked() <= size_of::<c_ulong>() && access.asked() as u64 > here {
        return Err(EIO);
    }
    plan_within(region, place.region, file, offset, access.length())?.ok_or(ENXIO)
}
