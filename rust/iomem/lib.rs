// SPDX-License-Identifier: GPL-2.0

//! I/O memory and I/O ports for Rust kernel modules.
//!
//! An extension of the `kernel` crate: claim a range of addresses, map it, touch it, hand it to a
//! program, and take it back, each step safe by its type. A driver meets the modules in this
//! order:
//!
//! | module | what it is for |
//! |---|---|
//! | [`range`] | a range of addresses: not empty, does not wrap around |
//! | [`resource`] | claim a range: `request_mem_region`, `request_region` |
//! | [`mapping`] | map a claim into the kernel: `ioremap`; it is an [`Io`](kernel::io::Io) |
//! | [`port`] | I/O ports: `inb`, `outb` |
//! | [`iomap`] | either kind behind one type: `ioport_map`, `ioread32` |
//! | [`access`] | registers: ordered, relaxed, big-endian, repeated, copied, waited for |
//! | [`vma`] | map a claim into a program, and take it back: `vm_iomap_memory`, `pgprot_noncached`, `vm_operations_struct` |
//! | [`chardev`] | the device node that the program opens: `misc_register`, `register_chrdev` |
//! | [`irq`] | a device's interrupts: `request_irq`, `disable_irq_nosync` |
//! | [`eventfd`] | tell a program that something happened: `eventfd_signal` |
//! | [`platform`] | platform devices made from a list of resources |
//! | [`security`] | may who asks choose an address: `capable`, `security_locked_down` |
//! | [`signal`] | is the process being killed: `fatal_signal_pending` |
//! | [`param`] | module parameters that are strings |
//! | [`error`] | error codes that the kernel crate lacks |
//! | [`index`] | the `<N>` in a device's name |
//! | [`sysfs`] | what is told of a node: attributes |
//! | [`devres`] | what a device has until it is unbound: `devm_add_action` |
//! | [`debugfs`] | what is shown to who looks for mistakes: tables of registers |
//! | [`text`] | what such files are written into |
//! | [`trace`] | what can be traced: each access, each mapping |
//! | [`uapi`] | what the driver and its programs agree on |
//!
//! What differs between kernel releases is in `compat`, and only there.
//!
//! Offsets and lengths are in bytes, addresses are physical and errors are the errno that C would
//! give, unless something else is said. "Context" says from where a function may be called; where
//! nothing is said of it, from anywhere, interrupts included. "Context of the drop" says the same of
//! the drop of a value, of each type where that does something. What happens where a driver does
//! otherwise is in `Documentation/contexts.rst`.
//!
//! # Examples
//!
//! The registers of a device, here QEMU's `edu`:
//!
//! ```no_run
//! use iomem::{
//!     mapping::Mapping,
//!     resource::request_mem_region, //
//! };
//! use kernel::io::{
//!     register,
//!     Io, //
//! };
//!
//! register! {
//!     EDU_ID(u32) @ 0x00 {
//!         31:24 major;
//!         23:16 minor;
//!         15:0  magic;
//!     }
//! }
//!
//! // Ours alone from here on. Released and unmapped when `regs` is dropped.
//! let claim = request_mem_region(0xfea0_0000, 0x10_0000, c"my-device")?;
//! let regs = Mapping::<_, 0x100>::ioremap(claim)?;
//!
//! let id = regs.read(EDU_ID);
//! regs.write32(0x1234_5678, 0x04);
//! let inverted = regs.relaxed().read32(0x04);
//! let mut block = [0; 64];
//! regs.window().memcpy_fromio(0x40, &mut block)?;
//! # Ok::<(), Error>(())
//! ```
//!
//! What a driver keeps of a device that a program may map, and how it is found:
//!
//! ```no_run
//! use iomem::{
//!     index::{
//!         Index,
//!         Indices, //
//!     },
//!     mapping::Mapping,
//!     range::Range,
//!     resource::{
//!         Claim,
//!         Holder,
//!         Mem,
//!         MemRegion,
//!         Port,
//!         PortRegion,
//!         Root, //
//!     },
//!     vma::{
//!         Mapped,
//!         NewVma,
//!         PageProt, //
//!     },
//! };
//! use kernel::{
//!     io::Io,
//!     of, //
//! };
//!
//! iomem::of_device_table!(
//!     OF_TABLE,
//!     (),
//!     [(of::DeviceId::new(c"vendor,device"), ())]
//! );
//!
//! static NUMBERS: Indices<1> = Indices::new();
//!
//! struct Device {
//!     registers: MemRegion,
//!     ports: PortRegion,
//!     number: Index,
//! }
//!
//! /// The same for both roots.
//! fn claim<R: Root>(range: Range) -> Result<Claim<R>> {
//!     let claim = Claim::request(range, c"my-device")?;
//!     pr_info!("{range} is ours, see {}; the last is {:#x}\n", R::PROC, R::last());
//!     Ok(claim)
//! }
//!
//! /// For whatever holds the claim.
//! fn reset<H: Holder<Mem>>(holder: H) -> Result {
//!     pr_info!("resetting the device at {}\n", holder.region().range());
//!     Mapping::<H, 0x100>::ioremap(holder)?.write32(1, 0x10);
//!     Ok(())
//! }
//!
//! impl Device {
//!     fn new() -> Result<Self> {
//!         let device = Self {
//!             registers: claim::<Mem>(Range::new(0xfea0_0000, 0x2000)?)?,
//!             ports: claim::<Port>(Range::new(0x378, 3)?)?,
//!             number: NUMBERS.take()?,
//!         };
//!         reset(&device.registers)?;
//!         Ok(device)
//!     }
//! }
//!
//! /// One page, the first, and no copy of it.
//! fn map<'a>(device: &'a Device, vma: NewVma<'a>) -> Result<Mapped<'a>> {
//!     if !vma.is_shared() || (vma.page_offset(), vma.length()) != (0, 0x1000) {
//!         return Err(EINVAL);
//!     }
//!     let uncached: PageProt = vma.page_prot().noncached();
//!     vma.vm_iomap_memory(&device.registers, uncached)
//! }
//! ```

// The kernel's build says so on the command line, which rustdoc does not pass on when it looks for
// examples.
#![cfg_attr(doctest, no_std)]
#![cfg_attr(doctest, feature(asm_goto), allow(stable_features))]
// A length that is cut off is one that was not checked.
#![warn(clippy::cast_possible_truncation)]

#[path = "../bindings/lib.rs"]
pub(crate) mod bindings;

/// What the macros name, which their caller's crate could otherwise have others of these names for.
#[doc(hidden)]
pub mod __private {
    pub use ::core;
    pub use ::kernel;
}

pub mod access;
pub mod chardev;
pub mod compat;
mod context;
pub mod debugfs;
pub mod devres;
pub mod error;
pub mod eventfd;
pub mod index;
pub mod iomap;
pub mod irq;
mod leftover;
pub mod mapping;
mod names;
mod owner;
pub mod param;
pub mod parent;
pub mod platform;
#[cfg(CONFIG_HAS_IOPORT)]
pub mod port;
pub mod range;
pub mod resource;
pub mod rwsem;
pub mod security;
pub mod signal;
pub mod sysfs;
pub mod text;
pub mod trace;
pub mod uapi;
pub mod vma;
