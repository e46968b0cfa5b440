// SPDX-License-Identifier: GPL-2.0

//! Why a claim was refused.

use kernel::{
    fmt,
    io::{
        PhysAddr,
        ResourceSize, //
    },
    prelude::*, //
};

use super::{
    Mem,
    Port,
    Root, //
};
use crate::{
    bindings,
    error::enametoolong,
    range::Range, //
};

/// A claim that was refused: the range that was asked for, and why.
///
/// It turns into an [`Error`], the errno that C would give, so `?` works where the reason does not
/// matter; where it does, it is printed with `{}` or looked at with [`Refused::reason`].
///
/// # Why it has no name in it
///
/// Who holds a range is in the tree, and the tree may only be looked at under its lock. Neither the
/// lock nor any function that gives out a name under it is exported to modules:
/// `request_resource_conflict()` and `lookup_resource()` are not, and `walk_iomem_res_desc()`
/// leaves the name out of what it copies. So a refusal says *which part* is held, and whether that
/// is RAM; the name is a look into `/proc/iomem` or `/proc/ioports` away.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_mem_region,
///     MemRegion,
///     Reason, //
/// };
///
/// fn claim() -> Result<MemRegion> {
///     let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device").inspect_err(|refused| {
///         // "0xfea00000-0xfea00fff is refused: 0xfea00800-0xfea0080f of it is in use, ..."
///         pr_err!("{refused}\n");
///         if let Reason::Ram(part) = refused.reason() {
///             pr_err!("{part} is the kernel's own memory\n");
///         }
///     })?;
///     Ok(claim)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    start: PhysAddr,
    length: ResourceSize,
    reason: Reason,
    /// In the tree of ports, and not in that of memory. Not what that is called: a text that generic code has is
    /// in the module that it is compiled into, and this may outlive that.
    is_of_ports: bool,
}

/// Why a claim was refused, and the errno that stands for it.
///
/// # Examples
///
/// ```
/// use iomem::resource::{
///     request_region,
///     Reason, //
/// };
///
/// let refused = request_region(0x2f0, 0, c"my-device").err();
/// assert_eq!(refused.map(|refused| refused.reason()), Some(Reason::Empty));
/// assert_eq!(refused.map(Error::from), Some(EINVAL));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `EINVAL`: its length is zero.
    Empty,
    /// `EOVERFLOW`: it goes beyond the largest 64-bit number.
    WrapsAround,
    /// `EINVAL`: it is not within the resource that it was to be a part of, or that resource is not
    /// one of the tree's, or has no address.
    NotOfResource,
    /// `ERANGE`: it goes beyond the last address that there is, which is this.
    Beyond(PhysAddr),
    /// `EBUSY`: this part of it, perhaps with more that follows, is system RAM.
    Ram(Range),
    /// `EBUSY`: this part of it, perhaps with more that follows, is held by another driver.
    Busy(Range),
    /// `EBUSY`: this part of pages belongs to another resource than the registers that they are mapped
    /// for.
    Elsewhere(Range),
    /// `EBUSY`: this part of pages was not claimed.
    Unclaimed(Range),
    /// `EBUSY`: a part of it is held by another driver, and which cannot be found out; or it crosses
    /// the border of a bus or of another resource.
    Conflict,
    /// `ENXIO`: it is in the window of a PCI bridge (`PCI Bus` in `/proc`), where no device has it; or in what
    /// a PCI device keeps for virtual functions, where no function has it.
    NoDevice,
    /// `ENAMETOOLONG`: the name that it was to be held under is longer than 255 bytes.
    LongName,
    /// `E2BIG`: pages were to be made around more than 1,024 claims.
    TooMany,
    /// `ENOMEM`: no memory.
    NoMemory,
}

impl Reason {
    /// Returns the errno. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::resource::Reason;
    ///
    /// assert_eq!(Reason::WrapsAround.error(), EOVERFLOW);
    /// assert_eq!(Reason::Conflict.error(), EBUSY);
    /// ```
    pub fn error(self) -> Error {
        match self {
            Self::Empty | Self::NotOfResource => EINVAL,
            Self::WrapsAround => EOVERFLOW,
            Self::Beyond(_) => ERANGE,
            Self::Ram(_)
            | Self::Busy(_)
            | Self::Elsewhere(_)
            | Self::Unclaimed(_)
            | Self::Conflict => EBUSY,
            Self::NoDevice => ENXIO,
            Self::LongName => enametoolong(),
            Self::TooMany => E2BIG,
            Self::NoMemory => ENOMEM,
        }
    }
}

