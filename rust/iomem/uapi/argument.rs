// SPDX-License-Identifier: GPL-2.0

//! An ioctl's argument that can grow, without its number changing.

use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

use super::{
    Batch,
    IrqEventfd,
    IrqInfo,
    IrqMask,
    IrqUnmask,
    IrqWait,
    RegionInfo,
    WindowInfo, //
};

/// A structure of which programs say how large it was when they were built.
///
/// # Examples
///
/// ```
/// use iomem::uapi::{
///     RegionInfo,
///     Structure, //
/// };
///
/// assert_eq!(RegionInfo::FIRST, 88);
/// ```
pub trait Structure: FromBytes + AsBytes + Default {
    /// Its size in the first release that had it, in bytes. It begins with 32 bits for its size.
    const FIRST: usize;
}

macro_rules! first {
    ($($name:ident = $bytes:literal;)*) => {
        $(
            impl Structure for $name {
                const FIRST: usize = $bytes;
            }

            const _: () = assert!($bytes <= core::mem::size_of::<$name>());
        )*
    };
}

first! {
    WindowInfo = 56;
    RegionInfo = 88;
    Batch = 32;
    IrqInfo = 56;
    IrqWait = 32;
    IrqUnmask = 16;
    IrqMask = 16;
    IrqEventfd = 16;
}

/// The argument of a running ioctl: a structure of the program's, of the program's size.
///
/// Context of the drop: any.
///
/// # Examples
///
/// ```no_run
/// use iomem::uapi::{
///     Argument,
///     WindowInfo, //
/// };
///
/// fn window_info(arg: usize) -> Result<isize> {
///     let argument = Argument::<WindowInfo>::take(arg)?;
///     if argument.value.flags != 0 {
///         return Err(EINVAL);
///     }
///     argument.answer(WindowInfo {
///         regions: 1,
///         ..Default::default()
///     })?;
///     Ok(0)
/// }
/// ```
pub struct Argument<T: Structure> {
    /// What the program gave; what it is too old to know of is 0.
    pub value: T,
    address: usize,
    size: usize,
}

impl<T: Structure> Argument<T> {
    /// Takes it from the program. Context: may sleep (page faults).
    ///
    /// Corresponds to the C function `copy_struct_from_user()` in
    /// [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h).
    ///
    /// # Errors
    ///
    /// - `EFAULT`: it cannot be read.
    /// - `EINVAL`: it is smaller than any that there ever was.
    /// - `E2BIG`: it is larger than a page, or has something behind what is known here that is not 0:
    ///   it asks for what this driver does not have.
    ///
    /// # Examples
    ///
    /// See [`Argument`].
    pub fn take(address: usize) -> Result<Self> {
        let slice = |from: usize, length| {
            UserSlice::new(UserPtr::from_addr(address.wrapping_add(from)), length)
        };
        let known = core::mem::size_of::<T>();

        let size: u32 = slice(0, core::mem::size_of::<u32>()).reader().read()?;
        let size = size as usize;
        if size < T::FIRST {
            return Err(EINVAL);
        }
        if size > PAGE_SIZE {
            return Err(E2BIG);
        }

        let mut value = T::default();
        let common = <T as AsBytes>::as_bytes_mut(&mut value)
            .get_mut(..size.min(known))
            .ok_or(EINVAL)?;
        slice(0, common.len()).reader().read_slice(common)?;

        let mut rest = slice(known, size.saturating_sub(known)).reader();
        while !rest.is_empty() {
            if rest.read::<u8>()? != 0 {
                return Err(E2BIG);
            }
        }
        Ok(Self {
            value,
            address,
            size,
        })
    }

    /// Gives it back, no more of it than the program knows. Its first field is set to the size that
    /// this driver knows. Context: may sleep (page faults).
    ///
    /// # Errors
    ///
    /// `EFAULT`: it cannot be written.
    ///
    /// # Examples
    ///
    /// See [`Argument`].
    pub fn answer(&self, mut value: T) -> Result {
        let known = core::mem::size_of::<T>();
        let size = u32::try_from(known).map_err(|_| EINVAL)?;
        let bytes = value.as_bytes_mut();
        for (to, from) in bytes.iter_mut().zip(size.to_ne_bytes()) {
            *to = from;
        }
        let common = bytes.get(..self.size.min(known)).ok_or(EINVAL)?;
        UserSlice::new(UserPtr::from_addr(self.address), common.len())
            .writer()
            .write_slice(common)
    }
}
