// SPDX-License-Identifier: GPL-2.0

//! A view of registers.

use core::marker::PhantomData;

use kernel::prelude::*;

use super::{
    raw::Place,
    Access,
    BigEndian,
    Kind,
    Ordered,
    Relaxed,
    RelaxedBigEndian, //
};
/// A view of registers, to be read and written as `A` says.
///
/// It borrows from the owner of the registers, for `'a`, and is an [`Io`](kernel::io::Io): see the
/// [module](super). `SIZE` is a number of bytes that it has at least, or 0. Accesses can be made in
/// any context, and from several threads at once.
///
/// # Invariants
///
/// - The `length` bytes at `base` are live for `'a`, to be accessed as `A` does, and do not wrap
///   around; `length` is at least `SIZE`, and at most `isize::MAX`.
/// - `base` is aligned to the widest access that `A` has and `SIZE` has room for.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     mapping::Mapping,
///     resource::request_mem_region, //
/// };
/// use kernel::io::Io;
///
/// let regs = Mapping::<_, 0x100>::ioremap(request_mem_region(0xfea0_0000, 0x1000, c"my-device")?)?;
///
/// // `regs` itself is ordered and little-endian.
/// regs.write32(1, 0x08);
/// let status = regs.relaxed().read32(0x20);
/// let magic = regs.big_endian().read16(0x30);
///
/// // A part, whose offsets begin at 0 again.
/// let channel = regs.window().part::<0x20>(0x40)?;
/// channel.write32(1, 0x04);
/// # Ok::<(), Error>(())
/// ```
pub struct Window<'a, A: Kind, const SIZE: usize = 0> {
    base: usize,
    length: usize,
    owner: PhantomData<(&'a (), A)>,
}

impl<A: Kind, const SIZE: usize> Clone for Window<'_, A, SIZE> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Kind, const SIZE: usize> Copy for Window<'_, A, SIZE> {}

// SAFETY: A window is an address, and registers can be accessed from any thread.
unsafe impl<A: Kind, const SIZE: usize> Send for Window<'_, A, SIZE> {}

// SAFETY: Threads that share a window share an address, which none of them can change.
unsafe impl<A: Kind, const SIZE: usize> Sync for Window<'_, A, SIZE> {}

impl<'a, A: Kind, const SIZE: usize> Window<'a, A, SIZE> {
    /// What the base is a multiple of: the widest access that fits, since the compiler checks
    /// offsets only.
    const ALIGNMENT: usize = {
        let fits = match SIZE {
            0 | 1 => 1,
            2 | 3 => 2,
            4..=7 => 4,
            _ => 8,
        };
        if !A::ALIGNED {
            1
        } else if fits < A::WIDEST {
            fits
        } else {
            A::WIDEST
        }
    };

    /// Makes a window.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `length` is less than `SIZE` or more than `isize::MAX`, or `base` is not aligned to
    /// the widest access that `SIZE` has room for.
    ///
    /// # Safety
    ///
    /// The `length` bytes at `base` are live for `'a`, to be accessed as `A` does, and do not wrap
    /// around.
    #[inline]
    pub(crate) unsafe fn new(base: usize, length: usize) -> Result<Self> {
        if length < SIZE || length > isize::MAX as usize || base & (Self::ALIGNMENT - 1) != 0 {
            return Err(EINVAL);
        }
        // INVARIANT: Checked above, or required of the caller.
        Ok(Self {
            base,
            length,
            owner: PhantomData,
        })
    }

    /// Makes a window without checks.
    ///
    /// # Safety
    ///
    /// As the invariants of the type.
    #[inline(always)]
    pub(crate) unsafe fn new_unchecked(base: usize, length: usize) -> Self {
        // INVARIANT: Required of the caller.
        Self {
            base,
            length,
            owner: PhantomData,
        }
    }

    /// Returns the address of the first register: in the kernel's address space, or a port number.
    #[inline(always)]
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Returns the length in bytes.
    #[inline(always)]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The place of an access at an offset that was checked by the compiler.
    #[inline(always)]
    pub(crate) fn constant_place(&self, offset: usize) -> Place {
        Place::constant_at(self.base, offset)
    }

    /// Returns the place of `count` accesses of the width of `T`, one after another, at `offset`.
    ///
    /// # Errors
    ///
    /// `EINVAL`: they are not all within the window, or not aligned to their width.
    #[inline]
    pub(crate) fn place<T>(&self, offset: usize, count: usize) -> Result<Place> {
        let width = core::mem::size_of::<T>();
        let end = count
            .checked_mul(width)
            .and_then(|bytes| bytes.checked_add(offset))
            .ok_or(EINVAL)?;
        // The base is aligned to something, but not to each width.
        let aligned = if A::ALIGNED {
            self.base.wrapping_add(offset)
        } else {
            offset
        };
        if end > self.length || aligned & (width - 1) != 0 {
            return Err(EINVAL);
        }
        Ok(Place::checked_at(self.base, offset))
    }

