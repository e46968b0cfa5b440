// SPDX-License-Identifier: GPL-2.0

//! The interrupt lines of a platform device.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    irq::IrqRequest,
    platform,
    prelude::*,
    str::CString, //
};

use super::{
    Polled,
    Registration, //
};
use crate::{
    bindings,
    names::{
        check_file,
        is_of_lines, //
    },
    platform::strings, //
};

mod private {
    use super::*;

    pub trait Sealed {}
    impl Sealed for platform::Device<Bound> {}
}

/// Finds the interrupt lines of a platform device, whatever describes them: a device tree, ACPI, or
/// a list of resources ([`Resource::irq`](crate::platform::Resource::irq)).
///
/// The kernel crate's `optional_irq_by_index` and `optional_irq_by_name` find the number; this adds the
/// line's name, and tells a device that has no such line from an error.
///
/// # Examples
///
/// ```no_run
/// use iomem::irq::Lines;
/// use kernel::{
///     device::Core,
///     platform, //
/// };
///
/// fn count(pdev: &platform::Device<Core<'_>>) -> Result<u32> {
///     let mut lines = 0;
///     while pdev.line_by_index(lines)?.is_some() {
///         lines += 1;
///     }
///     Ok(lines)
/// }
/// ```
pub trait Lines: private::Sealed {
    /// Returns line `index`, counted from 0; `None` if the device has no such line. Context: may
    /// sleep.
    ///
    /// Corresponds to the C function `platform_get_irq_optional()` in
    /// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    ///
    /// # Errors
    ///
    /// - `EPROBE_DEFER`: the controller of the line is not there yet. Returned from `probe`, it
    ///   makes the kernel try again later.
    /// - Others: the line is described wrongly.
    fn line_by_index(&self, index: u32) -> Result<Option<Line<'_>>>;

    /// Returns the line that is called `name` in `interrupt-names` or in the list of resources;
    /// `None` if the device has no such line. Context: may sleep.
    ///
    /// Corresponds to the C function `platform_get_irq_byname_optional()` in
    /// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
    ///
    /// # Errors
    ///
    /// Those of [`line_by_index`](Self::line_by_index).
    fn line_by_name(&self, name: &CStr) -> Result<Option<Line<'_>>>;
}

/// Returns the line that the kernel's answer stands for.
fn found<'a>(
    dev: &'a Device<Bound>,
    answer: Result<IrqRequest<'a>>,
    name: impl FnOnce() -> Result<Option<CString>>,
) -> Result<Option<Line<'a>>> {
    match answer {
        Err(e) if e == ENXIO => Ok(None),
        Err(e) => Err(e),
        Ok(request) => Ok(Some(Line {
            number: request.irq(),
            name: name()?,
            dev,
        })),
    }
}

impl Lines for platform::Device<Bound> {
    fn line_by_index(&self, index: u32) -> Result<Option<Line<'_>>> {
        found(self.as_ref(), self.optional_irq_by_index(index), || {
            name_of(self, index)
        })
    }

    fn line_by_name(&self, name: &CStr) -> Result<Option<Line<'_>>> {
        found(self.as_ref(), self.optional_irq_by_name(name), || {
            Ok(Some(name.try_into()?))
        })
    }
}

/// Returns what line `index` is called: by `interrupt-names`, or else in the list of resources.
///
/// # Errors
///
/// `EINVAL`, `EILSEQ`, `EPROTO`, `ENOMEM`: see [`strings`].
fn name_of(pdev: &platform::Device<Bound>, index: u32) -> Result<Option<CString>> {
    if let Some(name) = strings(pdev.as_ref(), c"interrupt-names")?
        .into_iter()
        .nth(index as usize)
    {
        return Ok(Some(name));
    }

    let raw: *mut bindings::platform_device = core::ptr::from_ref(pdev).cast_mut().cast();
    // SAFETY: The device is valid, and has its resources as long as it exists. One without a name
    // got the device's, as the same pointer, which says nothing.
    unsafe {
        let resource = bindings::platform_get_resource(raw, bindings::IORESOURCE_IRQ, index);
        if resource.is_null()
            || (*resource).name.is_null()
            || (*resource).name == bindings::dev_name(&raw const (*raw).dev)
        {
            return Ok(None);
        }
        Ok(Some(CStr::from_char_ptr((*resource).name).try_into()?))
    }
}

