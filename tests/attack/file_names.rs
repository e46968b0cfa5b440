// SPDX-License-Identifier: GPL-2.0

//! Names that no file can have, in each place that takes one.

#![deny(unsafe_code)]

use core::hint::black_box;

use iomem::{
    chardev::{
        class::Class,
        major,
        CharDevice,
        CharFile,
        Options,
        Registration, //
    },
    error::enametoolong,
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

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_file_names",
    authors: ["The iomem authors"],
    description: "Asks the iomem library for files of names that no file can have",
    license: "GPL",
}

/// Names that are no name of one file; the last ones are paths.
const BAD: [&CStr; 7] = [c"", c".", c"..", c"/", c"a/b", c"../a", c"a/"];

struct Device;

impl Device {
    fn show(&self, _text: &mut Text<'_>) -> Result {
        Ok(())
    }
}

impl Attributes for Device {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"value", Self::show)];
}

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }
}

fn node(name: &CStr) -> Result {
    let device = Arc::new(Device, GFP_KERNEL)?;
    let options = Options::new(name.to_cstring()?);
    KBox::pin_init(Registration::register(options, device), GFP_KERNEL).map(drop)
}

fn run() -> Result {
    let device = Arc::new(Device, GFP_KERNEL)?;
    for name in BAD {
        // Not in a constant, where it would not compile.
        let _ = black_box(Attribute::<Device>::new(black_box(name), Device::show));
        check!("attribute_of_a_bad_name_is_no_panic", true);

        let mut groups = Groups::new();
        check!(
            "folder_of_a_bad_name_is_refused",
            groups.folder(name.to_cstring()?, device.clone()) == Err(EINVAL)
        );
    }

    // Of a node, a slash makes folders in /dev; each part has to be a name.
    for name in [
        c"", c".", c"..", c"/", c"//", c"a//b", c"../a", c"a/..", c"a/./b", c"a/", c"/a",
    ] {
        check!("node_of_a_bad_name_is_refused", node(name) == Err(EINVAL));
    }
    let long = [b'a'; 256];
    let text = core::str::from_utf8(&long).map_err(|_| EINVAL)?;
    let long = kernel::str::CString::try_from_fmt(fmt!("{text}"))?;
    check!(
        "node_of_a_long_name_is_refused",
        node(&long) == Err(enametoolong())
    );
    check!(
        "node_in_a_folder_is_made",
        node(c"iomem_attack/node") == Ok(())
    );

    let minors = major::Registration::register(0, c"iomem_attack", device.clone())?;
    let class = Arc::new(Class::new(c"iomem_attack")?, GFP_KERNEL)?;
    for name in [c"", c".", c"..", c"../a", c"a/..", c"a/", c"/"] {
        check!(
            "node_of_a_major_of_a_bad_name_is_refused",
            minors.node(&class, 0, name, None).err() == Some(EINVAL)
        );
    }
    for name in BAD {
        check!(
            "class_of_a_bad_name_is_refused",
            Class::new(name).err() == Some(EINVAL)
        );
    }
    Ok(())
}

struct Attack;

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = run();
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
