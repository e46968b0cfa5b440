// SPDX-License-Identifier: GPL-2.0

//! A number out of a set that ends before it.

use iomem::index::{
    Index,
    Indices, //
};
use kernel::prelude::*;

static INDICES: Indices<1> = Indices::new();

/// Takes a number.
pub fn take() -> Result<Index> {
    #[cfg(misuse)]
    {
        let indices = Indices::<1>::new();
        return indices.take(); //~ ERROR E0597: `indices` does not live long enough
    }
    #[cfg(not(misuse))]
    INDICES.take()
}
