// SPDX-License-Identifier: GPL-2.0

//! The file operations of a [`Table`], for C to call.

use core::{
    marker::PhantomData,
    ops::Deref, //
};

use kernel::{
    error::to_result,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

use super::{
    make_row,
    row_at,
    Table,
    ROW_MAX, //
};
use crate::{
    bindings,
    error::for_c,
    owner, //
};

/// The operations of a file that shows a `T`.
///
/// `private_data` of an open file is the address of the `T`, which [`open`](Self::open) took from the
/// inode.
pub(super) struct Vtable<T>(T);

impl<T: Table> Vtable<T> {
    pub(super) const OPERATIONS: &'static bindings::file_operations = &bindings::file_operations {
        owner: T::OWNER.as_ptr(),
        open: Some(Self::open),
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
        owner::check(Self::code(), &T::OWNER)
    }

    /// Returns where the operations' code is.
    pub(super) fn code() -> usize {
        Self::read as usize
    }

    /// # Safety
    ///
    /// To be called by debugfs, for a `File<T>`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        if !owner::is_live(&T::OWNER) {
            return ENXIO.to_errno();
        }
        // SAFETY: By the requirement. The function puts into `private_data` what the file was made with,
        // and cannot fail.
        let opened = unsafe {
            bindings::simple_open(inode, file);
            OpenFile::<T>::new(file)
        };
        // As debugfs itself says of one that is removed while it is opened.
        let table = opened.table().map_err(|_| ENOENT);
        match table.and_then(|table| table.open()) {
            Ok(()) => 0,
            Err(e) => for_c(e),
        }
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
        let (file, position) = unsafe { (OpenFile::<T>::new(file), &mut *position) };
        let memory = UserPtr::from_ptr(buffer.cast());
        let from = u64::try_from(*position).map_err(|_| EINVAL);
        match from.and_then(|from| read_rows(&file, from, memory, length)) {
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
        let open = unsafe { OpenFile::<T>::new(file) };
        let length = open.table().and_then(|table| {
            let rows = table.rows()?;
            Ok(rows.saturating_mul(table.row_length() as u64))
        });
        let length = match length {
            Ok(length) => i64::try_from(length).unwrap_or(i64::MAX),
            Err(e) => return for_c(e).into(),
        };
        // SAFETY: The file is open during the call.
        unsafe { bindings::fixed_size_llseek(file, offset, whence, length) }
    }
}

/// An open file, in a running operation, of which the table may be gone.
///
/// # Invariants
///
/// `file` is that of an operation of a `File<T>` that is running.
pub(super) struct OpenFile<T> {
    file: *mut bindings::file,
    _table: PhantomData<fn() -> T>,
}

impl<T: Table> OpenFile<T> {
    /// # Safety
    ///
    /// `file` is that of a running operation of a `File<T>`, which does not end before this is dropped.
    unsafe fn new(file: *mut bindings::file) -> Self {
        // INVARIANT: By the requirement.
        Self {
            file,
            _table: PhantomData,
        }
    }

    /// Returns the table, which is there as long as what is returned: removing the file waits for that,
    /// so it must not wait for a program.
    ///
    /// # Errors
    ///
    /// `EIO`: the file was removed.
    pub(super) fn table(&self) -> Result<Present<'_, T>> {
        // SAFETY: By the type invariant the file is open, so it has a name. debugfs opened it, and so
        // made what this counts users with.
        let dentry = unsafe { bindings::file_dentry(self.file) };
        // SAFETY: As above. What is returned gives it back.
        to_result(unsafe { bindings::debugfs_file_get(dentry) })?;
        // SAFETY: `private_data` is the address that the file was made with. The `T` is dropped after
        // the file has been removed, which waits for `debugfs_file_put()` from here on.
        let table = unsafe { &*(*self.file).private_data.cast::<T>() };
        // INVARIANT: It has just been counted.
        Ok(Present { dentry, table })
    }
}

/// The table of an open file, whose removal waits until this is dropped.
///
/// # Invariants
///
/// `dentry` is that of an open file, and has been counted as in use by `debugfs_file_get()`.
pub(super) struct Present<'a, T> {
    dentry: *mut bindings::dentry,
    table: &'a T,
}

impl<T> Deref for Present<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.table
    }
}

impl<T> Drop for Present<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, this gives back what was counted.
        unsafe { bindings::debugfs_file_put(self.dentry) };
    }
}

/// Gives a program as many rows as it has room for, from `position` on. Returns how many bytes.
fn read_rows<T: Table>(
    file: &OpenFile<T>,
    position: u64,
    memory: UserPtr,
    length: usize,
) -> Result<usize> {
    let mut buffer = UserSlice::new(memory, length).writer();
    let mut row = [0; ROW_MAX];
    let mut done: usize = 0;
    loop {
        // There may be many, and each may take as long as a device likes.
        if done != 0 && kernel::current!().signal_pending() {
            break;
        }
        let from = position.wrapping_add(done as u64);
        let made = next_row(
            file,
            from,
            memory.wrapping_byte_add(done),
            buffer.len(),
            &mut row,
        );
        let given = made.and_then(|length| {
            let row = row.get(..length).unwrap_or_default();
            buffer.write_slice(row).map(|()| length)
        });
        match given {
            Ok(0) => break,
            Ok(length) => done = done.wrapping_add(length),
            // What the program has already is not taken back.
            Err(_) if done != 0 => break,
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// Makes the row at `position`, for a program that has `room` bytes at `memory`. Returns how long it is;
/// 0 at the end.
///
/// It is made only if the program's memory can be written to, since what it is made of may be gone then:
/// unless another thread takes the memory away before it has been written, the program has the row.
///
/// The file can be removed at any time but while a row is made: its table is let go before the program's
/// memory is accessed, for which the program can have the kernel wait as long as it likes.
fn next_row<T: Table>(
    file: &OpenFile<T>,
    position: u64,
    memory: UserPtr,
    room: usize,
    row: &mut [u8; ROW_MAX],
) -> Result<usize> {
    let number = file
        .table()
        .and_then(|table| row_at(&*table, position, room))?;
    let Some((number, length)) = number else {
        return Ok(0);
    };
    // SAFETY: The function takes any address, of the current program.
    if unsafe { bindings::fault_in_safe_writeable(memory.as_const_ptr().cast(), length) } != 0 {
        return Err(EFAULT);
    }
    file.table()
        .and_then(|table| make_row(&*table, number, row))
}
