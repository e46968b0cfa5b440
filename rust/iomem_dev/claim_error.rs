// SPDX-License-Identifier: GPL-2.0

//! Why an address range is not handed out: the errno for programs, the words for people.

use iomem::{
    range::Range,
    resource::{
        contains_ram,
        Claim,
        Mem,
        Reason,
        Root, //
    },
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    fmt,
    io::{
        PhysAddr,
        ResourceSize, //
    },
    prelude::*, //
};

/// A range that cannot be a window, and why.
pub(crate) enum ClaimError {
    /// Its length is zero.
    Empty {
        start: PhysAddr,
    },
    /// It goes beyond the largest 64-bit number.
    WrapsAround {
        start: PhysAddr,
        length: ResourceSize,
    },
    /// It has RAM in it.
    Ram(Range),
    /// Firmware keeps it for itself, or it is RAM that the kernel does not use.
    FirmwareReserved(Range),
    /// It goes beyond the addresses that the processor has, as far as the named file shows them.
    Beyond(Range, &'static str),
    /// Another driver holds it or a part of it, as the named file shows.
    Busy(Range, &'static str),
    /// The tree does not take it, and the named file shows no owner; or it is a part of a device that goes, and
    /// the errno of that.
    Conflict(Range, &'static str),
    Going(Range, Error),
    /// A PCI device passes it on, a bridge say, and none has it. And which file shows it.
    NoDevice(Range, &'static str),
    /// Something else, which is not about the range.
    Other(Range, Error),
}

impl ClaimError {
    /// Claims what may be a region under `name`, or says why it may not.
    pub(crate) fn or_claim<R: Root>(
        start: PhysAddr,
        length: ResourceSize,
        name: &CStr,
    ) -> Result<Claim<R>, Self> {
        if length == 0 {
            return Err(Self::Empty { start });
        }
        let Ok(range) = Range::new(start, length) else {
            return Err(Self::WrapsAround { start, length });
        };
        // RAM is busy as well; this says more.
        if R::PROC == Mem::PROC && contains_ram(range) {
            return Err(Self::Ram(range));
        }
        Claim::<R>::request(range, name).map_err(|refused| match refused.reason() {
            Reason::Beyond(_) => Self::Beyond(range, R::PROC),
            Reason::Busy(_) => Self::Busy(range, R::PROC),
            Reason::Conflict => Self::Conflict(range, R::PROC),
            Reason::NoDevice => Self::NoDevice(range, R::PROC),
            reason => Self::Other(range, reason.error()),
        })
    }

    /// Has `dev` unbound before the device that a claim is a part of goes, or gives the claim back where that
    /// goes already.
    pub(crate) fn unless_going<R: Root>(
        dev: &Device<Bound>,
        claim: Claim<R>,
    ) -> Result<Claim<R>, Self> {
        let range = claim.range();
        match claim.unbind_on_removal(dev) {
            Ok(()) => Ok(claim),
            Err(e) if e == EBUSY || e == ENODEV => Err(Self::Going(range, e)),
            Err(e) => Err(Self::Other(range, e)),
        }
    }

    /// Gives a claim back where firmware keeps the range for itself, unless it `may` be had.
    pub(crate) fn unless(may: bool, claim: Claim<Mem>) -> Result<Claim<Mem>, Self> {
        let range = claim.range();
        if !may && claim.is_firmware_reserved() {
            return Err(Self::FirmwareReserved(range));
        }
        Ok(claim)
    }
}

impl From<ClaimError> for Error {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Empty { .. } => EINVAL,
            ClaimError::WrapsAround { .. } => EOVERFLOW,
            ClaimError::Ram(_) | ClaimError::FirmwareReserved(_) => EPERM,
            ClaimError::Beyond(..) => ERANGE,
            ClaimError::Busy(..) | ClaimError::Conflict(..) => EBUSY,
            ClaimError::NoDevice(..) => ENXIO,
            ClaimError::Going(_, e) | ClaimError::Other(_, e) => e,
        }
    }
}

/// One line: what was asked for, why it is refused, what to do.
impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { start } => f.write_fmt(fmt!(
                "the range at {start:#x} has length 0: give the length in bytes"
            )),
            Self::WrapsAround { start, length } => f.write_fmt(fmt!(
                "start {start:#x} plus length {length:#x} wraps around: choose a range that ends \
                 below 2^64"
            )),
            Self::Ram(range) => f.write_fmt(fmt!(
                "{range} has RAM in it, which is never handed out: choose the range of a device, \
                 see /proc/iomem"
            )),
            Self::FirmwareReserved(range) => f.write_fmt(fmt!(
                "{range} is reserved by firmware, and can be memory that it uses: if it is a \
                 device's, say firmware-reserved to new_device"
            )),
            Self::Beyond(range, proc) => f.write_fmt(fmt!(
                "{range} is beyond this processor's physical addresses: choose the range of a \
                 device, see {proc}"
            )),
            Self::Busy(range, proc) => f.write_fmt(fmt!(
                "{range} is in use: {proc} says by whom; try another range, or unbind that driver"
            )),
            Self::Conflict(range, proc) => f.write_fmt(fmt!(
                "{range} is in use, crosses the border of a bus, or is of a device that is being removed: see \
                 {proc}; try another range, or try again"
            )),
            Self::Going(range, _) => f.write_fmt(fmt!(
                "{range} is of a device that is being removed, or of a host bridge whose driver is being bound \
                 or unbound: try again"
            )),
            Self::NoDevice(range, proc) => f.write_fmt(fmt!(
                "{range} is of a PCI bus, and no device on that has it, so that the kernel may give \
                 it to one that is plugged in, or to a virtual function: choose the range of a device, see \
                 {proc}"
            )),
            Self::Other(range, e) => f.write_fmt(fmt!("{range} could not be claimed: {e:?}")),
        }
    }
}
