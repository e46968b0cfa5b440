// SPDX-License-Identifier: GPL-2.0

//! One check of a test module: a line in the log.
//!
//! `<module>: ok NAME` or `<module>: not ok NAME`, which tests/guest/suite turns into KTAP. Loading
//! a test module always succeeds, so that the log is what counts; a line with `done` says that it
//! came to its end.

/// Says whether what `NAME` claims is so: `check!("name", condition)`.
macro_rules! check {
    ($name:literal, $passed:expr) => {
        if $passed {
            ::kernel::pr_info!("ok {}\n", $name);
        } else {
            ::kernel::pr_info!("not ok {}\n", $name);
        }
    };
}
