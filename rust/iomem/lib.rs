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
//! | [`platform`] | platform devices made from a list of resources |
//! | [`error`] | error codes that the kernel crate lacks |
//! | [`index`] | the `<N>` in a device's name |
//! | [`uapi`] | what the driver and its programs agree on |
//!
//! What differs between kernel releases is in `compat`, and only there.

// The kernel's build says so on the command line, which rustdoc does not pass on when it looks for
// examples.
#![cfg_attr(doctest, no_std)]

#[path = "../bindings/lib.rs"]
pub(crate) mod bindings;

pub mod access;
pub mod chardev;
pub mod compat;
pub mod error;
pub mod index;
pub mod iomap;
pub mod mapping;
pub mod platform;
#[cfg(CONFIG_HAS_IOPORT)]
pub mod port;
pub mod range;
pub mod resource;
mod rwsem;
pub mod uapi;
pub mod vma;
