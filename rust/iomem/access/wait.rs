// SPDX-License-Identifier: GPL-2.0

//! Waiting for a register to have a value.

use kernel::{
    io::poll::{
        read_poll_timeout,
        read_poll_timeout_atomic, //
    },
    prelude::*,
    time::Delta, //
};

use super::{
    class::Pure,
    Access,
    Kind,
    Reg,
    Window, //
};
use crate::{
    bindings,
    compat::Location, //
};

impl<A: Kind, const SIZE: usize> Window<'_, A, SIZE> {
    /// Reads a register until `done` says so, sleeping for `pause` in between, or until `limit` has passed.
    /// Returns the value with which it ended.
    ///
    /// The limit is looked at between a reading and a pause, which is not cut short: it can take `limit` and
    /// one pause. A pause that is longer than the limit is as long as that.
    /// The register is read at least once, and once more after the limit: being late is not taken
    /// for the device's failure. A `pause` of zero reads without sleeping. Context: may sleep.
    ///
    /// Corresponds to the C macro `read_poll_timeout()` in
    /// [`include/linux/iopoll.h`](srctree/include/linux/iopoll.h), where a limit of zero means for
    /// ever: nothing here waits for ever.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `limit` is zero or negative, `pause` is negative, or the register is not within
    ///   the window or not aligned. Nothing was read.
    /// - `ETIMEDOUT`: the limit has passed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, ReadPure, Reg, Window};
    /// use kernel::time::Delta;
    ///
    /// const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);
    ///
    /// fn wait_for_idle(regs: Window<'_, Ordered, 0x100>) -> Result<u32> {
    ///     let idle = |status: &u32| status & 1 == 0;
    ///     regs.wait_until(STATUS, idle, Delta::from_micros(10), Delta::from_millis(100))
    /// }
    /// ```
    pub fn wait_until<T, C: Pure, L: Location<T>>(
        &self,
        reg: Reg<T, C, L>,
        mut done: impl FnMut(&T) -> bool,
        pause: Delta,
        limit: Delta,
    ) -> Result<T>
    where
        A: Access<L::Raw>,
    {
        if limit.is_zero() || limit.is_negative() || pause.is_negative() {
            return Err(EINVAL);
        }
        let offset = reg.offset();
        let read = || self.read_at::<L::Raw>(offset).map(L::Raw::into);

        match read_poll_timeout(read, &mut done, pause.min(limit), limit) {
            // The clock is read after the register, and the time in between may be long.
            Err(e) if e == ETIMEDOUT => Some(read()?).filter(|value| done(value)).ok_or(e),
            result => result,
        }
    }

    /// Reads a register until `done` says so, at most `tries` times, busy for `delay` in between.
    /// Returns the value with which it ended.
    ///
    /// Context: any; busy for `tries` times `delay`, so keep both small.
    ///
    /// Corresponds to the C macro `read_poll_timeout_atomic()` in
    /// [`include/linux/iopoll.h`](srctree/include/linux/iopoll.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `tries` is zero, `delay` is negative or longer than the kernel is busy for at a time (5
    ///   milliseconds on x86 and arm64), or the register is not within the window or not aligned. Nothing
    ///   was read.
    /// - `ETIMEDOUT`: it was read so many times.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, ReadPure, Reg, Window};
    /// use kernel::time::Delta;
    ///
    /// const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);
    ///
    /// fn wait_for_idle(regs: Window<'_, Ordered, 0x100>) -> Result<u32> {
    ///     regs.wait_until_atomic(STATUS, |status| status & 1 == 0, Delta::from_micros(1), 50)
    /// }
    /// ```
    pub fn wait_until_atomic<T, C: Pure, L: Location<T>>(
        &self,
        reg: Reg<T, C, L>,
        done: impl FnMut(&T) -> bool,
        delay: Delta,
        tries: usize,
    ) -> Result<T>
    where
        A: Access<L::Raw>,
    {
        let longest = Delta::from_millis(i64::from(bindings::MAX_UDELAY_MS));
        if tries == 0 || delay.is_negative() || delay > longest {
            return Err(EINVAL);
        }
        let offset = reg.offset();
        let read = || self.read_at::<L::Raw>(offset).map(L::Raw::into);
        read_poll_timeout_atomic(read, done, delay, tries)
    }
}
