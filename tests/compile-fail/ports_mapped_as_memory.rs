// SPDX-License-Identifier: GPL-2.0

//! A claim on ports where one on memory is wanted: their numbers are no addresses.

use iomem::{
    mapping::Mapping,
    resource::MemRegion, //
};
use kernel::prelude::*;

#[cfg(misuse)]
type Claimed = iomem::resource::PortRegion;
#[cfg(not(misuse))]
type Claimed = MemRegion;

/// Maps what is claimed.
pub fn map(claim: Claimed) -> Result {
    Mapping::ioremap(claim).map(drop::<Mapping<Claimed, 0>>) //~ ERROR E0277: `Claim<Port>` holds no claim of `Mem`
}
