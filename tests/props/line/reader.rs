// SPDX-License-Identifier: GPL-2.0

//! A second reader of lines, slow and simple, that says all that is wrong with a word.

use super::meaning::Meaning;

/// The first word of a line that has mistakes, and all of those.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) word: String,
    pub(super) kinds: Vec<&'static str>,
}

impl Wrong {
    fn number(&mut self, text: &str) -> u64 {
        let (digits, radix) = match text.get(..2) {
            Some("0x" | "0X") => (&text[2..], 16),
            _ => (text, 10),
        };
        let decimal = radix == 10 && text.len() > 1 && text.starts_with('0');
        if digits.is_empty() || decimal || !digits.chars().all(|digit| digit.is_digit(radix)) {
            self.kinds.push("Number");
            return 1;
        }
        let significant = digits.trim_start_matches('0');
        let value = match significant.len() {
            0 => 0,
            1..=25 => u128::from_str_radix(significant, radix).unwrap(),
            _ => u128::MAX,
        };
        u64::try_from(value).unwrap_or_else(|_| {
            self.kinds.push("TooLarge");
            1
        })
    }

    fn name(&mut self, text: &str) -> String {
        let right = (1..=31).contains(&text.len())
            && text.chars().all(|one| {
                one.is_ascii_alphabetic() || one.is_ascii_digit() || "._-".contains(one)
            })
            && !text.starts_with(['.', '_', '-']);
        if !right {
            self.kinds.push("Name");
        }
        text.into()
    }

    fn parts<'a>(&mut self, value: &'a str, least: usize) -> Vec<&'a str> {
        let mut parts: Vec<&str> = value.split(',').collect();
        if parts.len() < least || parts.len() > least + 1 {
            self.kinds.push("Parts");
            parts.resize(least, "1");
        }
        parts
    }

    fn range(&mut self, value: &str) -> (u64, u64, Option<String>) {
        let parts = self.parts(value, 2);
        let (start, length) = (self.number(parts[0]), self.number(parts[1]));
        let name = value.split(',').nth(2).map(|part| self.name(part));
        if length == 0 {
            self.kinds.push("Empty");
        } else if u128::from(start) + u128::from(length) > 1 << 64 {
            self.kinds.push("WrapsAround");
        }
        (start, length, name)
    }

    fn irq(&mut self, value: &str) -> (u64, Option<String>) {
        let parts = self.parts(value, 1);
        let line = self.number(parts[0]);
        let name = value.split(',').nth(1).map(|part| self.name(part));
        if line == 0 {
            self.kinds.push("Irq");
        } else if line > i32::MAX as u64 {
            self.kinds.push("TooLarge");
        }
        (line, name)
    }
}

impl Meaning {
    /// Adds what a word says.
    fn add(&mut self, word: &str, wrong: &mut Wrong) {
        let (key, value) = match word.find('=') {
            Some(at) => (&word[..at], Some(&word[at + 1..])),
            None => (word, None),
        };
        match (key, value) {
            ("mem" | "port", Some(value)) => {
                let one = wrong.range(value);
                let all = self.memory.iter().chain(&self.ports);
                if one.2.is_some() && all.clone().any(|other| other.2 == one.2) {
                    wrong.kinds.push("NameTwice");
                }
                let list = match key {
                    "mem" => &mut self.memory,
                    _ => &mut self.ports,
                };
                if list.len() == 64 {
                    wrong.kinds.push("TooMany");
                }
                list.push(one);
            }
            ("irq", Some(value)) => {
                let one = wrong.irq(value);
                if one.1.is_some() && self.irqs.iter().any(|other| other.1 == one.1) {
                    wrong.kinds.push("NameTwice");
                }
                if self.irqs.len() == 64 {
                    wrong.kinds.push("TooMany");
                }
                self.irqs.push(one);
            }
            ("width", Some(value)) => {
                if self.width.is_some() {
                    wrong.kinds.push("Twice");
                }
                let width = wrong.number(value);
                if ![1, 2, 4, 8].contains(&width) {
                    wrong.kinds.push("Width");
                }
                self.width = Some(width);
            }
            (
                "big-endian" | "read-only" | "write-combining" | "map-whole-pages"
                | "firmware-reserved",
                Some(_),
            ) => {
                wrong.kinds.push("FlagWithValue");
            }
            (
                "big-endian" | "read-only" | "write-combining" | "map-whole-pages"
                | "firmware-reserved",
                None,
            ) => {
                let flag = match key {
                    "big-endian" => &mut self.big_endian,
                    "map-whole-pages" => &mut self.whole_pages,
                    "firmware-reserved" => &mut self.firmware_reserved,
                    "write-combining" => &mut self.write_combining,
                    _ => &mut self.read_only,
                };
                if *flag {
                    wrong.kinds.push("Twice");
                }
                *flag = true;
            }
            ("mem" | "port" | "irq" | "width", None) => wrong.kinds.push("NoValue"),
            _ => wrong.kinds.push("Unknown"),
        }
    }

    /// Reads a line.
    pub(super) fn of(text: &[u8]) -> Result<Self, Wrong> {
        let mut wrong = Wrong::default();
        let mut text: Vec<u8> = text.into();
        if text.last() == Some(&b'\n') {
            text.pop();
        }
        if text.iter().any(|byte| !matches!(byte, b'\t' | b' '..=b'~')) {
            wrong.kinds.push("Byte");
            return Err(wrong);
        }
        let text = String::from_utf8(text).unwrap();
        let mut words = text.split_whitespace();
        let Some(first) = words.next() else {
            wrong.kinds.push("Nothing");
            return Err(wrong);
        };
        let mut meaning = Self {
            name: wrong.name(first),
            ..Self::default()
        };
        wrong.word = first.into();
        for word in words {
            if !wrong.kinds.is_empty() {
                break;
            }
            wrong.word = word.into();
            meaning.add(word, &mut wrong);
        }
        if wrong.kinds.is_empty() && meaning.memory.is_empty() && meaning.ports.is_empty() {
            wrong.kinds.push("NoRegion");
            wrong.word = first.into();
        }
        if wrong.kinds.is_empty() {
            Ok(meaning)
        } else {
            Err(wrong)
        }
    }
}
