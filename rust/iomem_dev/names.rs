// SPDX-License-Identifier: GPL-2.0

//! The driver's name, and what a device's properties call it and its parts.
//!
//! Programs find a window, and its regions, by these names, and have room for 31 bytes of one. A name
//! that is cut could be that of another, so what does not fit is refused; the name of a device or a node is
//! cut, and has the window's number behind it.
//!
//! Programs and people also read them in lines: in sysfs, in `fdinfo`, in the log, in what other programs
//! print. The kernel takes any bytes from firmware, and an overlay can come from anywhere; so what is not
//! text that takes one line, and is shown as it is, is refused as well, here for all names.

use iomem::platform;
use kernel::{
    device::{
        Core,
        Device, //
    },
    fmt,
    prelude::*,
    str::CString, //
};

/// The name of the driver, and of the devices that this module makes.
pub(crate) const DRIVER: &CStr = c"iomem_dev";

/// How long a name can be, in bytes.
pub(crate) const LONGEST: usize = 31;

/// Reads a property that is a list of names; empty where the device does not have it.
///
/// # Errors
///
/// - `EINVAL`: it is no list of strings, or one of them is no name: see [`check`].
/// - `ENOMEM`: no memory.
pub(crate) fn list(dev: &Device<Core<'_>>, property: &CStr) -> Result<KVec<CString>> {
    let names = platform::strings(dev, property).map_err(|e| match e {
        // That says nothing of the property.
        e if e == ENOMEM => e,
        e => {
            dev_err!(dev, "{property} is no list of strings: {e:?}\n");
            EINVAL
        }
    })?;
    for name in &names {
        check(dev, property, name)?;
    }
    Ok(names)
}

/// Reads the property `label`: what the device is called. Without it, that is its name among devices;
/// but the name of one that has a device-tree node begins with the address of its registers, and any
/// process may ask for the label. That one is called as its node is, without the address, and `number`,
/// the window's; and so is a device whose name is too long for a window's, as its name begins.
///
/// # Errors
///
/// - `EINVAL`: it is no string, empty, or no name: see [`check`].
/// - `ENOMEM`: no memory.
pub(crate) fn label(dev: &Device<Core<'_>>, number: u32) -> Result<CString> {
    let node = dev.fwnode().filter(|node| node.property_present(c"label"));
    if node.is_none() {
        let node = platform::node_name(dev).inspect_err(|e| {
            if *e == EINVAL {
                dev_err!(dev, "the name of its node is no text: use visible ASCII\n");
            }
        })?;
        if let Some(name) = node {
            is_text(dev, "the name of its node", &name)?;
            return numbered(&name, number);
        }
        is_text(dev, "the name of the device", dev.name())?;
        if dev.name().to_bytes().len() > LONGEST {
            return numbered(dev.name(), number);
        }
        return dev.name().try_into().map_err(Error::from);
    }
    let label = list(dev, c"label")?
        .into_iter()
        .next()
        .filter(|label| !label.is_empty())
        .ok_or(EINVAL)
        .inspect_err(|_| dev_err!(dev, "label is empty: give it a name\n"))?;
    Ok(label)
}

/// Returns a name with the window's number behind it, which no other window has. Programs have room for
/// less than some names take: those are cut.
fn numbered(name: &CStr, number: u32) -> Result<CString> {
    // A dot, and a number of up to four digits.
    let room = LONGEST.saturating_sub(5);
    let name = name.to_str().map_err(|_| EINVAL)?;
    CString::try_from_fmt(fmt!("{}.{number}", name.get(..room).unwrap_or(name)))
}

/// Makes sure that a string in `place`, a property for example, is a name: up to 31 characters of ASCII,
/// from space to `~`, as in the binding.
///
/// # Errors
///
/// `EINVAL`: it is not. The log says which string, escaped.
pub(crate) fn check(dev: &Device<Core<'_>>, place: impl fmt::Display, name: &CStr) -> Result {
    if name.to_bytes().len() > LONGEST {
        dev_err!(
            dev,
            "'{name}' in {place} is too long for a name: use {LONGEST} bytes at most\n"
        );
        return Err(EINVAL);
    }
    is_text(dev, place, name)
}

fn is_text(dev: &Device<Core<'_>>, place: impl fmt::Display, name: &CStr) -> Result {
    let is_visible = |byte: &u8| matches!(byte, b' '..=b'~');
    if !name.to_bytes().iter().all(is_visible) {
        dev_err!(
            dev,
            "'{name}' in {place} is no text: use visible ASCII, and spaces\n"
        );
        return Err(EINVAL);
    }
    Ok(())
}
