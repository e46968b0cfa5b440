// SPDX-License-Identifier: GPL-2.0

//! What is known of a claim, and its end.

use core::{
    ffi::c_int,
    ptr::{
        null_mut,
        NonNull, //
    }, //
};

use kernel::{
    device::Device,
    prelude::*,
    sync::aref::ARef,
    types::Opaque, //
};

use super::around::{
    add_devices_around,
    device_with,
    has,
    has_left,
    is_pci,
    parent_of,
    passes_on,
    reaches,
    smallest_around,
    Place, //
};
use super::{
    removal::{
        is_above,
        needs_another_lock, //
    },
    tied::Tied, //
};
use crate::bindings;

/// What unbinding a device before a PCI device is removed comes to.
pub(super) enum Tie {
    /// It is that device; or there is none, and it could not be done.
    Unneeded,
    /// It cannot be done.
    Unfit,
    Needed,
}

/// A claim that is in a tree, or was, or is about to be.
pub(super) struct Known {
    /// Its number, which no other claim has or had.
    pub(super) id: u64,
    /// It was allocated by `__request_region()`, and is ours to free. `None` until that has returned.
    pub(super) resource: Option<NonNull<bindings::resource>>,
    pub(super) place: Place,
    /// The devices that had a resource around it when it was entered, or while it waited.
    pub(super) around: KVec<ARef<Device>>,
    /// Another one, whose resource came to be around it later.
    pub(super) later: Option<ARef<Device>>,
    /// The devices that are unbound before a PCI device around it is removed.
    pub(super) tied: KVec<KBox<Tied>>,
    /// A PCI device around it is being removed, or was.
    pub(super) leaving: bool,
    /// The window of a host bridge around it has begun to go before it was known to be in a tree.
    pub(super) window_goes: bool,
    /// The range was claimed again while this was there, or the window that it was in goes with it: the tree
    /// does not have it, or will not.
    pub(super) lost: bool,
}

// SAFETY: The pointers are to memory that is there as long as the value, and C changes what is in it
// under a lock of its own.
unsafe impl Send for Known {}

impl Known {
    pub(super) fn new(id: u64, place: Place) -> Self {
        Self {
            id,
            resource: None,
            place,
            around: KVec::new(),
            later: None,
            tied: KVec::new(),
            leaving: false,
            window_goes: false,
            lost: false,
        }
    }

    /// Returns the resource that the claim is directly below; null if its tree was rearranged without
    /// it, or it is not in one yet.
    pub(super) fn parent(&self) -> *mut bindings::resource {
        self.resource.map_or(null_mut(), |resource| {
            // SAFETY: The resource is allocated until the claim is released.
            unsafe { parent_of(resource.as_ptr()) }
        })
    }

    /// Keeps the devices that have a resource around it, at whatever distance.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory for the list.
    pub(super) fn keep_devices_around(&mut self) -> Result {
        add_devices_around(&mut self.around, self.place)
    }

    fn kept(&self) -> impl DoubleEndedIterator<Item = &Device> {
        Iterator::chain(self.around.iter(), &self.later).map(|dev| &**dev)
    }

    /// Keeps a device that is about to be removed, if it is not kept, and the claim goes with its
    /// resource. Returns one that was kept before and need not be any more, to be dropped without
    /// the lock.
    ///
    /// A claim that waits for others may be below any resource that is around it by now, and C looks at
    /// that one when it is woken, whether or not the resource is still there.
    pub(super) fn keep_parent(&mut self, dev: &Device) -> Option<ARef<Device>> {
        let waits = self.resource.is_none();
        let goes = has(dev, self.parent()) || waits && reaches(dev, self.place);
        if !goes || self.kept().any(|kept| core::ptr::eq(kept, dev)) {
            return None;
        }
        if waits && self.around.push(dev.into(), GFP_KERNEL).is_ok() {
            return None;
        }
        self.later.replace(dev.into())
    }

    /// Tells whether the claim is, or will be, below one of a device's resources, or leads to the
    /// device's registers though it is in no tree any more.
    pub(super) fn concerns(&self, dev: &Device) -> bool {
        reaches(dev, self.place) || has(dev, self.parent())
    }

