// SPDX-License-Identifier: GPL-2.0

//! A frame buffer: two areas behind one node, pixels and registers; the page offset says which.
//!
//! | C, in this order | here |
//! |---|---|
//! | `request_mem_region()`, for each area | [`request_mem_region`], which gives a claim |
//! | `ioremap()`, `readl()`, `iounmap()` | [`Mapping::ioremap`], `read32`, dropping the mapping |
//! | `misc_register()` | [`Registration::register`] |
//! | `vma->vm_pgoff` | [`NewVma::page_offset`] |
//! | `pgprot_noncached()`, `pgprot_writecombine()` | methods of what [`NewVma::page_prot`] returns |
//! | `vm_iomap_memory()` | [`NewVma::vm_iomap_memory`], and from a page on |
//! | `misc_deregister()`, `release_mem_region()` | dropping the node, and with it the claims |
//!
//! The device is QEMU's `bochs-display`. In `make vm`:
//!
//! ```text
//! echo 1 >/sys/bus/pci/devices/0000:00:05.0/enable
//! cat /sys/bus/pci/devices/0000:00:05.0/resource    # the 1st is the pixels, the 3rd the registers
//! modprobe sample_framebuffer registers=0xfeb0b000 pixels=0xfd000000
//! picture /dev/sample_framebuffer
//! screendump picture
//! rmmod sample_framebuffer
//! ```
//!
//! `picture` (samples/user/picture.c) draws, through the node alone; `screendump` photographs the
//! display from outside and says where the picture is. Documentation/samples/framebuffer.rst shows it.

use iomem::{
    chardev::{
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    compat::param,
    mapping::Mapping,
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
    io::Io,
    prelude::*,
    str::CString,
    sync::Arc, //
};

module! {
    type: Sample,
    name: "sample_framebuffer",
    authors: ["The iomem authors"],
    description: "Sample: pixels and registers behind one node, by page offset",
    license: "GPL",
    params: {
        registers: u64 {
            default: 0,
            description: "address of bochs-display's BAR 2",
        },
        pixels: u64 {
            default: 0,
            description: "address of its BAR 0",
        },
    },
}

/// The registers are a page. Two of them tell what is there, and how many blocks of 64 KiB it has.
const REGISTERS: u64 = 0x1000;
const ID: usize = 0x500;
const BLOCKS: usize = 0x514;
const BLOCK: u64 = 0x1_0000;

/// The page offset at which the pixels begin: behind the registers.
const PIXELS: usize = 1;

/// Claims memory. A refusal says which part of the range is claimed, and where to look.
fn claim(start: u64, length: u64) -> Result<MemRegion> {
    let claim = request_mem_region(start, length, c"sample_framebuffer");
    Ok(claim.inspect_err(|refused| pr_err!("{refused}\n"))?)
}

/// What the node stands for.
struct Display {
    registers: MemRegion,
    pixels: MemRegion,
}

impl Display {
    fn new(registers: u64, pixels: u64) -> Result<Self> {
        let registers = claim(registers, REGISTERS)?;
        // The kernel needs them for a moment only. They have 16 bits, and are read two at a time: at a
        // wrong address there may be a device to which an access that narrow is an error.
        let regs = Mapping::<_, 0x600>::ioremap(&registers)?;
        let (id, blocks) = (regs.read32(ID) as u16, regs.read32(BLOCKS) as u16);
        drop(regs);
        if !(0xb0c0..=0xb0cf).contains(&id) || blocks == 0 {
            pr_err!("no display at {}: give its BAR 2\n", registers.range());
            return Err(ENODEV);
        }
        let pixels = claim(pixels, u64::from(blocks) * BLOCK)?;
        pr_info!("pixels at {}\n", pixels.range());
        Ok(Self { registers, pixels })
    }
}

#[vtable]
impl CharDevice for Display {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn mmap<'a>(&'a self, _file: OpenFile<'a, Self>, vma: NewVma<'a>) -> Result<Mapped<'a>> {
        vma.forbid_exec()?;
        let prot = vma.page_prot();
        // What is longer than its area is refused: no mapping reaches from one into the other.
        match vma.page_offset().checked_sub(PIXELS) {
            // Each write of a register arrives, and in order.
            None => vma.vm_iomap_memory(&self.registers, prot.noncached()),
            // Pixels are memory: the processor may gather what is written to them.
            Some(page) => vma.io_remap_pfn_range(&self.pixels, page, prot.writecombine()),
        }
    }
}

/// What the module keeps. It cannot be unloaded while a program has the node open or mapped.
struct Sample {
    _node: Pin<KBox<Registration<Display>>>,
}

impl kernel::Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let registers = param(module_parameters::registers.value());
        let display = Display::new(registers, param(module_parameters::pixels.value()))?;
        let node = Options::new(CString::try_from_fmt(fmt!("sample_framebuffer"))?);
        let node = Registration::register(node, Arc::new(display, GFP_KERNEL)?);
        Ok(Self {
            _node: KBox::pin_init(node, GFP_KERNEL)?,
        })
    }
}
