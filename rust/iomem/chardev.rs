// SPDX-License-Identifier: GPL-2.0

//! Character devices: the node in `/dev` that a program opens.
//!
//! # The life of a device
//!
//! A driver keeps what a node stands for in an [`Arc`] of a type that implements [`CharDevice`].
//! [`Registration::register`] makes the node. Each `open()` takes a reference of its own, which
//! the file keeps until it is released; a VMA keeps its file. Dropping the [`Registration`] removes
//! the node, and nothing else: files that are open stay so and their calls still arrive. A device
//! that can disappear therefore remembers that it has, and says `ENODEV`. The last reference that
//! goes, the driver's or a file's, drops the device and with it its claims.
//!
//! The module that registered the node cannot be unloaded while a file is open, because the file
//! operations name it as their owner.
//!
//! # Locks
//!
//! `misc_mtx`, the kernel's own, is held during [`CharDevice::open`] and taken by registration and
//! its removal; so a device is never removed while it is being opened, and `open` must neither
//! register nor remove a device.
//!
//! # What the kernel crate's `MiscDevice` does not do
//!
//! Its name is `'static`, so it serves one node; it has no owner before Linux 7.3, so a module can
//! be unloaded under an open file; it hands out a `VmaNew`, see [`crate::vma`].
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

use kernel::{
    device::Device,
    error::to_result,
    fs::File,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        ArcBorrow, //
    },
    types::{
        ForeignOwnable,
        Opaque, //
    },
    ThisModule, //
};

use crate::{
    bindings,
    vma::{
        Mapped,
        NewVma, //
    },
};

/// Names the module that calls it, as `THIS_MODULE` does in C.
///
/// For [`CharDevice::OWNER`].
#[macro_export]
macro_rules! this_module {
    () => {
        // SAFETY: Every module has a `__this_module` of its own, made by the module loader; this
        // code is part of the module whose symbol it names.
        unsafe {
            ::kernel::ThisModule::from_ptr(
                (&raw const ::kernel::bindings::__this_module).cast_mut(),
            )
        }
    };
}

/// What a node in `/dev` stands for, shared by all who have it open.
///
/// The methods are called by programs, at any time and at the same time.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     chardev::CharDevice,
///     resource::MemRegion,
///     vma::{
///         Mapped,
///         NewVma, //
///     },
/// };
/// use kernel::{
///     fs::File,
///     ThisModule, //
/// };
///
/// struct Registers {
///     claim: MemRegion,
/// }
///
/// impl CharDevice for Registers {
///     const OWNER: ThisModule = iomem::this_module!();
///
///     fn mmap<'a>(&'a self, _file: &File, vma: NewVma<'a>) -> Result<Mapped<'a>> {
///         vma.forbid_exec()?;
///         let prot = vma.page_prot().noncached();
///         vma.vm_iomap_memory(&self.claim, prot)
///     }
/// }
/// ```
pub trait CharDevice: Send + Sync + Sized + 'static {
    /// The module whose code this is: `iomem::this_module!()`. It stays loaded while a file is
    /// open.
    const OWNER: ThisModule;

    /// A program opens the node. Context: may sleep; must not register or remove a device.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `open()` fails with.
    fn open(&self, _file: &File) -> Result {
        Ok(())
    }

    /// The last descriptor and the last mapping of an open file are gone. Context: may sleep.
    fn release(&self, _file: &File) {}

    /// A program maps the node. Context: may sleep; the program's `mmap_lock` is held for writing.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `mmap()` fails with; the default is `ENODEV`, as for every file
    /// that cannot be mapped.
    fn mmap<'a>(&'a self, _file: &File, _vma: NewVma<'a>) -> Result<Mapped<'a>> {
        Err(ENODEV)
    }

    /// A program calls `ioctl()`. `arg` is usually an address in the program. Programs of 32 bits
    /// come here as well, so structures must have one layout for both. Context: may sleep.
    ///
    /// # Errors
    ///
    /// Whatever it returns is what `ioctl()` fails with; the default is `ENOTTY`, as for every
    /// command that is not known.
    fn ioctl(&self, _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
        Err(ENOTTY)
    }
}

/// A node in `/dev`, readable and writable by its owner only (mode 0600).
///
/// Dropping it removes the node. Corresponds to a C `struct miscdevice` between `misc_register()`
/// and `misc_deregister()`.
///
/// # Invariants
///
/// `misc` is registered, and its `fops` are those of `T`.
#[pin_data(PinnedDrop)]
pub struct Registration<T: CharDevice> {
    // It points to `name`, so both stay in place until it has been deregistered.
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    name: CString,
    device: Arc<T>,
}

// SAFETY: A node may be removed by another thread than the one that made it, and `T` is `Send` and
// `Sync`, so a reference to it may be sent.
unsafe impl<T: CharDevice> Send for Registration<T> {}

// SAFETY: The methods that take `&self` read what does not change after registration.
unsafe impl<T: CharDevice> Sync for Registration<T> {}