    /// Tells whether the claim is known to be in no tree: whether it is below nothing, or below a resource
    /// of a removed device.
    pub(super) fn is_adrift(&self) -> bool {
        let mut at = self.parent();
        while !at.is_null() {
            if core::ptr::eq(at, self.place.root) || !self.kept().any(|dev| has(dev, at)) {
                return false;
            }
            // SAFETY: It is a resource of a device to which there is a reference.
            at = unsafe { parent_of(at) };
        }
        true
    }

    /// Tells whether the claim is in what a PCI device passes on, a bridge or one with virtual functions,
    /// where no PCI device has it. Resources of platform devices may be in between.
    pub(super) fn is_of_no_device(&self) -> bool {
        let mut at = self.parent();
        while let Some(dev) = self.kept().find(|dev| has(dev, at)) {
            if is_pci(dev) {
                return passes_on(dev, at);
            }
            // SAFETY: It is a resource of a device to which there is a reference.
            at = unsafe { parent_of(at) };
        }
        false
    }

    /// Tells whether `dev` can be unbound before a PCI device around the claim is removed.
    ///
    /// Not if it is above that device, and so stays, nor if it is a PCI device itself: unbinding one calls
    /// the notifiers of the bus, as the removal does that waits for it. A USB interface is unbound with
    /// its parent's lock held.
    pub(super) fn tie_of(&self, dev: &Device) -> Tie {
        let around = || self.kept().filter(|kept| is_pci(kept));
        if around().any(|kept| core::ptr::eq(kept, dev)) {
            return Tie::Unneeded;
        }
        let is_unfit = is_pci(dev) || needs_another_lock(dev);
        match around().next() {
            None if is_unfit => Tie::Unneeded,
            Some(_) if is_unfit || around().any(|kept| is_above(dev, kept)) => Tie::Unfit,
            _ => Tie::Needed,
        }
    }

    /// Tells whether the claim may be in a window of a host bridge, and not in what a PCI device has there,
    /// which is removed before the bridge.
    pub(super) fn may_be_in_window(&self) -> bool {
        if self.kept().any(is_pci) {
            return false;
        }
        let mut at = self.parent();
        while !at.is_null() && !core::ptr::eq(at, self.place.root) {
            if !self.kept().any(|dev| has(dev, at)) {
                return true;
            }
            // SAFETY: It is a resource of a device to which there is a reference.
            at = unsafe { parent_of(at) };
        }
        false
    }

    /// Tells whether the claim is in a tree, as far as is known, and will be.
    pub(super) fn is_there(&self) -> bool {
        !self.lost && !self.leaving && !self.is_adrift()
    }

    /// Takes note that the tree does not have the claim any more when the window has gone that it is in, and
    /// that goes now.
    ///
    /// The claim stays below that window, of which nothing is known then: so it is not freed. Until the window
    /// has gone, the range is as that of a claim that is not muxed: those who wait for this one's end fail.
    ///
    /// # Safety
    ///
    /// `CLAIMS` is locked.
    pub(super) unsafe fn lose_with_window(&mut self) {
        self.lost = true;
        if let Some(resource) = self.resource.take() {
            // SAFETY: It was allocated, and stays, on purpose. C sets its flags before it is in the tree, and only
            // reads them then. The lock is held, as required.
            unsafe {
                let place = &raw mut (*resource.as_ptr()).flags;
                let (flags, muxed) = (place.read_volatile(), bindings::IORESOURCE_MUXED as c_ulong);
                place.write_volatile(flags & !muxed);
                bindings::kmemleak_not_leak(resource.as_ptr().cast());
                if flags & muxed != 0 {
                    wake_muxed();
                }
            }
        }
    }