/// An interrupt line of a device that is bound, without a handler of ours so far. See also the
/// [module](super).
///
/// Context of the drop: any.
///
/// # Examples
///
/// ```no_run
/// use iomem::irq::Line;
///
/// fn describe(line: &Line<'_>) {
///     pr_info!("line {}\n", line.number());
/// }
/// ```
pub struct Line<'a> {
    number: u32,
    name: Option<CString>,
    dev: &'a Device<Bound>,
}

impl Line<'_> {
    /// Returns its number in Linux, the first column of `/proc/interrupts`.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns what the device's description calls it, if anything.
    pub fn name(&self) -> Option<&CStr> {
        self.name.as_deref()
    }

    /// Handles the line from now on, under the name `label` in `/proc/interrupts`.
    ///
    /// The device should have been told not to raise it, or something may be counted that came
    /// before. The line is freed when the registration is dropped, or when the device is unbound.
    /// Context: may sleep.
    ///
    /// Corresponds to the C function `devm_request_irq()` in
    /// [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h).
    ///
    /// # Errors
    ///
    /// - `EBUSY`: another driver handles the line. Lines are not shared: see the
    ///   [module](super).
    /// - `EINVAL`: there is no such line, or the kernel keeps it from drivers; or `label` is nothing
    ///   that a folder below `/proc/irq` can be called.
    /// - `ENAMETOOLONG`: `label` is longer than 255 bytes.
    /// - `EEXIST`: `label` is the name of a file that the kernel has in the line's folder below
    ///   `/proc/irq`: `affinity_hint`, `effective_affinity`, `effective_affinity_list`, `node`,
    ///   `smp_affinity`, `smp_affinity_list`, `spurious`.
    /// - `EOPNOTSUPP`: the line cannot be masked by the handler: each processor has one of its own;
    ///   or the controller is behind a slow bus, so that asking it for something sleeps; or the
    ///   handlers are called by the thread of another line, or must not be threads. Or it is a message
    ///   (MSI) of another device, whose driver gives the number back without a look at its handlers.
    /// - `ENOMEM`: no memory.
    pub fn request(self, label: CString) -> Result<Registration> {
        self.handle(label, None)
    }

    /// As [`request`](Self::request), but `polled` is woken for each interrupt as well. A device of several
    /// lines, for all of which it has one queue, has programs sleep in that when they poll it: each `poll()`
    /// then costs one entry in a queue, and the kernel supports more ways to poll (AIO) where there is one
    /// queue only. When the line ends, or the device goes, the driver wakes those in `polled`:
    /// that does not wait for those whom an interrupt that came just before has left asleep.
    ///
    /// # Errors
    ///
    /// Those of [`request`](Self::request).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     irq::{
    ///         Line,
    ///         Polled,
    ///         Registration, //
    ///     }, //
    /// };
    /// use kernel::str::CString;
    ///
    /// fn both(lines: [Line<'_>; 2], polled: &Polled) -> Result<[Registration; 2]> {
    ///     let [one, other] = lines;
    ///     Ok([
    ///         one.request_polled(CString::try_from_fmt(fmt!("one"))?, polled.clone())?,
    ///         other.request_polled(CString::try_from_fmt(fmt!("other"))?, polled.clone())?,
    ///     ])
    /// }
    /// ```
    pub fn request_polled(self, label: CString, polled: Polled) -> Result<Registration> {
        self.handle(label, Some(polled))
    }

    fn handle(self, label: CString, polled: Option<Polled>) -> Result<Registration> {
        // The kernel would warn, and handle the line nevertheless.
        check_file(&label)?;
        if is_of_lines(&label) {
            return Err(EEXIST);
        }
        Registration::new(self.dev, self.number, self.name, label, polled)
    }
}
