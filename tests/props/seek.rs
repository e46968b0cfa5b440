// SPDX-License-Identifier: GPL-2.0

//! The part of rust/iomem/chardev/transfer.rs that is about positions, with C's functions as they are.

use iomem::{
    bindings::file,
    chardev::transfer::{
        Give,
        Take, //
    },
    seek, //
};
use kernel::{
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*, //
};

use crate::cases::{
    properties,
    Chance,
    Property, //
};

pub const PROPERTIES: &[Property] = properties![
    between_is_one_of_the_positions,
    within_is_between_with_one_end,
    without_end_is_one_that_a_file_has,
    give_and_take_say_what_went_through,
];

const LARGEST: u64 = i64::MAX as u64;

/// Where a seek goes to, in numbers without end; none if it goes nowhere.
fn goal(from: i64, offset: i64, whence: i32, end: u64) -> Option<i128> {
    match whence {
        0 => Some(offset.into()),
        1 => Some(i128::from(from) + i128::from(offset)),
        2 => Some(i128::from(end) + i128::from(offset)),
        _ => None,
    }
}

/// The arguments of a call, at a position that is no larger than `last`.
fn call(chance: &mut Chance, last: u64) -> (file, i64, i32) {
    let file = file {
        f_pos: chance.between(0, last.min(LARGEST)) as i64,
        ..file::default()
    };
    let offset = match chance.below(3) {
        0 => (chance.number() as i64).wrapping_neg(),
        1 => (last as i64)
            .wrapping_sub(file.f_pos)
            .wrapping_add((chance.number() % 3) as i64 - 1),
        _ => chance.number() as i64,
    };
    let whence = match chance.below(8) {
        0 => chance.number() as i32,
        1 => 3,
        2 => 4,
        _ => chance.below(3) as i32,
    };
    (file, offset, whence)
}

/// That a call went where it should, or nowhere.
fn check(result: Result<u64>, file: &file, from: i64, goal: Option<i128>, last: u64) {
    match (result, goal) {
        (Ok(position), Some(goal)) => {
            assert_eq!(i128::from(position), goal);
            assert!(position <= last && position <= LARGEST);
            assert_eq!(file.f_pos, position as i64);
        }
        (Err(e), goal) => {
            assert_eq!(e, EINVAL);
            let most = i128::from(last.min(LARGEST));
            assert!(goal.is_none_or(|goal| goal < 0 || goal > most));
            assert_eq!(file.f_pos, from);
        }
        (result, goal) => panic!("{result:?}, not {goal:?}"),
    }
}

fn between_is_one_of_the_positions(chance: &mut Chance, _: usize) {
    let last = chance.number();
    let end = match chance.below(4) {
        0 => chance.number(),
        _ => chance.between(0, last),
    };
    let (mut file, offset, whence) = call(chance, last);
    let from = file.f_pos;
    let result = seek(&mut file, offset, whence).between(end, last);
    let goal = goal(from, offset, whence, end.min(LARGEST));
    check(result, &file, from, goal, last);
}

fn within_is_between_with_one_end(chance: &mut Chance, _: usize) {
    let size = chance.number();
    let (mut file, offset, whence) = call(chance, size);
    let from = file.f_pos;
    let result = seek(&mut file, offset, whence).within(size);
    let goal = goal(from, offset, whence, size.min(LARGEST));
    check(result, &file, from, goal, size);
}

fn without_end_is_one_that_a_file_has(chance: &mut Chance, _: usize) {
    let (mut file, offset, whence) = call(chance, LARGEST);
    let from = file.f_pos;
    let result = seek(&mut file, offset, whence).without_end();
    let goal = goal(from, offset, whence, 0).filter(|_| whence != 2);
    check(result, &file, from, goal, LARGEST);
}

fn give_and_take_say_what_went_through(chance: &mut Chance, _: usize) {
    let (length, left, there) = (chance.below(20), chance.below(20), chance.below(20));
    let mut bytes = [0; 20];
    let bytes = &mut bytes[..length];
    let call = core::marker::PhantomData;
    let some = length.min(left);
    let wanted = match some.min(there) {
        0 if some != 0 => Err(EFAULT),
        count => Ok(count),
    };
    let mut buffer = IovIterDest { left, there, call };
    assert_eq!(buffer.give(bytes), wanted);
    let mut buffer = IovIterSource { left, there, call };
    assert_eq!(buffer.take(bytes), wanted);
}
