// SPDX-License-Identifier: GPL-2.0

//! What a VMA looks like to its operations.

use core::marker::PhantomData;

use kernel::{
    page::PAGE_SHIFT,
    types::NotThreadSafe, //
};

use crate::{
    bindings,
    chardev::{
        self,
        CharDevice, //
    },
};

/// A VMA that is mapped, during one call of its operations.
///
/// Not the kernel crate's `VmaRef`: that can be asked for the program's memory, which is going or
/// gone when a VMA is closed because its program ended.
///
/// # Invariants
///
/// `vma` is valid for `'a`, and a lock is held that keeps its fields from changing. It was made by
/// `->mmap` of a file of this library, or comes of one that was, and so has that file.
///
/// # Examples
///
/// ```no_run
/// use iomem::vma::Area;
///
/// fn describe(vma: &Area<'_>) {
///     pr_info!(
///         "{:#x}-{:#x}: pages from {} on\n",
///         vma.start(),
///         vma.end(),
///         vma.page_offset(),
///     );
/// }
/// ```
pub struct Area<'a> {
    vma: *const bindings::vm_area_struct,
    life: PhantomData<&'a bindings::vm_area_struct>,
    _not_send: NotThreadSafe,
}

impl<'a> Area<'a> {
    /// # Safety
    ///
    /// `vma` is valid for the life of the value, and a lock is held that keeps its fields from
    /// changing. It has the operations of a [`VmaOps`](super::VmaOps).
    pub(super) unsafe fn from_raw(vma: *const bindings::vm_area_struct) -> Self {
        // INVARIANT: By the requirements; a VMA is given such operations by a `NewVma`, which only
        // `->mmap` of this library's files makes.
        Self {
            vma,
            life: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::vm_area_struct {
        self.vma.cast_mut()
    }

    /// Returns the address in the program at which it begins.
    ///
    /// # Examples
    ///
    /// See [`Area`].
    #[inline]
    pub fn start(&self) -> usize {
        // SAFETY: By the type invariant it can be read.
        unsafe { (*self.vma).__bindgen_anon_1.__bindgen_anon_1.vm_start }
    }

    /// Returns the address in the program at which it ends: the first one that is not part of it.
    ///
    /// # Examples
    ///
    /// See [`Area`].
    #[inline]
    pub fn end(&self) -> usize {
        // SAFETY: By the type invariant it can be read.
        unsafe { (*self.vma).__bindgen_anon_1.__bindgen_anon_1.vm_end }
    }

    /// Returns its length in bytes: whole pages, not zero.
    ///
    /// # Examples
    ///
    /// See [`Area`].
    #[inline]
    pub fn length(&self) -> usize {
        self.end().wrapping_sub(self.start())
    }

    /// Returns the offset into the file at which it begins, in pages. The second half of a VMA that
    /// was split begins in its midst.
    ///
    /// # Examples
    ///
    /// See [`Area`].
    #[inline]
    pub fn page_offset(&self) -> usize {
        // SAFETY: By the type invariant it can be read.
        unsafe { (*self.vma).vm_pgoff }
    }

    /// Returns the offset into the file of an address within it, in pages.
    pub(super) fn page_offset_of(&self, address: usize) -> usize {
        self.page_offset()
            .wrapping_add(address.wrapping_sub(self.start()) >> PAGE_SHIFT)
    }

    /// Tells whether the program may read it at present (`PROT_READ`).
    ///
    /// # Examples
    ///
    /// See [`Area`].
    #[inline]
    pub fn is_readable(&self) -> bool {
        // SAFETY: By the type invariant it can be read.
        unsafe { bindings::vma_is_readable(self.as_ptr()) }
    }

    /// Tells whether the program may write it at present (`PROT_WRITE`).
    ///
    /// # Examples
    ///
    /// See [`Area`].
    #[inline]
    pub fn is_writable(&self) -> bool {
        // SAFETY: By the type invariant it can be read.
        unsafe { bindings::vma_is_writable(self.as_ptr()) }
    }

    /// Returns what [`CharDevice::open`] made for the file that is mapped, if that is one of `T`.
    /// Context: any.
    ///
    /// Corresponds to the C field `vm_file` of the structure `vm_area_struct`, and to `private_data`
    /// of that.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::{chardev::CharDevice, vma::Access};
    /// // By which channel of the device it was mapped.
    /// fn channel<T: CharDevice<State = u32>>(access: &Access<'_>) -> Result<u32> {
    ///     access.vma().file_state::<T>().copied().ok_or(EIO)
    /// }
    /// ```
    pub fn file_state<T: CharDevice>(&self) -> Option<&'a T::State> {
        // SAFETY: By the type invariant the VMA is valid for `'a`, and has a file of this library's,
        // of which it has a reference.
        unsafe { chardev::state_of::<T>((*self.vma).vm_file) }
    }
}
