// SPDX-License-Identifier: GPL-2.0

//! Platform devices made by a driver, from a list of resources.
//!
//! A driver for hardware that nothing describes, neither device tree nor ACPI, makes the device
//! itself. [`Info::register`] does so; the driver core then looks for a driver of that name and
//! probes it, usually before `register` returns. Dropping the [`Device`] unbinds the driver and
//! removes the device.
//!
//! With [`Property`] it says of the device what a device tree would. [`Files`] are for a driver that
//! makes devices when it is told to.
//!
//! The driver that is bound to it finds its resources as those of any platform device: memory by
//! the kernel crate's `resource_by_index` and `resource_by_name`, ports by [`Ports`]. It is found
//! by its name, or by what is written to `driver_override` in sysfs.
//!
//! # Why its resources are not in `/proc/iomem` and `/proc/ioports`
//!
//! The kernel would insert them there, and where a resource of the same range is there already, the
//! BAR of a PCI device say, one of ours would become that one's parent. Removing it takes its
//! children along: the BAR would be gone from the tree for good. So the resources get roots of their
//! own, and what `/proc` shows of the device is what its driver claims, as for a device of a device
//! tree.
//!
//! A driver makes its claims on the two trees that all drivers share, with
//! [`request_mem_region`](crate::resource::request_mem_region) and
//! [`request_region`](crate::resource::request_region). The kernel crate's
//! `IoRequest::iomap_exclusive()` claims *within* the device's resource, where no other driver would
//! see the claim: on such a device it fails with `EBUSY`, and so does `Resource::request_region()`.
//! `IoRequest::iomap()`, which maps without a claim, works as on any device.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use core::ptr::NonNull;

use kernel::{
    device,
    error::to_result,
    prelude::*,
    str::CString, //
};

use crate::{
    bindings,
    names::{
        check_platform_device,
        is_automatic,
        is_beside_platform_device,
        is_of_drivers, //
    },
    parent::{
        Above,
        Parent, //
    },
    range::Range, //
};

mod described;
mod files;
mod named;
mod names;
mod ports;
mod property;
mod resource;

pub use self::{
    described::{
        described_as_memory,
        described_beside, //
    },
    files::{
        AdapterWithFiles,
        File,
        Files,
        RawWithFiles, //
    },
    named::Named,
    names::{
        node_name,
        strings, //
    },
    ports::{
        PortResource,
        Ports, //
    },
    property::Property,
    resource::Resource, //
};

/// How many bytes a list, or a text, can have that C is to have a copy of. For more than
/// `KMALLOC_MAX_SIZE`, which is larger on all kernels, the allocator warns.
const LARGEST: usize = 1 << 20;

/// Checks that a list or a text of `size` bytes is not too large.
///
/// # Errors
///
/// `E2BIG`: it is.
fn check_size(size: usize) -> Result {
    if size > LARGEST {
        return Err(E2BIG);
    }
    Ok(())
}

/// The number in the name of a platform device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// The kernel's choice: `<name>.<n>.auto`.
    Auto,
    /// None, for a device of which there is one: `<name>`.
    None,
    /// This one: `<name>.<n>`. No larger than `i32::MAX`.
    Number(u32),
}

/// What a platform device is to be.
///
/// Corresponds to the C `struct platform_device_info`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     platform::{
///         Id,
///         Info,
///         Resource, //
///     },
///     range::Range, //
/// };
///
/// let resources = [
///     Resource::mem(Range::new(0xfea0_0000, 0x1000)?).named(c"control"),
///     Resource::mem(Range::new(0xfeb0_0000, 0x10_0000)?).named(c"buffer"),
///     Resource::port(Range::new(0x2f0, 4)?),
/// ];
/// let device = Info::new(c"my-driver", &resources)
///     .id(Id::Number(0))
///     .register()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Info<'a> {
    name: &'a CStr,
    resources: &'a [Resource<'a>],
    properties: &'a [Property<'a>],
    id: Id,
    parent: Option<Parent<'a>>,
}

impl<'a> Info<'a> {
    /// A device for the driver `name`, with these resources, no properties, [`Id::Auto`]
    /// and no parent.
    pub const fn new(name: &'a CStr, resources: &'a [Resource<'a>]) -> Self {
        Self {
            name,
            resources,
            properties: &[],
            id: Id::Auto,
            parent: None,
        }
    }

    /// Gives it properties, for its driver to read.
    pub const fn properties(mut self, properties: &'a [Property<'a>]) -> Self {
        self.properties = properties;
        self
    }

