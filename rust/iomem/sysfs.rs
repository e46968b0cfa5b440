// SPDX-License-Identifier: GPL-2.0

//! Attributes: small files in sysfs that tell something about a device, one value each.
//!
//! They belong to the node of a [misc device](crate::chardev::misc) and are in its folder,
//! `/sys/class/misc/<node>/`, or in folders below that:
//!
//! ```text
//! /sys/class/misc/iomem0/name
//! /sys/class/misc/iomem0/region0/length
//! /sys/class/misc/iomem0/region1/length
//! ```
//!
//! A type implements [`Attributes`], a table of names and functions. [`Groups`] has a value of such
//! a type for each folder, as many as the device needs; [`Options::groups`] gives it to the node.
//!
//! # The life of an attribute
//!
//! The files are made together with the node, before user space is told of it, so that a rule of
//! udev can rely on them. They go with the node: when [`Registration`] has been dropped, no function
//! of theirs is running and none will. A program that kept such a file open gets `ENODEV`. So what
//! an attribute shows needs no check whether the node is still there, only whether the hardware is.
//!
//! # Locks
//!
//! Functions that show an attribute run without a lock of this crate. The removal of the node waits
//! for them, so they must not wait for it, nor for a lock that is held while a node is made or
//! removed.
//!
//! C headers: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h)
//!
//! [`Options::groups`]: crate::chardev::Options::groups
//! [`Registration`]: crate::chardev::Registration

use kernel::{
    prelude::*,
    str::CString,
    sync::Arc,
    ThisModule, //
};

use crate::{
    bindings,
    names::{
        are_same,
        check_file,
        is_file_name,
        is_of_devices, //
    },
    text::Text, //
};

mod folder;

/// How many attributes a table can have, and how many parts [`Groups`]: each list is in one piece, for which
/// the allocator warns if it is too large.
const MOST: usize = 1024;

use self::folder::{
    AnyFolder,
    Folder, //
};

/// A file that shows something of a `T`.
///
/// Corresponds to what `DEVICE_ATTR_RO()` and `DEVICE_ATTR_ADMIN_RO()` declare in C, see
/// [`include/linux/device.h`](srctree/include/linux/device.h).
pub struct Attribute<T> {
    name: &'static CStr,
    mode: u16,
    show: fn(&T, &mut Text<'_>) -> Result,
}

impl<T> Attribute<T> {
    /// A file `name` that all users may read, mode 0444, and that `show` gives the content of.
    ///
    /// `show` writes the value without a line's end. What it fails with is what `read()` fails with;
    /// a value that is longer than a page, less 2 bytes, is `EOVERFLOW`, where C's `sysfs_emit()`
    /// would cut it off. Context of `show`: may sleep; see the [module](self) for locks.
    ///
    /// A table with a name that is empty, `.` or `..`, has a slash or more than 255 bytes, with two files of
    /// one name, or with more than 1,024 files, does not compile where it is given to [`Groups`]. Context: any.
    pub const fn new(name: &'static CStr, show: fn(&T, &mut Text<'_>) -> Result) -> Self {
        Self {
            name,
            mode: 0o444,
            show,
        }
    }

    /// Lets only its owner, root, read it: mode 0400. For what tells of addresses.
    pub const fn owner_only(self) -> Self {
        Self {
            mode: 0o400,
            ..self
        }
    }
}

/// Stops the compiler at a table of files that could not all be made.
const fn check_table<T>(mut table: &[Attribute<T>]) {
    assert!(table.len() <= MOST, "a table has too many attributes");
    while let [file, others @ ..] = table {
        assert!(
            is_file_name(file.name),
            "an attribute has no name that a file can have"
        );
        let mut rest = others;
        while let [other, behind @ ..] = rest {
            assert!(
                !are_same(file.name, other.name),
                "two attributes have one name"
            );
            rest = behind;
        }
        table = others;
    }
}

