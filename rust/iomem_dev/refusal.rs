// SPDX-License-Identifier: GPL-2.0

//! Why an address range is not handed out: the errno for programs, the words for people.

use iomem::{
    range::Range,
    resource::{
        contains_ram,
        MemRegion, //
    },
};
use kernel::{
    fmt,
    io::{
        PhysAddr,
        ResourceSize, //
    },
    page::PAGE_SIZE,
    prelude::*, //
};

/// A range that cannot be a window, and why.
pub(crate) enum Refusal {
    /// Its length is zero.
    Empty { start: PhysAddr },
    /// It goes beyond the largest 64-bit number.
    WrapsAround {
        start: PhysAddr,
        length: ResourceSize,
    },
    /// It does not begin and end at page boundaries.
    Misaligned(Range),
    /// It has RAM in it.
    Ram(Range),
    /// It goes beyond the addresses that the processor has.
    Beyond(Range),
    /// Somebody else holds it or a part of it.
    Busy(Range),
    /// Something else, which is not about the range.
    Other(Range, Error),
}

impl Refusal {
    /// Claims what may be a window under `name`, or says why it may not.
    pub(crate) fn or_claim(
        start: PhysAddr,
        length: ResourceSize,
        name: &CStr,
    ) -> Result<MemRegion, Self> {
        if length == 0 {
            return Err(Self::Empty { start });
        }
        let Ok(range) = Range::new(start, length) else {
            return Err(Self::WrapsAround { start, length });
        };
        if !range.is_page_aligned() {
            return Err(Self::Misaligned(range));
        }
        // RAM is busy as well; this says more.
        if contains_ram(range) {
            return Err(Self::Ram(range));
        }
        MemRegion::request(range, name).map_err(|refused| match Error::from(refused) {
            e if e == ERANGE => Self::Beyond(range),
            e if e == EBUSY => Self::Busy(range),
            e => Self::Other(range, e),
        })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Empty { .. } | Refusal::Misaligned(_) => EINVAL,
            Refusal::WrapsAround { .. } => EOVERFLOW,
            Refusal::Ram(_) => EPERM,
            Refusal::Beyond(_) => ERANGE,
            Refusal::Busy(_) => EBUSY,
            Refusal::Other(_, e) => e,
        }
    }
}

/// One line: what was asked for, why it is refused, what to do.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { start } => f.write_fmt(fmt!(
                "the range at {start:#x} has length 0: give the length in bytes, a multiple of \
                 {PAGE_SIZE:#x}"
            )),
            Self::WrapsAround { start, length } => f.write_fmt(fmt!(
                "start {start:#x} plus length {length:#x} wraps around: choose a range that ends \
                 below 2^64"
            )),
            Self::Misaligned(range) => f.write_fmt(fmt!(
                "{range} is not whole pages, and a program would see what is next to it: choose \
                 start and length as multiples of {PAGE_SIZE:#x}"
            )),
            Self::Ram(range) => f.write_fmt(fmt!(
                "{range} has RAM in it, which is never handed out: choose the range of a device, \
                 see /proc/iomem"
            )),
            Self::Beyond(range) => f.write_fmt(fmt!(
                "{range} is beyond this processor's physical addresses: choose the range of a \
                 device, see /proc/iomem"
            )),
            Self::Busy(range) => f.write_fmt(fmt!(
                "{range} is in use: /proc/iomem says by whom; try another range, or unbind that \
                 driver"
            )),
            Self::Other(range, e) => f.write_fmt(fmt!("{range} could not be claimed: {e:?}")),
        }
    }
}