    /// Takes note that the tree does not have the claim any more, since another one has the range.
    ///
    /// It is in what a device had in the tree, and has no more. Otherwise another module has released it by
    /// its numbers, which freed the resource: then that is not looked at again. Where it is neither, since
    /// the device's resource is back in the tree, it is not freed.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        if !self.kept().any(|dev| has_left(dev, self.place)) {
            self.resource = None;
        }
    }

    /// Takes the claim out of the tree, wherever that is, and frees it. Returns whether its name can be
    /// freed: the tree does not have it any more.
    ///
    /// # Safety
    ///
    /// `CLAIMS` is locked, and the value is not on its list any more. This is called once.
    pub(super) unsafe fn release(&self) -> bool {
        let Some(resource) = self.resource else {
            if self.lost {
                // Those who wait for it do so no longer, if it was muxed.
                // SAFETY: As required of the caller.
                unsafe { wake_muxed() };
            }
            return !self.lost;
        };
        let parent = self.parent();
        if parent.is_null() {
            // SAFETY: It has no parent, so it is in no tree. The rest is as required of the caller.
            unsafe { self.free(resource) };
            return true;
        }
        let is_kept =
            core::ptr::eq(parent, self.place.root) || self.kept().any(|dev| has(dev, parent));
        // Between the claim and what was around it then, there can be the resource of another device
        // by now. That stays until the reference is dropped, at the end of this.
        let other = if is_kept { None } else { device_with(parent) };
        if !is_kept && other.is_none() {
            // SAFETY: As required of the caller.
            return unsafe { self.release_by_numbers() };
        }

        // SAFETY: The resource is ours. Its parent is part of the kernel image, or of a device to which
        // there is a reference. The function looks for the one below the other.
        if unsafe { bindings::release_resource(resource.as_ptr()) } != 0 {
            return false;
        }
        // SAFETY: It was just taken out. The rest is as required of the caller.
        unsafe { self.free(resource) };
        true
    }

    /// Releases the claim as C does, where nothing is known of the resource that it is directly below,
    /// not even whether that is still there.
    ///
    /// # Safety
    ///
    /// That of [`release`](Self::release).
    unsafe fn release_by_numbers(&self) -> bool {
        if self.lost {
            // Those who wait for it do so no longer, if it was muxed.
            // SAFETY: As required of the caller.
            unsafe { wake_muxed() };
            return false;
        }
        // Of those of equal length, that of the last device: a bridge was found before what is behind it.
        let around = self
            .kept()
            .rev()
            .filter_map(|dev| smallest_around(dev, self.place));
        let root = match around.min_by_key(|(size, _)| *size) {
            // Be that resource in the tree or not: the claim is below it, and no other one is that
            // has these numbers.
            Some((_, resource)) => resource,
            None => self.place.root,
        };
        let range = self.place.range;
        // SAFETY: The root is part of the kernel image, or a resource of a device to which there is a
        // reference. The function takes any numbers. The tree has these as this claim: it is there,
        // or nothing is known of what was around it, see the module.
        unsafe { bindings::__release_region(root, range.start(), range.length()) };
        true
    }

    /// Frees the memory of the claim, and wakes those who wait for it if it is muxed.
    ///
    /// # Safety
    ///
    /// `resource` is that of `self`, and in no tree. `CLAIMS` is locked. It is not used after this.
    unsafe fn free(&self, resource: NonNull<bindings::resource>) {
        let resource = resource.as_ptr();
        // SAFETY: By the requirements.
        let is_muxed = unsafe { (*resource).flags } & bindings::IORESOURCE_MUXED as c_ulong != 0;
        if is_muxed {
            // Only the release by numbers wakes. This is in a tree of our own, and has numbers of our own: its
            // own can be others by now, since the kernel moves what is in a BAR that it gives up.
            // SAFETY: The resource is in no tree, and nothing else refers to it. The root is a static, and has
            // no other child as long as the lock is held.
            unsafe {
                (*resource).start = 0;
                (*resource).end = 0;
                if bindings::request_resource(RELEASED.0.get(), resource) == 0 {
                    bindings::__release_region(RELEASED.0.get(), 0, 1);
                    return;
                }
            }
        }
        // SAFETY: It was allocated by `kzalloc()` in `__request_region()`, and nothing points to it now.
        drop(unsafe { KBox::from_raw(resource) });
    }
}

/// Wakes those who wait for a muxed claim, as [`Known::free`] does. They look again what is in their way.
///
/// # Safety
///
/// `CLAIMS` is locked.
unsafe fn wake_muxed() {
    let flags = bindings::IORESOURCE_MUXED as c_int;
    // SAFETY: The root is a static, and has no child as long as the lock is held: so this does not wait. The
    // name ends with zero, and is not used after that.
    unsafe {
        if !bindings::__request_region(RELEASED.0.get(), 0, 1, c"muxed".as_char_ptr(), flags)
            .is_null()
        {
            bindings::__release_region(RELEASED.0.get(), 0, 1);
        }
    }
}

/// The root of a tree in which muxed claims are released.
struct Released(Opaque<bindings::resource>);

// SAFETY: It is used with `CLAIMS` locked.
unsafe impl Sync for Released {}

static RELEASED: Released = Released(Opaque::new(bindings::resource {
    end: bindings::resource_size_t::MAX,
    ..pin_init::zeroed()
}));
