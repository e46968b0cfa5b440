// SPDX-License-Identifier: GPL-2.0

//! rust/iomem_dev/new_device/parse.rs and error.rs.

use kernel::{
    alloc::fail_after,
    prelude::*, //
};

use crate::{
    cases::{
        properties,
        Chance,
        Property, //
    },
    driver::{
        error::ParseError,
        parse::{
            name,
            Line, //
        },
    },
    names::LONGEST, //
};

mod meaning;
mod mistakes;
mod reader;

use self::{
    meaning::{
        join,
        print,
        some,
        some_name,
        Meaning,
        FIRST, //
    },
    mistakes::{
        each_mistake_has_its_errno,
        errno,
        kind,
        with_mistake, //
    },
};

pub const PROPERTIES: &[Property] = properties![
    what_is_printed_is_read,
    a_byte_changed_is_read_as_what_it_is,
    words_by_chance_are_read_as_what_they_are,
    bytes_by_chance_are_read_as_what_they_are,
    each_mistake_has_its_errno,
    as_many_of_a_kind_as_there_can_be,
    a_mistake_is_one_line_of_text,
    memory_that_runs_out_is_said,
    names_of_the_right_length,
];

/// Reads a line in both ways.
fn check(chance: &mut Chance, text: &[u8]) {
    let shown = || String::from_utf8_lossy(text).into_owned();
    match (Line::read(text), Meaning::of(text)) {
        (Ok(line), Ok(meaning)) => {
            let line = Meaning::from(line);
            assert_eq!(line, meaning, "{}", shown());
            // And it can be said again.
            let again = print(chance, &line);
            let again = Line::read(&again).map(Meaning::from);
            assert_eq!(again.as_ref(), Ok(&meaning), "{}", shown());
        }
        (Err(mistake), Err(wrong)) => {
            let (kind, word) = kind(&mistake);
            assert!(
                wrong.kinds.contains(&&*kind),
                "{mistake:?} {wrong:?} {}",
                shown()
            );
            // A part of the word may be all that is wrong with it.
            assert!(
                wrong.word.contains(word.unwrap_or_default()),
                "{mistake:?} {wrong:?} {}",
                shown()
            );
            assert_eq!(Error::from(mistake), errno(&kind));
            if let ParseError::Byte { byte, place } = mistake {
                assert_eq!(text[place], byte);
                let visible = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
                assert!(text[..place].iter().all(visible) && !visible(&byte));
            }
        }
        (line, meaning) => panic!("{line:?}, not {meaning:?}: {}", shown()),
    }
}

fn what_is_printed_is_read(chance: &mut Chance, _: usize) {
    let meaning = some(chance);
    let text = print(chance, &meaning);
    assert_eq!(
        Line::read(&text).map(Meaning::from),
        Ok(meaning),
        "{}",
        String::from_utf8_lossy(&text)
    );
}

/// A byte that means something in a line, or any.
fn byte(chance: &mut Chance) -> u8 {
    match chance.below(4) {
        0 => chance.bits() as u8,
        _ => *chance.of(b"0123456789abcdefxXg,,== \t\n._-mpiw"),
    }
}

fn a_byte_changed_is_read_as_what_it_is(chance: &mut Chance, _: usize) {
    let meaning = some(chance);
    let mut text = print(chance, &meaning);
    for _ in 0..1 + chance.below(2) {
        let place = chance.below(text.len());
        match chance.below(4) {
            0 => text.insert(place, byte(chance)),
            1 => text.truncate(place.max(1)),
            2 if text.len() > 1 => drop(text.remove(place)),
            _ => text[place] = byte(chance),
        }
    }
    check(chance, &text);
}

