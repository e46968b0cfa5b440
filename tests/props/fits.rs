// SPDX-License-Identifier: GPL-2.0

//! rust/iomem/vma/fits.rs.

use iomem::{
    frame,
    has_room,
    neighbours,
    range::Range, //
};

use crate::cases::{
    properties,
    Chance,
    Property, //
};

pub const PROPERTIES: &[Property] = properties![
    a_frame_is_of_the_range,
    room_is_where_an_aligned_page_fits,
    neighbours_are_all_that_fit,
    neighbours_show_what_is_beside,
];

const PAGE: u64 = 0x1000;
const PMD: usize = 1 << 21;

/// Where a program's addresses end.
const TOP: usize = 1 << 47;

fn a_frame_is_of_the_range(chance: &mut Chance, _: usize) {
    let start = chance.number() & !(PAGE - 1);
    let pages = 1 + chance.number() % (1 << (1 + chance.below(52)));
    let Ok(range) = Range::new(start, pages.saturating_mul(PAGE) & !(PAGE - 1)) else {
        return;
    };
    let pages = range.length() / PAGE;
    let page = chance.between(0, pages) as usize;
    let (page, count) = match chance.below(4) {
        0 => (chance.size(), chance.size()),
        1 => (page, (pages as usize - page).wrapping_add(chance.below(3))),
        _ => (page, 1 << chance.below(20)),
    };
    let fits = page as u128 + count as u128 <= u128::from(pages);
    let pfn = fits.then(|| (start / PAGE) as usize + page);
    assert_eq!(
        frame(range, page, count),
        pfn,
        "{range} {page:#x} {count:#x}"
    );
}

fn room_is_where_an_aligned_page_fits(chance: &mut Chance, _: usize) {
    let size = *chance.of(&[PMD, PMD, PMD, 1 << 30, 0]);
    let start = match chance.below(2) {
        0 => chance.below(8) * PMD + chance.below(3) * PAGE as usize,
        _ => chance.below(TOP >> 12) << 12,
    };
    let length = (1 + chance.below(4)) * PMD + chance.below(3) * PAGE as usize - PAGE as usize;
    let length = length.max(PAGE as usize)
        * if size > PMD {
            chance.below(1024) + 1
        } else {
            1
        };
    // Aligned alike, or nearly, or not at all.
    let pfn = match chance.below(3) {
        0 => chance.below(1 << 40),
        odd => (start >> 12) + chance.below(64) * (PMD >> 12) + odd - 1,
    };
    // Page by page: the first address at which both are aligned.
    let fits = size != 0 && {
        let first = start.next_multiple_of(size);
        let there = pfn * PAGE as usize + (first - start);
        there % size == 0 && first + size <= start + length
    };
    let shown = (size, start, length, pfn);
    assert_eq!(has_room(size, start, length, pfn), fits, "{shown:x?}");
}

/// A touch: a block, the address, the page of what is shown, and the VMA around it, in which the huge
/// page that was touched is.
type Touch = (usize, usize, usize, (usize, usize));

fn touch(chance: &mut Chance) -> Touch {
    let block = 1 << (12 + chance.below(19));
    let address = PMD + (chance.below(TOP - (4 << 30)) & !(PAGE as usize - 1));
    let base = address & !(PMD - 1);
    let most = 1 << chance.below(20);
    let start = base - chance.below(1 + (base >> 12).min(most)) * PAGE as usize;
    let end = base + PMD + chance.below(most) * PAGE as usize;
    (block, address, chance.size(), (start, end))
}

fn neighbours_are_all_that_fit(chance: &mut Chance, _: usize) {
    let (block, address, page, (start, end)) = touch(chance);
    let made: Vec<usize> = neighbours(PMD, block, address, page, (start, end))
        .map(|(address, _)| address)
        .collect();
    let from = start.max(address / block * block).next_multiple_of(PMD);
    let to = end.min((address / block + 1) * block);
    let wanted: Vec<usize> = (from..to)
        .step_by(PMD)
        .filter(|one| one + PMD <= to && *one != address / PMD * PMD)
        .collect();
    assert_eq!(made, wanted, "{block:#x} {address:#x} {start:#x}-{end:#x}");
}

fn neighbours_show_what_is_beside(chance: &mut Chance, _: usize) {
    let (block, address, page, vma) = touch(chance);
    for (other, begins) in neighbours(PMD, block, address, page, vma) {
        // As far from each other in what is shown as in the program, both ways.
        let distance = (other as i128 - address as i128) / i128::from(PAGE);
        assert_eq!(begins, (page as i128 + distance) as usize);
    }
}
