// SPDX-License-Identifier: GPL-2.0

//! Tables in debugfs: files of rows that are made when they are read, such as a device's registers.
//!
//! Nothing may depend on debugfs. A kernel without it makes nothing, and says nothing; neither is it
//! an error if a name is taken already.
//!
//! # Reading rows
//!
//! Reading a register can have an effect on the device, so a row is made when it is read, once, and
//! never for anything else; nor where the program has no memory that it could be delivered to. That is
//! why all rows of a table have one length, and a file knows no positions but the beginnings of rows:
//!
//! - `read()` gives whole rows, as many as fit; `EINVAL` if not even one does;
//! - `lseek()` and `pread()` to the beginning of a row make no row before it;
//! - from another position, `read()` is `EINVAL`.
//!
//! A `seq_file` would have to make rows again that did not fit, and all those before a position.
//!
//! The files are of mode 0400.
//!
//! # The life of a file
//!
//! Dropping the [`File`] removes it, and waits for the rows that are being made; it does not wait for
//! programs that have no memory for a row, which can be for ever. Who has it open still gets
//! `EIO`, which is what debugfs has for that. The module that made it stays loaded as long as it
//! is open. It cannot be opened before that has been loaded: until then, `open()` fails with `ENXIO`.
//! The kernel crate's `debugfs` says of no file whose it is, so that closing one after its module was
//! unloaded looks at memory that is gone.
//!
//! C header: [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h)

// Without debugfs, nothing is done with what is asked for.
#![cfg_attr(not(CONFIG_DEBUG_FS), allow(dead_code, unused_variables))]

use kernel::{
    prelude::*,
    sync::Arc,
    ThisModule, //
};

use crate::{
    names::check_file,
    text::Text, //
};

#[cfg(CONFIG_DEBUG_FS)]
mod fops;

#[cfg(CONFIG_DEBUG_FS)]
use self::fops::Vtable;

#[cfg(CONFIG_DEBUG_FS)]
use crate::{
    bindings,
    leftover::Leftover,
    owner::Refused, //
};

/// How long a row can be, in bytes, with the line's end.
pub const ROW_MAX: usize = 128;

/// What a file shows, a row at a time.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     debugfs::{
///         Dir,
///         File,
///         Table, //
///     },
///     text::Text, //
/// };
/// use kernel::{
///     fmt::Write,
///     sync::Arc,
///     ThisModule, //
/// };
///
/// struct Squares;
///
/// impl Table for Squares {
///     const OWNER: ThisModule = iomem::this_module!();
///
///     fn row_length(&self) -> usize {
///         c"99: 9801".count_bytes() + 1
///     }
///
///     fn rows(&self) -> Result<u64> {
///         Ok(100)
///     }
///
///     fn row(&self, number: u64, text: &mut Text<'_>) -> Result {
///         Ok(write!(text, "{number:2}: {}", number.wrapping_mul(number))?)
///     }
/// }
///
/// let folder = Dir::new(c"my-device", None)?;
/// let file = File::new(&folder, c"squares", Arc::new(Squares, GFP_KERNEL)?)?;
/// # Ok::<(), Error>(())
/// ```
pub trait Table: Send + Sync + 'static {
    /// The module whose code this is: `iomem::this_module!()`. It stays loaded while the file is
    /// open.
    const OWNER: ThisModule;

    /// A program opens the file, which its permissions allow. Context: may sleep; must not wait for the
    /// file to be removed.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `open()` fails with.
    fn open(&self) -> Result {
        Ok(())
    }

    /// How long each row is, in bytes, with the line's end: 1 to [`ROW_MAX`]. It does not change.
    fn row_length(&self) -> usize;

    /// How many rows there are. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `read()` and `lseek()` fail with.
    fn rows(&self) -> Result<u64>;

    /// Writes a row, without the line's end. A shorter one is filled up with spaces. Context: may
    /// sleep; must not wait for the file to be removed.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `read()` fails with, if this was to be its first row; if not, that
    /// ends with the rows before. A row that is too long is `EOVERFLOW`.
    fn row(&self, number: u64, text: &mut Text<'_>) -> Result;
}

/// A name in debugfs, which is removed when this is dropped, and after all that is below.
///
/// # Invariants
///
/// `dentry` is what a function returned that makes entries, and it has not been removed since: it is
/// valid, or an error.
struct Entry {
    #[cfg(CONFIG_DEBUG_FS)]
    dentry: *mut bindings::dentry,
    _parent: Option<Arc<Entry>>,
}

// SAFETY: An entry may be used and removed by any thread.
unsafe impl Send for Entry {}

// SAFETY: What can be done through a shared reference takes debugfs's own locks.
unsafe impl Sync for Entry {}

#[cfg(CONFIG_DEBUG_FS)]
impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; an error is left alone. What was below has been removed,
        // since it had a reference.
        unsafe { bindings::debugfs_remove(self.dentry) };
    }
}

/// A folder in debugfs.
///
/// It is removed when it has been dropped, and so has everything in it.
///
/// Context of the drop: may sleep.
#[derive(Clone)]
pub struct Dir {
    entry: Arc<Entry>,
}

