// SPDX-License-Identifier: GPL-2.0

//! What a device's properties call it and its parts.
//!
//! Programs find a window, and its regions, by these names, and have room for 31 bytes of one. A name
//! that is cut could be that of another, so what does not fit is refused.

use iomem::platform;
use kernel::{
    device::{
        Core,
        Device, //
    },
    prelude::*,
    str::CString, //
};

/// How long a name can be, in bytes.
pub(crate) const LONGEST: usize = 31;

/// Reads a property that is a list of names; empty where the device does not have it.
///
/// # Errors
///
/// - `EINVAL`: it is no list of strings, or one of them is too long.
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
        fits(dev, property, name)?;
    }
    Ok(names)
}

/// Reads the property `label`: what the device is called. Without it, that is its name among devices;
/// but the name of one that has a device-tree node begins with the address of its registers, and any
/// process may ask for the label. That one is called as its node is, without the address, and `number`,
/// the window's.
///
/// # Errors
///
/// - `EINVAL`: it is no string, empty, or too long.
/// - `ENOMEM`: no memory.
pub(crate) fn label(dev: &Device<Core<'_>>, number: u32) -> Result<CString> {
    let node = dev.fwnode().filter(|node| node.property_present(c"label"));
    if node.is_none() {
        if let Some(name) = platform::node_name(dev)? {
            // Programs have room for less than some names take.
            let room = LONGEST.saturating_sub(4);
            let name = name.to_str().map_err(|_| EINVAL)?;
            return CString::try_from_fmt(fmt!("{}.{number}", name.get(..room).unwrap_or(name)));
        }
        return CString::try_from_fmt(fmt!("{}", dev.name()));
    }
    let label = list(dev, c"label")?
        .into_iter()
        .next()
        .filter(|label| !label.is_empty())
        .ok_or(EINVAL)
        .inspect_err(|_| dev_err!(dev, "label is empty: give it a name\n"))?;
    Ok(label)
}

fn fits(dev: &Device<Core<'_>>, property: &CStr, name: &CStr) -> Result {
    if name.to_bytes().len() > LONGEST {
        dev_err!(
            dev,
            "'{name}' in {property} is too long for a name: use {LONGEST} bytes at most\n"
        );
        return Err(EINVAL);
    }
    Ok(())
}