    /// Returns the same registers as `B` accesses them.
    #[inline(always)]
    fn as_kind<B: Kind>(self) -> Window<'a, B, SIZE> {
        // INVARIANT: The callers go from one kind of memory to another, which differ in the order
        // of bytes and of accesses.
        Window {
            base: self.base,
            length: self.length,
            owner: PhantomData,
        }
    }

    /// Returns a view of the `N` bytes at `offset`; of everything from `offset` on where `N` is 0.
    ///
    /// The part lives as long as the window's owner is borrowed. Context: any.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the part goes beyond the window, is empty, or where `N` is not 0, does not begin
    /// at a multiple of the widest access that `N` bytes have room for: offsets into it are checked
    /// by the compiler, which cannot know where it begins.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// use kernel::io::Io;
    ///
    /// fn channel(regs: Window<'_, Ordered>, number: usize) -> Result<u32> {
    ///     let offset = number.checked_mul(0x40).ok_or(EINVAL)?;
    ///     Ok(regs.part::<0x40>(offset)?.read32(0x10))
    /// }
    /// ```
    #[inline]
    pub fn part<const N: usize>(self, offset: usize) -> Result<Window<'a, A, N>> {
        let left = self.length.checked_sub(offset).ok_or(EINVAL)?;
        if left == 0 {
            return Err(EINVAL);
        }
        let length = if N == 0 { left } else { N };
        if length > left {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant, and since the part is within this window.
        unsafe { Window::new(self.base.wrapping_add(offset), length) }
    }

    /// Returns a view of `length` bytes at `offset`, where both are known at run time only.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the part goes beyond the window, or is empty.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::access::{Ordered, Window};
    /// fn mailbox(regs: Window<'_, Ordered>, at: usize, bytes: usize) -> Result<Window<'_, Ordered>> {
    ///     regs.slice(at, bytes)
    /// }
    /// ```
    #[inline]
    pub fn slice(self, offset: usize, length: usize) -> Result<Window<'a, A>> {
        let end = offset.checked_add(length).ok_or(EINVAL)?;
        if length == 0 || end > self.length {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant, and since the part is within this window.
        unsafe { Window::new(self.base.wrapping_add(offset), length) }
    }

    /// Returns the same registers with their size unknown to the compiler.
    #[inline(always)]
    pub fn unsized_(self) -> Window<'a, A> {
        // INVARIANT: A window of no known size promises less.
        Window {
            base: self.base,
            length: self.length,
            owner: PhantomData,
        }
    }

    /// Reads a `T` at `offset`, which was not checked by the compiler.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is not within the window, or not aligned.
    #[inline]
    pub(crate) fn read_at<T>(&self, offset: usize) -> Result<T>
    where
        A: Access<T>,
    {
        let place = self.place::<T>(offset, 1)?;
        // SAFETY: `place` checked it.
        Ok(unsafe { A::read(place) })
    }
}

impl<'a, const SIZE: usize> Window<'a, Ordered, SIZE> {
    /// Returns the same registers, to be accessed without ordering against memory.
    #[inline(always)]
    pub fn relaxed(self) -> Window<'a, Relaxed, SIZE> {
        self.as_kind()
    }

    /// Returns the same registers, taken for big-endian.
    #[inline(always)]
    pub fn big_endian(self) -> Window<'a, BigEndian, SIZE> {
        self.as_kind()
    }
}

impl<'a, const SIZE: usize> Window<'a, Relaxed, SIZE> {
    /// Returns the same registers, to be accessed in order again.
    #[inline(always)]
    pub fn ordered(self) -> Window<'a, Ordered, SIZE> {
        self.as_kind()
    }

    /// Returns the same registers, taken for big-endian.
    #[inline(always)]
    pub fn big_endian(self) -> Window<'a, RelaxedBigEndian, SIZE> {
        self.as_kind()
    }
}

impl<'a, const SIZE: usize> Window<'a, BigEndian, SIZE> {
    /// Returns the same registers, to be accessed without ordering against memory.
    #[inline(always)]
    pub fn relaxed(self) -> Window<'a, RelaxedBigEndian, SIZE> {
        self.as_kind()
    }
}

/// Tells whether an access of the width of `T` at `offset` is within `size` bytes, and aligned.
#[inline(always)]
const fn offset_valid<T>(offset: usize, size: usize) -> bool {
    let width = core::mem::size_of::<T>();
    match offset.checked_add(width) {
        Some(end) => end <= size && offset & (width - 1) == 0,
        None => false,
    }
}

