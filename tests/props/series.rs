// SPDX-License-Identifier: GPL-2.0

//! rust/iomem_dev/read_write/series.rs.

use iomem::access::Width;
use kernel::prelude::*;

use crate::{
    cases::{
        properties,
        Chance,
        Property, //
    },
    driver::accesses,
    width::only,
};

pub const PROPERTIES: &[Property] = properties![
    whole_registers_and_never_beyond_the_end,
    a_register_is_one_access_or_none,
    a_long_transfer_is_as_long_as_can_be,
];

/// How much is wanted, and how much there is.
fn some(chance: &mut Chance) -> (usize, u64) {
    let wanted = match chance.below(2) {
        0 => chance.below(40),
        _ => chance.size(),
    };
    let left = match chance.below(3) {
        0 => chance.below(40) as u64,
        1 => (wanted as u64)
            .wrapping_add(chance.number() % 16)
            .wrapping_sub(8),
        _ => chance.number(),
    };
    (wanted, left)
}

fn whole_registers_and_never_beyond_the_end(chance: &mut Chance, _: usize) {
    let (only, (wanted, left)) = (only(chance), some(chance));
    match accesses(only, wanted, left) {
        Ok((width, bytes)) => {
            assert!(bytes != 0 && bytes % width.bytes() == 0);
            assert!(bytes <= wanted && bytes as u64 <= left);
            assert!(only.is_none_or(|only| only == width));
        }
        Err(e) => assert_eq!(e, EINVAL),
    }
}

fn a_register_is_one_access_or_none(chance: &mut Chance, _: usize) {
    let wanted = *chance.of(&[1, 2, 4, 8]);
    let (only, (_, left)) = (only(chance), some(chance));
    let register = Width::from_bytes(wanted).unwrap();
    match (accesses(only, wanted, left), only) {
        // There is no other width to make a series of.
        (result, None) if wanted as u64 <= left => assert_eq!(result, Ok((register, wanted))),
        (result, Some(only)) if only == register && wanted as u64 <= left => {
            assert_eq!(result, Ok((register, wanted)));
        }
        // A wider register is not taken apart.
        (result, Some(only)) if wanted % only.bytes() != 0 => assert_eq!(result, Err(EINVAL)),
        (result, Some(only)) if only != register => {
            let bytes = wanted.min((left / only.bytes() as u64) as usize * only.bytes());
            let planned = Ok((only, bytes));
            assert_eq!(result, if bytes == 0 { Err(EINVAL) } else { planned });
        }
        (result, _) => assert_eq!(result, Err(EINVAL)),
    }
}

fn a_long_transfer_is_as_long_as_can_be(chance: &mut Chance, _: usize) {
    let (only, (wanted, left)) = (only(chance), some(chance));
    if Width::from_bytes(wanted).is_ok() {
        return;
    }
    let width = only.unwrap_or(Width::W32);
    // As many registers as are wanted and as there are.
    let many = (wanted as u128).min(u128::from(left)) / width.bytes() as u128;
    let right = wanted % width.bytes() == 0 && many != 0;
    let bytes = (many * width.bytes() as u128) as usize;
    let planned = if right {
        Ok((width, bytes))
    } else {
        Err(EINVAL)
    };
    assert_eq!(accesses(only, wanted, left), planned);
}
