// SPDX-License-Identifier: GPL-2.0

//! Files of a platform driver, tried in the kernel. What programs see of them is in
//! tests/driver_files.c, which loads this module as well.
//!
//! | file | what writing does |
//! |---|---|
//! | `expect` | nothing for "ping" and a newline; `ENOTTY` for "pong", whatever follows; else `EINVAL` |
//! | `any` | nothing |
//! | `slow` | nothing, for 300 ms |

use core::pin::Pin;

use iomem::platform::{
    AdapterWithFiles,
    Device,
    File,
    Files, //
};
use iomem::range::Range;
use kernel::{
    device::Core,
    driver,
    platform,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_files",
    authors: ["The iomem authors"],
    description: "Tries the files of platform drivers of the iomem library",
    license: "GPL",
}

/// How many states there are.
static STATES: Atomic<u32> = Atomic::new(0);
/// How many states are to be made before making one fails.
static LEFT: Atomic<u32> = Atomic::new(2);
/// How often the driver was unbound while there was a state.
static UNBOUND: Atomic<u32> = Atomic::new(0);

/// The state of the files: it knows that it is what it was made as.
struct State {
    magic: u32,
}

impl State {
    fn is_whole(&self) -> bool {
        self.magic == 0x5afe
    }

    fn expect(self: Pin<&Self>, text: &[u8]) -> Result {
        match text {
            b"ping\n" if self.is_whole() => Ok(()),
            [b'p', b'o', b'n', b'g', ..] => Err(ENOTTY),
            _ => Err(EINVAL),
        }
    }

    fn any(self: Pin<&Self>, _text: &[u8]) -> Result {
        Ok(())
    }

    fn slow(self: Pin<&Self>, _text: &[u8]) -> Result {
        fsleep(Delta::from_millis(300));
        pr_info!(
            "slow: {}\n",
            if self.is_whole() {
                "ended"
            } else {
                "the state is gone"
            }
        );
        Ok(())
    }
}

impl Files for State {
    const FILES: &'static [File<Self>] = &[
        File::new(c"expect", Self::expect),
        File::new(c"any", Self::any),
        File::new(c"slow", Self::slow),
    ];

    fn new() -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            if LEFT.fetch_sub(1, Full) == 0 {
                return Err(ENOSPC);
            }
            STATES.fetch_add(1, Full);
            Ok(Ok::<_, Error>(Self { magic: 0x5afe }))
        })
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.magic = 0;
        STATES.fetch_sub(1, Full);
        pr_info!("state: dropped after {} unbound\n", UNBOUND.load(Acquire));
    }
}

/// A driver that does nothing.
struct Driver;

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        Ok(Self)
    }

    fn unbind<'bound>(_pdev: &'bound platform::Device<Core<'_>>, _this: Pin<&Self>) {
        UNBOUND.fetch_add(STATES.load(Acquire), Full);
    }
}

type Registered = driver::Registration<AdapterWithFiles<Driver, State>>;

/// The loaded module: the driver goes first, so that it is unbound by that.
#[pin_data]
struct Test {
    #[pin]
    _driver: Registered,
    _device: Device,
}

impl InPlaceModule for Test {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let name = <Self as ModuleMetadata>::NAME;
        let register = move || KBox::pin_init(Registered::new(name, module), GFP_KERNEL).err();

        try_pin_init!(Self {
            _driver <- Registered::new(name, module),
            _device: Device::register(name, Range::new(0x1000, 0x10)?)?,
            _: {
                check!("state_is_made", STATES.load(Acquire) == 1);
                check!("driver_with_files_is_found_by_name", _device.is_bound());
                check!("name_of_a_driver_cannot_be_taken_twice", register() == Some(EBUSY));
                check!("state_is_dropped_where_registering_fails", STATES.load(Acquire) == 1);
                check!("driver_is_not_registered_without_its_state", register() == Some(ENOSPC));
                pr_info!("done\n");
            },
        })
    }
}
