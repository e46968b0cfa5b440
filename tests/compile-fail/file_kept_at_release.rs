// SPDX-License-Identifier: GPL-2.0

//! A file whose last reference is gone, to take another reference of.

#[cfg(misuse)]
use iomem::chardev::OpenFile;
use iomem::chardev::{
    CharDevice,
    CharFile, //
};
use kernel::prelude::*;

module! {
    type: Case,
    name: "case",
    authors: ["The iomem authors"],
    description: "Has a device",
    license: "GPL",
}

struct Case;

impl kernel::Module for Case {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

/// A device. Nothing uses it.
#[allow(dead_code)]
struct Device;

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    #[cfg(misuse)]
    fn release(
        &self,
        file: OpenFile<'_, Self>, //~ ERROR E0053: method `release` has an incompatible type for trait
    ) {
        let file: &kernel::fs::LocalFile = &file;
        let _kept: kernel::sync::aref::ARef<kernel::fs::LocalFile> = file.into();
    }

    #[cfg(not(misuse))]
    fn release(&self, _state: &()) {}
}
