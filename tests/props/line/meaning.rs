// SPDX-License-Identifier: GPL-2.0

//! What a line says, made by chance, and printed.

use crate::{
    cases::Chance,
    driver::parse::Line,
    names::LONGEST, //
};

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) name: String,
    pub(super) memory: Vec<(u64, u64, Option<String>)>,
    pub(super) ports: Vec<(u64, u64, Option<String>)>,
    pub(super) irqs: Vec<(u64, Option<String>)>,
    pub(super) width: Option<u64>,
    pub(super) big_endian: bool,
    pub(super) read_only: bool,
    pub(super) write_combining: bool,
    pub(super) whole_pages: bool,
    pub(super) firmware_reserved: bool,
}

impl From<Line<'_>> for Meaning {
    fn from(line: Line<'_>) -> Self {
        // In the order in which the driver numbers them.
        let mut regions = line.regions().map(|one| {
            let name = one.name.map(String::from);
            (one.what.start(), one.what.length(), name)
        });
        let memory: Vec<_> = regions.by_ref().take(line.memory.len()).collect();
        Self {
            name: line.name.into(),
            memory,
            ports: regions.collect(),
            irqs: (line.irqs.iter())
                .map(|one| (one.what.into(), one.name.map(String::from)))
                .collect(),
            width: line.width.map(|width| width.bytes() as u64),
            big_endian: line.big_endian,
            read_only: line.read_only,
            write_combining: line.write_combining,
            whole_pages: line.whole_pages,
            firmware_reserved: line.firmware_reserved,
        }
    }
}

pub(super) const FIRST: &[u8] = b"abzAZ059";
const OTHERS: &[u8] = b"abzAZ059._-";

pub(super) fn some_name(chance: &mut Chance) -> String {
    let length = chance.between(1, LONGEST as u64);
    let first = [*chance.of(FIRST)];
    let others = (1..length).map(|_| *chance.of(OTHERS));
    first.into_iter().chain(others).map(char::from).collect()
}

/// A name that is none of those that are taken, which it is then; or none.
fn new_name(chance: &mut Chance, taken: &mut Vec<String>) -> Option<String> {
    let name = some_name(chance);
    if chance.one_in(2) || taken.contains(&name) {
        return None;
    }
    taken.push(name.clone());
    Some(name)
}

/// How many of a kind: few, seldom as many as there can be.
fn count(chance: &mut Chance) -> usize {
    match chance.below(64) {
        0 => 64 - chance.below(2),
        _ => chance.below(4),
    }
}

pub(super) fn some(chance: &mut Chance) -> Meaning {
    let (mut regions, mut irqs) = (Vec::new(), Vec::new());
    let mut ranges = |chance: &mut Chance, count| {
        (0..count)
            .map(|_| {
                let range = crate::range::some(chance);
                let name = new_name(chance, &mut regions);
                (range.start(), range.length(), name)
            })
            .collect::<Vec<_>>()
    };
    let (memory, ports) = (count(chance), count(chance));
    let memory = memory.max(usize::from(ports == 0));
    Meaning {
        name: some_name(chance),
        memory: ranges(chance, memory),
        ports: ranges(chance, ports),
        irqs: (0..count(chance))
            .map(|_| {
                let line = chance.between(1, i32::MAX as u64);
                (line, new_name(chance, &mut irqs))
            })
            .collect(),
        width: chance.one_in(2).then(|| 1 << chance.below(4)),
        big_endian: chance.one_in(2),
        read_only: chance.one_in(2),
        write_combining: chance.one_in(2),
        whole_pages: chance.one_in(2),
        firmware_reserved: chance.one_in(2),
    }
}

pub(super) fn number(chance: &mut Chance, number: u64) -> String {
    match chance.below(5) {
        0 => format!("{number:#x}"),
        1 => format!("0X{number:X}"),
        2 => format!("0x{number:018x}"),
        _ => number.to_string(),
    }
}

fn with_name(mut text: String, name: &Option<String>) -> String {
    if let Some(name) = name {
        text = text + "," + name;
    }
    text
}

/// The words after the name, in some order that leaves that of each kind as it is.
pub(super) fn words(chance: &mut Chance, meaning: &Meaning) -> Vec<String> {
    let mut range = |kind: &str, one: &(u64, u64, Option<String>)| {
        let (start, length) = (number(chance, one.0), number(chance, one.1));
        with_name(format!("{kind}={start},{length}"), &one.2)
    };
    let mut kinds: Vec<Vec<String>> = vec![
        meaning.memory.iter().map(|one| range("mem", one)).collect(),
        meaning.ports.iter().map(|one| range("port", one)).collect(),
    ];
    kinds.push(
        (meaning.irqs.iter())
            .map(|one| with_name(format!("irq={}", number(chance, one.0)), &one.1))
            .collect(),
    );
    kinds.push(
        (meaning.width.iter())
            .map(|width| format!("width={}", number(chance, *width)))
            .collect(),
    );
    kinds.push(vec!["big-endian".into(); meaning.big_endian.into()]);
    kinds.push(vec!["read-only".into(); meaning.read_only.into()]);
    kinds.push(vec![
        "write-combining".into();
        meaning.write_combining.into()
    ]);
    kinds.push(vec!["map-whole-pages".into(); meaning.whole_pages.into()]);
    kinds.push(vec![
        "firmware-reserved".into();
        meaning.firmware_reserved.into()
    ]);

    let mut order: Vec<usize> = (kinds.iter().enumerate())
        .flat_map(|(kind, words)| vec![kind; words.len()])
        .collect();
    chance.shuffle(&mut order);
    let mut kinds: Vec<_> = kinds.into_iter().map(Vec::into_iter).collect();
    order
        .into_iter()
        .filter_map(|kind| kinds[kind].next())
        .collect()
}

pub(super) fn join(chance: &mut Chance, words: &[String]) -> Vec<u8> {
    const BLANKS: &[&str] = &[" ", " ", "\t", "  \t "];
    let mut text = String::new();
    if chance.one_in(8) {
        text += *chance.of(BLANKS);
    }
    for (place, word) in words.iter().enumerate() {
        if place != 0 {
            text += *chance.of(BLANKS);
        }
        text += word;
    }
    if chance.one_in(8) {
        text += *chance.of(BLANKS);
    }
    if chance.one_in(2) {
        text += "\n";
    }
    text.into_bytes()
}

pub(super) fn print(chance: &mut Chance, meaning: &Meaning) -> Vec<u8> {
    let mut all = vec![meaning.name.clone()];
    all.extend(words(chance, meaning));
    join(chance, &all)
}
