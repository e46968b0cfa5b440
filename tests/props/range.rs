// SPDX-License-Identifier: GPL-2.0

//! rust/iomem/range.rs, against numbers of 128 bits.

use iomem::range::Range;
use kernel::{
    io::Resource,
    prelude::*, //
};

use crate::cases::{
    properties,
    Chance,
    Property, //
};

pub const PROPERTIES: &[Property] = properties![
    made_of_what_does_not_wrap,
    made_of_a_resource_as_c_has_it,
    a_part_is_within,
    a_part_of_a_part_is_a_part,
    contains_and_overlaps,
    aligned_to_pages,
    printed_and_read_back,
];

/// One past the largest address.
const END: u128 = 1 << 64;

pub fn some(chance: &mut Chance) -> Range {
    loop {
        if let Ok(range) = Range::new(chance.number(), chance.number()) {
            return range;
        }
    }
}

/// A range that has to do with another one.
fn near(chance: &mut Chance, other: Range) -> Range {
    let around = [
        other.start(),
        other.start().wrapping_sub(1),
        other.start().wrapping_add(1),
        other.last(),
        other.last().wrapping_sub(1),
        other.last().wrapping_add(1),
        chance.number(),
    ];
    let (one, two) = (*chance.of(&around), *chance.of(&around));
    let (start, last) = (one.min(two), one.max(two));
    Range::new(start, (last - start).saturating_add(1)).unwrap_or(other)
}

/// The first address and the one after the last.
fn wide(range: &Range) -> (u128, u128) {
    let start = u128::from(range.start());
    (start, start + u128::from(range.length()))
}

/// What should come of two numbers.
fn check(made: Result<Range>, start: u64, length: u64) {
    let end = u128::from(start) + u128::from(length);
    match made {
        Ok(range) => {
            assert!(length != 0 && end <= END);
            assert_eq!((range.start(), range.length()), (start, length));
            assert_eq!(u128::from(range.last()), end - 1);
        }
        Err(e) if length == 0 => assert_eq!(e, EINVAL),
        Err(e) => {
            assert!(end > END, "{start:#x},{length:#x}");
            assert_eq!(e, EOVERFLOW);
        }
    }
}

fn made_of_what_does_not_wrap(chance: &mut Chance, _: usize) {
    let start = chance.number();
    let length = match chance.below(3) {
        // As long as it can be, or nearly.
        0 => start
            .wrapping_neg()
            .wrapping_add(chance.number() % 3)
            .wrapping_sub(1),
        _ => chance.number(),
    };
    check(Range::new(start, length), start, length);
}

fn made_of_a_resource_as_c_has_it(chance: &mut Chance, _: usize) {
    let (first, last) = (chance.number(), chance.number());
    let made = Range::of(&Resource { first, last });
    match made {
        Ok(range) => assert_eq!((range.start(), range.last()), (first, last)),
        // Empty, or all that there is.
        Err(e) if e == EINVAL => assert_eq!(first, last.wrapping_add(1)),
        Err(e) => {
            assert_eq!(e, EOVERFLOW);
            assert!(last < first);
        }
    }
}

fn a_part_is_within(chance: &mut Chance, _: usize) {
    let range = some(chance);
    let (offset, length) = match chance.below(3) {
        0 => (chance.number(), chance.number()),
        _ => {
            let offset = chance.between(0, range.length());
            let left = (range.length() - offset).saturating_add(2);
            (offset, chance.between(0, left))
        }
    };
    let end = u128::from(offset) + u128::from(length);
    match range.part(offset, length) {
        Ok(part) => {
            assert!(length != 0 && end <= u128::from(range.length()));
            assert_eq!(wide(&part).0, wide(&range).0 + u128::from(offset));
            assert_eq!(part.length(), length);
            assert!(range.contains(&part) && range.overlaps(&part));
        }
        Err(e) if length == 0 => assert_eq!(e, EINVAL),
        Err(e) if end >= END => assert_eq!(e, EOVERFLOW),
        Err(e) => {
            assert_eq!(e, EINVAL);
            assert!(end > u128::from(range.length()));
        }
    }
}

fn a_part_of_a_part_is_a_part(chance: &mut Chance, _: usize) {
    let range = some(chance);
    let outer = chance.between(0, range.length() - 1);
    let room = chance.between(1, range.length() - outer);
    let inner = chance.between(0, room - 1);
    let length = chance.between(1, room - inner);
    let part = range.part(outer, room).unwrap();
    assert_eq!(
        part.part(inner, length).unwrap(),
        range.part(outer + inner, length).unwrap()
    );
}

fn contains_and_overlaps(chance: &mut Chance, _: usize) {
    let one = some(chance);
    let two = match chance.below(3) {
        0 => some(chance),
        _ => near(chance, one),
    };
    let ((start, end), (from, to)) = (wide(&one), wide(&two));
    assert_eq!(one.contains(&two), start <= from && to <= end);
    assert_eq!(one.overlaps(&two), start.max(from) < end.min(to));
    assert_eq!(one.overlaps(&two), two.overlaps(&one));
    assert_eq!(one.contains(&two) && two.contains(&one), one == two);
}

fn aligned_to_pages(chance: &mut Chance, _: usize) {
    let mut range = some(chance);
    if chance.one_in(2) {
        let start = range.start() & !0xfff;
        range = Range::new(start, 0x1000 * (1 + chance.number() % 3)).unwrap_or(range);
    }
    let (start, end) = wide(&range);
    assert_eq!(
        range.is_page_aligned(),
        start % 0x1000 == 0 && end % 0x1000 == 0
    );
}

fn printed_and_read_back(chance: &mut Chance, _: usize) {
    let range = some(chance);
    let text = range.to_string();
    let (start, last) = text.split_once('-').unwrap();
    let number = |text: &str| u64::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap();
    assert_eq!((number(start), number(last)), (range.start(), range.last()));
}
