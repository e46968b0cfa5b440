// SPDX-License-Identifier: GPL-2.0

//! What the driver's file of this name says to the parser. How long a name can be is tried in the
//! kernel too, by tests/run_time_words.c.

pub(crate) const LONGEST: usize = 31;
