// SPDX-License-Identifier: GPL-2.0

//! Properties of devices: what the driver reads is what the list says.

use iomem::{
    platform::{
        Info,
        Property,
        Resource, //
    },
    range::Range, //
};
use kernel::{
    device::{
        self,
        property::FwNode,
        Core, //
    },
    platform,
    prelude::*,
    str::CString, //
};

/// What [`super::resources`]' device is said to be.
pub(crate) const ALL: &[Property<'static>] = &[
    Property::flag(c"big-endian"),
    Property::u32(c"reg-io-width", 0xfedc_ba98),
    Property::string(c"label", c"a label"),
    Property::strings(c"reg-names", &[c"control", c"", c"ports"]),
    Property::strings(c"one-name", &[c"alone"]),
];

fn matches(node: &FwNode) -> Result<bool> {
    let name = |list: &CStr, name: &CStr| node.property_match_string(list, name).ok();
    Ok(node.property_read_bool(c"big-endian")
        && node.property_read::<u32>(c"reg-io-width").optional() == Some(0xfedc_ba98)
        && node
            .property_read::<CString>(c"label")
            .optional()
            .is_some_and(|label| label.to_bytes() == b"a label")
        && name(c"reg-names", c"control") == Some(0)
        && name(c"reg-names", c"") == Some(1)
        && name(c"reg-names", c"ports") == Some(2)
        && name(c"reg-names", c"absent").is_none()
        && name(c"one-name", c"alone") == Some(0)
        && !node.property_present(c"read-only"))
}

/// Whether the device has all of them, and nothing else that was asked for.
pub(crate) fn has_all(pdev: &platform::Device<Core<'_>>) -> bool {
    let dev: &device::Device<Core<'_>> = pdev.as_ref();
    dev.fwnode()
        .is_some_and(|node| matches(node).unwrap_or(false))
}

/// Whether the device has none.
pub(crate) fn has_none(pdev: &platform::Device<Core<'_>>) -> bool {
    let dev: &device::Device<Core<'_>> = pdev.as_ref();
    dev.fwnode().is_none()
}

/// What cannot be a property.
pub(crate) fn refused(start: u64) -> Result {
    let resources = [Resource::mem(Range::new(start, 0x1000)?)];
    let of = |properties: &[Property<'_>]| {
        Info::new(super::NAME, &resources)
            .properties(properties)
            .register()
            .err()
    };
    check!(
        "property_without_a_name_is_refused",
        of(&[Property::flag(c"")]) == Some(EINVAL)
    );
    check!(
        "property_given_twice_is_refused",
        of(&[
            Property::flag(c"one"),
            Property::flag(c"two"),
            Property::u32(c"one", 1)
        ]) == Some(EINVAL)
    );
    check!(
        "list_of_no_strings_is_refused",
        of(&[Property::flag(c"one"), Property::strings(c"two", &[])]) == Some(EINVAL)
    );
    Ok(())
}
