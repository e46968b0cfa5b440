// SPDX-License-Identifier: GPL-2.0

//! Registers where there are none: beyond the end of a mapping, across it, and where the width does
//! not fit.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    mapping::Mapping,
    resource::request_mem_region, //
};
use kernel::{
    io::Io,
    prelude::*, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_misaligned",
    authors: ["The iomem authors"],
    description: "Asks the iomem library for registers that do not exist",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

struct Attack;

/// A mapping whose length is known at run time only, so that each offset is a question.
fn run(edu: u64) -> Result {
    let regs = Mapping::<_>::ioremap(request_mem_region(edu, 0x100, c"attack")?)?;
    let view = regs.window();
    for offset in [0x100, 0xfd, usize::MAX, usize::MAX - 3, 0x101] {
        check!(
            "read_beyond_the_end_is_refused",
            view.try_read32(offset) == Err(EINVAL)
        );
        check!(
            "write_beyond_the_end_is_refused",
            view.try_write32(0, offset) == Err(EINVAL)
        );
    }
    for offset in [1, 2, 3, 0xff] {
        check!(
            "read_across_the_width_is_refused",
            view.try_read32(offset) == Err(EINVAL)
        );
    }
    let mut bytes = [0; 16];
    check!(
        "copy_across_the_end_is_refused",
        view.memcpy_fromio(0xf8, &mut bytes) == Err(EINVAL)
    );
    check!(
        "fill_across_the_end_is_refused",
        view.memset_io(0xf8, 0, 16) == Err(EINVAL)
    );
    Ok(())
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let end = run(param(module_parameters::edu.value()));
        check!("attack_came_to_its_end", end == Ok(()));
        pr_info!("done\n");
        Ok(Self)
    }
}
