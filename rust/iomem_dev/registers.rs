// SPDX-License-Identifier: GPL-2.0

//! Reading and writing registers by call: `pread()`, `pwrite()` and their kin.
//!
//! A transfer of 1, 2, 4 or 8 bytes is exactly one access of that width. A longer one, of as many
//! registers as fit, is a series of accesses from the lowest address up, so that `dd` and `xxd` are
//! of use. Nothing else is done: no access is split, widened, or made where it is not aligned.
//!
//! The bytes of a register come and go in the processor's order, as those of a variable of that
//! width do.

use iomem::access::{
    Ordered,
    Width,
    Window as View, //
};
use kernel::{
    io::Io,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*, //
};

use crate::window::Window;

/// How wide the accesses of a series are where the device does not say.
const USUAL: Width = Width::W32;

/// How many bytes of registers are kept at a time.
const CHUNK: usize = 256;

/// How a transfer is made of accesses.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    width: Width,
    /// The offset of the first access.
    offset: usize,
    /// How many bytes of what was asked for there are: a multiple of the width.
    bytes: usize,
}

impl Plan {
    /// Plans a transfer of `wanted` bytes at `position` of a region of `length` bytes, whose
    /// registers are all `only` wide, if that is known.
    ///
    /// `None` if it begins at the end of the region or beyond.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the length is that of no register and no number of registers, or a single access
    /// would go across the end.
    fn new(only: Option<Width>, position: u64, wanted: usize, length: u64) -> Result<Option<Self>> {
        let Some(left) = length.checked_sub(position).filter(|left| *left != 0) else {
            return Ok(None);
        };
        // The region is mapped, so its offsets are those of memory.
        let offset = usize::try_from(position).map_err(|_| EINVAL)?;
        let left = usize::try_from(left).unwrap_or(usize::MAX);

        let (width, bytes) = match (Width::from_bytes(wanted), only) {
            (Ok(width), None) => (width, wanted),
            (Ok(width), Some(only)) if width == only => (width, wanted),
            (_, only) => {
                let width = only.unwrap_or(USUAL);
                if wanted % width.bytes() != 0 {
                    return Err(EINVAL);
                }
                (width, wanted.min(left - left % width.bytes()))
            }
        };
        // Whether it is aligned is asked when the access is made.
        if bytes > left || bytes == 0 {
            return Err(EINVAL);
        }
        Ok(Some(Self {
            width,
            offset,
            bytes,
        }))
    }
}

/// Reads registers into `bytes`, of which it is a whole number.
fn load(regs: View<'_, Ordered>, width: Width, offset: usize, bytes: &mut [u8]) -> Result {
    let mut offset = offset;
    for register in bytes.chunks_exact_mut(width.bytes()) {
        match width {
            Width::W8 => register.copy_from_slice(&regs.try_read8(offset)?.to_ne_bytes()),
            Width::W16 => register.copy_from_slice(&regs.try_read16(offset)?.to_ne_bytes()),
            Width::W32 => register.copy_from_slice(&regs.try_read32(offset)?.to_ne_bytes()),
            Width::W64 => register.copy_from_slice(&regs.try_read64(offset)?.to_ne_bytes()),
        }
        offset = offset.wrapping_add(width.bytes());
    }
    Ok(())
}

/// Writes registers from `bytes`, of which it is a whole number.
fn store(regs: View<'_, Ordered>, width: Width, offset: usize, bytes: &[u8]) -> Result {
    let mut offset = offset;
    for register in bytes.chunks_exact(width.bytes()) {
        let mut value = [0; 8];
        for (to, from) in value.iter_mut().zip(register) {
            *to = *from;
        }
        let [a, b, c, d, ..] = value;
        match width {
            Width::W8 => regs.try_write8(a, offset)?,
            Width::W16 => regs.try_write16(u16::from_ne_bytes([a, b]), offset)?,
            Width::W32 => regs.try_write32(u32::from_ne_bytes([a, b, c, d]), offset)?,
            Width::W64 => regs.try_write64(u64::from_ne_bytes(value), offset)?,
        }
        offset = offset.wrapping_add(width.bytes());
    }
    Ok(())
}

impl Window {
    /// Plans a transfer, or fails with `ENODEV` once the device is unbound.
    fn plan(&self, position: u64, wanted: usize) -> Result<Option<Plan>> {
        let registers = self.registers()?;
        Plan::new(
            registers.width(),
            position,
            wanted,
            registers.claim().range().length(),
        )
    }

    /// Reads registers for a program. Returns how many bytes it got; 0 at the end of the region.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone.
    /// - `EFAULT`: the program's buffer cannot be written to. The registers were read.
    /// - `EINVAL`: those of [`Plan::new`], and where the position is not a multiple of the width.
    pub(crate) fn read_registers(
        &self,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        let Some(plan) = self.plan(position, buffer.len())? else {
            return Ok(0);
        };

        let mut chunk = [0; CHUNK];
        let mut done = 0;
        while done < plan.bytes {
            let bytes = CHUNK.min(plan.bytes.wrapping_sub(done));
            let chunk = chunk.get_mut(..bytes).ok_or(EINVAL)?;
            let offset = plan.offset.wrapping_add(done);
            // The registers are let go of before the program's memory is touched.
            let loaded = self.registers().and_then(|registers| {
                load(registers.mapping().window(), plan.width, offset, chunk)
            });
            match loaded {
                Ok(()) => (),
                // What the program has already is not taken back.
                Err(_) if done != 0 => break,
                Err(e) => return Err(e),
            }
            let copied = buffer.copy_to_iter(chunk);
            done = done.wrapping_add(copied);
            if copied < bytes {
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
    /// - `EFAULT`: the program's buffer cannot be read.
    /// - `EINVAL`: those of [`Plan::new`], and where the position is not a multiple of the width.
    ///
    /// Whatever it is, nothing was written.
    pub(crate) fn write_registers(
        &self,
        position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        let plan = self.plan(position, buffer.len())?.ok_or(ENOSPC)?;

        let mut chunk = [0; CHUNK];
        let mut done = 0;
        while done < plan.bytes {
            let bytes = CHUNK.min(plan.bytes.wrapping_sub(done));
            let chunk = chunk.get_mut(..bytes).ok_or(EINVAL)?;
            // Only whole registers are written.
            let copied = buffer.copy_from_iter(chunk);
            let whole = copied - copied % plan.width.bytes();
            let chunk = chunk.get(..whole).ok_or(EINVAL)?;
            let offset = plan.offset.wrapping_add(done);
            let stored = self.registers().and_then(|registers| {
                store(registers.mapping().window(), plan.width, offset, chunk)
            });
            match stored {
                Ok(()) => done = done.wrapping_add(whole),
                Err(_) if done != 0 => break,
                Err(e) => return Err(e),
            }
            if whole < bytes {
                break;
            }
        }
        match done {
            0 => Err(EFAULT),
            done => Ok(done),
        }
    }
}
