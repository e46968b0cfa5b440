// SPDX-License-Identifier: GPL-2.0

//! `mmap` uncached and write-combining: the program chooses by the offset.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_mem_region()` | [`request_mem_region`], which gives a claim |
//! | `misc_register()` | [`Registration::register`] |
//! | `vm_get_page_prot()` | [`NewVma::page_prot`] |
//! | `pgprot_noncached()` | `noncached` of that |
//! | `pgprot_writecombine()` | `writecombine` of that |
//! | `io_remap_pfn_range()` | [`NewVma::io_remap_pfn_range`] |
//! | `misc_deregister()`, `release_mem_region()` | dropping the node, and with it the claim |
//!
//! The device is the memory of QEMU's `ivshmem`. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:04.0/enable
//! modprobe sample_cache_modes start=0xff40000000 length=0x100000
//! ways /dev/sample_cache_modes 0x100000
//! rmmod sample_cache_modes
//! ```
//!
//! `ways` (samples/user/ways.c) maps a page in each mode and says what can be done with it that
//! cannot be done with the other. Documentation/samples/cache_modes.rst shows it.

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
        Mapped,
        NewVma, //
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
    name: "sample_cache_modes",
    authors: ["The iomem authors"],
    description: "Sample: mmap uncached and write-combining",
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

/// What the node stands for.
struct Device {
    claim: MemRegion,
}

#[vtable]
impl CharDevice for Device {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        vma.forbid_exec()?;
        // The device is there twice: as it is, uncached, and behind that once more.
        let pages = (self.claim.range().length() >> PAGE_SHIFT) as usize;
        let (page, prot) = match vma.page_offset().checked_sub(pages) {
            None => (vma.page_offset(), vma.page_prot().noncached()),
            Some(page) => (page, vma.page_prot().writecombine()),
        };
        vma.io_remap_pfn_range(&self.claim, page, prot)
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
        let claim = request_mem_region(start, length, c"sample_cache_modes")
            .inspect_err(|refused| pr_err!("{refused}\n"))?;
        let range = claim.range();
        if !range.is_page_aligned() {
            pr_err!("{range} is not whole pages: it cannot be mapped\n");
            return Err(EINVAL);
        }

        let node = Options::new(CString::try_from_fmt(fmt!("sample_cache_modes"))?);
        let node = Registration::register(node, Arc::new(Device { claim }, GFP_KERNEL)?);
        Ok(Self {
            _node: KBox::pin_init(node, GFP_KERNEL)?,
        })
    }
}
