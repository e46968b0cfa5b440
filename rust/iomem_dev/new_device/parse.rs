// SPDX-License-Identifier: GPL-2.0

//! What a line that is written to `new_device` says:
//!
//! ```text
//! NAME mem=START,LENGTH[,REGNAME] port=START,LENGTH[,REGNAME] irq=NUMBER[,IRQNAME]
//!      width=BYTES big-endian read-only write-combining map-whole-pages
//!      firmware-reserved
//! ```
//!
//! NAME comes first; the other words in any order, the first three as often as one likes, at least
//! one of `mem` and `port`. Reading a line does nothing: whether the machine has what it says is for
//! others to find out.

use iomem::{
    access::Width,
    range::Range, //
};
use kernel::prelude::*;

use super::error::ParseError;
use crate::names::LONGEST;

/// How many regions a window can have, and how many interrupts.
const MOST: usize = 64;

/// A number of the processor's or of the bus, and a name, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named<'a, T> {
    pub(crate) what: T,
    pub(crate) name: Option<&'a str>,
}

/// A window that `new_device` is to make.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) memory: KVec<Named<'a, Range>>,
    pub(crate) ports: KVec<Named<'a, Range>>,
    pub(crate) irqs: KVec<Named<'a, u32>>,
    pub(crate) width: Option<Width>,
    pub(crate) big_endian: bool,
    pub(crate) read_only: bool,
    pub(crate) write_combining: bool,
    pub(crate) whole_pages: bool,
    pub(crate) firmware_reserved: bool,
}

/// Takes a line apart into words, which blanks are between. One newline may be at its end.
///
/// # Errors
///
/// [`ParseError::Byte`]: there is a byte in it that is no character of ASCII that one can see.
pub(crate) fn words(text: &[u8]) -> Result<impl Iterator<Item = &str>, ParseError<'_>> {
    let text = visible(text.strip_suffix(b"\n").unwrap_or(text))?;
    Ok(text.split([' ', '\t']).filter(|word| !word.is_empty()))
}

/// Reads text of one line. What has passed can be shown in the log as it is.
fn visible(text: &[u8]) -> Result<&str, ParseError<'_>> {
    let visible = |byte: &u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t');
    if let Some(place) = text.iter().position(|byte| !visible(byte)) {
        let byte = text.get(place).copied().unwrap_or_default();
        return Err(ParseError::Byte { byte, place });
    }
    Ok(core::str::from_utf8(text).unwrap_or_default())
}

/// Reads a name, as [`name`], that has not been part of a line of words.
///
/// # Errors
///
/// As [`words`] and [`name`].
pub(crate) fn whole_name(text: &[u8]) -> Result<&str, ParseError<'_>> {
    name(visible(text)?)
}

/// Reads a name: of 1 to 31 letters, digits, dots, underscores and hyphens, the first a letter or a
/// digit.
pub(crate) fn name(word: &str) -> Result<&str, ParseError<'_>> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !word
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric)
        || !word.bytes().all(allowed)
        || word.len() > LONGEST
    {
        return Err(ParseError::Name(word));
    }
    Ok(word)
}

/// Reads a number of 64 bits, decimal or, after `0x`, hexadecimal. `word` is what it is in.
fn number<'a>(text: &str, word: &'a str) -> Result<u64, ParseError<'a>> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        // What C would take as octal, and people do not.
        None if text.len() > 1 && text.starts_with('0') => return Err(ParseError::Number(word)),
        None => (text, 10),
    };
    if digits.is_empty() {
        return Err(ParseError::Number(word));
    }
    let mut value = 0_u64;
    let mut large = false;
    for digit in digits.chars() {
        let digit = digit.to_digit(radix).ok_or(ParseError::Number(word))?;
        let next = value
            .checked_mul(u64::from(radix))
            .and_then(|value| value.checked_add(u64::from(digit)));
        match next {
            Some(next) => value = next,
            None => large = true,
        }
    }
    if large {
        return Err(ParseError::TooLarge(word));
    }
    Ok(value)
}

/// Reads `START,LENGTH[,REGNAME]`.
fn range<'a>(value: &'a str, word: &'a str) -> Result<Named<'a, Range>, ParseError<'a>> {
    let mut parts = value.split(',');
    let (Some(start), Some(length)) = (parts.next(), parts.next()) else {
        return Err(ParseError::Parts(word));
    };
    let called = parts.next().map(name).transpose()?;
    if parts.next().is_some() {
        return Err(ParseError::Parts(word));
    }
    let (start, length) = (number(start, word)?, number(length, word)?);
    if length == 0 {
        return Err(ParseError::Empty(word));
    }
    Ok(Named {
        what: Range::new(start, length).map_err(|_| ParseError::WrapsAround(word))?,
        name: called,
    })
}

