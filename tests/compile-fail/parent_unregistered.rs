// SPDX-License-Identifier: GPL-2.0

//! A device that is only referred to may be removed, and what is above it freed, as another is made
//! below it.

use iomem::{
    chardev::{
        class::{
            Class,
            Node, //
        },
        major,
        CharDevice,
        Options, //
    },
    parent::Parent,
    platform, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    str::CString,
    sync::{
        aref::ARef,
        Arc, //
    },
};

/// A misc device.
pub fn misc<'a>(name: CString, bound: &'a Device<Bound>, kept: &'a ARef<Device>) -> Options<'a> {
    let _ = (bound, kept);
    #[cfg(misuse)]
    return Options::new(name).parent(&**kept); //~ ERROR E0277: Parent<'_>: From<&kernel::device::Device>
    #[cfg(not(misuse))]
    return Options::new(name).parent(bound);
}

/// A node of a major.
pub fn node<T: CharDevice>(
    minors: &major::Registration<T>,
    class: &Arc<Class>,
    made: &platform::Device,
    kept: &ARef<Device>,
) -> Result<Node> {
    let _ = (made, kept);
    #[cfg(misuse)]
    return minors.node(class, 0, c"node", Some((&**kept).into())); //~ ERROR E0277: Parent<'_>: From<&kernel::device::Device>
    #[cfg(not(misuse))]
    return minors.node(class, 0, c"node", Some(made.into()));
}

/// A platform device, below what the kernel crate sees of one.
pub fn device(made: &platform::Device) -> Result<platform::Device> {
    let info = platform::Info::new(c"device", &[]);
    #[cfg(misuse)]
    let info = info.parent(AsRef::<Device>::as_ref(made)); //~ ERROR E0277: Parent<'_>: From<&kernel::device::Device>
    #[cfg(not(misuse))]
    let info = info.parent(made);
    info.register()
}

/// What is below a device cannot be made when that has been dropped.
pub fn dropped(made: platform::Device) -> Result<platform::Device> {
    let info = platform::Info::new(c"device", &[]).parent(Parent::from(&made));
    #[cfg(misuse)]
    drop(made); //~ ERROR E0505: cannot move out of
    info.register()
}