    /// Gives it a number, or none.
    pub const fn id(mut self, id: Id) -> Self {
        self.id = id;
        self
    }

    /// Makes it a child of `parent` in sysfs: of a device that is bound to a driver, or of another
    /// [`Device`]. See [`Parent`].
    pub fn parent(mut self, parent: impl Into<Parent<'a>>) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// Makes the device.
    ///
    /// Its ranges are not claimed by this: that is left to the driver. Context: may sleep; probes
    /// the driver.
    ///
    /// Corresponds to the C function `platform_device_register_full()` in
    /// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h), which leaks the
    /// properties where it fails.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name is empty, `.` or `..`, or has a slash; there are no resources, the number is
    ///   too large, or that of an interrupt is 0 or above `i32::MAX`; a property has no name, two have
    ///   the same, or a list of strings is empty.
    /// - `ENAMETOOLONG`: with its number, the name is longer than 255 bytes, or its path below `/sys`,
    ///   which begins with that of the parent, than 1,024.
    /// - `E2BIG`: there are more than 1,024 properties; or the resources, a list of strings, a string or
    ///   the name of a property are larger than 1 MiB.
    /// - `ERANGE`: a range ends beyond the last address that there is
    ///   ([`Root::last`](crate::resource::Root::last)).
    /// - `EBUSY`: two resources overlap, or are one interrupt, so that no driver could claim both.
    /// - `EEXIST`: there is a platform device of that name and number; or the folder where the device is
    ///   to be, that of the parent or `/sys/devices/platform`, has a file or a folder of that name; or the
    ///   name is one that the kernel puts into the parent's folder, now or later ([`Groups::device`] lists
    ///   them); or, without a number, it is that of a file in the folder of each driver, where the device
    ///   could not be shown: `bind`, `module`, `uevent`, `unbind`; or it ends as the names that
    ///   [`Id::Auto`] makes: `.<n>.auto`.
    /// - `ENOMEM`: no memory.
    ///
    /// What is left to the kernel is a name that another driver takes meanwhile, or, with [`Id::Auto`], one
    /// that a driver written in C has given to a device of its own. The result is `EEXIST` then as well,
    /// and the kernel logs a stack trace. A child that is called as a class, `misc` for example, prevents
    /// the parent from having nodes of that class (`EEXIST`).
    ///
    /// [`Groups::device`]: crate::sysfs::Groups::device
    pub fn register(self) -> Result<Device> {
        if self.name.is_empty() || self.resources.is_empty() {
            return Err(EINVAL);
        }
        let number = match self.id {
            Id::Auto => c".2147483647.auto".count_bytes(),
            Id::None => 0,
            Id::Number(_) => c".2147483647".count_bytes(),
        };
        check_platform_device(self.name, number, self.parent)?;
        let (id, taken) = match self.id {
            Id::Auto => (bindings::PLATFORM_DEVID_AUTO, false),
            Id::None => (
                bindings::PLATFORM_DEVID_NONE,
                is_of_drivers(self.name)
                    || is_automatic(self.name)
                    || exists(self.name)
                    || is_beside_platform_device(self.name, self.parent),
            ),
            Id::Number(id) => {
                let name = CString::try_from_fmt(fmt!("{}.{id}", self.name))?;
                (
                    i32::try_from(id).map_err(|_| EINVAL)?,
                    exists(&name) || is_beside_platform_device(&name, self.parent),
                )
            }
        };
        // The kernel would find out as well, and log a stack trace.
        if taken {
            return Err(EEXIST);
        }
        let resources = resource::List::new(self.resources)?;
        let properties = property::List::new(self.properties)?;
        let above = Above::of(self.parent)?;

        // SAFETY: The name is valid for the call, which copies it.
        let pdev = unsafe { bindings::platform_device_alloc(self.name.as_char_ptr(), id) };
        let device = NonNull::new(pdev).ok_or(ENOMEM)?;

        // SAFETY: `pdev` was just made, nothing else refers to it, and it has nothing.
        unsafe { resources.give_to(pdev) };

        let add = || {
            // SAFETY: Nothing else refers to `pdev`, which has no software node.
            unsafe { properties.add_to(&raw mut (*pdev).dev) }?;
            if let Some(parent) = self.parent {
                // SAFETY: As above. `Device` is a transparent wrapper around `struct device`. Adding
                // the device takes a reference to its parent, which is registered meanwhile by the
                // invariant of `Parent`.
                unsafe {
                    (*pdev).dev.parent = core::ptr::from_ref(parent.device()).cast_mut().cast()
                };
            }
            // SAFETY: It is complete, and added once.
            let added = to_result(unsafe { bindings::platform_device_add(pdev) });
            added.map_err(|e| {
                // SAFETY: Nothing else refers to it yet.
                let unnamed = unsafe { (*pdev).dev.kobj.name.is_null() };
                // Whether it was to have no name, or there was no memory for it, is the same to the
                // kernel.
                if unnamed && e == EINVAL {
                    ENOMEM
                } else {
                    e
                }
            })
        };
        if let Err(e) = add() {
            // SAFETY: The device was not added, so that the reference from making it is the only
            // one, and the node, if it has one, is its own. Its resources go with it.
            unsafe {
                bindings::device_remove_software_node(&raw mut (*pdev).dev);
                bindings::platform_device_put(pdev);
            }
            return Err(e);
        }

        // INVARIANT: It was just registered.
        Ok(Device {
            pdev: device,
            _above: above,
        })
    }
}

/// Tells whether there is a platform device of that name now.
fn exists(name: &CStr) -> bool {
    // SAFETY: The bus is part of the kernel image, and the function compares the names of its
    // devices with a string that is valid for the call. What it finds it takes a reference to,
    // which is given back.
    unsafe {
        let found = bindings::bus_find_device(
            &raw const bindings::platform_bus_type,
            core::ptr::null_mut(),
            name.as_char_ptr().cast(),
            Some(bindings::device_match_name),
        );
        bindings::put_device(found);
        !found.is_null()
    }
}

/// A platform device that its owner made.
///
/// Context of the drop: may sleep. It takes the device's lock, which the driver core holds while it calls
/// the driver that is bound: dropped there, it waits for ever. The same goes for a device above it.
///
/// # Invariants
///
/// `pdev` is registered, by [`Info::register`].
pub struct Device {
    pdev: NonNull<bindings::platform_device>,
    // Given back after the device has been unregistered.
    _above: Above,
}

// SAFETY: Registering and unregistering may happen on different threads.
unsafe impl Send for Device {}

// SAFETY: What can be done through a shared reference takes the device's own lock.
unsafe impl Sync for Device {}

impl Device {
    /// Makes the device `<name>.<n>.auto`, with memory resource 0 at `range`: an [`Info`] of one
    /// resource.
    ///
    /// Context: may sleep; probes the driver.
    ///
    /// # Errors
    ///
    /// Those of [`Info::register`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     platform,
    ///     range::Range, //
    /// };
    ///
    /// let range = Range::new(0xfea0_0000, 0x1000)?;
    /// let device = platform::Device::register(c"my-driver", range)?;
    /// if !device.is_bound() {
    ///     return Err(ENODEV);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn register(name: &CStr, range: Range) -> Result<Self> {
        Info::new(name, &[Resource::mem(range)]).register()
    }

    /// Tells whether a driver is bound to the device. Context: may sleep; takes the device's lock.
    ///
    /// The driver core has that lock while it probes the device, unbinds it or suspends it: a driver that
    /// asks from there, about the device that it was called for, waits for ever.
    ///
    /// Corresponds to the C function `device_is_bound()` in
    /// [`include/linux/device.h`](srctree/include/linux/device.h).
    pub fn is_bound(&self) -> bool {
        // SAFETY: By the type invariant the device is registered, so it is valid.
        unsafe { bindings::device_is_bound_locked(&raw mut (*self.pdev.as_ptr()).dev) }
    }
}

/// As a device of the kernel crate: for messages.
impl AsRef<device::Device> for Device {
    fn as_ref(&self) -> &device::Device {
        // SAFETY: By the type invariant the device is registered, so it is valid as long as `self`.
        unsafe { device::Device::from_raw(&raw mut (*self.pdev.as_ptr()).dev) }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the device is registered, and this is the one place that
        // ends it.
        unsafe { bindings::platform_device_unregister(self.pdev.as_ptr()) };
    }
}
