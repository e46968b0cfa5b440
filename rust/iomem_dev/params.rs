// SPDX-License-Identifier: GPL-2.0

//! The window that the module's parameters ask for.
//!
//! With `start=` and `length=`, loading the module makes a platform device for that range, which
//! the driver then binds to like any other. The range is tried first: where it cannot be had,
//! loading fails, the log says why in one line, and nothing is left behind.

use iomem::{
    platform,
    range::Range,
    resource::Mem, //
};
use kernel::prelude::*;

use crate::refusal::Refusal;

/// The value of a parameter that was not given: no range begins or is as long as this.
pub(crate) const NOT_GIVEN: u64 = u64::MAX;

/// Returns the range that the parameters ask for, if they do, after claiming it for a moment.
pub(crate) fn wanted(start: u64, length: u64) -> Result<Option<Range>> {
    match (start, length) {
        (NOT_GIVEN, NOT_GIVEN) => return Ok(None),
        (NOT_GIVEN, _) => {
            pr_err!("length= without start=: give both, e.g. start=0xfea00000 length=0x1000\n");
            return Err(EINVAL);
        }
        (_, NOT_GIVEN) => {
            pr_err!("start= without length=: give both, e.g. start=0xfea00000 length=0x1000\n");
            return Err(EINVAL);
        }
        _ => (),
    }

    match Refusal::or_claim::<Mem>(start, length, c"iomem_dev") {
        Ok(claim) => Ok(Some(claim.range())),
        Err(refusal) => {
            pr_err!("{refusal}\n");
            Err(refusal.into())
        }
    }
}

/// Makes the platform device called `name` for the range, if one is wanted.
///
/// # Errors
///
/// `EBUSY`: somebody took the range after it had been tried. Others: as `platform::Device`.
pub(crate) fn make(name: &CStr, wanted: Option<Range>) -> Result<Option<platform::Device>> {
    let Some(range) = wanted else {
        return Ok(None);
    };

    let device = platform::Device::register(name, range)
        .inspect_err(|e| pr_err!("{range}: no device could be made: {e:?}\n"))?;
    if !device.is_bound() {
        // The driver has said why.
        return Err(EBUSY);
    }
    Ok(Some(device))
}
