// SPDX-License-Identifier: GPL-2.0

//! Claims, in a tree that is a list.

use std::cell::RefCell;

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    bindings,
    range::Range, //
};

/// There are no memory types here, so nothing of them is left.
mod memtypes {
    pub struct Memtypes;

    impl Memtypes {
        pub fn new(_: crate::range::Range) -> Self {
            Self
        }
    }
}
#[path = "../../../rust/iomem/resource/pages.rs"]
mod pages;
#[path = "../../../rust/iomem/resource/refused.rs"]
mod refused;

pub use self::{
    pages::{
        ClaimPages,
        Pages, //
    },
    refused::{
        Reason,
        Refused, //
    },
};

/// The part of a tree that a refusal asks about.
pub trait Root {
    const PROC: &'static str;
    const FLAGS: u32;
    fn conflict(range: Range) -> Option<Held>;
}

pub struct Held {
    pub part: Range,
    pub is_ram: bool,
}

pub struct Mem;

impl Root for Mem {
    const PROC: &'static str = "/proc/iomem";
    const FLAGS: u32 = bindings::IORESOURCE_MEM;

    fn conflict(range: Range) -> Option<Held> {
        let held = claimed().into_iter().find(|held| held.overlaps(&range))?;
        let start = held.start().max(range.start());
        let length = held.last().min(range.last()) - start + 1;
        Some(Held {
            part: Range::new(start, length).ok()?,
            is_ram: false,
        })
    }
}

pub struct Port;

impl Root for Port {
    const PROC: &'static str = "/proc/ioports";
    const FLAGS: u32 = bindings::IORESOURCE_IO;

    fn conflict(_range: Range) -> Option<Held> {
        None
    }
}

thread_local! {
    static CLAIMED: RefCell<Vec<Range>> = const { RefCell::new(Vec::new()) };
}

/// What is claimed.
pub fn claimed() -> Vec<Range> {
    CLAIMED.with_borrow(Clone::clone)
}

#[derive(Debug)]
pub struct MemRegion {
    range: Range,
}

impl MemRegion {
    pub fn request(range: Range, _name: &CStr) -> Result<Self, Refused> {
        if claimed().iter().any(|held| held.overlaps(&range)) {
            return Err(Refused::conflict::<Mem>(range));
        }
        CLAIMED.with_borrow_mut(|claimed| claimed.push(range));
        Ok(Self { range })
    }

    pub fn range(&self) -> Range {
        self.range
    }

    /// Here firmware keeps nothing.
    pub fn is_firmware_reserved(&self) -> bool {
        false
    }

    /// Here all are below the root.
    pub fn is_within_parent_of(&self, _: &Self) -> bool {
        true
    }
}

impl Drop for MemRegion {
    fn drop(&mut self) {
        CLAIMED.with_borrow_mut(|claimed| claimed.retain(|held| *held != self.range));
    }
}

/// Claims the pages around claims.
pub fn around(claims: &[Arc<MemRegion>]) -> Result<Pages, Refused> {
    let claims: Vec<_> = claims.iter().collect();
    Pages::around(&claims, c"rest")
}
