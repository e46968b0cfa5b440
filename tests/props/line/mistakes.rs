// SPDX-License-Identifier: GPL-2.0

//! Mistakes of each kind, made on purpose.

use kernel::prelude::*;

use super::meaning::{
    join,
    number,
    some,
    words,
    Meaning, //
};
use crate::{
    cases::Chance,
    driver::{
        error::ParseError,
        parse::Line, //
    },
    names::LONGEST, //
};

/// What kind of a mistake it is, and the word that it is in.
pub(super) fn kind<'a>(mistake: &ParseError<'a>) -> (String, Option<&'a str>) {
    let printed = format!("{mistake:?}");
    let end = printed.find(['(', ' ']).unwrap_or(printed.len());
    let word = match *mistake {
        ParseError::Nothing | ParseError::Byte { .. } | ParseError::NoMemory => None,
        ParseError::Name(word)
        | ParseError::NoRegion(word)
        | ParseError::Unknown(word)
        | ParseError::NoValue(word)
        | ParseError::FlagWithValue(word)
        | ParseError::Parts(word)
        | ParseError::Number(word)
        | ParseError::TooLarge(word)
        | ParseError::Empty(word)
        | ParseError::WrapsAround(word)
        | ParseError::Irq(word)
        | ParseError::Width(word)
        | ParseError::Twice(word)
        | ParseError::NameTwice(word)
        | ParseError::TooMany(word)
        | ParseError::OnlyName(word) => Some(word),
    };
    (printed[..end].into(), word)
}

/// Which errno a kind of mistake is.
pub(super) fn errno(kind: &str) -> Error {
    match kind {
        "TooLarge" => ERANGE,
        "WrapsAround" => EOVERFLOW,
        "Twice" | "NameTwice" => EEXIST,
        "TooMany" => E2BIG,
        "NoMemory" => ENOMEM,
        _ => EINVAL,
    }
}

