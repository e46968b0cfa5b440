// SPDX-License-Identifier: GPL-2.0

//! The platform device that a line describes.

use iomem::{
    index::Index,
    platform::{
        self,
        Id,
        Info,
        Property,
        Resource, //
    },
};
use kernel::{
    fmt,
    prelude::*,
    str::CString, //
};

use super::parse::Line;
use crate::names::DRIVER;

pub(super) fn cstring(text: &str) -> Result<CString> {
    CString::try_from_fmt(fmt!("{text}"))
}

/// Names in the order of what they are for, as a property has them: an empty one for what has none.
/// Nothing if none has one.
fn names<'a>(all: impl Iterator<Item = Option<&'a str>> + Clone) -> Result<KVec<CString>> {
    let mut names = KVec::new();
    if all.clone().any(|name| name.is_some()) {
        for name in all {
            names.push(cstring(name.unwrap_or_default())?, GFP_KERNEL)?;
        }
    }
    Ok(names)
}

/// Makes the device that a line describes.
pub(super) fn make(line: &Line<'_>, label: &CStr, index: &Index) -> Result<platform::Device> {
    let mut resources = KVec::new();
    for region in &line.memory {
        resources.push(Resource::mem(region.what), GFP_KERNEL)?;
    }
    for region in &line.ports {
        resources.push(Resource::port(region.what), GFP_KERNEL)?;
    }
    for irq in &line.irqs {
        resources.push(Resource::irq(irq.what), GFP_KERNEL)?;
    }

    let regions = names(line.regions().map(|region| region.name))?;
    let irqs = names(line.irqs.iter().map(|irq| irq.name))?;
    let (regions, irqs) = (list(&regions)?, list(&irqs)?);

    let mut properties = KVec::new();
    properties.push(Property::string(c"label", label), GFP_KERNEL)?;
    if !regions.is_empty() {
        properties.push(Property::strings(c"reg-names", &regions), GFP_KERNEL)?;
    }
    if !irqs.is_empty() {
        properties.push(Property::strings(c"interrupt-names", &irqs), GFP_KERNEL)?;
    }
    if let Some(width) = line.width {
        let bytes = width.bytes() as u32;
        properties.push(Property::u32(c"reg-io-width", bytes), GFP_KERNEL)?;
    }
    if line.big_endian {
        properties.push(Property::flag(c"big-endian"), GFP_KERNEL)?;
    }
    if line.read_only {
        properties.push(Property::flag(c"read-only"), GFP_KERNEL)?;
    }
    if line.write_combining {
        properties.push(Property::flag(c"write-combining"), GFP_KERNEL)?;
    }

    if line.whole_pages {
        properties.push(Property::flag(c"map-whole-pages"), GFP_KERNEL)?;
    }
    if line.firmware_reserved {
        properties.push(Property::flag(c"firmware-reserved"), GFP_KERNEL)?;
    }

    Info::new(DRIVER, &resources)
        .properties(&properties)
        .id(Id::Number(index.value()))
        .register()
        .inspect_err(|e| pr_err!("new_device: '{}': {}\n", line.name, Unmade(*e)))
}

fn list(names: &KVec<CString>) -> Result<KVec<&CStr>> {
    let mut list = KVec::new();
    for name in names {
        list.push(&**name, GFP_KERNEL)?;
    }
    Ok(list)
}

/// Why no device could be made, in words.
struct Unmade(Error);

impl fmt::Display for Unmade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            e if e == EBUSY => {
                f.write_str("two of its ranges overlap, or two of its interrupts are one")
            }
            e if e == ERANGE => f.write_str(
                "one of its ranges is beyond the last address or port of this machine: see \
                 /proc/iomem and /proc/ioports",
            ),
            e => f.write_fmt(fmt!("no device could be made: {e:?}")),
        }
    }
}
