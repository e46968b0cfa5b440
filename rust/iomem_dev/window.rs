// SPDX-License-Identifier: GPL-2.0

//! A window: a claimed and mapped range of registers, and its node.
//!
//! # The life of a window
//!
//! Probing claims the device's memory resource under the name `iomem<N>`, maps it, and makes the
//! node. The [`Window`] is shared by the driver, which is bound to the device, and by every file
//! that is open on the node.
//!
//! Unbinding marks the window as gone and removes the node. Files that are still open keep the
//! claim, so that nobody else is given registers that a program can still reach; with the last of
//! them the claim is released.

use iomem::{
    chardev::{
        Options,
        Registration, //
    },
    index::{
        Index,
        Indices, //
    },
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::{
    device::Core,
    of,
    platform,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc, //
    }, //
};

use crate::refusal::Refusal;

/// The `<N>` of `iomem<N>`.
static INDICES: Indices<16> = Indices::new();

/// A claimed and mapped range of registers.
pub(crate) struct Window {
    /// The registers, and with them the claim.
    registers: Mapping<MemRegion>,
    /// Set once, when the device is unbound.
    gone: Atomic<bool>,
    /// Given back last, so that no two entries of `/proc/iomem` have one name.
    _index: Index,
}

impl Window {
    /// Claims and maps the memory resource of a device.
    fn new(pdev: &platform::Device<Core<'_>>, index: Index, name: &CStr) -> Result<Arc<Self>> {
        let resource = pdev.resource_by_index(0).ok_or(ENODEV).inspect_err(|_| {
            dev_err!(
                pdev.as_ref(),
                "no memory resource: give the device one (`reg` in a device tree)\n"
            )
        })?;

        let claim =
            Refusal::or_claim(resource.start(), resource.size(), name).map_err(|refusal| {
                dev_err!(pdev.as_ref(), "{refusal}\n");
                Error::from(refusal)
            })?;

        let range = claim.range();
        let registers = Mapping::ioremap(claim).inspect_err(|e| {
            dev_err!(pdev.as_ref(), "{range} could not be mapped: {e:?}\n");
        })?;

        Ok(Arc::new(
            Self {
                registers,
                gone: Atomic::new(false),
                _index: index,
            },
            GFP_KERNEL,
        )?)
    }

    /// Returns the claim on the registers.
    pub(crate) fn claim(&self) -> &MemRegion {
        self.registers.region()
    }

    /// Fails with `ENODEV` once the device is unbound.
    pub(crate) fn check(&self) -> Result {
        if self.gone.load(Acquire) {
            return Err(ENODEV);
        }
        Ok(())
    }
}

/// The driver, and for each device that it is bound to, the node.
#[pin_data]
pub(crate) struct Driver {
    #[pin]
    node: Registration<Window>,
}

iomem::of_device_table!(
    OF_TABLE,
    <Driver as platform::Driver>::IdInfo,
    [(of::DeviceId::new(c"iomem,window"), ())]
);

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const OF_ID_TABLE: Option<of::IdTable<Self::IdInfo>> = Some(&OF_TABLE);

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let index = INDICES.take()?;
            let name = CString::try_from_fmt(fmt!("iomem{}", index.value()))?;
            let window = Window::new(pdev, index, &name)?;

            let range = window.claim().range();
            Ok(try_pin_init!(Self {
                node <- Registration::register(Options::new(name).parent(pdev.as_ref()), window),
                _: {
                    dev_info!(
                        pdev.as_ref(),
                        "{range} ({:#x} bytes) is /dev/{}\n",
                        range.length(),
                        node.name()
                    );
                },
            }))
        })
    }

    fn unbind<'bound>(_pdev: &'bound platform::Device<Core<'_>>, this: Pin<&Self>) {
        this.node.device().gone.store(true, Release);
    }
}
