// SPDX-License-Identifier: GPL-2.0

//! Names in what firmware says of a device.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    str::CString, //
};

use crate::bindings;

/// Reads the property `name` of a device, a list of strings: `reg-names` for example. Empty if the
/// device does not have it. Context: may sleep.
///
/// The kernel crate reads single strings only. It does not matter where the property comes from:
/// device tree, ACPI or a software node. The device is bound, because the kernel takes its properties
/// away, or exchanges them, only while it is not. The strings are as they are there, of whatever bytes:
/// the kernel makes sure of nothing but the zero at their end. Printing one with `{}` shows what is not
/// visible ASCII as `\xNN`.
///
/// Corresponds to the C functions `device_property_string_array_count()` and
/// `device_property_read_string_array()` in
/// [`include/linux/property.h`](srctree/include/linux/property.h).
///
/// # Errors
///
/// - `EINVAL`, `EILSEQ`, `EPROTO`: the property is no list of strings.
/// - `ENOMEM`: no memory.
///
/// # Examples
///
/// ```no_run
/// use kernel::device::{
///     Bound,
///     Device, //
/// };
///
/// fn first(dev: &Device<Bound>) -> Result {
///     for name in iomem::platform::strings(dev, c"reg-names")? {
///         dev_info!(dev, "{}\n", &*name);
///     }
///     Ok(())
/// }
/// ```
pub fn strings(dev: &Device<Bound>, name: &CStr) -> Result<KVec<CString>> {
    let mut list = KVec::new();
    // SAFETY: `Device` is a transparent wrapper around `struct device`, the functions read its
    // properties, and the name is valid for the call.
    let count = unsafe {
        let dev = core::ptr::from_ref(dev).cast_mut().cast();
        if !bindings::device_property_present(dev, name.as_char_ptr()) {
            return Ok(list);
        }
        bindings::device_property_read_string_array(
            dev,
            name.as_char_ptr(),
            core::ptr::null_mut(),
            0,
        )
    };
    let count = usize::try_from(count).map_err(|_| Error::from_errno(count))?;

    let mut found = KVec::from_elem(core::ptr::null::<c_char>(), count, GFP_KERNEL)?;
    // SAFETY: As above; there is room for `count` strings.
    let got = unsafe {
        bindings::device_property_read_string_array(
            core::ptr::from_ref(dev).cast_mut().cast(),
            name.as_char_ptr(),
            found.as_mut_ptr(),
            count,
        )
    };
    let got = usize::try_from(got).map_err(|_| Error::from_errno(got))?;
    for string in found.iter().take(got).filter(|string| !string.is_null()) {
        // SAFETY: The function found a string, which stays as long as the device has the property. A
        // device that is bound keeps its firmware nodes.
        let string = unsafe { CStr::from_char_ptr(*string) };
        list.push(string.try_into()?, GFP_KERNEL)?;
    }
    Ok(list)
}

/// Returns the name of the device's device-tree node, without its address: `serial` of
/// `serial@9000000`. `None` if it has no such node. It need not be text that takes one line. Context:
/// any.
///
/// Corresponds to the C function `of_node_full_name()` in
/// [`include/linux/of.h`](srctree/include/linux/of.h), up to the `@`.
///
/// # Errors
///
/// - `EINVAL`: the name is not UTF-8.
/// - `ENOMEM`: no memory.
///
/// # Examples
///
/// ```no_run
/// use kernel::device::{
///     Bound,
///     Device, //
/// };
///
/// fn probe(dev: &Device<Bound>) -> Result {
///     if let Some(name) = iomem::platform::node_name(dev)? {
///         dev_info!(dev, "the device tree calls it '{}'\n", &*name);
///     }
///     Ok(())
/// }
/// ```
pub fn node_name(dev: &Device<Bound>) -> Result<Option<CString>> {
    let raw: *const bindings::device = core::ptr::from_ref(dev).cast();
    // SAFETY: `Device` is a transparent wrapper around `struct device`; one that is bound keeps its
    // node, and a node its name, which is zero-terminated.
    let full = unsafe {
        let node = (*raw).of_node;
        if node.is_null() || (*node).full_name.is_null() {
            return Ok(None);
        }
        CStr::from_char_ptr((*node).full_name)
    };
    let text = full.to_str().map_err(|_| EINVAL)?;
    let name = text.split('@').next().unwrap_or(text);
    Ok(Some(CString::try_from_fmt(fmt!("{name}"))?))
}