/// A kind of mistake, its errno, and a word that has it where all else is right.
type Class = (&'static str, Error, fn(&mut Chance, &Meaning) -> String);

const CLASSES: &[Class] = &[
    ("Name", EINVAL, |chance, _| {
        let bad = ["-a", ".a", "_a", "a/b", "", "a:", "a=b"];
        format!("mem=1,1,{}", chance.of(&bad))
    }),
    ("Name", EINVAL, |chance, _| {
        format!("irq=1,{}", "n".repeat(LONGEST + 1 + chance.below(40)))
    }),
    ("Unknown", EINVAL, |chance, _| {
        let bad = [
            "memory=1,1",
            "Mem=1,1",
            "x",
            "=",
            "=4",
            "big_endian",
            "readonly",
            "width4",
            "mem,1,1",
        ];
        String::from(*chance.of(&bad))
    }),
    ("NoValue", EINVAL, |chance, _| {
        String::from(*chance.of(&["mem", "port", "irq", "width"]))
    }),
    ("FlagWithValue", EINVAL, |chance, _| {
        let bad = [
            "big-endian=",
            "read-only=1",
            "read-only==",
            "big-endian=y",
            "map-whole-pages=1",
            "firmware-reserved=",
            "write-combining=1",
        ];
        String::from(*chance.of(&bad))
    }),
    ("Parts", EINVAL, |chance, _| {
        let start = number(chance, 7);
        let bad = [
            format!("mem={start}"),
            format!("port={start}"),
            format!("mem={start},1,a,b"),
            format!("port={start},1,a,"),
            format!("irq={start},a,b"),
            format!("irq={start},a,"),
        ];
        chance.of(&bad).clone()
    }),
    ("Number", EINVAL, |chance, _| {
        let bad = [
            "", "0x", "0X", "x1", "01", "00", "1k", "-1", "+1", "0xg", "1.0", "0b1", "0x-1", "1_0",
        ];
        let bad = *chance.of(&bad);
        let word = ["mem=#,1", "mem=1,#", "port=#,1,a", "irq=#", "irq=#,a"];
        chance.of(&word).replace('#', bad)
    }),
    ("TooLarge", ERANGE, |chance, _| {
        let more = (1_u128 << (64 + chance.below(60))) + u128::from(chance.bits());
        let more = match chance.below(3) {
            0 => format!("{more:#x}"),
            1 => format!("{}{}", more, chance.bits()),
            _ => more.to_string(),
        };
        let word = ["mem=#,1", "mem=1,#", "port=#,1,a", "irq=#", "irq=#,a"];
        chance.of(&word).replace('#', &more)
    }),
    ("TooLarge", ERANGE, |chance, _| {
        let line = chance.between(1 << 31, u64::MAX);
        format!("irq={}", number(chance, line))
    }),
    ("Empty", EINVAL, |chance, _| {
        let (start, none) = (chance.number(), number(chance, 0));
        format!("{}={start},{none}", chance.of(&["mem", "port"]))
    }),
    ("WrapsAround", EOVERFLOW, |chance, _| {
        let start = chance.between(2, u64::MAX);
        let length = chance.between(start.wrapping_neg() + 1, u64::MAX);
        format!("{}={start},{length:#x}", chance.of(&["mem", "port"]))
    }),
    ("Irq", EINVAL, |chance, _| {
        format!("irq={}", number(chance, 0))
    }),
    ("Twice", EEXIST, |chance, meaning| {
        let width = format!("width={}", 1 << chance.below(4));
        match chance.below(5) {
            0 if meaning.width.is_some() => width,
            1 if meaning.big_endian => "big-endian".into(),
            2 if meaning.write_combining => "write-combining".into(),
            3 if meaning.whole_pages => "map-whole-pages".into(),
            _ if meaning.read_only => "read-only".into(),
            _ => "read-only read-only".into(),
        }
    }),
    ("NameTwice", EEXIST, |chance, meaning| {
        let mut regions = meaning.memory.iter().chain(&meaning.ports);
        match regions.find_map(|one| one.2.as_ref()) {
            Some(name) => format!("{}=5,5,{name}", chance.of(&["mem", "port"])),
            None => "irq=1,@ irq=2,@".replace('@', &"n".repeat(LONGEST)),
        }
    }),
];

/// Makes a line with a mistake of some class. Returns the line, the kind and the errno.
pub(super) fn with_mistake(chance: &mut Chance, number: usize) -> (Vec<u8>, &'static str, Error) {
    let mut meaning = some(chance);
    meaning.irqs.truncate(60);
    meaning.memory.truncate(60);
    meaning.ports.truncate(60);
    let (class, errno, word) = CLASSES[number % CLASSES.len()];
    let mut all = vec![meaning.name.clone()];
    all.extend(words(chance, &meaning));
    // What is said before has to have been.
    let place = match class {
        "Twice" | "NameTwice" => all.len(),
        _ => 1 + chance.below(all.len()),
    };
    let bad = word(chance, &meaning);
    all.insert(place, bad);
    (join(chance, &all), class, errno)
}

pub(super) fn each_mistake_has_its_errno(chance: &mut Chance, number: usize) {
    let (text, class, errno) = with_mistake(chance, number);
    let shown = String::from_utf8_lossy(&text);
    let mistake = Line::read(&text).expect_err(&shown);
    assert_eq!(
        (&*kind(&mistake).0, Error::from(mistake)),
        (class, errno),
        "{shown}"
    );

    // Those that are not of a word.
    let width = format!("x width={}", chance.below(1000) * 16 + 9);
    let blanks = *chance.of(&["", " ", "\n", "\t \n"]);
    for (text, class) in [
        (blanks, "Nothing"),
        ("fpga", "NoRegion"),
        ("fpga irq=1 width=4\n", "NoRegion"),
        (&width, "Width"),
        ("fpga mem=1,1\n\n", "Byte"),
        ("fpga\rmem=1,1", "Byte"),
        ("fpga mem=1,1,\u{e9}", "Byte"),
    ] {
        let mistake = Line::read(text.as_bytes()).expect_err(text);
        assert_eq!(
            (&*kind(&mistake).0, Error::from(mistake)),
            (class, EINVAL),
            "{text}"
        );
    }
    assert_eq!(Error::from(ParseError::OnlyName("x")), EINVAL);
}
