// SPDX-License-Identifier: GPL-2.0

//! `mmap` by `remap_pfn_range()`, with operations that log where the mapping is: its virtual and its
//! physical addresses.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_mem_region()` | [`request_mem_region`], which gives a claim |
//! | `misc_register()` | [`Registration::register`] |
//! | `vma->vm_ops = …`, `vma->vm_private_data = …` | [`NewVma::with_ops`] |
//! | `pgprot_noncached()` | `noncached` of what [`NewVma::page_prot`] returns |
//! | `remap_pfn_range()` | [`NewVma::remap_pfn_range`] |
//! | `vm_ops->open()`, `vm_ops->close()` | [`VmaOps::open`], [`VmaOps::close`] |
//! | `misc_deregister()`, `release_mem_region()` | dropping the node, and with it the claim |
//!
//! The device can be any; here it is QEMU's `edu`. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:02.0/enable
//! modprobe sample_vma_log start=0xfea00000 length=0x100000
//! vmas /dev/sample_vma_log
//! dmesg | grep sample_vma_log
//! rmmod sample_vma_log
//! ```
//!
//! `vmas` (samples/user/vmas.c) maps four pages, forks, and unmaps one. The log has a line for each
//! VMA that comes of that, and one for each that goes. Documentation/samples/vma_log.rst shows it.

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
        Area,
        Mapped,
        NewVma,
        VmaOps, //
    },
};
use kernel::{
    page::PAGE_SHIFT,
    prelude::*,
    str::CString,
    sync::Arc, //
};

module! {
    type: Sample,
    name: "sample_vma_log",
    authors: ["The iomem authors"],
    description: "Sample: mmap by remap_pfn_range(), and what becomes of the VMA",
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

/// What the node stands for, and what is told of its VMAs: each of them has a reference.
struct Device {
    claim: MemRegion,
}

impl Device {
    fn log(&self, what: &str, vma: &Area<'_>) {
        let (first, last) = (vma.start(), vma.end().wrapping_sub(1));
        // The VMA's page offset is where in the claim it begins.
        let offset = (vma.page_offset() as u64) << PAGE_SHIFT;
        if let Ok(physical) = self.claim.range().part(offset, vma.length() as u64) {
            pr_info!("{what}: virtual {first:#x}-{last:#x}, physical {physical}\n");
        }
    }
}

impl VmaOps for Device {
    // Also of the first one, and of each that comes of a fork or a split.
    fn open(&self, vma: &Area<'_>) {
        self.log("open", vma);
    }

    fn close(&self, vma: &Area<'_>) {
        self.log("close", vma);
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
        // C takes any number of a page frame. This takes the number of a page of the claim.
        let page = vma.page_offset();
        vma.with_ops(file.device().into())
            .remap_pfn_range(&self.claim, page, prot)
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
        let claim = request_mem_region(start, length, c"sample_vma_log")
            .inspect_err(|refused| pr_err!("{refused}\n"))?;
        let range = claim.range();
        if !range.is_page_aligned() {
            pr_err!("{range} is not whole pages: it cannot be mapped\n");
            return Err(EINVAL);
        }

        let node = Options::new(CString::try_from_fmt(fmt!("sample_vma_log"))?);
        let node = Registration::register(node, Arc::new(Device { claim }, GFP_KERNEL)?);
        Ok(Self {
            _node: KBox::pin_init(node, GFP_KERNEL)?,
        })
    }
}
