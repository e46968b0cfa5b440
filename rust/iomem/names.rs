// SPDX-License-Identifier: GPL-2.0

//! What a file, a device and a driver's file can be called.

use kernel::prelude::*;

use crate::{
    bindings,
    error::enametoolong,
    parent::Parent, //
};

/// The longest name that a file can have, in bytes: `NAME_MAX`.
pub(crate) const LONGEST: usize = 255;

/// The longest path below `/sys` that a device can have, in bytes.
///
/// What the kernel tells user space of a device has to fit into 2,048 bytes (`UEVENT_BUFFER_SIZE`), or
/// the kernel warns: the path, up to three names of [`LONGEST`] bytes, of the node or for the driver to
/// be found by, of the driver, and of the class, and a few numbers.
const LONGEST_PATH: usize = 1024;

/// Files and folders that the kernel has in the folder of a device, or makes there.
const OF_DEVICES: [&CStr; 11] = [
    c"dev",
    c"device",
    c"driver",
    c"firmware_node",
    c"of_node",
    c"physical_location",
    c"power",
    c"removable",
    c"subsystem",
    c"uevent",
    c"waiting_for_supplier",
];

/// Files that the kernel has in the folder of an interrupt line, `/proc/irq/<n>/`.
const OF_LINES: [&CStr; 7] = [
    c"affinity_hint",
    c"effective_affinity",
    c"effective_affinity_list",
    c"node",
    c"smp_affinity",
    c"smp_affinity_list",
    c"spurious",
];

/// Files that the kernel has in the folder of a driver, beside those that are called as devices are.
const OF_DRIVERS: [&CStr; 4] = [c"bind", c"module", c"uevent", c"unbind"];

/// Checks that a file can be called that.
///
/// # Errors
///
/// - `EINVAL`: it is empty, `.` or `..`, or has a slash.
/// - `ENAMETOOLONG`: it is longer than 255 bytes.
pub(crate) fn check_file(name: &CStr) -> Result {
    match mistake(name) {
        None => Ok(()),
        Some(Mistake::Invalid) => Err(EINVAL),
        Some(Mistake::Long) => Err(enametoolong()),
    }
}

/// Tells whether a file can be called that.
pub(crate) const fn is_file_name(name: &CStr) -> bool {
    mistake(name).is_none()
}

/// Why a file cannot be called that.
enum Mistake {
    Invalid,
    Long,
}

const fn mistake(name: &CStr) -> Option<Mistake> {
    let mut rest = name.to_bytes();
    while let [first, behind @ ..] = rest {
        if *first == b'/' {
            return Some(Mistake::Invalid);
        }
        rest = behind;
    }
    match name.to_bytes() {
        b"" | b"." | b".." => Some(Mistake::Invalid),
        bytes if bytes.len() > LONGEST => Some(Mistake::Long),
        _ => None,
    }
}

const fn is_one_of(name: &CStr, mut names: &[&CStr]) -> bool {
    while let [first, behind @ ..] = names {
        if are_same(name, first) {
            return true;
        }
        names = behind;
    }
    false
}

/// Tells whether the kernel has, or makes, a file of that name in the folder of a device.
pub(crate) fn is_of_devices(name: &CStr) -> bool {
    is_one_of(name, &OF_DEVICES)
}

/// Tells whether the kernel has a file of that name in the folder of each driver.
pub(crate) const fn is_of_drivers(name: &CStr) -> bool {
    is_one_of(name, &OF_DRIVERS)
}

/// Tells whether the kernel has a file of that name in the folder of each interrupt line, or of some.
pub(crate) fn is_of_lines(name: &CStr) -> bool {
    is_one_of(name, &OF_LINES)
}

/// Tells whether it is a name that the kernel makes for platform devices: `<name>.<n>.auto`.
pub(crate) fn is_automatic(name: &CStr) -> bool {
    let parts = name.to_bytes().strip_suffix(b".auto");
    let number = parts.and_then(|parts| parts.rsplitn(2, |byte| *byte == b'.').next());
    // Without a dot before it, this is all of the name, and there is no number.
    number.is_some_and(|number| {
        !number.is_empty()
            && number.iter().all(u8::is_ascii_digit)
            && parts.is_some_and(|parts| parts.len() > number.len())
    })
}

