// SPDX-License-Identifier: GPL-2.0

//! A folder of attributes, as C wants it.

use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    str::CString,
    sync::Arc,
    types::Opaque,
    ThisModule, //
};

use super::{
    check_table,
    Attributes, //
};
use crate::{
    bindings,
    error::for_c,
    owner,
    text::Text, //
};

/// A file: what C knows of it, and what it shows.
struct File<T> {
    raw: Opaque<bindings::device_attribute>,
    data: Arc<T>,
    show: fn(&T, &mut Text<'_>) -> Result,
}

impl<T: Attributes> File<T> {
    /// # Safety
    ///
    /// To be called by the device core, for the attribute of a `File<T>`, with a page to write to.
    unsafe extern "C" fn show(
        _dev: *mut bindings::device,
        attr: *mut bindings::device_attribute,
        page: *mut c_char,
    ) -> isize {
        // SAFETY: By the requirement. Removing the attribute waits for this call, and the file is
        // dropped after that.
        let file = unsafe { &*kernel::container_of!(Opaque::cast_from(attr), Self, raw) };
        // SAFETY: sysfs gives a page, which it has zeroed, to this call alone. The last byte stays
        // out: a text that fills the page is taken for one that was too long.
        let room = unsafe { core::slice::from_raw_parts_mut(page.cast::<u8>(), PAGE_SIZE - 1) };

        let mut text = Text::new(room);
        let shown = (file.show)(&file.data, &mut text);
        match text.end(shown) {
            Ok(length) => length as isize,
            Err(e) => for_c(e) as isize,
        }
    }
}

/// A folder, or the part of the node's own that shows a `T`.
///
/// Corresponds to a C `struct attribute_group`.
///
/// # Invariants
///
/// `group` points to `name`, if there is one, and to `_pointers`, which point to the attributes of
/// `_files` and end with null. None of these is changed or made longer.
pub(super) struct Folder<T> {
    group: KBox<bindings::attribute_group>,
    _pointers: KVec<*mut bindings::attribute>,
    _files: KVec<File<T>>,
    name: Option<CString>,
}

// SAFETY: It owns what it points to, which does not care which thread it is dropped by; `T` is
// `Send` and `Sync`, so references to it may be sent.
unsafe impl<T: Attributes> Send for Folder<T> {}

// SAFETY: Through a shared reference, only names are read.
unsafe impl<T: Attributes> Sync for Folder<T> {}

impl<T: Attributes> Folder<T> {
    /// Makes a folder `name`, or what is to be in the node's own.
    pub(super) fn new(name: Option<CString>, data: Arc<T>) -> Result<Self> {
        const { check_table(T::ATTRIBUTES) };

        let mut files = KVec::with_capacity(T::ATTRIBUTES.len(), GFP_KERNEL)?;
        for attribute in T::ATTRIBUTES {
            let mut raw: bindings::device_attribute = pin_init::zeroed();
            raw.attr.name = attribute.name.as_char_ptr();
            raw.attr.mode = attribute.mode;
            // By assignment: it is in a union, or in a structure where control flow is checked.
            raw.__bindgen_anon_1.show = Some(File::<T>::show);
            // SAFETY: The attribute is valid, and nothing else uses it.
            unsafe { bindings::sysfs_attr_init(&raw mut raw.attr) };
            files.push(
                File {
                    raw: Opaque::new(raw),
                    data: data.clone(),
                    show: attribute.show,
                },
                GFP_KERNEL,
            )?;
        }

        let mut pointers = KVec::with_capacity(files.len().wrapping_add(1), GFP_KERNEL)?;
        for file in &files {
            // It is the first field.
            pointers.push(file.raw.get().cast::<bindings::attribute>(), GFP_KERNEL)?;
        }
        pointers.push(core::ptr::null_mut(), GFP_KERNEL)?;

        let mut group: bindings::attribute_group = pin_init::zeroed();
        if let Some(name) = &name {
            group.name = name.as_char_ptr();
        }
        group.__bindgen_anon_2.attrs = pointers.as_mut_ptr();

        // INVARIANT: What vectors and strings have stays in place when they move.
        Ok(Self {
            group: KBox::new(group, GFP_KERNEL)?,
            _pointers: pointers,
            _files: files,
            name,
        })
    }

    /// Returns the group, which is valid as long as `self`, wherever that moves.
    pub(super) fn group(&self) -> *const bindings::attribute_group {
        &raw const *self.group
    }
}

/// A folder of whatever it shows.
pub(super) trait AnyFolder: Send + Sync {
    /// Tells whether there is a file or a folder `name` in the node's own folder because of this.
    fn shows(&self, name: &CStr) -> bool;

    /// Checks that `owner` has the code that shows the files.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it has not.
    fn check_owner(&self, owner: &ThisModule) -> Result;
}

impl<T: Attributes> AnyFolder for Folder<T> {
    fn shows(&self, name: &CStr) -> bool {
        match &self.name {
            Some(folder) => **folder == *name,
            None => T::ATTRIBUTES.iter().any(|file| file.name == name),
        }
    }

    fn check_owner(&self, owner: &ThisModule) -> Result {
        owner::check(File::<T>::show as usize, owner)
    }
}