impl Refused {
    /// For a claim in `R`'s tree.
    pub(super) fn new<R: Root>(start: PhysAddr, length: ResourceSize, reason: Reason) -> Self {
        Self {
            start,
            length,
            reason,
            is_of_ports: R::FLAGS == bindings::IORESOURCE_IO,
        }
    }

    /// For a range of memory.
    pub(super) fn of(range: Range, reason: Reason) -> Self {
        Self::new::<Mem>(range.start(), range.length(), reason)
    }

    /// For numbers that are no range.
    pub(super) fn no_range<R: Root>(start: PhysAddr, length: ResourceSize) -> Self {
        let reason = if length == 0 {
            Reason::Empty
        } else {
            Reason::WrapsAround
        };
        Self::new::<R>(start, length, reason)
    }

    /// For a range that the tree does not take: looks for what is in the way.
    pub(super) fn conflict<R: Root>(range: Range) -> Self {
        let reason = match R::conflict(range) {
            Some(held) if held.is_ram => Reason::Ram(held.part),
            Some(held) => Reason::Busy(held.part),
            None => Reason::Conflict,
        };
        Self::new::<R>(range.start(), range.length(), reason)
    }

    /// Returns the first address that was asked for. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::resource::request_region;
    ///
    /// let refused = request_region(0x2f0, 0, c"my-device").err();
    /// assert_eq!(refused.map(|refused| refused.start()), Some(0x2f0));
    /// ```
    #[inline]
    pub const fn start(&self) -> PhysAddr {
        self.start
    }

    /// Returns how many bytes (or ports) were asked for. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::resource::request_region;
    ///
    /// let refused = request_region(2, u64::MAX, c"my-device").err();
    /// assert_eq!(refused.map(|refused| refused.length()), Some(u64::MAX));
    /// ```
    #[inline]
    pub const fn length(&self) -> ResourceSize {
        self.length
    }

    /// Returns why it was refused. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::resource::{
    ///     request_region,
    ///     Reason, //
    /// };
    ///
    /// let refused = request_region(2, u64::MAX, c"my-device").err();
    /// assert_eq!(
    ///     refused.map(|refused| refused.reason()),
    ///     Some(Reason::WrapsAround)
    /// );
    /// ```
    #[inline]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.reason.error()
    }
}

/// One line: what was asked for, why it is refused, where to look.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, length) = (self.start, self.length);
        let proc = if self.is_of_ports {
            Port::PROC
        } else {
            Mem::PROC
        };

        match Range::new(start, length) {
            Ok(range) => f.write_fmt(fmt!("{range} is refused: "))?,
            Err(_) => f.write_fmt(fmt!("{length:#x} bytes at {start:#x} are refused: "))?,
        }
        match self.reason {
            Reason::Empty => f.write_str("a range has at least one byte"),
            Reason::WrapsAround => f.write_str("they go beyond the largest 64-bit number"),
            Reason::NotOfResource => f.write_str("it is not within a resource of that kind"),
            Reason::Beyond(last) => f.write_fmt(fmt!("the last address is {last:#x}")),
            Reason::Ram(part) => f.write_fmt(fmt!("{part} of it is RAM")),
            Reason::Busy(part) => f.write_fmt(fmt!("{part} of it is in use, see {proc}")),
            Reason::Elsewhere(part) => f.write_fmt(fmt!("{part} is of another device, see {proc}")),
            Reason::Unclaimed(part) => f.write_fmt(fmt!("{part} of the page is not claimed")),
            Reason::Conflict => f.write_fmt(fmt!(
                "a part of it is in use, or it crosses the border of a bus, see {proc}"
            )),
            Reason::NoDevice => f.write_fmt(fmt!(
                "no device of the bus has it, so one that is plugged in can be given it, see {proc}"
            )),
            Reason::LongName => f.write_str("its name is longer than 255 bytes"),
            Reason::TooMany => f.write_str("they are around more than 1024 claims"),
            Reason::NoMemory => f.write_str("no memory"),
        }
    }
}
