// SPDX-License-Identifier: GPL-2.0

//! A range that is held, and its end.

use core::{
    marker::PhantomData,
    mem::ManuallyDrop, //
};

use kernel::{
    device::{
        Bound,
        Device, //
    },
    io::{
        Resource,
        ResourceSize, //
    },
    prelude::*, //
};

use super::{
    entry::Entry,
    firmware,
    memtypes::Memtypes,
    root::is_of,
    Mem,
    Port,
    Reason,
    Refused,
    Root, //
};
use crate::{
    bindings,
    names::LONGEST,
    range::Range, //
};

/// Exclusive use of a range of addresses, entered in `/proc/iomem` or `/proc/ioports`.
///
/// Dropping it releases the range, as `release_mem_region()` and `release_region()` do in C. What is left
/// of each [`WcReservation`](crate::vma::WcReservation) that was made on it ends before that. Where a
/// [`Mapping`](crate::mapping::Mapping) of it was forgotten, or dropped in a context that cannot unmap it, the range
/// stays claimed until the next boot, and the log says so: the next owner would have it in that mapping's mode.
///
/// # Removal of the device that a range belongs to
///
/// A claim is exclusive as long as the resources around it are in the tree: a BAR of a PCI device, say,
/// and in that, the resource of a platform device which the PCI device's driver made. When one of the
/// devices is removed, all claims below its resources leave the tree with them, and others can claim
/// the range: at once if that was the platform device, and otherwise as soon as the PCI device is found
/// again. The `Claim` holds nothing then; it may be dropped at any time, which releases no claim of
/// another driver. A mapping that is built on it still leads to the same addresses.
///
/// [`unbind_on_removal`](Self::unbind_on_removal) has a device unbound before the PCI device is removed,
/// as do [`devm_request_mem_region`](super::devm_request_mem_region) and
/// [`devm_request_region`](super::devm_request_region). While a PCI device is being removed, claims on
/// its ranges fail with `EBUSY`, also those that have been waiting for a [muxed](super::Muxed) one. A BAR that is
/// resized or moved by sysfs (`resource<N>_resize`) is not announced by the kernel: the claim stays,
/// and its range may not be the device's any more. The kernel refuses that while the PCI device has a
/// driver; but where a device is plugged in that does not fit, it moves others behind the same bridge.
///
/// A resource that belongs to neither a PCI nor a platform device is not announced when it goes. A claim
/// directly below one is then released by its numbers, as C does it. The window of a host bridge is one, and
/// ports that are memory are unmapped with it: see [`Ports`](crate::port::Ports). Where the bridge is a platform
/// device's, claims in its window fail with `EBUSY` while its driver is being unbound, and dropping one that is
/// left then releases nothing. The kernel does not announce a window that goes since that driver could not be
/// bound.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `entry` was entered in `R`'s tree for exactly `range`.
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
/// // No other driver can have it while `claim` exists.
/// assert!(MemRegion::request(range, c"another").is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct Claim<R: Root> {
    // Ends before the range can be another driver's. In a box, since it changes: the compiler takes the
    // address of a mapping, which can have the claim in it, for one that does not, and reads it once.
    memtypes: KBox<Memtypes>,
    entry: ManuallyDrop<Entry>,
    range: Range,
    is_exclusive: bool,
    // A function of `R`: no value of it is in here.
    root: PhantomData<fn() -> R>,
}

impl<R: Root> Drop for Claim<R> {
    fn drop(&mut self) {
        // Before the range can be another driver's.
        self.memtypes.clear();
        if self.memtypes.is_mapped() {
            self.entry.note_stays();
            return;
        }
        // SAFETY: It is not used again.
        unsafe { ManuallyDrop::drop(&mut self.entry) };
    }
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
    /// - `ENAMETOOLONG`: the name is longer than 255 bytes.
    /// - `ERANGE`: the range ends beyond the last address that there is ([`Root::last`]).
    /// - `EBUSY`: another driver holds the range or a part of it; RAM is held by the kernel; the
    ///   range crosses the border of another resource, such as the window of a bus; or the PCI device
    ///   that it belongs to is being removed, or the host bridge in whose window it is is being unbound.
    /// - `ENXIO`: a PCI bridge passes the range on, and none of the devices behind it has it: the kernel
    ///   may give it to one that is plugged in. Or a PCI device keeps it for virtual functions (SR-IOV), and
    ///   none has it.
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
    pub(super) fn enter(range: Range, name: &CStr, flags: u32) -> Result<Self, Refused> {
        let refuse = |reason| Refused::new::<R>(range.start(), range.length(), reason);

        if range.last() > R::last() {
            return Err(refuse(Reason::Beyond(R::last())));
        }
        if name.count_bytes() > LONGEST {
            return Err(refuse(Reason::LongName));
        }

        let name = name.to_cstring().map_err(|_| refuse(Reason::NoMemory))?;
        let memtypes =
            KBox::new(Memtypes::new(range), GFP_KERNEL).map_err(|_| refuse(Reason::NoMemory))?;
        let entry = Entry::new(R::root(), range, name, flags).map_err(|reason| match reason {
            Reason::Conflict => Refused::conflict::<R>(range),
            reason => refuse(reason),
        })?;

        // INVARIANT: It was entered for exactly this range.
        Ok(Self {
            memtypes,
            entry: ManuallyDrop::new(entry),
            range,
            is_exclusive: flags & bindings::IORESOURCE_EXCLUSIVE != 0,
            root: PhantomData,
        })
    }

