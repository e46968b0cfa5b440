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
//! - A claim that is tied to the binding of a device ([`Entry::tie`]) ends before that: when a device
//!   is about to be removed, those that are tied to claims below its resources are unbound. The kernel
//!   says so before anything is taken away (`BUS_NOTIFY_DEL_DEVICE`); from then on no claim below the
//!   resources of a PCI device is given out.
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
//! unbound, which takes that device's lock, and drops claims. Those who remove a PCI device hold
//! `pci_rescan_remove_lock`, so the unbinding of a device that is tied to a claim must not take that.

use core::{
    mem::ManuallyDrop,
    ptr::{
        null_mut,
        NonNull, //
    },
};

use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    str::CString,
    sync::aref::ARef,
    types::Opaque, //
};

use crate::{
    bindings,
    range::Range, //
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
    // SAFETY: `init` initializes it, which runs before another module can use this one.
    unsafe(uninit) static CLAIMS: Mutex<Claims> = Claims {
        all: KVec::new(),
        going: KVec::new(),
    };
}

/// Returns the resources of a PCI or platform device; those of another device are no concern of ours.
fn resources_of(dev: &Device) -> &[Opaque<bindings::resource>] {
    let raw: *mut bindings::device = core::ptr::from_ref(dev).cast_mut().cast();

    // SAFETY: `Device` is a transparent wrapper around `struct device`. One that is on one of these
    // buses is within a structure of the bus, as old as it. A platform device has its resources
    // before it is added, and until it is freed.
    unsafe {
        let bus = (*raw).bus;
        #[cfg(CONFIG_PCI)]
        if core::ptr::eq(bus, &raw const bindings::pci_bus_type) {
            let pci = kernel::container_of!(raw, bindings::pci_dev, dev);
            let bars = &raw const (*pci).resource;
            return core::slice::from_raw_parts(bars.cast(), (*bars).len());
        }
        if core::ptr::eq(bus, &raw const bindings::platform_bus_type) {
            let pdev = kernel::container_of!(raw, bindings::platform_device, dev);
            let resources = (*pdev).resource;
            if !resources.is_null() {
                return core::slice::from_raw_parts(resources.cast(), (*pdev).num_resources as usize);
            }
        }
    }
    &[]
}

/// Tells whether `resource` is one of the device's.
fn has(dev: &Device, resource: *const bindings::resource) -> bool {
    resources_of(dev)
        .iter()
        .any(|own| core::ptr::eq(own.get(), resource))
}

/// Tells whether one of the device's resources is in a tree.
fn is_in_tree(dev: &Device) -> bool {
    resources_of(dev).iter().any(|own| {
        // SAFETY: The resource is valid; C changes the pointer under a lock that modules do not have.
        !unsafe { (&raw const (*own.get()).parent).read_volatile() }.is_null()
    })
}

/// Finds the device that a resource is of.
fn device_with(resource: *mut bindings::resource) -> Option<ARef<Device>> {
    struct Search {
        resource: *mut bindings::resource,
        found: Option<ARef<Device>>,
    }

    /// # Safety
    ///
    /// `dev` is a device, and `search` points to a `Search` that nothing else uses.
    unsafe extern "C" fn look(dev: *mut bindings::device, search: *mut c_void) -> c_int {
        // SAFETY: By the requirements of this function.
        let (dev, search) = unsafe { (&*dev.cast::<Device>(), &mut *search.cast::<Search>()) };
        if has(dev, search.resource) {
            search.found = Some(dev.into());
            return 1;
        }
        0
    }

    let mut search = Search {
        resource,
        found: None,
    };
    let buses = [
        #[cfg(CONFIG_PCI)]
        &raw const bindings::pci_bus_type,
        &raw const bindings::platform_bus_type,
    ];
    for bus in buses {
        // SAFETY: The buses are part of the kernel image. The function calls `look` with their
        // devices, and with `search`, before it returns.
        unsafe { bindings::bus_for_each_dev(bus, null_mut(), (&raw mut search).cast(), Some(look)) };
        if search.found.is_some() {
            break;
        }
    }
    search.found
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

// SAFETY: As above.
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
            desc: desc as u32,
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

    /// Tells whether two entries are below the same resource.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        let parent = |entry: &Self| {
            // SAFETY: By the type invariant.
            unsafe { (&raw const (*entry.resource.as_ptr()).parent).read_volatile() }
        };
        core::ptr::eq(parent(self), parent(other))
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

