// SPDX-License-Identifier: GPL-2.0

//! The file operations of a [`Table`], for C to call.

use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

use super::{
    read_rows,
    Table, //
};
use crate::{
    bindings,
    error::for_c, //
};

/// The operations of a file that shows a `T`.
///
/// `private_data` of an open file is the address of the `T`, which `simple_open()` took from the
/// inode.
pub(super) struct Vtable<T>(T);

impl<T: Table> Vtable<T> {
    pub(super) const OPERATIONS: &'static bindings::file_operations = &bindings::file_operations {
        owner: T::OWNER.as_ptr(),
        open: Some(bindings::simple_open),
        read: Some(Self::read),
        llseek: Some(Self::llseek),
        ..pin_init::zeroed()
    };

    /// Checks that the operations are in the module that they name as their owner, as those of a
    /// [`CharDevice`](crate::chardev::CharDevice) have to be.
    ///
    /// # Errors
    ///
    /// `EINVAL`: they are not.
    pub(super) fn check_owner() -> Result {
        // SAFETY: The function looks at where the module has its memory. A `ThisModule` is that of a
        // module which is loaded, or null.
        let own = unsafe { bindings::is_within_module(Self::read as usize, T::OWNER.as_ptr()) };
        own.then_some(()).ok_or(EINVAL)
    }

    /// Returns the table of an open file.
    ///
    /// # Safety
    ///
    /// `file` is the one of a running operation of a `File<T>`.
    unsafe fn table<'a>(file: *mut bindings::file) -> &'a T {
        // SAFETY: `private_data` is the address that the file was made with. debugfs calls an
        // operation only while the file is there, and removing it waits until the call has
        // returned; the `T` is dropped after that.
        unsafe { &*(*file).private_data.cast::<T>() }
    }

    /// # Safety
    ///
    /// To be called by debugfs, for a `File<T>`.
    unsafe extern "C" fn read(
        file: *mut bindings::file,
        buffer: *mut c_char,
        length: usize,
        position: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: By the requirement. The position is the caller's, or it is locked.
        let (table, position) = unsafe { (Self::table(file), &mut *position) };
        let mut writer = UserSlice::new(UserPtr::from_ptr(buffer.cast()), length).writer();
        let from = u64::try_from(*position).map_err(|_| EINVAL);
        match from.and_then(|from| read_rows(table, from, &mut writer)) {
            Ok(n) => {
                // Buffers are no longer than `isize::MAX`.
                *position = position.wrapping_add(n as i64);
                n as isize
            }
            Err(e) => for_c(e) as isize,
        }
    }

    /// # Safety
    ///
    /// To be called by debugfs, for a `File<T>`.
    unsafe extern "C" fn llseek(
        file: *mut bindings::file,
        offset: bindings::loff_t,
        whence: c_int,
    ) -> bindings::loff_t {
        // SAFETY: By the requirement.
        let table = unsafe { Self::table(file) };
        let length = match table.rows() {
            Ok(rows) => rows.saturating_mul(table.row_length() as u64),
            Err(e) => return for_c(e).into(),
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        // SAFETY: The file is open during the call.
        unsafe { bindings::fixed_size_llseek(file, offset, whence, length) }
    }
}
