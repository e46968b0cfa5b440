// SPDX-License-Identifier: GPL-2.0

//! rust/iomem_dev/offset.rs, against numbers of 128 bits.

use std::iter;

use kernel::prelude::*;

use crate::{
    cases::{
        properties,
        Chance,
        Property, //
    },
    driver::offset::{
        Layout,
        Mode,
        Place, //
    },
};

pub const PROPERTIES: &[Property] = properties![
    refused_where_no_file_is_that_long,
    a_place_has_one_offset,
    no_two_regions_share_an_offset,
    an_offset_has_one_place_or_none,
    the_ends_are_those_of_regions,
];

/// The largest offset that a file has.
const LARGEST: u128 = (1 << 63) - 1;

const MODES: [Mode; 2] = [Mode::Uncached, Mode::WriteCombining];

/// Lengths of regions: mostly few, mostly such that there is room.
fn lengths(chance: &mut Chance) -> Vec<u64> {
    let count = match chance.below(8) {
        0 => 1,
        1 => chance.below(150),
        _ => chance.below(8),
    };
    let shift = chance.below(64);
    (0..count)
        .map(|_| match chance.below(4) {
            0 => chance.number(),
            1 => 1 << shift,
            _ => chance.number() >> shift,
        })
        .collect()
}

/// Regions that are so long with the pages that they are mapped by; a region has its share of these, or
/// cannot be mapped.
fn regions(chance: &mut Chance, lengths: &[u64]) -> Vec<(u64, u64)> {
    let of_one = |length: &u64| match chance.below(3) {
        0 => (*length, 0),
        1 => (*length, *length),
        _ => (chance.between(0, *length), *length),
    };
    lengths.iter().map(of_one).collect()
}

/// A layout that there is, with the lengths of its regions, pages included.
fn some(chance: &mut Chance) -> (Vec<u64>, Layout) {
    let (lengths, _, layout) = some_with_registers(chance);
    (lengths, layout)
}

/// A layout that there is, with its lengths, and its regions.
fn some_with_registers(chance: &mut Chance) -> (Vec<u64>, Vec<(u64, u64)>, Layout) {
    loop {
        let lengths = lengths(chance);
        let regions = regions(chance, &lengths);
        if let Ok(layout) = Layout::new(regions.iter().copied()) {
            return (lengths, regions, layout);
        }
    }
}

/// How long the part of the file is that a region has in one mode: a power of two, in bytes.
fn slot(lengths: &[u64]) -> u128 {
    let longest = u128::from(lengths.iter().copied().max().unwrap_or(0));
    longest.next_power_of_two().max(1 << 32)
}

fn refused_where_no_file_is_that_long(chance: &mut Chance, number: usize) {
    let mut lengths = lengths(chance);
    // As many as there can be of a length, or one more.
    if number % 4 == 0 {
        let bits = 55 + chance.below(9);
        let most = 1_usize << 62_usize.saturating_sub(bits);
        let length = (1 << bits) - chance.number() % 3;
        lengths = iter::repeat(length)
            .take(most.saturating_sub(1) + chance.below(3))
            .collect();
    }
    let end = slot(&lengths) * 2 * lengths.len() as u128;
    match Layout::new(regions(chance, &lengths).into_iter()) {
        Ok(_) => assert!(!lengths.is_empty() && end <= LARGEST, "{lengths:x?}"),
        Err(e) if lengths.is_empty() => assert_eq!(e, EINVAL),
        Err(e) => {
            assert_eq!(e, EOVERFLOW);
            assert!(end > LARGEST, "{lengths:x?}");
        }
    }
}

fn a_place_has_one_offset(chance: &mut Chance, _: usize) {
    let (lengths, layout) = some(chance);
    let region = chance.below(lengths.len());
    let place = Place {
        region,
        mode: *chance.of(&MODES),
        offset: chance.between(0, lengths[region].saturating_sub(1)),
    };
    let offset = layout.offset(place.region, place.mode) + place.offset;
    assert!(u128::from(offset) <= LARGEST);
    assert_eq!(layout.place(offset), Some(place));
    // What simple tools read is the first region.
    assert_eq!(layout.offset(0, Mode::Uncached), 0);
}

fn no_two_regions_share_an_offset(chance: &mut Chance, _: usize) {
    let (lengths, layout) = some(chance);
    let mut parts: Vec<(u128, u128)> = Vec::new();
    for (region, length) in lengths.iter().enumerate() {
        for mode in MODES {
            let start = layout.offset(region, mode);
            // It is to be mapped, in the largest pages that there are.
            assert_eq!(start % (1 << 30), 0);
            parts.push((start.into(), u128::from(start) + u128::from(*length)));
        }
    }
    parts.sort_unstable();
    for two in parts.windows(2) {
        assert!(two[0].0 < two[1].0 && two[0].1 <= two[1].0, "{lengths:x?}");
    }
    assert!(parts.iter().all(|part| part.1 <= LARGEST));
}

fn an_offset_has_one_place_or_none(chance: &mut Chance, _: usize) {
    let (lengths, layout) = some(chance);
    let offset = match chance.below(2) {
        0 => chance.number(),
        _ => {
            let region = chance.below(lengths.len());
            let slot = slot(&lengths) as u64;
            let near = chance.between(0, slot.saturating_mul(2));
            layout.offset(region, *chance.of(&MODES)) + near
        }
    };
    match layout.place(offset) {
        Some(place) => {
            assert!(place.region < lengths.len());
            assert_eq!(
                layout.offset(place.region, place.mode) + place.offset,
                offset
            );
            assert!(u128::from(place.offset) < slot(&lengths));
        }
        None => assert!(u128::from(offset) >= slot(&lengths) * 2 * lengths.len() as u128),
    }
}

fn the_ends_are_those_of_regions(chance: &mut Chance, _: usize) {
    let (_, regions, layout) = some_with_registers(chance);
    let (end, last) = layout.ends();
    let (first, final_one) = (regions[0].0, regions[regions.len() - 1].0);
    assert_eq!(end, first);
    let start = layout.offset(regions.len() - 1, Mode::Uncached);
    assert_eq!(u128::from(last), u128::from(start) + u128::from(final_one));
    assert!(end <= last && u128::from(last) <= LARGEST);
}
