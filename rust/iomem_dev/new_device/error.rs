// SPDX-License-Identifier: GPL-2.0

//! What can be wrong with a line, in words and as an errno.

use kernel::{
    fmt,
    prelude::*, //
};

/// A mistake, with the word that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParseError<'a> {
    /// There is no word at all.
    Nothing,
    /// A byte that is no visible character, and how many are before it.
    Byte { byte: u8, place: usize },
    /// It is no name.
    Name(&'a str),
    /// No region is said.
    NoRegion(&'a str),
    /// It is nothing that a window has.
    Unknown(&'a str),
    /// It wants a value.
    NoValue(&'a str),
    /// It has a value and should not.
    FlagWithValue(&'a str),
    /// It has too few or too many parts between commas.
    Parts(&'a str),
    /// What should be a number is none.
    Number(&'a str),
    /// A number is larger than there are.
    TooLarge(&'a str),
    /// The length is 0.
    Empty(&'a str),
    /// It ends beyond the largest 64-bit number.
    WrapsAround(&'a str),
    /// It is the number of no interrupt.
    Irq(&'a str),
    /// No register is that wide.
    Width(&'a str),
    /// It was said before.
    Twice(&'a str),
    /// Another one has that name.
    NameTwice(&'a str),
    /// There are too many of its kind.
    TooMany(&'a str),
    /// It comes after the name of what is to be deleted.
    OnlyName(&'a str),
    /// No memory to remember it.
    NoMemory,
}

impl From<ParseError<'_>> for Error {
    fn from(error: ParseError<'_>) -> Self {
        match error {
            ParseError::Nothing
            | ParseError::Byte { .. }
            | ParseError::Name(_)
            | ParseError::NoRegion(_)
            | ParseError::Unknown(_)
            | ParseError::NoValue(_)
            | ParseError::FlagWithValue(_)
            | ParseError::Parts(_)
            | ParseError::Number(_)
            | ParseError::Empty(_)
            | ParseError::Irq(_)
            | ParseError::OnlyName(_)
            | ParseError::Width(_) => EINVAL,
            ParseError::TooLarge(_) => ERANGE,
            ParseError::WrapsAround(_) => EOVERFLOW,
            ParseError::Twice(_) | ParseError::NameTwice(_) => EEXIST,
            ParseError::TooMany(_) => E2BIG,
            ParseError::NoMemory => ENOMEM,
        }
    }
}

/// One line: the word, what is wrong with it, what to write instead.
impl fmt::Display for ParseError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str(
                "the line is empty: write NAME and what it has, e.g. fpga mem=0xfea00000,0x1000",
            ),
            Self::Byte { byte, place } => f.write_fmt(fmt!(
                "byte {byte:#04x} after {place} others is no character: write one line of ASCII at \
                 a time"
            )),
            Self::Name(word) => f.write_fmt(fmt!(
                "'{word}' is no name: use 1 to 31 letters, digits, '.', '_' and '-', the first a \
                 letter or a digit"
            )),
            Self::NoRegion(word) => f.write_fmt(fmt!(
                "'{word}' has no registers: give it mem=START,LENGTH or port=START,LENGTH"
            )),
            Self::Unknown(word) => f.write_fmt(fmt!(
                "'{word}' is nothing that a window has: use mem=, port=, irq=, width=, big-endian, \
                 read-only, write-combining, map-whole-pages and firmware-reserved"
            )),
            Self::NoValue(word) => f.write_fmt(fmt!("'{word}' has no value: write {word}=...")),
            Self::FlagWithValue(word) => f.write_fmt(fmt!(
                "'{word}' has a value: write what is before the '=', or leave it out"
            )),
            Self::Parts(word) => f.write_fmt(fmt!(
                "'{word}' is not as it should be: write START,LENGTH or START,LENGTH,NAME after \
                 mem= and port=, NUMBER or NUMBER,NAME after irq="
            )),
            Self::Number(word) => f.write_fmt(fmt!(
                "'{word}' wants a number: decimal without leading zeroes, or hexadecimal after 0x"
            )),
            Self::TooLarge(word) => f.write_fmt(fmt!("'{word}' has a number that is too large")),
            Self::Empty(word) => {
                f.write_fmt(fmt!("'{word}' has length 0: give the length in bytes"))
            }
            Self::WrapsAround(word) => f.write_fmt(fmt!(
                "'{word}' wraps around: choose a range that ends below 2^64"
            )),
            Self::Irq(word) => f.write_fmt(fmt!(
                "'{word}' is no interrupt: give its number, the first column of /proc/interrupts"
            )),
            Self::Width(word) => f.write_fmt(fmt!(
                "'{word}' is no width: registers are 1, 2, 4 or 8 bytes wide"
            )),
            Self::Twice(word) => f.write_fmt(fmt!("'{word}' was said before: say it once")),
            Self::NameTwice(word) => f.write_fmt(fmt!(
                "'{word}' has the name of another one: give each its own"
            )),
            Self::TooMany(word) => f.write_fmt(fmt!(
                "'{word}' is one too many: a window has up to 64 regions of memory, as many of \
                 ports, and as many interrupts"
            )),
            Self::OnlyName(word) => f.write_fmt(fmt!(
                "'{word}' is one word too many: write the name of what is to be deleted, alone"
            )),
            Self::NoMemory => f.write_str("there is no memory for it"),
        }
    }
}
