// SPDX-License-Identifier: GPL-2.0

//! Entries of ours in the two trees, and what becomes of them when the resource that they are in is
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
//! # What is done here
//!
//! - What is removed is kept: each claim has a reference to the PCI or platform device that the
//!   resource around it is of. So its parent is memory that is still there, and the claim is released
//!   by its own address, whether or not it is in the tree.
//! - A claim that is tied to the binding of a device ([`Entry::tie`]) ends before that: when a PCI
//!   device is about to be removed, those that are tied to claims below its resources are unbound. The
//!   kernel says so before anything is taken away (`BUS_NOTIFY_DEL_DEVICE`); from then on no claim
//!   below these resources is given out. Not for platform devices: their bus holds the lock of its
//!   notifiers meanwhile, and unbinding a platform device takes it again.
//! - Other resources than those of PCI and platform devices say nothing when they go. A claim below
//!   one of those is released by its numbers, as C does it. If the range was claimed by this library
//!   again, the older claim cannot be in the tree any more, and is released by doing nothing.
//!
//! A device link could not do this: unbinding those who depend on a device is part of unbinding its
//! driver, and a device with a window on its BARs has none.
//!
//! # Locks
//!
//! [`CLAIMS`] protects the list of claims, and of devices that are being removed. It is taken in a
//! process that may sleep, after whatever the caller holds; under it, the trees' `resource_lock`, the
//! locks of the lists of devices, and the allocator's are taken. It is not held while a device is
//! unbound, which takes that device's lock, and drops claims. A thread that removes a PCI device holds
//! `pci_rescan_remove_lock`, and the lock of that bus's notifiers: the unbinding of a device that is tied
//! to a claim must take neither.

use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
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

use crate::{
    bindings,
    range::Range, //
};

mod around;
mod removal;

use self::around::{
    device_with,
    has,
    is_in_tree, //
};

/// A claim that is in a tree, or was.
struct Known {
    /// It was allocated by `__request_region()`, and is ours to free.
    resource: NonNull<bindings::resource>,
    root: *mut bindings::resource,
    range: Range,
    /// The device whose resource it was entered below.
    around: Option<ARef<Device>>,
    /// The device that is unbound before that one is removed.
    tied: Option<ARef<Device>>,
    /// The range was claimed again while this was there: the tree does not have it.
    lost: bool,
}

// SAFETY: The pointers are to memory that is there as long as the value, and C changes what is in it
// under a lock of its own.
unsafe impl Send for Known {}

impl Known {
    /// Returns the resource that the claim is below; null if its tree was rearranged without it.
    fn parent(&self) -> *mut bindings::resource {
        // SAFETY: The resource is allocated until the entry is released.
        unsafe { (&raw const (*self.resource.as_ptr()).parent).read_volatile() }
    }
}

/// What `CLAIMS` protects.
struct Claims {
    all: KVec<Known>,
    /// PCI devices that are being removed, whose resources may still be in the tree.
    going: KVec<ARef<Device>>,
}

kernel::sync::global_lock! {
    // SAFETY: `iomem_library_init` initializes it, which runs before another module can use this one.
    unsafe(uninit) static CLAIMS: Mutex<Claims> = Claims {
        all: KVec::new(),
        going: KVec::new(),
    };
}

impl Claims {
    /// Lets go of removed devices whose resources are out of the tree.
    fn forget_removed(&mut self) {
        self.going.retain(|dev| is_in_tree(dev));
    }
}

/// A busy entry in one of the trees. Dropping it releases it.
///
/// # Invariants
///
/// - `resource` was made by `__request_region()`, and one element of `CLAIMS` is about it.
/// - Its name is `name`.
pub(super) struct Entry {
    resource: NonNull<bindings::resource>,
    /// The descriptor of the resource that it was entered below, which `__request_region()` copies.
    desc: u32,
    name: ManuallyDrop<CString>,
}

// SAFETY: What a shared reference does is done under `CLAIMS`, and it may be dropped on any thread.
unsafe impl Send for Entry {}

// SAFETY: The fields do not change, and what they point to is read and changed under `CLAIMS`.
unsafe impl Sync for Entry {}