/// Tells whether `dev` is above `other` in the tree of devices, or is `other`.
fn is_above(dev: &Device, other: &Device) -> bool {
    let mut at: *const bindings::device = core::ptr::from_ref(other).cast();
    while !at.is_null() {
        if core::ptr::eq(at, core::ptr::from_ref(dev).cast()) {
            return true;
        }
        // SAFETY: A device has a reference to its parent.
        at = unsafe { (*at).parent };
    }
    false
}

/// Called by a bus about one of its devices.
///
/// # Safety
///
/// `dev` is a device of a bus that this was registered with.
unsafe extern "C" fn notify(
    _: *mut bindings::notifier_block,
    event: c_ulong,
    dev: *mut c_void,
) -> c_int {
    if event == bindings::bus_notifier_event_BUS_NOTIFY_DEL_DEVICE as c_ulong {
        // SAFETY: By the requirement; it stays during the call.
        about_to_remove(unsafe { &*dev.cast::<Device>() });
    }
    0
}

/// Unbinds the devices that are tied to claims below the resources of `dev`.
fn about_to_remove(dev: &Device) {
    let mut claims = CLAIMS.lock();
    claims.forget_removed();
    #[cfg(CONFIG_PCI)]
    {
        // SAFETY: `Device` is a transparent wrapper around `struct device`.
        let bus = unsafe { (*core::ptr::from_ref(dev).cast::<bindings::device>()).bus };
        if core::ptr::eq(bus, &raw const bindings::pci_bus_type) && is_in_tree(dev) {
            // Without memory for it, a claim that is made within the next moments is not refused.
            let _ = claims.going.push(dev.into(), GFP_KERNEL);
        }
    }
    loop {
        let mut tied: Option<ARef<Device>> = None;
        for known in &mut claims.all {
            if !known.lost && has(dev, known.parent()) {
                // A resource may have been inserted around the claim since that was made.
                known.around = Some(dev.into());
                tied = tied.or_else(|| known.tied.take());
            }
        }
        let Some(tied) = tied else {
            break;
        };
        drop(claims);
        // Whose removal this is, or is a part of, is unbound in the course of it.
        if !is_above(&tied, dev) {
            dev_info!(
                &*tied,
                "{} is being removed, and what this device has of it: unbound\n",
                dev.name()
            );
            // SAFETY: `tied` is a device, and holds a reference to itself.
            unsafe {
                bindings::device_release_driver(core::ptr::from_ref(&*tied).cast_mut().cast())
            };
        }
        drop(tied);
        claims = CLAIMS.lock();
    }
}

/// What a bus is given to call us by.
struct Notifier(Opaque<bindings::notifier_block>);

// SAFETY: Only the bus uses it, under a lock of its own.
unsafe impl Sync for Notifier {}

impl Notifier {
    const fn new() -> Self {
        Self(Opaque::new(bindings::notifier_block {
            notifier_call: Some(notify),
            next: null_mut(),
            priority: 0,
        }))
    }
}

static PLATFORM: Notifier = Notifier::new();

#[cfg(CONFIG_PCI)]
static PCI: Notifier = Notifier::new();

/// Called by `rust/module.c` when the library is loaded.
///
/// # Safety
///
/// It is called once, before anything else of the library is used.
#[no_mangle]
unsafe extern "C" fn iomem_library_init() -> c_int {
    // SAFETY: By the requirement.
    unsafe { CLAIMS.init() };
    // SAFETY: The bus is part of the kernel image, and the block stays until `iomem_library_exit`.
    let registered = unsafe {
        bindings::bus_register_notifier(&raw const bindings::platform_bus_type, PLATFORM.0.get())
    };
    #[cfg(CONFIG_PCI)]
    if registered == 0 {
        // SAFETY: As above.
        let registered =
            unsafe { bindings::bus_register_notifier(&raw const bindings::pci_bus_type, PCI.0.get()) };
        if registered != 0 {
            // SAFETY: It was registered just above.
            unsafe {
                bindings::bus_unregister_notifier(
                    &raw const bindings::platform_bus_type,
                    PLATFORM.0.get(),
                )
            };
        }
        return registered;
    }
    registered
}

/// Called by `rust/module.c` when the library is unloaded.
///
/// # Safety
///
/// It is called once, after `iomem_library_init` was successful, when nothing of the library is used.
#[no_mangle]
unsafe extern "C" fn iomem_library_exit() {
    // SAFETY: They were registered by `iomem_library_init`. Unregistering waits for calls.
    unsafe {
        #[cfg(CONFIG_PCI)]
        bindings::bus_unregister_notifier(&raw const bindings::pci_bus_type, PCI.0.get());
        bindings::bus_unregister_notifier(&raw const bindings::platform_bus_type, PLATFORM.0.get());
    }
    CLAIMS.lock().going = KVec::new();
}
