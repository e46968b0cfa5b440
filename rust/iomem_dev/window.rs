// SPDX-License-Identifier: GPL-2.0

//! A window: a claimed and mapped range of registers, and its node.
//!
//! # The life of a window
//!
//! Probing claims the device's memory resource under the name `iomem<N>`, maps it, and makes the
//! node. The [`Window`] is shared by the driver, which is bound to the device, and by every file
//! that is open on the node; the registers are leased to them.
//!
//! Unbinding takes the lease back: at once no mapping of any program shows the registers any more,
//! and the claim leaves `/proc/iomem` before the unbinding is over. Files that are still open have
//! nothing but `ENODEV`, and closing them late does no harm. Binding again makes another window.

use iomem::{
    access::Width,
    chardev::{
        Options,
        Registration, //
    },
    index::{
        Index,
        Indices, //
    },
    mapping::Mapping,
    resource::MemRegion,
    vma::{
        Lease,
        LeaseGuard, //
    },
};
use kernel::{
    device::{
        self,
        Core, //
    },
    of,
    platform,
    prelude::*,
    str::CString,
    sync::Arc, //
};

use crate::refusal::Refusal;

/// The `<N>` of `iomem<N>`.
static INDICES: Indices<16> = Indices::new();

/// A claimed and mapped range of registers.
pub(crate) struct Registers {
    mapping: Mapping<MemRegion>,
    /// How wide all of them are, if the device says so.
    width: Option<Width>,
    /// Given back last, so that no two entries of `/proc/iomem` have one name.
    _index: Index,
}

impl Registers {
    /// Claims and maps the memory resource of a device.
    fn new(pdev: &platform::Device<Core<'_>>, index: Index, name: &CStr) -> Result<Self> {
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
        let mapping = Mapping::ioremap(claim).inspect_err(|e| {
            dev_err!(pdev.as_ref(), "{range} could not be mapped: {e:?}\n");
        })?;

        Ok(Self {
            mapping,
            width: width(pdev)?,
            _index: index,
        })
    }

    /// Returns the registers, as the kernel has them mapped.
    pub(crate) fn mapping(&self) -> &Mapping<MemRegion> {
        &self.mapping
    }

    /// Returns how wide all of the registers are, if the device says so.
    pub(crate) fn width(&self) -> Option<Width> {
        self.width
    }

    /// Returns the claim on the registers.
    pub(crate) fn claim(&self) -> &MemRegion {
        self.mapping.region()
    }
}

/// Reads the property `reg-io-width`, which says how wide all registers of a device are, in bytes.
fn width(pdev: &platform::Device<Core<'_>>) -> Result<Option<Width>> {
    let dev: &device::Device<Core<'_>> = pdev.as_ref();
    let Some(bytes) = dev
        .fwnode()
        .and_then(|node| node.property_read::<u32>(c"reg-io-width").optional())
    else {
        return Ok(None);
    };
    let width = Width::from_bytes(bytes as usize).inspect_err(|_| {
        dev_err!(
            dev,
            "reg-io-width is {bytes}, and no register is that wide: give 1, 2, 4 or 8 bytes\n"
        )
    })?;
    Ok(Some(width))
}

/// What a node stands for: registers, as long as the device is bound.
#[pin_data]
pub(crate) struct Window {
    #[pin]
    lease: Lease<Registers>,
}

impl Window {
    fn new(registers: Registers) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                lease <- Lease::new(registers),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the lease, within which programs map the registers.
    pub(crate) fn lease(&self) -> &Lease<Registers> {
        &self.lease
    }

    /// Returns the registers, or fails with `ENODEV` once the device is unbound. Unbinding waits for
    /// the guard, so no memory of a program may be accessed while there is one.
    pub(crate) fn registers(&self) -> Result<LeaseGuard<'_, Registers>> {
        self.lease.get().ok_or(ENODEV)
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
            let registers = Registers::new(pdev, index, &name)?;
            let range = registers.claim().range();
            let window = Window::new(registers)?;

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
        // No program can reach the registers from here on, and the claim is released.
        drop(this.node.device().lease.revoke());
    }
}