/// Tells whether the folder that a platform device is to be in, that of `parent` or
/// `/sys/devices/platform`, has a file or a folder of that name now, or will have one of the kernel's.
///
/// The device is in its place in sysfs as long as this runs. Context: may sleep.
pub(crate) fn is_beside_platform_device(name: &CStr, parent: Option<Parent<'_>>) -> bool {
    // A driver is bound to the parent later, for example.
    if parent.is_some() && is_of_devices(name) {
        return true;
    }
    let parent = parent.map_or(core::ptr::null_mut(), |parent| {
        // `Device` is a transparent wrapper around `struct device`.
        core::ptr::from_ref(parent.device()).cast_mut().cast()
    });
    // SAFETY: The device is null or registered, by the invariant of `Parent`, and the name is valid for the call, which compares it with those
    // in the folder.
    unsafe { bindings::platform_folder_has(parent, name.as_char_ptr()) }
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
/// for `!`. So both end a part; and the whole of it has to be the name of one folder.
///
/// The node is to be of `class`, below `parent`.
///
/// # Errors
///
/// - `EINVAL`: a part is empty, `.` or `..`.
/// - `ENAMETOOLONG`: it is longer than 255 bytes; or its path below `/sys` is longer than 1,024.
/// - `EEXIST`: the class has a device of that name; or `parent` has a child, a file or another folder where
///   the folder of its nodes of that class is to be.
/// - `ENOMEM`: no memory.
pub(crate) fn check_node(name: &CStr, class: &CStr, parent: Option<Parent<'_>>) -> Result {
    for part in name.to_bytes().split(|byte| matches!(byte, b'/' | b'!')) {
        if matches!(part, b"" | b"." | b"..") {
            return Err(EINVAL);
        }
    }
    if name.count_bytes() > LONGEST {
        return Err(enametoolong());
    }
    if parent.is_some_and(|parent| has_child_in_folder(parent, class))
        || is_beside_class(parent, class)
        || is_in_class(name, class)
    {
        return Err(EEXIST);
    }
    // Each has a slash.
    let below = name.count_bytes().saturating_add(class.count_bytes());
    check_path(parent, c"/devices/virtual", below.saturating_add(2))
}

/// Tells whether there is a class of that name in sysfs. Context: may sleep.
pub(crate) fn is_class(name: &CStr) -> bool {
    // SAFETY: The function compares the name.
    unsafe { bindings::sysfs_has_class(name.as_char_ptr()) }
}

/// Tells whether a class has a device of that name, which has at most [`LONGEST`] bytes. Context: may sleep.
fn is_in_class(name: &CStr, class: &CStr) -> bool {
    // SAFETY: The function compares the names.
    unsafe { bindings::sysfs_has_in_class(class.as_char_ptr(), name.as_char_ptr()) }
}

/// Tells whether there is a character device of that number in sysfs. Context: may sleep.
pub(crate) fn is_number_taken(number: bindings::dev_t) -> bool {
    // SAFETY: The function takes any number.
    unsafe { bindings::sysfs_has_number(number) }
}

/// Tells whether something else is where the folder of a class's nodes is to be. Context: may sleep.
fn is_beside_class(parent: Option<Parent<'_>>, class: &CStr) -> bool {
    let parent = parent.map_or(core::ptr::null_mut(), |parent| {
        // `Device` is a transparent wrapper around `struct device`.
        core::ptr::from_ref(parent.device()).cast_mut().cast()
    });
    // SAFETY: The device is null, or registered for the call by the invariant of `Parent`, and the name is
    // valid for it.
    unsafe { bindings::sysfs_has_beside_class(parent, class.as_char_ptr()) }
}

/// Tells whether a device has a child of that name in its own folder, not in that of a class.
fn has_child_in_folder(parent: Parent<'_>, name: &CStr) -> bool {
    // `Device` is a transparent wrapper around `struct device`.
    let parent = core::ptr::from_ref(parent.device()).cast_mut().cast();
    // SAFETY: The device is registered for the call, by the invariant of `Parent`, and the name is valid for
    // it.
    unsafe { bindings::device_has_child_in_folder(parent, name.as_char_ptr()) }
}

/// Checks the name of a platform device, which begins with `name` and goes on with `more` bytes, and is
/// below `parent`.
///
/// # Errors
///
/// - `EINVAL`: it is nothing that a folder can be called.
/// - `ENAMETOOLONG`: it is longer than 255 bytes; or its path below `/sys` is longer than 1,024.
/// - `ENOMEM`: no memory.
pub(crate) fn check_platform_device(
    name: &CStr,
    more: usize,
    parent: Option<Parent<'_>>,
) -> Result {
    check_file(name)?;
    let length = name.count_bytes().saturating_add(more);
    if length > LONGEST {
        return Err(enametoolong());
    }
    check_path(parent, c"/devices/platform", length.saturating_add(1))
}

/// Checks the length of a path that has `below` bytes below `parent`, or without one below `top`.
fn check_path(parent: Option<Parent<'_>>, top: &CStr, below: usize) -> Result {
    let above = match parent {
        None => top.count_bytes(),
        Some(parent) => {
            // `Device` is a transparent wrapper around `struct device`.
            let parent = core::ptr::from_ref(parent.device()).cast_mut().cast();
            // SAFETY: The function reads the names of the device and of those above it. By the invariant
            // of `Parent` it is registered for the call, so it has a name and a reference to what it is
            // below, as that has if it is registered.
            let length = unsafe { bindings::device_path_length(parent) };
            usize::try_from(length).map_err(|_| ENOMEM)?
        }
    };
    if above.saturating_add(below) > LONGEST_PATH {
        return Err(enametoolong());
    }
    Ok(())
}
