// SPDX-License-Identifier: GPL-2.0

//! A table with an attribute whose name no file can have.

use iomem::{
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// A device.
pub struct Device;

impl Device {
    fn show(&self, _text: &mut Text<'_>) -> Result {
        Ok(())
    }
}

impl Attributes for Device {
    #[cfg(misuse)]
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"one", Self::show),
        Attribute::new(c"a/b", Self::show), //~ CONST an attribute has no name that a file can have
    ];
    #[cfg(not(misuse))]
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"one", Self::show),
        Attribute::new(c"other", Self::show),
    ];
}

/// Gives the files to a node.
pub fn add(groups: &mut Groups, device: Arc<Device>) -> Result {
    groups.device(device)
}