/// Reads `NUMBER[,IRQNAME]`.
fn irq<'a>(value: &'a str, word: &'a str) -> Result<Named<'a, u32>, ParseError<'a>> {
    let mut parts = value.split(',');
    let line = number(parts.next().unwrap_or_default(), word)?;
    let called = parts.next().map(name).transpose()?;
    if parts.next().is_some() {
        return Err(ParseError::Parts(word));
    }
    match i32::try_from(line) {
        Ok(0) => Err(ParseError::Irq(word)),
        Ok(line) => Ok(Named {
            what: line.unsigned_abs(),
            name: called,
        }),
        Err(_) => Err(ParseError::TooLarge(word)),
    }
}

/// Adds one to a list in which no two have the same name.
fn add<'a, T>(
    list: &mut KVec<Named<'a, T>>,
    one: Named<'a, T>,
    taken: bool,
    word: &'a str,
) -> Result<(), ParseError<'a>> {
    if taken {
        return Err(ParseError::NameTwice(word));
    }
    if list.len() >= MOST {
        return Err(ParseError::TooMany(word));
    }
    list.push(one, GFP_KERNEL).map_err(|_| ParseError::NoMemory)
}

/// Sets what may be said once.
fn once<'a>(said: bool, word: &'a str) -> Result<bool, ParseError<'a>> {
    if said {
        return Err(ParseError::Twice(word));
    }
    Ok(true)
}

impl<'a> Line<'a> {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// The first mistake that it has, from left to right.
    pub(crate) fn read(text: &'a [u8]) -> Result<Self, ParseError<'a>> {
        let mut words = words(text)?;
        let mut line = Self {
            name: name(words.next().ok_or(ParseError::Nothing)?)?,
            memory: KVec::new(),
            ports: KVec::new(),
            irqs: KVec::new(),
            width: None,
            big_endian: false,
            read_only: false,
            write_combining: false,
            whole_pages: false,
            firmware_reserved: false,
        };
        for word in words {
            line.take(word)?;
        }
        if line.memory.is_empty() && line.ports.is_empty() {
            return Err(ParseError::NoRegion(line.name));
        }
        Ok(line)
    }

    fn take(&mut self, word: &'a str) -> Result<(), ParseError<'a>> {
        match word.split_once('=') {
            Some(("mem", value)) => {
                let one = range(value, word)?;
                let taken = self.has_region(one.name);
                add(&mut self.memory, one, taken, word)
            }
            Some(("port", value)) => {
                let one = range(value, word)?;
                let taken = self.has_region(one.name);
                add(&mut self.ports, one, taken, word)
            }
            Some(("irq", value)) => {
                let one = irq(value, word)?;
                let taken = one.name.is_some() && self.irqs.iter().any(|i| i.name == one.name);
                add(&mut self.irqs, one, taken, word)
            }
            Some(("width", value)) => {
                once(self.width.is_some(), word)?;
                let bytes = usize::try_from(number(value, word)?).unwrap_or(usize::MAX);
                self.width = Some(Width::from_bytes(bytes).map_err(|_| ParseError::Width(word))?);
                Ok(())
            }
            Some((
                "big-endian" | "read-only" | "write-combining" | "map-whole-pages"
                | "firmware-reserved",
                _,
            )) => Err(ParseError::FlagWithValue(word)),
            Some(_) => Err(ParseError::Unknown(word)),
            None => match word {
                "big-endian" => {
                    self.big_endian = once(self.big_endian, word)?;
                    Ok(())
                }
                "read-only" => {
                    self.read_only = once(self.read_only, word)?;
                    Ok(())
                }
                "write-combining" => {
                    self.write_combining = once(self.write_combining, word)?;
                    Ok(())
                }
                "map-whole-pages" => {
                    self.whole_pages = once(self.whole_pages, word)?;
                    Ok(())
                }
                "firmware-reserved" => {
                    self.firmware_reserved = once(self.firmware_reserved, word)?;
                    Ok(())
                }
                "mem" | "port" | "irq" | "width" => Err(ParseError::NoValue(word)),
                _ => Err(ParseError::Unknown(word)),
            },
        }
    }

    /// Returns the regions in the order in which the driver numbers them: memory first, then ports.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &Named<'a, Range>> + Clone {
        // By its full name: the crate of initialisers has a `chain` for everything.
        Iterator::chain(self.memory.iter(), &self.ports)
    }

    fn has_region(&self, name: Option<&str>) -> bool {
        name.is_some() && self.regions().any(|region| region.name == name)
    }
}
