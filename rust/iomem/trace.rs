// SPDX-License-Identifier: GPL-2.0

//! Tracepoints: what is done with registers that are in the hands of programs.
//!
//! The system is called `iomem`, its events are those of the functions below. Root turns them on,
//! one or all, and reads what happened:
//!
//! ```sh
//! cd /sys/kernel/tracing
//! echo 1 >events/iomem/enable
//! cat trace_pipe
//! ```
//!
//! The kernel's own `mmiotrace` and `rwmmio` events show all accesses of all drivers, without a
//! device's name, and most kernels are built without. These show what a driver chose to tell.
//!
//! # What they cost
//!
//! An event that is off is one instruction that does nothing, a static branch, which the kernel
//! turns into a jump while the event is on. It is in the code of the caller: the functions are
//! inlined into whatever module calls them. So a caller may call them at every access, with what it
//! has at hand, and must not compute anything for their sake.
//!
//! Of the name of a window, an event has the first 255 bytes.
//!
//! C headers: [`include/linux/tracepoint.h`](srctree/include/linux/tracepoint.h),
//! [`include/trace/define_trace.h`](srctree/include/trace/define_trace.h), and `rust/trace/`

use kernel::prelude::*;

use crate::access::Width;

#[cfg(CONFIG_TRACEPOINTS)]
use crate::bindings;

/// Defines the safe front of a tracepoint of rust/trace/iomem_trace.h.
///
/// As the kernel crate's `declare_trace!`, which knows the kernel's own tracepoints only and gives
/// unsafe functions. Arguments are made for C, by the expressions behind `=>`, where it is on.
macro_rules! tracepoints {
    ($(
        $(#[$attr:meta])*
        fn $name:ident($($arg:ident: $type:ty => $c:expr),*) = $key:ident, $call:ident;
    )*) => {$(
        $(#[$attr])*
        #[inline(always)]
        pub fn $name($($arg: $type),*) {
            #[cfg(CONFIG_TRACEPOINTS)]
            {
                // SAFETY: It is the key of a tracepoint, which C defines.
                let on = unsafe {
                    kernel::jump_label::static_branch_unlikely!(
                        bindings::$key,
                        bindings::tracepoint,
                        key
                    )
                };
                if on {
                    // SAFETY: All arguments are numbers, but for the name of the window, which is
                    // a string with a zero at its end. C copies it before it returns.
                    unsafe { bindings::$call($($c),*) };
                }
            }
            #[cfg(not(CONFIG_TRACEPOINTS))]
            {
                $(let _ = $arg;)*
            }
        }
    )*};
}

/// A width as C is given it.
#[cfg(CONFIG_TRACEPOINTS)]
fn bytes(width: Width) -> u32 {
    u32::try_from(width.bytes()).unwrap_or(0)
}

tracepoints! {
    /// Traces `iomem_read`: a register of `width` at `offset`, in bytes, of a region of `window` was
    /// read, once, and gave `value`. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::{access::Width, trace};
    ///
    /// trace::read(c"my-device0", 0, 0x10, Width::W32, 0x1234);
    /// ```
    fn read(
        window: &CStr => window.as_char_ptr(),
        region: u32 => region,
        offset: u64 => offset,
        width: Width => bytes(width),
        value: u64 => value
    ) = __tracepoint_iomem_read, rust_do_trace_iomem_read;

    /// Traces `iomem_write`: as much of `value` as fits is written to a register of `width` at `offset`, in bytes, of a
    /// region of `window`, once. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::{access::Width, trace};
    ///
    /// trace::write(c"my-device0", 0, 0x10, Width::W32, 0x1234);
    /// ```
    fn write(
        window: &CStr => window.as_char_ptr(),
        region: u32 => region,
        offset: u64 => offset,
        width: Width => bytes(width),
        value: u64 => value & (u64::MAX >> (64 - 8 * width.bytes()))
    ) = __tracepoint_iomem_write, rust_do_trace_iomem_write;

    /// Traces `iomem_mmap`: there is a mapping more of `window`, `length` bytes from `offset` of the
    /// file on, at the virtual `address` of a program: by `mmap()`, by `fork()`, or because another one
    /// was split. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// iomem::trace::mmap(c"my-device0", 0, 0x7f00_0000_0000, 0x1000);
    /// ```
    fn mmap(
        window: &CStr => window.as_char_ptr(),
        offset: u64 => offset,
        address: usize => address as u64,
        length: usize => length as u64
    ) = __tracepoint_iomem_mmap, rust_do_trace_iomem_mmap;

    /// Traces `iomem_munmap`: a mapping of `window`, `length` bytes from `offset` of the file on,
    /// that was at the virtual `address` of a program, is gone. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// iomem::trace::munmap(c"my-device0", 0, 0x7f00_0000_0000, 0x1000);
    /// ```
    fn munmap(
        window: &CStr => window.as_char_ptr(),
        offset: u64 => offset,
        address: usize => address as u64,
        length: usize => length as u64
    ) = __tracepoint_iomem_munmap, rust_do_trace_iomem_munmap;

    /// Traces `iomem_revoke`: the device of `window` was taken back from so many open files and
    /// mappings. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// iomem::trace::revoke(c"my-device0", 2, 1);
    /// ```
    fn revoke(
        window: &CStr => window.as_char_ptr(),
        files: u64 => files,
        mappings: u64 => mappings
    ) = __tracepoint_iomem_revoke, rust_do_trace_iomem_revoke;
}