fn some_words(chance: &mut Chance) -> Vec<u8> {
    // The underscore stands for nothing at all.
    const WORDS: &str = "mem= port= irq= width= mem port irq width big-endian read-only map-whole-pages firmware-reserved \
                         write-combining write-combining= big-endian= read-only= mem=0,1 irq=1 width=4 = _ x";
    const VALUES: &str = "_ 0 1 00 0x0 0x x 4 8 3 18446744073709551615 18446744073709551616 \
                          0xffffffffffffffff 0x10000000000000000 2147483647 2147483648 \
                          99999999999999999999999999999999 a b -1 +1 a.b .a";
    let pick = |chance: &mut Chance, some: &'static str| {
        let some: Vec<&str> = some.split(' ').collect();
        let one = *chance.of(&some);
        one.trim_matches('_')
    };
    let mut all = vec![match chance.below(8) {
        0 => String::from(pick(chance, VALUES)),
        _ => some_name(chance),
    }];
    for _ in 0..chance.below(6) {
        let mut word = String::from(pick(chance, WORDS));
        if word.ends_with('=') || chance.one_in(8) {
            let values: Vec<&str> = (0..1 + chance.below(4))
                .map(|_| pick(chance, VALUES))
                .collect();
            word += &values.join(",");
        }
        all.push(word);
    }
    join(chance, &all)
}

fn words_by_chance_are_read_as_what_they_are(chance: &mut Chance, _: usize) {
    let text = some_words(chance);
    check(chance, &text);
}

fn bytes_by_chance_are_read_as_what_they_are(chance: &mut Chance, number: usize) {
    let length = chance.below(40);
    let text: Vec<u8> = (0..length)
        .map(|_| match number % 3 {
            0 => chance.bits() as u8,
            1 => byte(chance),
            _ => b' ' + chance.below(95) as u8,
        })
        .collect();
    check(chance, &text);
}

fn as_many_of_a_kind_as_there_can_be(chance: &mut Chance, _: usize) {
    const MOST: usize = 64;
    let count = MOST - 1 + chance.below(3);
    let word = *chance.of(&["mem=1,1", "port=1,1", "irq=1"]);
    let mut text = format!(
        "fpga {}",
        if word == "irq=1" { "port=1,1" } else { "irq=1" }
    );
    for _ in 0..count {
        text = text + " " + word;
    }
    match Line::read(text.as_bytes()) {
        Ok(line) => {
            assert!(count <= MOST);
            let most = line.memory.len().max(line.ports.len()).max(line.irqs.len());
            assert_eq!(most, count);
        }
        Err(mistake) => {
            assert!(count > MOST);
            assert_eq!(mistake, ParseError::TooMany(word));
            assert_eq!(Error::from(mistake), E2BIG);
        }
    }
}

/// It goes to the log, of which a writer must not be able to make lines up.
fn a_mistake_is_one_line_of_text(chance: &mut Chance, number: usize) {
    let text = match number % 3 {
        0 => (0..chance.below(60)).map(|_| byte(chance)).collect(),
        1 => some_words(chance),
        _ => with_mistake(chance, number / 3).0,
    };
    if let Err(mistake) = Line::read(&text) {
        let said = mistake.to_string();
        assert!(
            !said.is_empty() && said.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')),
            "{said:?}"
        );
        if let Some(word) = kind(&mistake).1 {
            assert!(said.contains(word), "{said}");
        }
    }
}

fn memory_that_runs_out_is_said(chance: &mut Chance, _: usize) {
    let meaning = some(chance);
    let text = print(chance, &meaning);
    let needed = meaning.memory.len() + meaning.ports.len() + meaning.irqs.len();
    let granted = chance.below(needed + 2);
    fail_after(granted);
    let line = Line::read(&text).map(Meaning::from);
    fail_after(usize::MAX);
    if granted >= needed {
        assert_eq!(line, Ok(meaning));
    } else {
        assert_eq!(line, Err(ParseError::NoMemory));
        assert_eq!(Error::from(ParseError::NoMemory), ENOMEM);
    }
}

fn names_of_the_right_length(chance: &mut Chance, _: usize) {
    let length = chance.below(2 * LONGEST + 2);
    let text: String = (0..length).map(|_| char::from(*chance.of(FIRST))).collect();
    match name(&text) {
        Ok(word) => {
            assert_eq!(word, text);
            assert!((1..=LONGEST).contains(&length));
        }
        Err(mistake) => {
            assert_eq!(mistake, ParseError::Name(&text));
            assert!(length == 0 || length > LONGEST);
        }
    }
}
