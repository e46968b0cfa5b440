// SPDX-License-Identifier: GPL-2.0

//! Registers that say what reading them does, and waiting for them.

use iomem::access::{
    ReadEffect,
    ReadPure,
    ReadPureWrite,
    Reg,
    WriteOnly, //
};
use kernel::{
    io::register::FixedRegisterLoc,
    prelude::*,
    time::{
        Delta,
        Instant,
        Monotonic, //
    }, //
};

use super::{
    marked,
    together::EDU_ID,
    Registers,
    DMA_SOURCE, //
};

const FACTORIAL: Reg<u32, ReadPureWrite> = Reg::at(0x08);
const STATUS: Reg<u32, ReadPure> = Reg::at(0x20);

/// Registers that say what reading them does, and waiting for them.
pub(crate) fn classes(edu: &Registers<0x100>) -> Result {
    const SOURCE: Reg<u32, ReadPureWrite> = Reg::at(DMA_SOURCE);
    const TAKEN: Reg<u32, ReadEffect> = Reg::at(DMA_SOURCE);
    const WRITTEN: Reg<u32, WriteOnly> = Reg::at(DMA_SOURCE);
    const ID: Reg<EDU_ID, ReadPure, FixedRegisterLoc<EDU_ID>> = Reg::of(EDU_ID);

    let regs = edu.window().part::<0x100>(0)?;
    marked(edu, 0x40, || regs.set(WRITTEN, 0x10));
    let mut taken = 0;
    marked(edu, 0x41, || taken = regs.take(TAKEN));
    marked(edu, 0x42, || regs.modify(SOURCE, |old| old + 1));
    check!("take_reads", taken == 0x10);
    check!("modify_writes", regs.get(SOURCE) == 0x11);
    check!(
        "get_reads_typed_registers",
        regs.get(ID).magic().get() == 0xed
    );

    // 10! takes the device a moment.
    regs.set(FACTORIAL, 10);
    let (pause, limit) = (Delta::from_micros(50), Delta::from_secs(2));
    let done = regs.wait_until(STATUS, |status| status & 1 == 0, pause, limit);
    check!(
        "wait_until_sees_it_done",
        done.is_ok_and(|status| status & 1 == 0) && regs.get(FACTORIAL) == 3_628_800
    );
    check!(
        "wait_until_gives_up",
        regs.wait_until(SOURCE, |_| false, pause, Delta::from_millis(2)) == Err(ETIMEDOUT)
    );
    let start = Instant::<Monotonic>::now();
    let long = Delta::from_millis(3000);
    let end = regs.wait_until(SOURCE, |_| false, long, Delta::from_millis(2));
    check!(
        "waiting_does_not_pause_for_longer_than_its_limit",
        end == Err(ETIMEDOUT) && start.elapsed() < Delta::from_millis(1500)
    );
    check!(
        "wait_until_needs_no_pause",
        regs.wait_until(SOURCE, |value| *value == 0x11, Delta::ZERO, limit) == Ok(0x11)
    );
    check!(
        "wait_until_atomic_sees_it",
        regs.wait_until_atomic(SOURCE, |value| *value == 0x11, Delta::ZERO, 1) == Ok(0x11)
    );
    let (minus, micro) = (Delta::from_micros(-1), Delta::from_micros(1));
    marked(edu, 0x43, || {
        let atomic = regs.wait_until_atomic(SOURCE, |_| false, micro, 3);
        check!("wait_until_atomic_gives_up", atomic == Err(ETIMEDOUT));
    });
    marked(edu, 0x44, || {
        check!(
            "a_limit_of_zero_is_refused",
            regs.wait_until(SOURCE, |_| true, pause, Delta::ZERO) == Err(EINVAL)
                && regs.wait_until_atomic(SOURCE, |_| true, micro, 0) == Err(EINVAL)
        );
        check!(
            "negative_times_are_refused",
            regs.wait_until(SOURCE, |_| true, pause, minus) == Err(EINVAL)
                && regs.wait_until(SOURCE, |_| true, minus, limit) == Err(EINVAL)
                && regs.wait_until_atomic(SOURCE, |_| true, minus, 3) == Err(EINVAL)
                && regs.wait_until_atomic(SOURCE, |_| true, Delta::from_millis(6), 3)
                    == Err(EINVAL)
        );
        const BEYOND: Reg<u32, ReadPure> = Reg::at(0x100);
        const CROOKED: Reg<u32, ReadPure> = Reg::at(0x82);
        check!(
            "waiting_beyond_the_end_is_refused",
            regs.wait_until(BEYOND, |_| true, pause, limit) == Err(EINVAL)
                && regs.wait_until_atomic(CROOKED, |_| true, micro, 3) == Err(EINVAL)
        );
    });
    Ok(())
}
