// SPDX-License-Identifier: GPL-2.0

//! Code of this module in a node of another one's, which an open file keeps loaded, while it does not
//! keep this one. What a program gets to see of it, tests/owner.c asks.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    resource::{
        request_mem_region,
        MemRegion, //
    },
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text,
    vma::{
        Area,
        Mapped,
        NewVma,
        VmaOps, //
    },
};
use iomem_attack_host::{
    Map,
    Node, //
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
    name: "iomem_attack_owner",
    authors: ["The iomem authors"],
    description: "Has its code called by way of another module's node",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

/// What is mapped.
struct Registers(Arc<MemRegion>);

struct Ops;

impl VmaOps for Ops {
    fn close(&self, _vma: &Area<'_>) {
        pr_info!("closed\n");
    }
}

impl Ops {
    fn show(&self, _text: &mut Text<'_>) -> Result {
        Ok(())
    }
}

impl Attributes for Ops {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"value", Self::show)];
}

impl Map for Registers {
    /// Page 0 with operations of this module, all at once; page 1 on fault; page 2 without operations.
    fn map<'a>(&'a self, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        let prot = vma.page_prot().noncached();
        let ops = Arc::new(Ops, GFP_KERNEL)?;
        match vma.page_offset() {
            0 => vma.with_ops(ops).io_remap_pfn_range(&*self.0, 0, prot),
            1 => vma.map_on_fault(ops, prot),
            _ => vma.io_remap_pfn_range(&*self.0, 0, prot),
        }
    }
}

fn run(start: u64) -> Result<Node> {
    let claim = request_mem_region(start, 0x1_0000, c"iomem_attack_owner")?;
    let claim = Arc::new(claim, GFP_KERNEL)?;
    let node = |groups| {
        let map: KBox<dyn Map> = KBox::new(Registers(claim.clone()), GFP_KERNEL)?;
        iomem_attack_host::node(map, groups)
    };

    let mut groups = Groups::new();
    groups.device(Arc::new(Ops, GFP_KERNEL)?)?;
    check!(
        "attributes_of_another_module_are_refused",
        node(groups).err() == Some(EINVAL)
    );
    let mut groups = Groups::new();
    groups.folder(c"folder".to_cstring()?, Arc::new(Ops, GFP_KERNEL)?)?;
    check!(
        "folders_of_another_module_are_refused",
        node(groups).err() == Some(EINVAL)
    );
    let node = node(Groups::new());
    check!("node_without_them_is_made", node.is_ok());
    node
}

struct Attack {
    _node: Option<Node>,
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let node = run(param(module_parameters::start.value()));
        check!("attack_came_to_its_end", node.is_ok());
        pr_info!("done\n");
        Ok(Self { _node: node.ok() })
    }
}
