// SPDX-License-Identifier: GPL-2.0

//! The platform driver: binding makes a window of a device and its node, unbinding revokes it.
//!
//! Devices come from firmware, from `driver_override`, and from this module itself: see
//! [`params`](crate::params) and [`new_device`](crate::new_device).

use iomem::{
    chardev::{
        Options,
        Registration, //
    },
    debugfs::File,
    index::{
        Index,
        Indices, //
    },
    irq::Polled,
    platform::Named as _, //
};
use kernel::{
    device::Core,
    of,
    platform,
    prelude::*,
    str::CString, //
};

use crate::{
    debugfs::{
        self,
        Dump, //
    },
    names, permission, probe_result, registry,
    resources::Resources,
    sysfs,
    window::{
        Window,
        MOST_WINDOWS, //
    },
};

/// The `<N>` of `iomem<N>`.
static INDICES: Indices<{ MOST_WINDOWS / 64 }> = Indices::new();

/// The driver; its data are what it has of a device: the node, and what shows the window elsewhere.
pub(crate) struct Driver {
    // The files in debugfs go before the node.
    _dumps: KVec<File<Dump>>,
    _registered: registry::Registered,
    node: Pin<KBox<Registration<Window>>>,
    // Given back when nothing has the name any more: neither an entry of /proc/iomem, nor the files
    // and the node. Another window takes it at once.
    _index: Index,
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
        info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        // The kernel makes room for what the initializer makes before it runs that, and does not
        // tell the driver that there was none.
        probe_result::refused(ENOMEM);
        pin_init::pin_init_scope(move || {
            let prepare = || {
                // Firmware has not made it a window. User space has, by `driver_override`, which can
                // name any platform device; or this module did, and user space chose its addresses.
                // They were allowed when it was made, which can be long ago.
                if info.is_none() {
                    if pdev.is_named(names::DRIVER) {
                        permission::may_choose_address(pdev.as_ref().name())?;
                    } else {
                        permission::may_choose_device("driver_override")?;
                    }
                }
                let index = INDICES.take().inspect_err(|_| {
                    dev_err!(
                        pdev.as_ref(),
                        "there are {MOST_WINDOWS} windows, which is the limit: remove one first\n"
                    );
                })?;
                let name = CString::try_from_fmt(fmt!("iomem{}", index.value()))?;
                let polled = Polled::new()?;
                let resources = Resources::new(pdev, &name, info.is_none(), &polled)?;
                let label = names::label(pdev.as_ref(), index.value())?;
                let line = describe(&resources)?;
                let window = Window::new(name.to_cstring()?, label, resources, polled)?;
                let groups = sysfs::groups(&window)?;
                let dumps = debugfs::files(&window)?;
                let registered = registry::add(pdev.as_ref().name(), &window)?;
                let options = Options::new(name).parent(pdev.as_ref()).groups(groups);
                let node = KBox::pin_init(Registration::register(options, window), GFP_KERNEL)?;
                dev_info!(pdev.as_ref(), "{} is /dev/{}\n", &*line, node.name());
                Ok(Self {
                    _dumps: dumps,
                    _registered: registered,
                    node,
                    _index: index,
                })
            };
            let driver = prepare().inspect_err(|e: &Error| probe_result::refused(*e))?;
            Ok(Ok(driver))
        })
    }

    fn unbind<'bound>(_pdev: &'bound platform::Device<Core<'_>>, this: Pin<&Self>) {
        this.node.device().revoke();
    }
}

/// Says which ranges a window has, for the log.
fn describe(resources: &Resources) -> Result<CString> {
    let more = resources.regions().len().saturating_sub(1);
    let range = resources
        .region(0)
        .map(|region| region.range())
        .ok_or(ENODEV)?;
    let plural = if more == 1 { "" } else { "s" };
    Ok(match more {
        0 => CString::try_from_fmt(fmt!("{range} ({:#x} bytes)", range.length()))?,
        _ => CString::try_from_fmt(fmt!(
            "{range} ({:#x} bytes) with {more} more region{plural}",
            range.length()
        ))?,
    })
}
