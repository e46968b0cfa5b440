// SPDX-License-Identifier: GPL-2.0

//! rust/iomem/vma/align.rs, with a kernel that finds what chance says.

use iomem::{
    bindings::{
        file,
        HUGE,
        MAP_FIXED, //
    },
    get_unmapped_area, //
};

use crate::cases::{
    properties,
    Chance,
    Property, //
};

pub const PROPERTIES: &[Property] = properties![
    the_place_is_within_the_room,
    it_is_aligned_as_the_device_is,
    who_chose_gets_what_the_kernel_says,
];

const PAGE: usize = 0x1000;
const NO_MEMORY: usize = 12_usize.wrapping_neg();

/// A call: room in a program, and what is to be put there.
#[derive(Debug)]
struct Call {
    file: file,
    length: usize,
    physical: u64,
}

fn some(chance: &mut Chance) -> Call {
    // Those of pages of 4 KiB and of 16 KiB, and of kernels without.
    HUGE.set(*chance.of(&[1 << 21, 1 << 25, 0]));
    let length = match chance.below(4) {
        0 => chance.size().max(1),
        1 => 1 + chance.below(8 << 21),
        _ => chance.of(&[1 << 21, 1 << 30]) * (1 + chance.below(3)) - chance.below(2),
    };
    // What the kernel finds is in the lower half of the addresses.
    let longest = match chance.below(4) {
        0 => length.saturating_add(chance.below(2 << 21)).min(1 << 47),
        _ => 1 << 47,
    };
    Call {
        file: file {
            found: chance.below(1 << 35) * PAGE,
            longest,
            ..file::default()
        },
        length,
        physical: chance.number() & !(PAGE as u64 - 1),
    }
}

/// The huge page, if it fits and there is room for it.
fn size(call: &Call) -> Option<usize> {
    let size = HUGE.get();
    let room = call.length as u128 + size as u128;
    let fits = size != 0 && call.length >= size && room <= call.file.longest as u128;
    fits.then_some(size)
}

fn the_place_is_within_the_room(chance: &mut Chance, _: usize) {
    let mut call = some(chance);
    let physical = Some(call.physical);
    let address = get_unmapped_area(&mut call.file, 0, call.length, 0, physical);
    let (_, room, _) = *call.file.asked.last().unwrap();
    if address == NO_MEMORY {
        assert!(call.length > call.file.longest);
        return;
    }
    assert_eq!(address % PAGE, 0);
    let found = call.file.found;
    assert!(found <= address, "{call:x?}");
    assert!(
        address as u128 + call.length as u128 <= found as u128 + room as u128,
        "{call:x?}"
    );
}

fn it_is_aligned_as_the_device_is(chance: &mut Chance, _: usize) {
    let mut call = some(chance);
    let physical = Some(call.physical);
    let address = get_unmapped_area(&mut call.file, 0, call.length, 0, physical);
    if let Some(size) = size(&call) {
        assert_eq!(
            address % size,
            (call.physical % size as u64) as usize,
            "{call:x?}"
        );
    } else if call.length <= call.file.longest {
        assert_eq!(address, call.file.found);
    }
}

fn who_chose_gets_what_the_kernel_says(chance: &mut Chance, _: usize) {
    let mut call = some(chance);
    let (hint, flags, physical) = match chance.below(3) {
        0 => (PAGE * (1 + chance.below(1 << 20)), 0, Some(call.physical)),
        1 => (0, MAP_FIXED | 1, Some(call.physical)),
        _ => (0, 1, None),
    };
    let address = get_unmapped_area(&mut call.file, hint, call.length, flags, physical);
    let fits = call.length <= call.file.longest;
    assert_eq!(address, if fits { call.file.found } else { NO_MEMORY });
    assert_eq!(call.file.asked, [(hint, call.length, flags)]);
}
