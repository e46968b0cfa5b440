// SPDX-License-Identifier: GPL-2.0

//! As much of the crate `kernel` as the files have need of that are tried here, on top of `std`.

/// Pages of 4 KiB, as both architectures have them.
pub mod page {
    pub const PAGE_SHIFT: usize = 12;
    pub const PAGE_SIZE: usize = 1 << PAGE_SHIFT;
    pub const PAGE_MASK: usize = !(PAGE_SIZE - 1);
}

pub mod fmt {
    pub use std::fmt::*;
}

pub mod io {
    pub type PhysAddr = u64;
    pub type ResourceSize = u64;

    /// A resource, as C has it: with its last address, and a size that can wrap.
    pub struct Resource {
        pub first: PhysAddr,
        pub last: PhysAddr,
    }

    impl Resource {
        pub fn start(&self) -> PhysAddr {
            self.first
        }

        pub fn size(&self) -> ResourceSize {
            self.last.wrapping_sub(self.first).wrapping_add(1)
        }
    }
}

/// Buffers of programs, of which the end may not be there.
pub mod iov {
    /// What C knows of one: how long it is, and how much of it is there.
    pub struct Raw {
        pub left: usize,
        pub there: usize,
    }

    macro_rules! buffer {
        ($name:ident, $call:ident, $slice:ty, $doc:literal) => {
            #[doc = $doc]
            pub struct $name<'a> {
                /// How long the program says that it is.
                pub left: usize,
                /// How much of it is there.
                pub there: usize,
                pub call: core::marker::PhantomData<&'a ()>,
            }

            impl $name<'_> {
                pub fn is_empty(&self) -> bool {
                    self.left == 0
                }

                pub fn len(&self) -> usize {
                    self.left
                }

                pub fn as_raw(&mut self) -> Raw {
                    Raw {
                        left: self.left,
                        there: self.there,
                    }
                }

                pub fn $call(&mut self, bytes: $slice) -> usize {
                    let count = bytes.len().min(self.left).min(self.there);
                    self.left -= count;
                    self.there -= count;
                    count
                }
            }
        };
    }

    buffer!(
        IovIterDest,
        copy_to_iter,
        &[u8],
        "What a program reads into."
    );
    buffer!(
        IovIterSource,
        copy_from_iter,
        &mut [u8],
        "What a program writes."
    );
}

pub mod sync {
    pub use std::sync::Arc;
}

/// Errors that are numbers.
pub mod error {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Error(i32);

    impl Error {
        pub const fn from_errno(errno: i32) -> Self {
            // The kernel makes EINVAL of it, and says so in its log; no caller should let it come to
            // that.
            assert!(-4095 <= errno && errno <= -1);
            Self(errno)
        }

        pub const fn to_errno(self) -> i32 {
            self.0
        }
    }

    pub type Result<T = (), E = Error> = core::result::Result<T, E>;

    pub mod code {
        use super::Error;

        macro_rules! codes {
            ($($name:ident = $number:literal,)*) => {
                $(pub const $name: Error = Error::from_errno(-$number);)*
            };
        }

        codes! {
            EIO = 5,
            ENXIO = 6,
            E2BIG = 7,
            ENOMEM = 12,
            EFAULT = 14,
            EBUSY = 16,
            EEXIST = 17,
            EINVAL = 22,
            ERANGE = 34,
            ENAMETOOLONG = 36,
            EOVERFLOW = 75,
        }
    }
}

/// Memory that can be made to run out.
pub mod alloc {
    use std::{
        cell::Cell,
        ops::Deref,
        slice, //
    };

    use crate::error::{
        code::ENOMEM,
        Error, //
    };

    thread_local! {
        static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    /// Lets so many allocations succeed, and no more.
    pub fn fail_after(allocations: usize) {
        LEFT.set(allocations);
    }

    #[derive(Clone, Copy)]
    pub struct Flags;

    #[derive(Debug)]
    pub struct AllocError;

    impl From<AllocError> for Error {
        fn from(_: AllocError) -> Self {
            ENOMEM
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KVec<T>(Vec<T>);

    impl<T> KVec<T> {
        #[allow(clippy::new_without_default)]
        pub const fn new() -> Self {
            Self(Vec::new())
        }

        pub fn with_capacity(_capacity: usize, _flags: Flags) -> Result<Self, AllocError> {
            allocate().map(|()| Self::new())
        }

        pub fn push(&mut self, one: T, _flags: Flags) -> Result<(), AllocError> {
            allocate()?;
            self.0.push(one);
            Ok(())
        }
    }

    impl<T> Deref for KVec<T> {
        type Target = [T];

        fn deref(&self) -> &[T] {
            &self.0
        }
    }

    impl<'a, T> IntoIterator for &'a KVec<T> {
        type Item = &'a T;
        type IntoIter = slice::Iter<'a, T>;

        fn into_iter(self) -> slice::Iter<'a, T> {
            self.0.iter()
        }
    }

    fn allocate() -> Result<(), AllocError> {
        let left = LEFT.get().checked_sub(1).ok_or(AllocError)?;
        LEFT.set(left);
        Ok(())
    }
}

pub mod prelude {
    pub use std::{
        ffi::CStr,
        format_args as fmt,
        os::raw::c_int, //
    };

    pub use macros::kunit_tests;

    pub use crate::{
        alloc::{
            Flags,
            KVec, //
        },
        error::{
            code::*,
            Error,
            Result, //
        },
    };

    pub const GFP_KERNEL: Flags = Flags;

    /// The kernel's own, which is not that of `core`.
    #[allow(non_camel_case_types)]
    pub type c_ulong = usize;
}