impl<T: CharDevice> Registration<T> {
    /// Makes the node `/dev/<name>`, a child of `parent` in sysfs, which stands for `device`.
    ///
    /// The node can be opened before this returns. Context: may sleep.
    ///
    /// Corresponds to the C function `misc_register()`.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: no minor number is left.
    /// - `EEXIST`: there is a misc device of that name.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::{CharDevice, Registration};
    /// # use kernel::{device::Device, str::CString, sync::Arc};
    /// fn make<T: CharDevice>(
    ///     device: Arc<T>,
    ///     parent: &Device,
    /// ) -> Result<Pin<KBox<Registration<T>>>> {
    ///     let name = CString::try_from_fmt(fmt!("my-device{}", 0))?;
    ///     KBox::pin_init(Registration::register(name, device, parent), GFP_KERNEL)
    /// }
    /// ```
    pub fn register<'a>(
        name: CString,
        device: Arc<T>,
        parent: &'a Device,
    ) -> impl PinInit<Self, Error> + 'a {
        // The node can be opened as soon as `misc` is registered, and `open` reads `device`:
        // `misc` comes last.
        try_pin_init!(&this in Self {
            name,
            device,
            misc <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                // SAFETY: `name` was initialized above and is not moved from its pinned place.
                let name = unsafe { (*this.as_ptr()).name.as_char_ptr() };
                let misc = bindings::miscdevice {
                    minor: bindings::MISC_DYNAMIC_MINOR as c_int,
                    name,
                    fops: Vtable::<T>::FOPS,
                    // `Device` is a transparent wrapper around `struct device`.
                    parent: core::ptr::from_ref(parent).cast_mut().cast(),
                    mode: 0o600,
                    ..pin_init::zeroed()
                };

                // SAFETY: The initializer may write to its slot.
                unsafe { slot.write(misc) };

                // SAFETY: The structure is complete. It and what it points to stay in place until
                // `drop` has called `misc_deregister()`: the slot is pinned, the operations are
                // static, and the parent is only used during the call.
                // INVARIANT: On success it is registered, with `T`'s operations.
                to_result(unsafe { bindings::misc_register(slot) })
            }),
        })
    }

    /// Returns what the node stands for.
    pub fn device(&self) -> ArcBorrow<'_, T> {
        self.device.as_arc_borrow()
    }

    /// Returns the name of the node in `/dev`.
    pub fn name(&self) -> &CStr {
        &self.name
    }
}

#[pinned_drop]
impl<T: CharDevice> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant it is registered. When this returns, no `open` is running
        // and none can begin.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}

/// The file operations of a [`CharDevice`], for C to call.
///
/// `private_data` of a file that `open` succeeded for is a reference to the device that
/// [`Arc::into_foreign`] gave, until `release` takes it back.
struct Vtable<T>(T);

impl<T: CharDevice> Vtable<T> {
    const FOPS: &'static bindings::file_operations = &bindings::file_operations {
        owner: T::OWNER.as_ptr(),
        open: Some(Self::open),
        release: Some(Self::release),
        mmap: Some(Self::mmap),
        unlocked_ioctl: Some(Self::ioctl),
        // The argument is an address and the structures have one layout.
        #[cfg(CONFIG_COMPAT)]
        compat_ioctl: bindings::compat_ptr_ioctl,
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// To be called by `misc_open()`, for a file of a `Registration<T>`.
    unsafe extern "C" fn open(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `misc_open()` set `private_data` to the `struct miscdevice`, which is the one of
        // a `Registration<T>`, and holds `misc_mtx`, so it stays registered during this call.
        let device = unsafe {
            let misc = (*file).private_data.cast::<bindings::miscdevice>();
            let registration =
                kernel::container_of!(Opaque::cast_from(misc), Registration<T>, misc);
            (*registration).device.clone()
        };

        // SAFETY: The file is valid during the call, and nobody has its descriptor yet.
        match device.open(unsafe { File::from_raw_file(file) }) {
            Ok(()) => {
                // SAFETY: A file being opened has no other user.
                unsafe { (*file).private_data = device.into_foreign() };
                0
            }
            Err(e) => e.to_errno(),
        }
    }

    /// Returns the device of an open file.
    ///
    /// # Safety
    ///
    /// `file` is one that [`Self::open`] succeeded for and that is not released during `'a`.
    unsafe fn device<'a>(file: *mut bindings::file) -> &'a T {
        // SAFETY: `private_data` is the reference that `open` left there, and only `release` takes
        // it back, after `'a`.
        let device: ArcBorrow<'a, T> = unsafe { Arc::borrow((*file).private_data) };
        // SAFETY: The file's reference keeps the device in place and alive during `'a`.
        unsafe { &*core::ptr::from_ref::<T>(&device) }
    }

    /// # Safety
    ///
    /// To be called by the VFS, once, for a file that [`Self::open`] succeeded for.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` left the reference there, this is the one call that takes it back, and no
        // other operation runs at the same time or later.
        let device = unsafe { Arc::<T>::from_foreign((*file).private_data) };
        // SAFETY: The file is valid during the call, and nobody has its descriptor any more.
        device.release(unsafe { File::from_raw_file(file) });
        0
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that [`Self::open`] succeeded for.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: The file is open during the call. The VMA holds a reference to the file, so the
        // device lives until the VMA is gone, which is what `NewVma::from_raw` asks of the life
        // that both share. The VMA is being set up, and passed on just once.
        let (device, vma) = unsafe { (Self::device(file), NewVma::from_raw(vma)) };
        // SAFETY: The file is valid during the call; `mmap` does not use its position.
        match device.mmap(unsafe { File::from_raw_file(file) }, vma) {
            Ok(_) => 0,
            Err(e) => e.to_errno(),
        }
    }

    /// # Safety
    ///
    /// To be called by the VFS, for a file that [`Self::open`] succeeded for.
    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: The file is open during the call.
        let device = unsafe { Self::device(file) };
        // SAFETY: The file is valid during the call; `ioctl` does not use its position.
        match device.ioctl(unsafe { File::from_raw_file(file) }, cmd, arg) {
            Ok(value) => value as c_long,
            Err(e) => e.to_errno() as c_long,
        }
    }
}
