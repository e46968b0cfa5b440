// SPDX-License-Identifier: GPL-2.0

//! rust/iomem_dev/region/register.rs.

use iomem::{
    access::Width,
    range::Range, //
};
use kernel::prelude::*;

use crate::{
    cases::{
        properties,
        Chance,
        Property, //
    },
    driver::{
        accesses,
        register, //
    },
    width::{
        only,
        ALL, //
    },
};

pub const PROPERTIES: &[Property] = properties![
    it_is_within_and_aligned_and_as_wide,
    a_series_that_begins_at_one_is_all_registers,
];

/// A range of registers, rather a short one, rather one that begins where something does.
fn some(chance: &mut Chance) -> Range {
    loop {
        let length = match chance.below(2) {
            0 => 1 + chance.number() % 40,
            _ => chance.number(),
        };
        let start = match chance.below(2) {
            0 => chance.number() & !7,
            _ => chance.number(),
        };
        if let Ok(range) = Range::new(start, length) {
            return range;
        }
    }
}

fn it_is_within_and_aligned_and_as_wide(chance: &mut Chance, _: usize) {
    let (range, is_ports, only) = (some(chance), chance.one_in(4), only(chance));
    let width = *chance.of(&ALL);
    let offset = match chance.below(4) {
        0 => chance.number(),
        _ => chance.between(0, range.length()),
    };
    let first = u128::from(range.start()) + u128::from(offset);
    let right = u128::from(offset) + width.bytes() as u128 <= u128::from(range.length())
        && first % width.bytes() as u128 == 0
        && only.is_none_or(|only| only == width)
        && !(is_ports && width == Width::W64);
    let wanted = if right {
        Ok(offset as usize)
    } else {
        Err(EINVAL)
    };
    assert_eq!(register(range, is_ports, only, width, offset), wanted);
}

/// So a transfer whose first register is one never stops in the middle.
fn a_series_that_begins_at_one_is_all_registers(chance: &mut Chance, _: usize) {
    let (range, only) = (some(chance), only(chance));
    let offset = chance.between(0, range.length().min(64));
    let wanted = chance.below(100);
    let left = range.length().saturating_sub(offset);
    let Ok((width, bytes)) = accesses(only, wanted, left) else {
        return;
    };
    let first = register(range, false, only, width, offset);
    for done in (0..bytes as u64).step_by(width.bytes()) {
        let each = register(range, false, only, width, offset + done);
        assert_eq!(each.is_ok(), first.is_ok());
    }
}