/// What has files in sysfs.
///
/// # Examples
///
/// A device with a folder for each channel:
///
/// ```no_run
/// use iomem::{
///     chardev::Options,
///     sysfs::{
///         Attribute,
///         Attributes,
///         Groups, //
///     },
///     text::Text, //
/// };
/// use kernel::{
///     fmt::Write,
///     str::CString,
///     sync::Arc, //
/// };
///
/// struct Channel {
///     rate: u32,
///     address: u64,
/// }
///
/// impl Channel {
///     fn rate(&self, text: &mut Text<'_>) -> Result {
///         Ok(write!(text, "{}", self.rate)?)
///     }
///
///     fn address(&self, text: &mut Text<'_>) -> Result {
///         Ok(write!(text, "{:#x}", self.address)?)
///     }
/// }
///
/// impl Attributes for Channel {
///     const ATTRIBUTES: &'static [Attribute<Self>] = &[
///         Attribute::new(c"rate", Self::rate),
///         Attribute::new(c"address", Self::address).owner_only(),
///     ];
/// }
///
/// let mut groups = Groups::new();
/// for number in 0..2 {
///     let channel = Channel { rate: 48_000, address: 0xfea0_0000 };
///     let folder = CString::try_from_fmt(fmt!("channel{number}"))?;
///     groups.folder(folder, Arc::new(channel, GFP_KERNEL)?)?;
/// }
/// let options = Options::new(CString::try_from_fmt(fmt!("my-device"))?).groups(groups);
/// # Ok::<(), Error>(())
/// ```
pub trait Attributes: Send + Sync + Sized + 'static {
    /// The files, each of another name: see [`Attribute::new`].
    const ATTRIBUTES: &'static [Attribute<Self>];
}

/// The files of a node, in its own folder and in others below.
///
/// Corresponds to a list of C `struct attribute_group`.
///
/// Context of the drop: that of what the files show.
///
/// # Invariants
///
/// All but the last of `list`, which may be missing and is null, point to the groups of `folders`,
/// in order.
#[derive(Default)]
pub struct Groups {
    list: KVec<*const bindings::attribute_group>,
    folders: KVec<KBox<dyn AnyFolder>>,
}

// SAFETY: What `list` points to is in `folders`, which can be sent.
unsafe impl Send for Groups {}

// SAFETY: Nothing can be done through a shared reference.
unsafe impl Sync for Groups {}

impl Groups {
    /// No files at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the files of `device` into the node's own folder. Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `E2BIG`: 1,024 values have files in this already.
    /// - `EEXIST`: a file or folder of that name was put there before, or is one that the kernel puts
    ///   there: `dev`, `device`, `driver`, `firmware_node`, `of_node`, `physical_location`, `power`,
    ///   `removable`, `subsystem`, `uevent`, `waiting_for_supplier`.
    /// - `ENOMEM`: no memory.
    pub fn device<T: Attributes>(&mut self, device: Arc<T>) -> Result {
        let taken = |attribute: &Attribute<T>| self.has(attribute.name);
        if T::ATTRIBUTES.iter().any(taken) {
            return Err(EEXIST);
        }
        self.add(Folder::new(None, device)?)
    }

    /// Puts the files of `part` into a folder `name` in the node's. Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name is empty, `.` or `..`, or has a slash.
    /// - `ENAMETOOLONG`: it is longer than 255 bytes.
    /// - `E2BIG`, `EEXIST`: as [`device`](Self::device).
    /// - `ENOMEM`: no memory.
    pub fn folder<T: Attributes>(&mut self, name: CString, part: Arc<T>) -> Result {
        check_file(&name)?;
        if self.has(&name) {
            return Err(EEXIST);
        }
        self.add(Folder::new(Some(name), part)?)
    }

    /// Tells whether the node's folder has a file or a folder of that name, or will have.
    fn has(&self, name: &CStr) -> bool {
        is_of_devices(name) || self.folders.iter().any(|folder| folder.shows(name))
    }

    /// Checks that `owner`, which an open node keeps loaded, has the code that shows the files. Removing
    /// the node waits for that; but who has the node need not know whose files it has.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it has not.
    pub(crate) fn check_owner(&self, owner: &ThisModule) -> Result {
        self.folders
            .iter()
            .try_for_each(|folder| folder.check_owner(owner))
    }

    fn add<T: Attributes>(&mut self, folder: Folder<T>) -> Result {
        if self.folders.len() >= MOST {
            return Err(E2BIG);
        }
        let group = folder.group();
        self.list.reserve(1, GFP_KERNEL)?;
        let folder: KBox<dyn AnyFolder> = KBox::new(folder, GFP_KERNEL)?;
        self.folders.push(folder, GFP_KERNEL)?;
        // INVARIANT: The group stays where it is when its folder moves. There was room for it.
        self.list.push(group, GFP_KERNEL)?;
        Ok(())
    }

    /// Returns the list for C, which ends with null. It is valid, and so are the groups, as long as
    /// `self`, wherever that moves.
    pub(crate) fn for_c(&mut self) -> Result<*mut *const bindings::attribute_group> {
        if self.list.last().is_none_or(|last| !last.is_null()) {
            self.list.push(core::ptr::null(), GFP_KERNEL)?;
        }
        Ok(self.list.as_mut_ptr())
    }
}
