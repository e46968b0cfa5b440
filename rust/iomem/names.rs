// SPDX-License-Identifier: GPL-2.0

//! What a file can be called.

use kernel::prelude::*;

/// The longest name that a file can have, in bytes: `NAME_MAX`.
pub(crate) const LONGEST: usize = 255;

/// Tells whether a file can be called that: it is not empty, not `.` or `..`, and has no slash.
pub(crate) const fn is_file_name(name: &CStr) -> bool {
    let mut rest = name.to_bytes();
    while let [first, behind @ ..] = rest {
        if *first == b'/' {
            return false;
        }
        rest = behind;
    }
    !matches!(name.to_bytes(), b"" | b"." | b"..")
}

/// Tells whether two names are the same.
pub(crate) const fn are_same(one: &CStr, other: &CStr) -> bool {
    let (mut one, mut other) = (one.to_bytes(), other.to_bytes());
    while let ([a, behind @ ..], [b, beyond @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (behind, beyond);
    }
    one.is_empty() && other.is_empty()
}

/// Checks the name of a node: a path below `/dev`, each part of which a file can be called.
///
/// In sysfs, where the parts cannot be apart, the kernel writes `!` for a slash; and in `/dev`, a slash
/// for `!`. So both end a part.
///
/// # Errors
///
/// - `EINVAL`: a part is empty, `.` or `..`.
/// - `ENAMETOOLONG`: a part is longer than 255 bytes.
pub(crate) fn check_node(name: &CStr) -> Result {
    for part in name.to_bytes().split(|byte| matches!(byte, b'/' | b'!')) {
        if matches!(part, b"" | b"." | b"..") {
            return Err(EINVAL);
        }
        if part.len() > LONGEST {
            return Err(ENAMETOOLONG);
        }
    }
    Ok(())
}
