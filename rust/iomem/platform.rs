// SPDX-License-Identifier: GPL-2.0

//! Platform devices made by a driver, from a list of resources.
//!
//! A driver for hardware that nothing describes, neither device tree nor ACPI, makes the device
//! itself. [`Device::register`] does so; the driver core then looks for a driver of that name and
//! probes it, usually before `register` returns. Dropping the [`Device`] unbinds the driver and
//! removes the device.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use core::ptr::NonNull;

use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

use crate::{
    bindings,
    range::Range, //
};

/// A platform device that its owner made.
///
/// # Invariants
///
/// `pdev` is registered, by [`Device::register`].
pub struct Device {
    pdev: NonNull<bindings::platform_device>,
}

// SAFETY: Registering and unregistering may happen on different threads.
unsafe impl Send for Device {}

// SAFETY: What can be done through a shared reference takes the device's own lock.
unsafe impl Sync for Device {}

impl Device {
    /// Makes the device `<name>.<n>`, with memory resource 0 at `range`, `n` being chosen by the
    /// kernel.
    ///
    /// The resource enters `/proc/iomem` under the device's name, not busy: claiming it is left to
    /// the driver. Context: may sleep; probes the driver.
    ///
    /// Corresponds to the C function `platform_device_register_full()`.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the range crosses the border of a resource that is in the tree.
    /// - `ENOMEM`: no memory.
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
        let resource = bindings::resource {
            start: range.start(),
            end: range.last(),
            flags: bindings::IORESOURCE_MEM as c_ulong,
            ..pin_init::zeroed()
        };
        let info = bindings::platform_device_info {
            name: name.as_char_ptr(),
            id: bindings::PLATFORM_DEVID_AUTO,
            res: &raw const resource,
            num_res: 1,
            ..pin_init::zeroed()
        };

        // SAFETY: `info` and what it points to are valid for the call, which copies them.
        let pdev = unsafe { bindings::platform_device_register_full(&raw const info) };
        let pdev = from_err_ptr(pdev)?;

        // INVARIANT: It was just registered.
        Ok(Self {
            pdev: NonNull::new(pdev).ok_or(ENOMEM)?,
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
        // ends it.
        unsafe { bindings::platform_device_unregister(self.pdev.as_ptr()) };
    }
}