/// Has the compiler check that an access of the width of `T` at `offset` is within `SIZE` bytes.
// Always inline, so that the error path of `build_assert` is optimised out.
#[inline(always)]
pub(crate) fn assert_offset<T, const SIZE: usize>(offset: usize) {
    build_assert!(offset_valid::<T>(offset, SIZE));
}

/// What needs no device: a window on memory of the kernel's own, whose bytes can be looked at.
#[kunit_tests(iomem_access_window)]
mod tests {
    use super::*;
    use kernel::io::Io;

    #[repr(align(8))]
    struct Memory([u8; 64]);

    impl Memory {
        fn new() -> Self {
            let mut memory = Self([0; 64]);
            for (number, byte) in (0..).zip(memory.0.iter_mut()) {
                *byte = number;
            }
            memory
        }

        fn window<A: Kind, const SIZE: usize>(&mut self) -> Result<Window<'_, A, SIZE>> {
            // SAFETY: The memory is borrowed for as long as the window. It is accessed as I/O memory
            // is, by single loads and stores, which memory takes as well.
            unsafe { Window::new(self.0.as_mut_ptr() as usize, self.0.len()) }
        }
    }

    #[test]
    fn little_and_big_end() -> Result {
        let mut memory = Memory::new();
        let little = memory.window::<Ordered, 64>()?;
        let (big, both) = (little.big_endian(), little.relaxed().big_endian());

        assert_eq!((little.read8(3), big.read8(3)), (3, 3));
        assert_eq!((little.read16(2), big.read16(2)), (0x0302, 0x0203));
        assert_eq!(
            (little.read32(4), big.read32(4)),
            (0x0706_0504, 0x0405_0607)
        );
        assert_eq!(both.read32(4), 0x0405_0607);
        assert_eq!(big.try_read64(8)?, 0x0809_0a0b_0c0d_0e0f);
        big.write32(0x1122_3344, 0x10);
        both.write16(0x5566, 0x14);
        assert_eq!(
            memory.0[0x10..0x17],
            [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x16]
        );
        Ok(())
    }

    #[test]
    fn writes_are_of_their_width() -> Result {
        let mut memory = Memory::new();
        let window = memory.window::<Relaxed, 64>()?;
        window.write8(0xff, 1);
        window.write16(0xffff, 4);
        window.write32(0xffff_ffff, 8);
        window.try_write64(u64::MAX, 16)?;
        for (number, byte) in (0_u8..).zip(memory.0) {
            let written = matches!(number, 1 | 4..=5 | 8..=11 | 16..=23);
            assert_eq!(byte, if written { 0xff } else { number });
        }
        Ok(())
    }

    #[test]
    fn offsets_are_checked() -> Result {
        let mut memory = Memory::new();
        let window = memory.window::<Ordered, 0>()?;
        for offset in Iterator::chain(0..72, [usize::MAX, usize::MAX - 3, isize::MAX as usize]) {
            let fits = |width: usize| offset % width == 0 && offset < 64;
            assert_eq!(window.try_read8(offset).is_ok(), fits(1));
            assert_eq!(window.try_read16(offset).is_ok(), fits(2));
            assert_eq!(window.try_read32(offset).is_ok(), fits(4));
            assert_eq!(window.try_read64(offset).is_ok(), fits(8));
        }
        Ok(())
    }

    #[test]
    fn counts_do_not_overflow() -> Result {
        let mut memory = Memory::new();
        let window = memory.window::<Ordered, 0>()?;
        assert!(window.place::<u64>(0, 8).is_ok());
        assert!(window.place::<u64>(0, 9).is_err());
        assert!(window.place::<u64>(8, usize::MAX / 8).is_err());
        assert!(window.place::<u64>(0, usize::MAX).is_err());
        assert!(window.place::<u8>(usize::MAX, 1).is_err());
        assert!(window.place::<u8>(64, 0).is_ok());
        assert!(window.place::<u8>(65, 0).is_err());
        Ok(())
    }

    #[test]
    fn parts_are_within() -> Result {
        let mut memory = Memory::new();
        let window = memory.window::<Ordered, 64>()?;
        for offset in 0..80 {
            for length in 0..80 {
                let fits = length != 0 && offset + length <= 64;
                assert_eq!(window.slice(offset, length).is_ok(), fits);
            }
            let fits = offset % 8 == 0 && offset + 16 <= 64;
            assert_eq!(window.part::<16>(offset).is_ok(), fits);
            assert_eq!(
                window.part::<2>(offset).is_ok(),
                offset % 2 == 0 && offset < 64
            );
        }
        Ok(())
    }
}
