// SPDX-License-Identifier: GPL-2.0

//! Files of a driver whose state is larger than what the allocator always finds.

use core::pin::Pin;

use iomem::platform::{
    AdapterWithFiles,
    File,
    Files, //
};
use kernel::{
    device::Core,
    driver::Registration,
    platform,
    prelude::*, //
};

/// A driver.
pub struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        Ok(Self)
    }
}

#[cfg(misuse)]
const SIZE: usize = 8 << 20; //~ CONST the state of a driver's files is too large
#[cfg(not(misuse))]
const SIZE: usize = 16 << 10;

/// What its files share.
#[pin_data]
pub struct State {
    bytes: [u8; SIZE],
}

impl State {
    fn write(self: Pin<&Self>, _text: &[u8]) -> Result {
        Ok(())
    }
}

impl Files for State {
    const FILES: &'static [File<Self>] = &[File::new(c"one", Self::write)];

    fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self { bytes <- pin_init::init_zeroed() }? Error)
    }
}

/// Registers the driver.
pub fn register(
    module: &'static ThisModule,
) -> Result<Pin<KBox<Registration<AdapterWithFiles<Driver, State>>>>> {
    KBox::pin_init(Registration::new(c"driver", module), GFP_KERNEL)
}
