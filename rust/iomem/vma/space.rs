// SPDX-License-Identifier: GPL-2.0

//! The address space of a device's files: where the kernel finds all of its VMAs.

use core::ptr::NonNull;

use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

use crate::bindings;

/// Where the kernel keeps track of all VMAs of a device: a `struct address_space` of its own.
///
/// By default each node has one, so a node that was made with `mknod` has another than the one
/// in `/dev`, and a driver that wants to reach every mapping would have to know them all. A device
/// that returns one of these from
/// [`CharDevice::address_space`](crate::chardev::CharDevice::address_space) has it used for all its
/// files, whichever node they were opened by. Nothing of another device is in it, also when that
/// device later gets the same number.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `inode` is an inode that cannot be opened, of which the value has a reference.
///
/// # Examples
///
/// See [`Lease`](super::Lease), which has one.
pub struct AddressSpace {
    inode: NonNull<bindings::inode>,
}

// SAFETY: What is done with the inode here may be done by any task.
unsafe impl Send for AddressSpace {}

// SAFETY: What is done with the inode through a shared reference takes the kernel's own locks.
unsafe impl Sync for AddressSpace {}

impl AddressSpace {
    /// Makes an address space without files. Context: may sleep.
    ///
    /// Corresponds to the C function `anon_inode_create_getfile()` in
    /// [`include/linux/anon_inodes.h`](srctree/include/linux/anon_inodes.h), of which it keeps the
    /// inode.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory.
    /// - `ENFILE`: there are as many open files as the kernel allows (`fs.file-max`).
    /// - Others: a security module refuses it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::vma::AddressSpace;
    ///
    /// let space = AddressSpace::new()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new() -> Result<Self> {
        // SAFETY: The name is a C string.
        let inode = from_err_ptr(unsafe { bindings::anon_inode_create(c"[iomem]".as_char_ptr()) })?;
        // INVARIANT: The reference is ours.
        Ok(Self {
            inode: NonNull::new(inode).ok_or(ENOMEM)?,
        })
    }

    fn as_ptr(&self) -> *mut bindings::address_space {
        // SAFETY: By the type invariant the inode is valid; this pointer in it never changes.
        unsafe { (*self.inode.as_ptr()).i_mapping }
    }

    /// Makes it the address space of a file.
    ///
    /// # Safety
    ///
    /// `file` is being opened, so that nothing else uses it yet, and `self` exists until it is
    /// released.
    pub(crate) unsafe fn adopt(&self, file: *mut bindings::file) {
        // SAFETY: By the requirements. Files that share an address space which is not that of their
        // inode are known to the kernel: graphics drivers do the same.
        unsafe { (*file).f_mapping = self.as_ptr() };
    }

    /// Tells whether unmapping this address space would reach a VMA.
    ///
    /// # Safety
    ///
    /// `vma` is valid and has a file.
    pub(super) unsafe fn reaches(&self, vma: *const bindings::vm_area_struct) -> bool {
        // SAFETY: By the requirements; neither pointer changes while the file is open.
        unsafe { (*(*vma).vm_file).f_mapping == self.as_ptr() }
    }

    /// Takes all pages out of all VMAs that are known to it. The next touch is a fault.
    ///
    /// A VMA becomes known after `->mmap` has returned, and its page tables can be filled before
    /// that: see [`Lease`](super::Lease) for how to deal with it. Context: may sleep.
    ///
    /// Corresponds to the C function `unmap_mapping_range()` in
    /// [`include/linux/mm.h`](srctree/include/linux/mm.h).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(space: &iomem::vma::AddressSpace) {
    /// // Every program has to ask again for every page, for example after a reset.
    /// space.unmap_all();
    /// # }
    /// ```
    pub fn unmap_all(&self) {
        // SAFETY: The address space is valid. A length of zero means to the end. No VMA here has
        // pages that were copied on write, but the last argument would take them along.
        unsafe { bindings::unmap_mapping_range(self.as_ptr(), 0, 0, 1) };
    }
}

impl Drop for AddressSpace {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the reference is ours. Files that use the address space keep
        // this value, and their VMAs keep the files, so nothing is left in it.
        unsafe { bindings::iput(self.inode.as_ptr()) };
    }
}
