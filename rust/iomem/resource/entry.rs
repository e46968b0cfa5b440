// SPDX-License-Identifier: GPL-2.0

//! Entries of ours in the two trees, and what becomes of them when a resource that they are in is
//! removed.
//!
//! # What C does
//!
//! `__request_region()` enters a claim below the deepest resource that is not busy and contains it: the
//! BAR of a PCI device, for example, which is a member of the device's structure. When the device is
//! removed, its driver is unbound, and then `release_resource()` takes the BAR out of the tree, with
//! all that is below it. A claim that is not the driver's is then in no tree, its parent points to
//! memory that is freed with the device, and when the BAR is found anew (a rescan, another device), the
//! range can be claimed again. `release_mem_region()` goes by numbers: it would release that claim.
//!
//! Between the BAR and the claim there can be other resources: those of platform devices that the
//! PCI device's driver makes, or a driver's own. They can come and go while the claim is there, and take
//! it out of the tree when they go.
//!
//! # What is done here
//!
//! - What is removed is kept: each claim has references to the PCI and platform devices that have
//!   resources around it, at whatever distance. So its parent is memory that is still there, and the
//!   claim is released by its own address, whether or not it is in the tree.
//! - A claim that is tied to the binding of a device ([`Entry::tie`]) ends before that: when a PCI
//!   device is about to be removed, those that are tied to claims within its resources are unbound,
//!   whatever is in between, and also if that took the claim out of the tree before. The kernel
//!   says so before anything is taken away (`BUS_NOTIFY_DEL_DEVICE`). Not for platform devices: their
//!   bus holds the lock of its notifiers meanwhile, and unbinding a platform device takes it again.
//! - No claim is made within those resources from then on. When those that were tied have been
//!   unbound, the resources become busy, so that the tree refuses claims by itself until it does not
//!   have them any more. No memory is needed for that, nor to begin the unbinding, nor does it matter whether
//!   the process that removes the device has been killed.
//! - A claim that is being made meanwhile is not missed. It is on the list before it is in the tree:
//!   a muxed one, which may sleep, finds there that it is too late. Every other one is entered
//!   under the lock.
//! - Other resources than those of PCI and platform devices say nothing when they go. A claim directly
//!   below one of those is released by its numbers: below the PCI device's resource that both are
//!   in, if there is one, and otherwise from the root, as C does it. If the range was claimed by this
//!   library again, such an older claim cannot be in the tree any more, and is released by doing
//!   nothing.
//!
//! - No claim is made in what a PCI bridge passes on, where no PCI device has the addresses. When a device
//!   is plugged in that does not fit beside it, the kernel takes all that is below the bridge's
//!   range out of the tree to make room (`release_child_resources()`), says so to no driver, and may
//!   give the device those addresses. The same is true of what a device keeps for virtual functions
//!   (SR-IOV), as long as no function has it: the kernel takes it to be free.
//!
//! - A claim in a window of a host bridge, and of no PCI device, goes with the binding of that bridge's
//!   driver. A device that is tied to the claim is linked to the bridge's, which the kernel unbinds it before
//!   (`device_link_add()`). From then on (`BUS_NOTIFY_UNBIND_DRIVER`) no claim is made in such windows until
//!   they have gone, and one that is still there is noted as lost.
//!
//! For a PCI device, a device link could not do this: unbinding those who depend on a device is part of
//! unbinding its driver, and a device with a window on its BARs has none.
//!
//! # Locks
//!
//! [`CLAIMS`] protects the list of claims, and of devices that are being removed. It is taken in a
//! process that may sleep, after whatever the caller holds. Under it are taken: the trees'
//! `resource_lock`; the lock of the list of mappings of `/dev/mem`, and those of the page tables,
//! since claiming a range ends such mappings of it; the locks of the lists of devices, and the
//! allocator's. It is not held while a muxed claim waits for another one, nor while a device is
//! unbound, which takes that device's lock, and drops claims. A thread that removes a PCI device holds
//! `pci_rescan_remove_lock`, and the lock of that bus's notifiers: the unbinding of a device that is tied
//! to a claim must take neither.