impl Entry {
    /// Enters `range` into the tree of `root`. Context: may sleep; with `IORESOURCE_MUXED` in `flags`,
    /// without limit.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the tree does not take it, or what is around it is being removed.
    /// - `ENOMEM`: no memory for it in the list.
    pub(super) fn new(
        root: *mut bindings::resource,
        range: Range,
        name: CString,
        flags: u32,
    ) -> Result<Self> {
        // SAFETY: `root` is that of a tree. The name is freed after the entry, or never.
        let resource = unsafe {
            bindings::__request_region(
                root,
                range.start(),
                range.length(),
                name.as_char_ptr(),
                flags as c_int,
            )
        };
        let resource = NonNull::new(resource).ok_or(EBUSY)?;
        let mut known = Known {
            resource,
            root,
            range,
            around: None,
            tied: None,
            lost: false,
        };

        // Freed only where the tree does not have the entry any more.
        let name = ManuallyDrop::new(name);

        let mut claims = CLAIMS.lock();
        claims.forget_removed();
        let parent = known.parent();
        let going = claims.going.iter().find(|dev| has(dev, parent)).cloned();
        let refused = if going.is_some() {
            known.around = going;
            Err(EBUSY)
        } else {
            if !core::ptr::eq(parent, root) {
                known.around = device_with(parent);
            }
            claims.all.reserve(1, GFP_KERNEL).map_err(Error::from)
        };
        if let Err(e) = refused {
            if release(&known) {
                drop(ManuallyDrop::into_inner(name));
            }
            return Err(e);
        }
        // The tree has no two busy entries that overlap.
        for older in &mut claims.all {
            older.lost |= core::ptr::eq(older.root, root) && older.range.overlaps(&range);
        }
        claims.all.push(known, GFP_KERNEL)?;

        // SAFETY: The resource is ours.
        let desc = unsafe { (*resource.as_ptr()).desc };
        // INVARIANT: It was just entered, and is in the list.
        Ok(Self {
            resource,
            // One that is no such number is none that is known.
            desc: u32::try_from(desc).unwrap_or(u32::MAX),
            name,
        })
    }

    /// Returns its name.
    pub(super) fn name(&self) -> &CStr {
        &self.name
    }

    /// Returns the descriptor of the resource that it was entered below.
    pub(super) fn desc(&self) -> u32 {
        self.desc
    }

    /// Returns the resource that the entry is below.
    fn parent(&self) -> *mut bindings::resource {
        // SAFETY: By the type invariant.
        unsafe { (&raw const (*self.resource.as_ptr()).parent).read_volatile() }
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
            at = unsafe { (&raw const (*at).parent).read_volatile() };
        }
        !at.is_null()
    }

    /// Has `dev` unbound when the device whose resource is around the entry is about to be removed.
    ///
    /// # Errors
    ///
    /// `ENODEV`: that is being removed.
    pub(super) fn tie(&self, dev: &Device<Bound>) -> Result {
        let dev: &Device = dev;
        let mut claims = CLAIMS.lock();
        let Claims { all, going } = &mut *claims;
        let known = all.iter_mut().find(|known| known.resource == self.resource);
        let known = known.ok_or(ENODEV)?;
        let parent = known.parent();
        if known.lost || parent.is_null() || going.iter().any(|dev| has(dev, parent)) {
            return Err(ENODEV);
        }
        known.tied = Some(dev.into());
        Ok(())
    }
}

/// Takes what the list knew of a claim out of the tree, wherever that is, and frees it. Returns
/// whether the tree does not have it any more.
fn release(known: &Known) -> bool {
    let resource = known.resource.as_ptr();
    let parent = known.parent();
    let is_root = core::ptr::eq(parent, known.root);

    if known.lost {
        // Its parent may be gone. It stays, with its name, in case a tree still has it.
        return false;
    }
    if !parent.is_null() {
        let around = known.around.as_ref().is_some_and(|dev| has(dev, parent));
        // SAFETY: The root is part of the kernel image; otherwise `parent` is a resource of the
        // device that `known` has a reference to.
        let in_tree = is_root || around && !unsafe { (*parent).parent }.is_null();
        // SAFETY: The resource is ours, as above.
        let muxed = unsafe { (*resource).flags } & bindings::IORESOURCE_MUXED as c_ulong != 0;
        // Only the release by numbers wakes those that wait for a muxed claim.
        if !(is_root || around) || muxed && in_tree {
            // SAFETY: The function takes any numbers. The tree has these as this entry: it is there, or
            // nothing is known of what is around it, see the module.
            unsafe {
                bindings::__release_region(known.root, known.range.start(), known.range.length())
            };
            return true;
        }
        // SAFETY: The resource and its parent are valid, and the function looks for it there.
        if unsafe { bindings::release_resource(resource) } != 0 {
            return false;
        }
    }
    // SAFETY: It was allocated by `kzalloc()` in `__request_region()`, and nothing points to it now.
    drop(unsafe { KBox::from_raw(resource) });
    true
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut claims = CLAIMS.lock();
        let place = claims.all.iter().position(|k| k.resource == self.resource);
        let Some(known) = place.and_then(|place| claims.all.remove(place).ok()) else {
            return;
        };
        if release(&known) {
            // SAFETY: The entry that it was the name of is gone, and this is dropped once.
            unsafe { ManuallyDrop::drop(&mut self.name) };
        }
        claims.forget_removed();
        drop(claims);
        // The last reference to a device may go here, which frees it.
        drop(known);
    }
}
