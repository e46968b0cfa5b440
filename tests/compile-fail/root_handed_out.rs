// SPDX-License-Identifier: GPL-2.0

//! The root of a tree is not for others: by it one could claim System RAM, or ports as memory.

use iomem::resource::{
    Mem,
    Root, //
};

pub fn last() -> u64 {
    #[cfg(misuse)]
    let _root = Mem::root(); //~ ERROR E0599: no variant or associated item named `root` found for enum `Mem`
    Mem::last()
}