use core::{
    mem::ManuallyDrop,
    ptr::{
        null_mut,
        NonNull, //
    }, //
};

use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    str::CString,
    sync::aref::ARef, //
};

use super::Reason;
use crate::{
    bindings,
    range::Range, //
};

mod around;
mod host;
mod known;
mod removal;
mod tied;

pub(super) use self::around::lacks_pages;

use self::{
    around::{
        device_with,
        parent_of,
        reaches,
        Place, //
    },
    host::Going,
    known::{
        Known,
        Tie, //
    },
    tied::Tied,
};

/// What `CLAIMS` protects.
struct Claims {
    /// Not in one piece: all drivers together have as many as they like.
    all: KVVec<Known>,
    /// The number of the next claim.
    next: u64,
    /// PCI devices about to be removed, as long as devices are unbound for that.
    going: KVec<ARef<Device>>,
    /// Host bridges whose driver is being unbound.
    hosts: KVec<Going>,
}

kernel::sync::global_lock! {
    // SAFETY: `iomem_library_init` initializes it, which runs before another module can use this one.
    unsafe(uninit) static CLAIMS: Mutex<Claims> = Claims {
        all: KVVec::new(),
        next: 0,
        going: KVec::new(),
        hosts: KVec::new(),
    };
}

impl Claims {
    fn find(&mut self, id: u64) -> Option<&mut Known> {
        self.all.iter_mut().find(|known| known.id == id)
    }

    fn take(&mut self, id: u64) -> Option<Known> {
        let place = self.all.iter().position(|known| known.id == id)?;
        self.all.remove(place).ok()
    }

    /// Takes a claim off the list and out of the tree. Returns what was known of it, to be dropped
    /// without the lock, and whether its name can be freed.
    fn end(&mut self, id: u64) -> Option<(Known, bool)> {
        let known = self.take(id)?;
        // SAFETY: The lock is held, and this is the one call for what was just taken.
        let is_released = unsafe { known.release() };
        Some((known, is_released))
    }

    /// Puts a claim on the list that is about to be made, and returns its number.
    ///
    /// # Errors
    ///
    /// - [`Reason::Conflict`]: what is around it is being removed.
    /// - [`Reason::NoMemory`]: no memory for it.
    fn announce(&mut self, place: Place) -> Result<u64, Reason> {
        if self.going.iter().any(|dev| reaches(dev, place))
            || self.hosts.iter().any(|host| host.takes(place))
        {
            return Err(Reason::Conflict);
        }
        let id = self.next;
        self.all
            .push(Known::new(id, place), GFP_KERNEL)
            .map_err(|_| Reason::NoMemory)?;
        self.next = id.wrapping_add(1);
        Ok(id)
    }

    /// Takes note of what became of the claim `id`.
    ///
    /// # Errors
    ///
    /// - [`Reason::Conflict`]: the tree did not take it, or what is around it is being removed, or was.
    /// - [`Reason::NoDevice`]: a PCI bridge passes it on, and no PCI device has it.
    /// - [`Reason::NoMemory`]: no memory for what is around it.
    fn entered(&mut self, id: u64, resource: *mut bindings::resource) -> Result<(), Reason> {
        let known = self.find(id).ok_or(Reason::Conflict)?;
        known.resource = Some(NonNull::new(resource).ok_or(Reason::Conflict)?);
        if known.leaving {
            return Err(Reason::Conflict);
        }
        known.keep_devices_around().map_err(|_| Reason::NoMemory)?;
        // It may have waited for one that went with the resource of a platform device.
        if known.is_adrift() {
            return Err(Reason::Conflict);
        }
        // The window goes, or went, while this was on its way into it.
        if known.window_goes && known.may_be_in_window() {
            // SAFETY: This is a method of what `CLAIMS` protects.
            unsafe { known.lose_with_window() };
            return Err(Reason::Conflict);
        }
        if known.is_of_no_device() {
            return Err(Reason::NoDevice);
        }

        // The tree has no two busy entries that overlap.
        let place = known.place;
        for older in &mut self.all {
            if older.id != id
                && older.resource.is_some()
                && core::ptr::eq(older.place.root, place.root)
                && older.place.range.overlaps(&place.range)
            {
                older.lose();
            }
        }
        Ok(())
    }
}

