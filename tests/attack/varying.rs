// SPDX-License-Identifier: GPL-2.0

//! Another page at each fault: what a mapping shows at an address changes, also while another fault
//! inserts it, and a huge page is to be written that is not the one that is there. tests/varying.c is
//! the program that touches it.

#![deny(unsafe_code)]

use iomem::{
    chardev::{
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    compat::param,
    resource::{
        request_mem_region,
        MemRegion, //
    },
    vma::{
        Fault,
        Mapped,
        NewVma,
        VmFault,
        VmaOps, //
    },
};
use kernel::{
    io::PhysAddr,
    page::PAGE_SHIFT,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    ThisModule,
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_varying",
    authors: ["The iomem authors"],
    description: "Inserts another page at each fault",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of memory",
        },
        length: u64 {
            default: 0,
            description: "its length, in bytes",
        },
    },
}

/// What is mapped, and how many faults there were.
struct Varying {
    claim: MemRegion,
    faults: Atomic<i64>,
}

/// Of one table's length, as all architectures have it whose entries are of 8 bytes.
const HUGE_ORDER: usize = PAGE_SHIFT - 3;

impl VmaOps for Varying {
    fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        let page = fault.page_offset();
        fault.insert_pfn(&self.claim, page)
    }

    fn huge_fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        if fault.order() as usize != HUGE_ORDER {
            return VmFault::Fallback;
        }
        // One of four: the memory is long enough for those.
        let turn = self.faults.fetch_add(1, Relaxed) as usize & 3;
        let page = fault.page_offset().wrapping_add(turn << HUGE_ORDER);
        // Until the other threads are here, too.
        fsleep(Delta::from_millis(20));
        fault.insert_pfn(&self.claim, page)
    }
}

struct Node(Arc<Varying>);

#[vtable]
impl CharDevice for Node {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        let prot = vma.page_prot().noncached();
        vma.map_on_fault(self.0.clone(), prot)
    }

    fn physical_address(&self, page_offset: usize, _length: usize) -> Option<PhysAddr> {
        let offset = (page_offset as u64) << PAGE_SHIFT;
        self.0.claim.range().start().checked_add(offset)
    }
}

struct Attack {
    _node: Pin<KBox<Registration<Node>>>,
}

impl kernel::Module for Attack {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let length = param(module_parameters::length.value());
        let claim = request_mem_region(start, length, c"attack")?;
        let varying = Varying {
            claim,
            faults: Atomic::new(0),
        };
        let node = Node(Arc::new(varying, GFP_KERNEL)?);
        let options = Options::new(CString::try_from_fmt(fmt!("iomem-varying"))?);
        let node = Registration::register(options, Arc::new(node, GFP_KERNEL)?);
        let node = KBox::pin_init(node, GFP_KERNEL)?;
        check!("is_there_to_be_touched", true);
        pr_info!("done\n");
        Ok(Self { _node: node })
    }
}
