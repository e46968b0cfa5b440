// SPDX-License-Identifier: GPL-2.0

//! A node that outlives its registration, whose number another driver then wants.

#![deny(unsafe_code)]

use iomem::chardev::{
    class::Class,
    major,
    CharDevice,
    CharFile, //
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
    name: "iomem_attack_next_driver",
    authors: ["The iomem authors"],
    description: "Has a node lead to the driver that comes next",
    license: "GPL",
}

struct Device;

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }
}

fn register(major: u32) -> Result<major::Registration<Device>> {
    major::Registration::register(major, c"iomem_attack", Arc::new(Device, GFP_KERNEL)?)
}

fn run() -> Result {
    let class = Arc::new(Class::new(c"iomem_attack")?, GFP_KERNEL)?;
    let first = register(0)?;
    let number = first.major();
    let node = first.node(&class, 3, c"iomem_attack", None)?;
    let other = first.node(&class, 4, c"iomem_attack_other", None)?;
    drop(first);
    check!(
        "number_of_a_node_is_not_given_to_another_driver",
        register(number).err() == Some(EBUSY)
    );
    drop(node);
    check!(
        "number_is_kept_for_the_last_node",
        register(number).err() == Some(EBUSY)
    );
    drop(other);
    check!(
        "number_is_free_after_the_last_node",
        register(number).is_ok()
    );
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
