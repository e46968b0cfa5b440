// SPDX-License-Identifier: GPL-2.0

//! `mmap` by a fault handler: a page appears when it is touched for the first time.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_mem_region()` | [`request_mem_region`], which gives a claim |
//! | `misc_register()` | [`Registration::register`] |
//! | `pgprot_noncached()` | `noncached` of what [`NewVma::page_prot`] returns |
//! | `vm_flags_set(VM_IO \| VM_PFNMAP…)`, `vma->vm_ops = …` | [`NewVma::map_on_fault`] |
//! | `vm_ops->fault()` | [`VmaOps::fault`] |
//! | `vmf->pgoff` | [`Fault::page_offset`] |
//! | `vmf_insert_pfn()`, which was `vm_insert_pfn()` | [`Fault::insert_pfn`] |
//! | `VM_FAULT_SIGBUS` | [`VmFault::Sigbus`] |
//! | `misc_deregister()`, `release_mem_region()` | dropping the node, and with it the claim |
//!
//! The device is the memory of QEMU's `ivshmem`. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:04.0/enable
//! modprobe sample_fault start=0xff40000000 length=0x4000
//! pages /dev/sample_fault 8 0 3 0 7
//! dmesg | grep sample_fault
//! rmmod sample_fault
//! ```
//!
//! `pages` (samples/user/pages.c) maps eight pages and touches four times. The log has a line for
//! each fault: fewer than that. The device has four pages, so the last touch is its end.
//! Documentation/samples/fault.rst shows it.

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
    page::{
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    str::CString,
    sync::Arc, //
};

module! {
    type: Sample,
    name: "sample_fault",
    authors: ["The iomem authors"],
    description: "Sample: mmap by a fault handler",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of the range, in whole pages",
        },
        length: u64 {
            default: 0,
            description: "its length in bytes, in whole pages",
        },
    },
}

/// What the node stands for, and what is asked for its pages: each VMA has a reference.
struct Device {
    claim: MemRegion,
}

impl VmaOps for Device {
    fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        let (page, address) = (fault.page_offset(), fault.address());
        let offset = (page as u64) << PAGE_SHIFT;
        // `insert_pfn` looks for itself whether there is such a page; here it is to be logged.
        let Ok(physical) = self.claim.range().part(offset, PAGE_SIZE as u64) else {
            pr_info!("fault at {address:#x}: there is no page {page}\n");
            return VmFault::Sigbus;
        };
        pr_info!("fault at {address:#x}: page {page} is {physical}\n");
        fault.insert_pfn(&self.claim, page)
    }
}

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn mmap<'a>(&'a self, file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        vma.forbid_exec()?;
        let prot = vma.page_prot().noncached();
        // Nothing is mapped yet, and nothing has to fit.
        vma.map_on_fault(file.device().into(), prot)
    }
}

/// What the module keeps. It cannot be unloaded while a program has the node open or mapped.
struct Sample {
    _node: Pin<KBox<Registration<Device>>>,
}

impl kernel::Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let start = param(module_parameters::start.value());
        let length = param(module_parameters::length.value());
        let claim = request_mem_region(start, length, c"sample_fault")
            .inspect_err(|refused| pr_err!("{refused}\n"))?;
        let range = claim.range();
        if !range.is_page_aligned() {
            pr_err!("{range} is not whole pages: it cannot be mapped\n");
            return Err(EINVAL);
        }

        let node = Options::new(CString::try_from_fmt(fmt!("sample_fault"))?);
        let node = Registration::register(node, Arc::new(Device { claim }, GFP_KERNEL)?);
        Ok(Self {
            _node: KBox::pin_init(node, GFP_KERNEL)?,
        })
    }
}
