// SPDX-License-Identifier: GPL-2.0

//! Windows with properties that are right, missing and wrong, tried in the kernel.
//!
//! With the driver `iomem_dev` loaded, loading this with `start=` at BAR 0 of QEMU's `edu`, and `irq=`,
//! the number of its line, makes platform devices for it, each with one property that is not as it should be. The driver says of
//! each in one line what is wrong with it.

use iomem::{
    compat::param,
    platform::{
        Info,
        Property,
        Resource, //
    },
    range::Range, //
};
use kernel::prelude::*;

#[macro_use]
mod check;

module! {
    type: Test,
    name: "iomem_test_windows",
    authors: ["The iomem authors"],
    description: "Tries the properties of the windows of iomem_dev",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's BAR 0",
        },
        irq: u64 {
            default: 0,
            description: "edu's interrupt, by the kernel's number",
        },
    },
}

/// Whether the driver takes a device of two regions that has these properties.
fn taken(properties: &[Property<'_>]) -> Result<bool> {
    let start = param(module_parameters::start.value());
    let resources = [
        Resource::mem(Range::new(start, 0x1000)?),
        Resource::mem(Range::new(start + 0x2000, 0x1000)?),
    ];
    let device = Info::new(c"iomem_dev", &resources)
        .properties(properties)
        .register()?;
    Ok(device.is_bound())
}

/// Whether the driver takes a device with an interrupt that `interrupt-names`, or else the list of
/// resources, calls by these names.
fn taken_with_irq(property: Option<&CStr>, resource: Option<&CStr>) -> Result<bool> {
    let start = param(module_parameters::start.value());
    let irq = Resource::irq(u32::try_from(param(module_parameters::irq.value()))?);
    let resources = [
        Resource::mem(Range::new(start, 0x1000)?),
        resource.map_or(irq, |name| irq.named(name)),
    ];
    let property = property.map(|name| [Property::string(c"interrupt-names", name)]);
    let device = Info::new(c"iomem_dev", &resources)
        .properties(property.as_ref().map_or(&[][..], |property| property))
        .register()?;
    Ok(device.is_bound())
}

/// Of which a part could be taken for a line of its own, or for what a terminal obeys, and text that is
/// not ASCII.
const NO_NAMES: [&CStr; 7] = [
    c"a\niomem-state:\tgone",
    c"a\n",
    c"\ra",
    c"a\tb",
    c"\x1b[2J",
    c"a\x7f",
    c"\xc3\xa9",
];

const LONGEST: &CStr = c"1234567890123456789012345678901";
const TOO_LONG: &CStr = c"12345678901234567890123456789012";

fn widths() -> Result {
    let width = |bytes| taken(&[Property::u32(c"reg-io-width", bytes)]);
    check!(
        "widths_of_registers_are_taken",
        width(1)? && width(2)? && width(4)? && width(8)?
    );
    check!(
        "other_widths_are_refused",
        !width(0)? && !width(3)? && !width(5)? && !width(16)? && !width(u32::MAX)?
    );
    check!(
        "width_without_a_value_is_refused",
        !taken(&[Property::flag(c"reg-io-width")])?
    );
    Ok(())
}

fn names() -> Result {
    let names = |names| taken(&[Property::strings(c"reg-names", names)]);
    check!(
        "names_of_regions_are_taken",
        names(&[c"one", c"two"])? && names(&[c"one"])? && names(&[c"", c"two"])?
    );
    check!(
        "more_names_than_regions_are_refused",
        !names(&[c"one", c"two", c"three"])?
    );
    check!(
        "one_name_is_a_list_of_one",
        taken(&[Property::string(c"reg-names", c"one")])?
    );
    check!(
        "names_that_are_none_are_refused",
        !taken(&[Property::flag(c"reg-names")])?
    );
    check!(
        "names_of_interrupts_without_any_are_refused",
        !taken(&[Property::strings(c"interrupt-names", &[c"one"])])?
    );
    check!("longest_name_is_taken", names(&[LONGEST])?);
    check!(
        "name_that_is_too_long_is_refused",
        !names(&[c"one", TOO_LONG])?
    );
    let mut wrong = 0;
    for no_name in NO_NAMES {
        wrong += u32::from(taken(&[Property::string(c"reg-names", no_name)])?);
        wrong += u32::from(taken(&[Property::strings(
            c"reg-names",
            &[c"one", no_name],
        )])?);
    }
    check!("names_that_are_no_text_are_refused", wrong == 0);
    // The first and the last that there are, and what those above are shown as in the log.
    check!(
        "names_of_any_text_are_taken",
        names(&[c" !/~", c"a\\n\\x0a"])?
    );
    Ok(())
}

fn interrupt_names() -> Result {
    check!(
        "names_of_interrupts_are_taken",
        taken_with_irq(None, None)?
            && taken_with_irq(Some(LONGEST), None)?
            && taken_with_irq(None, Some(LONGEST))?
    );
    check!(
        "name_of_an_interrupt_that_is_too_long_is_refused",
        !taken_with_irq(Some(TOO_LONG), None)? && !taken_with_irq(None, Some(TOO_LONG))?
    );
    let mut wrong = 0;
    for no_name in NO_NAMES {
        wrong += u32::from(taken_with_irq(Some(no_name), None)?);
        wrong += u32::from(taken_with_irq(None, Some(no_name))?);
    }
    check!(
        "names_of_interrupts_that_are_no_text_are_refused",
        wrong == 0
    );
    Ok(())
}

fn labels() -> Result {
    let label = |label| taken(&[Property::string(c"label", label)]);
    check!("labels_are_taken", label(c"a label")? && label(LONGEST)?);
    check!("label_that_is_too_long_is_refused", !label(TOO_LONG)?);
    check!("empty_label_is_refused", !label(c"")?);
    let mut wrong = 0;
    for no_name in NO_NAMES {
        wrong += u32::from(label(no_name)?);
    }
    check!("labels_that_are_no_text_are_refused", wrong == 0);
    check!(
        "label_without_a_value_is_refused",
        !taken(&[Property::flag(c"label")])?
    );
    Ok(())
}

fn others() -> Result {
    check!("no_properties_are_needed", taken(&[])?);
    check!(
        "flags_are_taken",
        taken(&[Property::flag(c"big-endian"), Property::flag(c"read-only")])?
    );
    check!(
        "unknown_properties_are_left_alone",
        taken(&[Property::u32(c"clock-frequency", 1)])?
    );
    Ok(())
}

struct Test;

impl kernel::Module for Test {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        check!("others_ran", others().is_ok());
        check!("widths_ran", widths().is_ok());
        check!("names_ran", names().is_ok());
        check!("interrupt_names_ran", interrupt_names().is_ok());
        check!("labels_ran", labels().is_ok());
        pr_info!("done\n");
        Ok(Self)
    }
}
