// SPDX-License-Identifier: GPL-2.0

//! A state of open files that is larger than what the kernel always has in one piece.

use iomem::chardev::{
    CharDevice,
    CharFile,
    Options,
    Registration, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

module! {
    type: Case,
    name: "case",
    authors: ["The iomem authors"],
    description: "Has a device",
    license: "GPL",
}

/// The module.
pub struct Case;

impl kernel::Module for Case {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

#[cfg(misuse)]
const SIZE: usize = 8 << 20; //~ CONST the state of an open file is too large
#[cfg(not(misuse))]
const SIZE: usize = 16 << 10;

/// What an open file has.
#[pin_data]
pub struct State {
    bytes: [u8; SIZE],
}

/// A device.
pub struct Device;

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = State;

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<State, Error> {
        try_pin_init!(State { bytes <- pin_init::init_zeroed() }? Error)
    }
}

/// Makes a node.
pub fn register(device: Arc<Device>) -> Result<Pin<KBox<Registration<Device>>>> {
    let options = Options::new(c"case".to_cstring()?);
    KBox::pin_init(Registration::register(options, device), GFP_KERNEL)
}
