// SPDX-License-Identifier: GPL-2.0

//! A range that is held, and its end.

use core::marker::PhantomData;

use kernel::{
    io::{
        resource::{
            Flags,
            Region, //
        },
        Resource,
        ResourceSize, //
    },
    prelude::*, //
};

use super::{
    root::{
        flags_from,
        is_of, //
    },
    Mem,
    Port,
    Reason,
    Refused,
    Root, //
};
use crate::{
    bindings,
    range::Range, //
};

/// Exclusive use of a range of addresses, entered in `/proc/iomem` or `/proc/ioports`.
///
/// Dropping it releases the range, as `release_mem_region()` and `release_region()` do in C.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `region` is a busy region of `R`'s tree that spans exactly `range`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     range::Range,
///     resource::MemRegion, //
/// };
///
/// let range = Range::new(0xfea0_0000, 0x1000)?;
/// let claim = MemRegion::request(range, c"my-device")?;
/// // Nobody else can have it while `claim` exists.
/// assert!(MemRegion::request(range, c"another").is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct Claim<R: Root> {
    region: Region,
    range: Range,
    // A function of `R`: no value of it is in here.
    root: PhantomData<fn() -> R>,
}

/// A claim on I/O memory: what `request_mem_region()` gives.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_mem_region,
///     MemRegion, //
/// };
///
/// let claim: MemRegion = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub type MemRegion = Claim<Mem>;

/// A claim on I/O ports: what `request_region()` gives.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_region,
///     PortRegion, //
/// };
///
/// let claim: PortRegion = request_region(0x378, 3, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub type PortRegion = Claim<Port>;

impl<R: Root> Claim<R> {
    /// Claims `range` under `name`, which is what `/proc` shows.
    ///
    /// Context: may sleep.
    ///
    /// # Errors
    ///
    /// [`Refused`], which says more than the errno that it turns into:
    ///
    /// - `ERANGE`: the range ends beyond the last address that there is ([`Root::last`]).
    /// - `EBUSY`: somebody else holds the range or a part of it; RAM is held by the kernel; or the
    ///   range crosses the border of another resource, such as the window of a bus.
    /// - `ENOMEM`: no memory for the name. (No memory for the entry is `EBUSY`: C does not tell.)
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     range::Range,
    ///     resource::PortRegion, //
    /// };
    ///
    /// let claim = PortRegion::request(Range::new(0x378, 3)?, c"my-device")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn request(range: Range, name: &CStr) -> Result<Self, Refused> {
        Self::enter(range, name, R::FLAGS)
    }

    /// Claims the whole of a device's resource. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Those of [`Claim::request`], and:
    ///
    /// - `EINVAL`: the resource is empty, is not one of this tree's (ports, and this is memory), or
    ///   has no address.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::MemRegion;
    /// use kernel::{
    ///     device::Bound,
    ///     platform, //
    /// };
    ///
    /// fn claim(pdev: &platform::Device<Bound>) -> Result<MemRegion> {
    ///     let resource = pdev.resource_by_index(0).ok_or(ENODEV)?;
    ///     Ok(MemRegion::request_resource(resource, c"my-device")?)
    /// }
    /// ```
    pub fn request_resource(resource: &Resource, name: &CStr) -> Result<Self, Refused> {
        Self::request(range_of::<R>(resource)?, name)
    }

    /// Claims a part of a device's resource: `length` bytes (or ports) from `offset` on. The rest
    /// stays free for others, such as the driver of a sub-device. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Those of [`Claim::request_resource`], and:
    ///
    /// - `EINVAL`: `length` is zero, or the part ends beyond the resource.
    /// - `EOVERFLOW`: `offset + length` is larger than the largest 64-bit number.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::MemRegion;
    /// use kernel::{
    ///     device::Bound,
    ///     platform, //
    /// };
    ///
    /// fn claim_fifo(pdev: &platform::Device<Bound>) -> Result<MemRegion> {
    ///     let resource = pdev.resource_by_index(0).ok_or(ENODEV)?;
    ///     Ok(MemRegion::request_part(resource, 0x800, 0x10, c"my-fifo")?)
    /// }
    /// ```
    pub fn request_part(
        resource: &Resource,
        offset: ResourceSize,
        length: ResourceSize,
        name: &CStr,
    ) -> Result<Self, Refused> {
        let range = range_of::<R>(resource)?;
        let part = range.part(offset, length).map_err(|e| {
            let reason = match e {
                _ if length == 0 => Reason::Empty,
                e if e == EOVERFLOW => Reason::WrapsAround,
                _ => Reason::NotOfResource,
            };
            Refused::new::<R>(range.start().wrapping_add(offset), length, reason)
        })?;

        Self::request(part, name)
    }

    /// Enters a range into the tree.
    pub(super) fn enter(range: Range, name: &CStr, flags: Flags) -> Result<Self, Refused> {
        let refuse = |reason| Refused::new::<R>(range.start(), range.length(), reason);

        if range.last() > R::last() {
            return Err(refuse(Reason::Beyond(R::last())));
        }

        let name = name.to_cstring().map_err(|_| refuse(Reason::NoMemory))?;
        let region = R::root()
            .request_region(range.start(), range.length(), name, flags)
            .ok_or_else(|| Refused::conflict::<R>(range))?;

        // INVARIANT: `request_region` gave the region of exactly this range.
        Ok(Self {
            region,
            range,
            root: PhantomData,
        })
    }

    /// Returns the range that is held. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::request_region;
    ///
    /// let claim = request_region(0x378, 3, c"my-device")?;
    /// assert_eq!(claim.range().last(), 0x37a);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn range(&self) -> Range {
        self.range
    }

    /// Returns the name under which it is held. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::request_region;
    ///
    /// let claim = request_region(0x378, 3, c"my-device")?;
    /// assert_eq!(claim.name(), Some(c"my-device"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn name(&self) -> Option<&CStr> {
        self.region.name()
    }

    /// Tells whether the claim is closed to `/dev/mem` whatever the kernel's configuration, as
    /// [`request_mem_region_exclusive`](super::request_mem_region_exclusive) makes it. Context: any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::request_mem_region;
    ///
    /// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    /// assert!(!claim.is_exclusive());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_exclusive(&self) -> bool {
        self.region
            .flags()
            .contains(flags_from(bindings::IORESOURCE_EXCLUSIVE))
    }
}

/// The range of a resource of `R`'s tree.
fn range_of<R: Root>(resource: &Resource) -> Result<Range, Refused> {
    let (start, length) = (resource.start(), resource.size());

    if !is_of::<R>(resource) {
        return Err(Refused::new::<R>(start, length, Reason::NotOfResource));
    }
    Range::of(resource).map_err(|_| Refused::no_range::<R>(start, length))
}
