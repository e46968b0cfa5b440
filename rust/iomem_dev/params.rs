// SPDX-License-Identifier: GPL-2.0

//! The window that the module's parameters ask for.
//!
//! With `start=` and `length=`, and `name=` for what it is called, loading the module makes a platform
//! device for that range, which the driver then binds to like any other. The range is tried first:
//! where it cannot be had, loading fails, the log says why in one line, and nothing is left behind.

use iomem::{
    platform::{
        self,
        Info,
        Property,
        Resource, //
    },
    range::Range,
    resource::Mem, //
};
use kernel::prelude::*;

use crate::{
    claim_error::ClaimError,
    names::DRIVER,
    new_device::parse,
    permission,
    probe_result, //
};

/// The value of a parameter that was not given, as the documentation says: no range that can be handed
/// out begins or is as long as this.
pub(crate) const NOT_GIVEN: u64 = u64::MAX;

/// A window that the parameters ask for.
pub(crate) struct Wanted {
    range: Range,
    name: Option<&'static CStr>,
}

/// Returns the window that the parameters ask for, if they do, after claiming it for a moment.
pub(crate) fn wanted(
    start: u64,
    length: u64,
    name: Option<&'static CStr>,
) -> Result<Option<Wanted>> {
    match (start, length) {
        (NOT_GIVEN, NOT_GIVEN) if name.is_some() => {
            pr_err!("name= without start= and length=: give all three, or neither\n");
            return Err(EINVAL);
        }
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
    permission::may_choose_address("start=")?;
    if let Some(name) = name {
        parse::whole_name(name.to_bytes()).map_err(|error| {
            pr_err!("name=: {error}\n");
            Error::from(error)
        })?;
    }

    match ClaimError::or_claim::<Mem>(start, length, DRIVER)
        .and_then(|claim| ClaimError::unless(false, claim))
    {
        Ok(claim) => Ok(Some(Wanted {
            range: claim.range(),
            name,
        })),
        Err(error) => {
            pr_err!("{error}\n");
            Err(error.into())
        }
    }
}

/// Makes the platform device for the window, if one is wanted.
///
/// # Errors
///
/// Those of the driver, such as `EBUSY` where another driver took the range after it had been tried.
/// Others: as `platform::Info`.
pub(crate) fn make(wanted: Option<Wanted>) -> Result<Option<platform::Device>> {
    let Some(Wanted { range, name }) = wanted else {
        return Ok(None);
    };

    let resources = [Resource::mem(range)];
    let label = name.map(|name| [Property::string(c"label", name)]);
    let properties = label.as_ref().map_or(&[][..], |label| label);
    probe_result::bound("start=: the device", || {
        Info::new(DRIVER, &resources)
            .properties(properties)
            .register()
            .inspect_err(|e| pr_err!("{range}: no device could be made: {e:?}\n"))
    })
    .map(Some)
}
