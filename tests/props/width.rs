// SPDX-License-Identifier: GPL-2.0

//! rust/iomem/access/width.rs.

use iomem::access::Width;
use kernel::prelude::*;

use crate::cases::{
    properties,
    Chance,
    Property, //
};

pub const PROPERTIES: &[Property] = properties![of_bytes_and_back, aligned_is_a_multiple,];

pub const ALL: [Width; 4] = [Width::W8, Width::W16, Width::W32, Width::W64];

/// One that a device is said to have, or none.
pub fn only(chance: &mut Chance) -> Option<Width> {
    chance.one_in(2).then(|| *chance.of(&ALL))
}

fn of_bytes_and_back(chance: &mut Chance, _: usize) {
    let bytes = match chance.below(2) {
        0 => chance.below(20),
        _ => chance.size(),
    };
    match Width::from_bytes(bytes) {
        Ok(width) => {
            assert_eq!(width.bytes(), bytes);
            assert!(bytes.is_power_of_two() && bytes <= 8);
        }
        Err(e) => {
            assert_eq!(e, EINVAL);
            assert!(!bytes.is_power_of_two() || bytes > 8);
        }
    }
}

fn aligned_is_a_multiple(chance: &mut Chance, _: usize) {
    let (width, address) = (*chance.of(&ALL), chance.size());
    assert_eq!(width.is_aligned(address), address % width.bytes() == 0);
}