    /// Has `dev` unbound from its driver before the PCI device which the range belongs to is removed:
    /// unplugged, for example. It does not matter whether other resources are between its BAR and the
    /// claim, as those of platform devices are, nor whether one of these took the claim out of the
    /// tree.
    ///
    /// For claims that a driver makes on registers of another device than its own. The unbinding is
    /// complete when that device's resources leave the tree; the driver drops the claim in the course
    /// of it. A claim that drivers share can be tied to the devices of all of them. Whether a driver is
    /// bound to `dev` then, and which, is not looked at. Nothing is done where that device is `dev`,
    /// which is unbound first anyway.
    ///
    /// A range that is in a window of a host bridge, and of no PCI device, as some ports are, goes with the driver
    /// of that bridge. If that is a platform device's, `dev` is linked to this device, and the kernel unbinds `dev`
    /// first, also if the claim has been dropped by then.
    ///
    /// A range of a device on another bus is not looked at: those are not unplugged. Unbinding `dev`
    /// must not wait for a PCI device to be removed or for a bus to be rescanned, and is done by another
    /// thread than the one that removes the device.
    ///
    /// Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: that device is being removed already, or that host bridge, or the claim is in no tree any
    ///   more; or `dev` is being unbound itself, where the range is in the window of a host bridge.
    /// - `EINVAL`: `dev` cannot be unbound then. It is above that device, the bridge in front of it for example,
    ///   or above that host bridge, and stays; or it is another PCI device, whose unbinding calls the bus that
    ///   waits for it; or a USB interface, whose unbinding takes its parent's lock.
    /// - `EBUSY`: a host bridge is being bound to its driver, or unbound. That is waited for, up to a second,
    ///   while its lock is held.
    /// - `ENOMEM`: no memory to note it; or the host bridge depends on `dev`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::{
    ///     request_mem_region,
    ///     MemRegion, //
    /// };
    /// use kernel::device::{
    ///     Bound,
    ///     Device, //
    /// };
    ///
    /// fn probe(dev: &Device<Bound>) -> Result<MemRegion> {
    ///     let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    ///     claim.unbind_on_removal(dev)?;
    ///     Ok(claim)
    /// }
    /// ```
    pub fn unbind_on_removal(&self, dev: &Device<Bound>) -> Result {
        self.entry.tie(dev)
    }

    /// Tells whether the resource that `other` was entered below is around this claim as well: whether
    /// it is not in that of another device.
    pub(super) fn is_within_parent_of(&self, other: &Self) -> bool {
        self.entry.is_within_parent_of(R::root(), &other.entry)
    }

    /// Returns what x86's list of memory types has of it.
    pub(crate) fn memtypes(&self) -> &Memtypes {
        &self.memtypes
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

    /// Tells whether firmware keeps the range for itself, or may use it. Context: may sleep.
    ///
    /// - `Reserved`, `ACPI Tables` or `ACPI Non-volatile Storage` in `/proc/iomem` (x86). What lies in a
    ///   resource within it, the BAR of a PCI device for example, is that resource's.
    /// - RAM of the device tree that the kernel does not use
    ///   ([`described_as_memory`](crate::platform::described_as_memory)).
    /// - What EFI has in its map and does not call I/O (arm64).
    ///
    /// That may be registers, or memory that firmware uses while the kernel runs, such as that of EFI's
    /// runtime services; the kernel does not know which.
    ///
    /// Corresponds to the C function `efi_mem_desc_lookup()` in
    /// [`include/linux/efi.h`](srctree/include/linux/efi.h), and to `desc` of a `struct resource`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::resource::request_mem_region;
    ///
    /// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
    /// if claim.is_firmware_reserved() {
    ///     return Err(EPERM);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_firmware_reserved(&self) -> bool {
        firmware::keeps::<R>(&self.entry, self.range)
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
        Some(self.entry.name())
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
        self.is_exclusive
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