/// Tells whether a device's resource has some pages of a range of memory and lacks others. Context: may sleep.
pub(super) fn has_border_within(range: Range) -> bool {
    around::has_border_within(range, |resource| {
        let claims = CLAIMS.lock();
        claims.all.iter().any(|known| {
            known
                .resource
                .is_some_and(|own| core::ptr::eq(own.as_ptr(), resource))
        })
    })
}

/// A busy entry in one of the trees. Dropping it releases it.
///
/// # Invariants
///
/// - The element `id` of `CLAIMS` is about it, and has the resource that was made by `__request_region()`.
/// - Its name is `name`.
pub(super) struct Entry {
    id: u64,
    /// The descriptor of the resource that it was entered below, which `__request_region()` copies.
    desc: u32,
    name: ManuallyDrop<CString>,
}

impl Entry {
    /// Enters `range` into the tree of `root`. Context: may sleep; with `IORESOURCE_MUXED` in `flags`,
    /// without limit.
    ///
    /// # Errors
    ///
    /// - [`Reason::Conflict`]: the tree does not take it, or what is around it is being removed.
    /// - [`Reason::NoDevice`]: a PCI bridge passes it on, or a PCI device keeps it for virtual functions, and
    ///   no PCI device has it.
    /// - [`Reason::NoMemory`]: no memory for it in the list.
    pub(super) fn new(
        root: *mut bindings::resource,
        range: Range,
        name: CString,
        flags: u32,
    ) -> Result<Self, Reason> {
        let place = Place { root, range };
        if around::is_kept_for_functions(place) {
            return Err(Reason::NoDevice);
        }
        // SAFETY: `root` is that of a tree. The name is freed after the entry, or never.
        let request = || unsafe {
            bindings::__request_region(
                root,
                range.start(),
                range.length(),
                name.as_char_ptr(),
                flags as c_int,
            )
        };

        let mut claims = CLAIMS.lock();
        let id = claims.announce(place)?;
        let resource = if flags & bindings::IORESOURCE_MUXED == 0 {
            request()
        } else {
            // While it waits, C looks at the resource that it was last below.
            let kept = claims.find(id).map(Known::keep_devices_around);
            if let Some(Err(_)) = kept {
                let known = claims.take(id);
                drop(claims);
                drop(known);
                return Err(Reason::NoMemory);
            }
            drop(claims);
            let resource = request();
            claims = CLAIMS.lock();
            resource
        };
        // Freed only where the tree does not have the entry any more.
        let name = ManuallyDrop::new(name);
        if let Err(reason) = claims.entered(id, resource) {
            let ended = claims.end(id);
            drop(claims);
            if ended.is_none_or(|(_, is_released)| is_released) {
                drop(ManuallyDrop::into_inner(name));
            } else {
                keep(&name);
            }
            return Err(reason);
        }
        let resource = NonNull::new(resource).ok_or(Reason::Conflict)?;

        // SAFETY: The resource is ours.
        let desc = unsafe { (*resource.as_ptr()).desc };
        // INVARIANT: It was just entered, and is in the list.
        Ok(Self {
            id,
            // One that is no such number is none that is known.
            desc: u32::try_from(desc).unwrap_or(u32::MAX),
            name,
        })
    }

    /// Returns its name.
    pub(super) fn name(&self) -> &CStr {
        &self.name
    }

    /// Says in the log that it stays, though its owner has dropped it.
    // What is generic is compiled into modules that use the library, and this is called from there.
    #[inline(never)]
    pub(super) fn note_stays(&self) {
        // SAFETY: The name ends with zero.
        unsafe { bindings::note_claim_stays(self.name.as_char_ptr()) };
    }

    /// Returns the descriptor of the resource that it was entered below.
    pub(super) fn desc(&self) -> u32 {
        self.desc
    }

