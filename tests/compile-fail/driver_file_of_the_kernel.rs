// SPDX-License-Identifier: GPL-2.0

//! A file of a driver that is called as one of the kernel's.

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

/// What its files share.
pub struct State;

impl State {
    fn write(self: Pin<&Self>, _text: &[u8]) -> Result {
        Ok(())
    }
}

impl Files for State {
    #[cfg(misuse)]
    const FILES: &'static [File<Self>] = &[
        File::new(c"one", Self::write),
        File::new(c"bind", Self::write), //~ CONST a file of a driver has the name of one that the kernel has
    ];
    #[cfg(not(misuse))]
    const FILES: &'static [File<Self>] = &[
        File::new(c"one", Self::write),
        File::new(c"other", Self::write),
    ];

    fn new() -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}

/// Registers the driver.
pub fn register(
    module: &'static ThisModule,
) -> Result<Pin<KBox<Registration<AdapterWithFiles<Driver, State>>>>> {
    KBox::pin_init(Registration::new(c"driver", module), GFP_KERNEL)
}
