// SPDX-License-Identifier: GPL-2.0

//! What must hold for all inputs, of files that are but arithmetic and parsing. See `tests/props/run`.

use std::process::ExitCode;

mod cases;
mod driver;
mod fits;
mod huge_pages;
mod line;
mod names;
mod offset;
mod pages;
mod range;
mod register;
mod seek;
mod series;
mod width;

fn main() -> ExitCode {
    cases::run(&[
        range::PROPERTIES,
        width::PROPERTIES,
        offset::PROPERTIES,
        line::PROPERTIES,
        series::PROPERTIES,
        register::PROPERTIES,
        seek::PROPERTIES,
        fits::PROPERTIES,
        huge_pages::PROPERTIES,
        pages::PROPERTIES,
    ])
}