    /// Returns the resource that the entry is below.
    fn parent(&self) -> *mut bindings::resource {
        // Not by the resource itself, which another module can have freed: see `Known::lose`.
        let mut claims = CLAIMS.lock();
        claims
            .find(self.id)
            .map_or(null_mut(), |known| known.parent())
    }

    /// Tells whether the resource that `other` is below is around this entry as well, at whatever
    /// distance. Context: may sleep.
    ///
    /// Only resources of PCI and platform devices can be looked at, since those devices can be kept
    /// meanwhile. What is beyond another one is not known, but for the root.
    pub(super) fn is_within_parent_of(&self, root: *mut bindings::resource, other: &Self) -> bool {
        let wanted = other.parent();
        let mut at = self.parent();
        while !core::ptr::eq(at, wanted) {
            if core::ptr::eq(wanted, root) {
                return true;
            }
            if at.is_null() || core::ptr::eq(at, root) {
                return false;
            }
            let Some(_device) = device_with(at) else {
                return false;
            };
            // SAFETY: `at` is a resource of that device, to which there is a reference.
            at = unsafe { parent_of(at) };
        }
        !at.is_null()
    }

    /// Has `dev` unbound when a PCI device that has a resource around the entry is about to be removed, as
    /// well as those that this was called for before; or when the host bridge goes that the entry is in a
    /// window of.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: one is being removed, or the host bridge is, or the entry is in no tree.
    /// - `EINVAL`: `dev` cannot be unbound then: see [`Known::tie_of`].
    /// - `EBUSY`, `ENOMEM`: those of [`host::link`].
    /// - `ENOMEM`: no memory for the list, or for the unbinding.
    pub(super) fn tie(&self, dev: &Device<Bound>) -> Result {
        let dev: &Device = dev;
        loop {
            let mut claims = CLAIMS.lock();
            let known = claims.find(self.id).ok_or(ENODEV)?;
            if !known.is_there() {
                return Err(ENODEV);
            }
            let window = known.may_be_in_window().then_some(known.place);
            match known.tie_of(dev) {
                Tie::Unneeded => {
                    drop(claims);
                    return self.link(dev, window);
                }
                Tie::Unfit => return Err(EINVAL),
                Tie::Needed => (),
            }
            // Those that have been unbound since are forgotten, or the list would grow with each. The
            // reference may be the last one, so it is dropped without the lock.
            let unbound = known
                .tied
                .iter()
                .position(|tied| !removal::has_driver(tied.dev()));
            if let Some(place) = unbound {
                let unbound = known.tied.remove(place);
                drop(claims);
                drop(unbound);
                continue;
            }
            if !known.tied.iter().any(|tied| core::ptr::eq(tied.dev(), dev)) {
                known.tied.push(Tied::new(dev)?, GFP_KERNEL)?;
            }
            drop(claims);
            return self.link(dev, window);
        }
    }

    /// Links `dev` to the host bridge that the claim is in a window of, if any.
    ///
    /// # Errors
    ///
    /// Those of [`tie`](Self::tie).
    fn link(&self, dev: &Device, window: Option<Place>) -> Result {
        host::link(dev, window)?;
        // The bridge that there is now may be another one than that which the claim was made in.
        let mut claims = CLAIMS.lock();
        let known = claims.find(self.id).ok_or(ENODEV)?;
        known.is_there().then_some(()).ok_or(ENODEV)
    }
}

/// Says that a name is kept on purpose: the tree may still refer to it.
fn keep(name: &ManuallyDrop<CString>) {
    // SAFETY: It was allocated, and stays.
    unsafe { bindings::kmemleak_not_leak(name.as_char_ptr().cast()) };
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut claims = CLAIMS.lock();
        let Some((known, is_released)) = claims.end(self.id) else {
            return;
        };
        drop(claims);
        if is_released {
            // SAFETY: The entry that it was the name of is gone, and this is dropped once.
            unsafe { ManuallyDrop::drop(&mut self.name) };
        } else {
            keep(&self.name);
        }
        // The last reference to a device may go here, which frees it.
        drop(known);
    }
}
