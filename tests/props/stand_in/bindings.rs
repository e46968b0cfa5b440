// SPDX-License-Identifier: GPL-2.0

//! C, as far as it is called.

#![allow(non_camel_case_types)]
#![allow(clippy::missing_safety_doc)]

/// What C knows of a file, and of the program that has it open.
#[derive(Debug, Default)]
pub struct file {
    pub f_pos: i64,
    /// What [`mm_get_unmapped_area`] finds, whatever it is asked.
    pub found: usize,
    /// What it was asked: address, length and flags.
    pub asked: Vec<(usize, usize, usize)>,
    /// No room longer than this is found.
    pub longest: usize,
}

pub const SEEK_SET: u32 = 0;
pub const SEEK_CUR: u32 = 1;
pub const SEEK_END: u32 = 2;
pub const MAP_FIXED: usize = 0x10;

pub const IORESOURCE_IO: u32 = 0x100;
pub const IORESOURCE_MEM: u32 = 0x200;

/// How many of the next bytes are not there.
///
/// # Safety
///
/// None here: the kernel's function takes a pointer.
pub unsafe fn fault_in_iov_iter_writeable(buffer: kernel::iov::Raw, bytes: usize) -> usize {
    bytes - bytes.min(buffer.left).min(buffer.there)
}

/// As for writing.
///
/// # Safety
///
/// None here, as for writing.
pub unsafe fn fault_in_iov_iter_readable(buffer: kernel::iov::Raw, bytes: usize) -> usize {
    bytes - bytes.min(buffer.left).min(buffer.there)
}

const ENXIO: i64 = 6;
const ENOMEM: usize = 12;
const EINVAL: i64 = 22;

/// As in fs/read_write.c, for a file whose positions are signed, on a disk without holes.
///
/// # Safety
///
/// There is no other reference to the file.
pub unsafe fn generic_file_llseek_size(
    file: *mut file,
    offset: i64,
    whence: i32,
    maxsize: i64,
    eof: i64,
) -> i64 {
    // SAFETY: The caller's file.
    let file = unsafe { &mut *file };
    // What overflows wraps: the kernel's C is compiled so.
    let position = match whence {
        0 => offset,
        1 if offset == 0 => return file.f_pos,
        1 => file.f_pos.wrapping_add(offset),
        2 => eof.wrapping_add(offset),
        3 if offset < 0 || offset >= eof => return -ENXIO,
        3 => offset,
        4 if offset < 0 || offset >= eof => return -ENXIO,
        4 => eof,
        _ => offset,
    };
    if position < 0 || position > maxsize {
        return -EINVAL;
    }
    file.f_pos = position;
    position
}

/// As in fs/read_write.c.
///
/// # Safety
///
/// There is no other reference to the file.
pub unsafe fn fixed_size_llseek(file: *mut file, offset: i64, whence: i32, size: i64) -> i64 {
    match whence {
        // SAFETY: The caller's file.
        0..=2 => unsafe { generic_file_llseek_size(file, offset, whence, size, size) },
        _ => -EINVAL,
    }
}

/// As in fs/read_write.c.
///
/// # Safety
///
/// There is no other reference to the file.
pub unsafe fn no_seek_end_llseek(file: *mut file, offset: i64, whence: i32) -> i64 {
    match whence {
        // SAFETY: The caller's file.
        0..=1 => unsafe { generic_file_llseek_size(file, offset, whence, i64::MAX, 0) },
        _ => -EINVAL,
    }
}

/// Finds what the case says, and notes what it was asked for.
///
/// # Safety
///
/// There is no other reference to the file.
pub unsafe fn mm_get_unmapped_area(
    file: *mut file,
    address: usize,
    length: usize,
    _page_offset: usize,
    flags: usize,
) -> usize {
    // SAFETY: The caller's file.
    let file = unsafe { &mut *file };
    file.asked.push((address, length, flags));
    if length > file.longest {
        return ENOMEM.wrapping_neg();
    }
    file.found
}

/// As MAP_FIXED says.
///
/// # Safety
///
/// None is asked for: it is unsafe because the binding is.
pub unsafe fn map_is_fixed(flags: usize) -> bool {
    flags & MAP_FIXED != 0
}

std::thread_local! {
    /// The size of huge pages; 0 where there are none.
    pub static HUGE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The size of huge pages.
///
/// # Safety
///
/// None is asked for: it is unsafe because the binding is.
pub unsafe fn pmd_pfnmap_size() -> usize {
    HUGE.get()
}
