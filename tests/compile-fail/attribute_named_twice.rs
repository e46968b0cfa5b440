// SPDX-License-Identifier: GPL-2.0

//! A table with two attributes of one name.

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
        Attribute::new(c"one", Self::show), //~ CONST two attributes have one name
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
