// SPDX-License-Identifier: GPL-2.0

//! A table of more attributes than a folder can have.

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

    const ONE: Attribute<Self> = Attribute::new(c"one", Self::show);
}

impl Attributes for Device {
    #[cfg(misuse)]
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Self::ONE; 1025]; //~ CONST a table has too many attributes
    #[cfg(not(misuse))]
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Self::ONE; 1];
}

/// Gives the files to a node.
pub fn add(groups: &mut Groups, device: Arc<Device>) -> Result {
    groups.device(device)
}