impl Dir {
    /// Makes a folder `name` in `parent`, or at the top. Context: may sleep.
    ///
    /// Corresponds to the C function `debugfs_create_dir()` in
    /// [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name is empty, `.` or `..`, or has a slash.
    /// - `ENAMETOOLONG`: it is longer than 255 bytes.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::debugfs::Dir;
    ///
    /// let driver = Dir::new(c"my-driver", None)?;
    /// let device = Dir::new(c"my-device0", Some(&driver))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(name: &CStr, parent: Option<&Dir>) -> Result<Self> {
        check_file(name)?;
        #[cfg(CONFIG_DEBUG_FS)]
        let dentry = {
            let parent = parent.map_or(core::ptr::null_mut(), |parent| parent.entry.dentry);
            // SAFETY: The parent is null, valid or an error, of which C makes another error. The name
            // is copied.
            unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), parent) }
        };
        // INVARIANT: It was just made. Where there is no memory, it is dropped and removed.
        let entry = Entry {
            #[cfg(CONFIG_DEBUG_FS)]
            dentry,
            _parent: parent.map(|parent| parent.entry.clone()),
        };
        Ok(Self {
            entry: Arc::new(entry, GFP_KERNEL)?,
        })
    }
}

/// A file in debugfs that shows a table.
///
/// Dropping it removes the file.
///
/// Context of the drop: may sleep; waits for rows that are being made.
pub struct File<T: Table> {
    // Disarmed, by being dropped, before the file is removed.
    #[cfg(CONFIG_DEBUG_FS)]
    _leftover: Leftover,
    // Removed before what it shows is dropped.
    _entry: KBox<Entry>,
    #[cfg(CONFIG_DEBUG_FS)]
    _refused: Refused,
    table: Arc<T>,
}

impl<T: Table> File<T> {
    /// Makes a file `name` in `dir` that shows `table`, of mode 0400. Context: may sleep.
    ///
    /// Corresponds to the C function `debugfs_create_file_unsafe()` in
    /// [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h), whose file operations say
    /// themselves what of the file's removal has to wait for them.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory.
    /// - `EINVAL`: no row is of the length that the table gives, or [`Table::OWNER`] is not the module that
    ///   this is called in; or the name is empty, `.` or `..`, or has a slash.
    /// - `ENAMETOOLONG`: the name is longer than 255 bytes.
    pub fn new(dir: &Dir, name: &CStr, table: Arc<T>) -> Result<Self> {
        check_file(name)?;
        if !(1..=ROW_MAX).contains(&table.row_length()) {
            return Err(EINVAL);
        }
        #[cfg(CONFIG_DEBUG_FS)]
        Vtable::<T>::check_owner()?;
        #[cfg(CONFIG_DEBUG_FS)]
        let leftover = Leftover::new()?;
        // Nothing fails once there is a file, which programs may be about to open.
        let room = KBox::new_uninit(GFP_KERNEL)?;
        #[cfg(CONFIG_DEBUG_FS)]
        let refused = Refused::of(&T::OWNER);
        #[cfg(CONFIG_DEBUG_FS)]
        // SAFETY: The folder is valid or an error, of which C makes another error. The name is
        // copied. The operations are static and use `debugfs_file_get()`. What they get is a `T`, which
        // stays valid until the entry has been removed.
        let dentry = unsafe {
            bindings::debugfs_create_file_unsafe(
                name.as_char_ptr(),
                0o400,
                dir.entry.dentry,
                core::ptr::from_ref(&*table).cast_mut().cast(),
                Vtable::<T>::OPERATIONS,
            )
        };
        // INVARIANT: It was just made.
        let entry = Entry {
            #[cfg(CONFIG_DEBUG_FS)]
            dentry,
            _parent: Some(dir.entry.clone()),
        };
        let entry = KBox::write(room, entry);
        #[cfg(CONFIG_DEBUG_FS)]
        // SAFETY: The entry is not dropped, and stays where it is, before this has been disarmed.
        unsafe {
            leftover.arm(
                Vtable::<T>::code(),
                end,
                core::ptr::from_ref(&*entry).cast_mut().cast(),
            )
        };
        Ok(Self {
            #[cfg(CONFIG_DEBUG_FS)]
            _leftover: leftover,
            _entry: entry,
            #[cfg(CONFIG_DEBUG_FS)]
            _refused: refused,
            table,
        })
    }

    /// Returns what the file shows. Context: any.
    pub fn table(&self) -> &Arc<T> {
        &self.table
    }
}

/// Removes a file that was forgotten, and the folders that there are only for its sake.
///
/// # Safety
///
/// `entry` is an [`Entry`], and only this drops it.
#[cfg(CONFIG_DEBUG_FS)]
unsafe extern "C" fn end(entry: *mut c_void) {
    // SAFETY: By the requirement.
    unsafe { core::ptr::drop_in_place(entry.cast::<Entry>()) };
}

/// Finds the row at `position`, for a program that has room for so many bytes. Returns its number and how
/// long it is; `None` at the end.
fn row_at<T: Table>(table: &T, position: u64, room: usize) -> Result<Option<(u64, usize)>> {
    let length = table.row_length();

    // No length is 0, which `File::new` has seen to; division asks nevertheless.
    let number = position.checked_div(length as u64).ok_or(EINVAL)?;
    if number.checked_mul(length as u64) != Some(position) {
        return Err(EINVAL);
    }
    if number >= table.rows()? {
        return Ok(None);
    }
    if room < length {
        return Err(EINVAL);
    }
    Ok(Some((number, length)))
}

/// Makes a row. Returns how long it is.
fn make_row<T: Table>(table: &T, number: u64, row: &mut [u8; ROW_MAX]) -> Result<usize> {
    let row = row.get_mut(..table.row_length()).ok_or(EINVAL)?;
    let mut text = Text::new(row);
    let written = table.row(number, &mut text);
    text.end_padded(written)?;
    Ok(row.len())
}
