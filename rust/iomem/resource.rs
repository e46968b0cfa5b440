// SPDX-License-Identifier: GPL-2.0

//! Claims: exclusive use of a range of I/O memory or of I/O ports.
//!
//! # The life of a claim
//!
//! The kernel keeps two trees of ranges, one for memory (`/proc/iomem`) and one for ports
//! (`/proc/ioports`); [`Mem`] and [`Port`] stand for their roots. [`request_mem_region`] and
//! [`request_region`] enter a range into one of them under a name, marked as busy, and give a
//! [`Claim`]. As long as that value exists, no other driver can claim any part of the range, and with
//! `CONFIG_IO_STRICT_DEVMEM` it cannot be reached through `/dev/mem` either. When it is dropped, the
//! entry disappears. A claim that cannot be had is [`Refused`], with the reason.
//!
//! | C | here |
//! |---|---|
//! | `request_mem_region`, `request_region` | [`request_mem_region`], [`request_region`] |
//! | `request_mem_region_exclusive` | [`request_mem_region_exclusive`] |
//! | `request_muxed_region`, `request_mem_region_muxed` | [`request_muxed_region`], [`request_mem_region_muxed`]: a [`Muxed`] claim, which others wait for |
//! | `devm_request_mem_region`, `devm_request_region` | [`devm_request_mem_region`], [`devm_request_region`] |
//! | `release_mem_region`, `release_region` | dropping the claim |
//! | `check_mem_region`, `check_region` (gone from Linux) | [`region_intersects`], and rather claiming |
//!
//! What is built on a claim borrows or owns it, so a claim cannot end before its last use:
//! [`Mapping`](crate::mapping::Mapping) for the kernel, [`NewVma`](crate::vma::NewVma) for
//! programs.
//!
//! To know whether a range is free, claim it: asking first gives an answer that is old
//! by the time it is read. What can be asked nevertheless is in [`region_intersects`].
//!
//! C header: [`include/linux/ioport.h`](srctree/include/linux/ioport.h)

mod claim;
pub(crate) mod devm;
mod entry;
mod firmware;
mod holder;
mod intersect;
pub(crate) mod memtypes;
mod muxed;
mod pages;
mod refused;
mod request;
mod root;

pub(crate) use self::firmware::has_memory;

pub use self::{
    claim::{
        Claim,
        MemRegion,
        PortRegion, //
    },
    devm::{
        devm_request_mem_region,
        devm_request_region, //
    },
    holder::{
        Holder,
        Owner, //
    },
    intersect::{
        contains_ram,
        region_intersects,
        Intersection,
        Kind, //
    },
    muxed::{
        Muxed,
        MuxedMemRegion,
        MuxedRegion, //
    },
    pages::{
        ClaimPages,
        Pages, //
    },
    refused::{
        Reason,
        Refused, //
    },
    request::{
        request_mem_region,
        request_mem_region_exclusive,
        request_mem_region_muxed,
        request_muxed_region,
        request_region, //
    },
    root::{
        Mem,
        Port,
        Root, //
    },
};
