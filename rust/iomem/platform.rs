// SPDX-License-Identifier: GPL-2.0

//! Platform devices made by a driver, from a list of resources.
//!
//! A driver for hardware that nothing describes, neither device tree nor ACPI, makes the device
//! itself. [`Device::register`] does so; the driver core then looks for a driver of that name and
//! probes it, usually before `register` returns. Dropping the [`Device`] unbinds the driver and
//! removes the device.
//!
//! # Why its resource is not in `/proc/iomem`
//!
//! The kernel would insert it there, and where a resource of the same range is there already, the
//! BAR of a PCI device say, it would become that one's parent. Removing it takes its children along:
//! the BAR would be gone from the tree for good. So the resource gets a root of its own, and what
//! `/proc/iomem` shows of the device is what its driver claims, as for a device of a device tree.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use core::ptr::NonNull;

use kernel::{
    error::from_err_ptr,
    io::PhysAddr,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    range::Range, //
};

/// A platform device that its owner made.
///
/// # Invariants
///
/// - `pdev` is registered, by [`Device::register`].
/// - `_root` is the parent of its resource, of which there is one, and spans all addresses.
pub struct Device {
    pdev: NonNull<bindings::platform_device>,
    // Only C reads and writes it. On the heap, because the kernel keeps its address.
    _root: KBox<Opaque<bindings::resource>>,
}

// SAFETY: Registering and unregistering may happen on different threads.
unsafe impl Send for Device {}

// SAFETY: What can be done through a shared reference takes the device's own lock.
unsafe impl Sync for Device {}

impl Device {
    /// Makes the device `<name>.<n>`, with memory resource 0 at `range`, `n` being chosen by the
    /// kernel.
    ///
    /// The range is not claimed by this: that is left to the driver. Context: may sleep; probes the
    /// driver.
    ///
    /// Corresponds to the C function `platform_device_register_full()`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
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
        let root = KBox::new(
            Opaque::new(bindings::resource {
                end: PhysAddr::MAX,
                flags: bindings::IORESOURCE_MEM as c_ulong,
                ..pin_init::zeroed()
            }),
            GFP_KERNEL,
        )?;
        let resource = bindings::resource {
            start: range.start(),
            end: range.last(),
            flags: bindings::IORESOURCE_MEM as c_ulong,
            parent: root.get(),
            ..pin_init::zeroed()
        };
        let info = bindings::platform_device_info {
            name: name.as_char_ptr(),
            id: bindings::PLATFORM_DEVID_AUTO,
            res: &raw const resource,
            num_res: 1,
            ..pin_init::zeroed()
        };

        // SAFETY: `info` and what it points to are valid for the call, which copies them, but for
        // the resource's parent: that stays until the device has been unregistered, and the kernel
        // inserts into it only what the range of all addresses contains.
        let pdev = unsafe { bindings::platform_device_register_full(&raw const info) };
        let pdev = from_err_ptr(pdev)?;

        // INVARIANT: It was just registered, with one resource, whose parent is `root`.
        Ok(Self {
            pdev: NonNull::new(pdev).ok_or(ENOMEM)?,
            _root: root,
        })
    }

    /// Tells whether a driver is bound to the device. Context: may sleep.
    ///
    /// Corresponds to the C function `device_is_bound()` in
    /// [`include/linux/device.h`](srctree/include/linux/device.h).
    pub fn is_bound(&self) -> bool {
        // SAFETY: By the type invariant the device is registered, so it is valid.
        unsafe { bindings::device_is_bound_locked(&raw mut (*self.pdev.as_ptr()).dev) }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the device is registered, and this is the one place that
        // ends it. It takes the resource out of `_root`, which is freed after this.
        unsafe { bindings::platform_device_unregister(self.pdev.as_ptr()) };
    }
}
