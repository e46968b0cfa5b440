// SPDX-License-Identifier: GPL-2.0

//! A major number of one's own, with its 256 minors.
//!
//! [`Registration::register`] takes the number, which `/proc/devices` then shows under a name. It
//! makes no node: the user does, with `mknod`, or the driver with a [`Node`](super::class::Node). Every node
//! of that major leads to the same device, which tells them apart by their minor
//! ([`CharFile::minor`](super::CharFile::minor)).
//!
//! A driver that wants one node is better off with a [`misc`](super::misc) device. There are few
//! majors, and it says that its device is one of a kind.
//!
//! # What C's `register_chrdev()` leaves open
//!
//! It gives no way to find out in `open()` which registration a file belongs to: C drivers have a
//! variable. And removing it ends no race: a program that holds an old file of the node can open
//! the same node anew, after the removal. So this makes the same calls as `register_chrdev()`, and
//! between them gives the `struct cdev` a parent, which knows the device, lives as long as any file
//! that was opened through it, and refuses (`ENXIO`) to open another after the removal.
//!
//! C headers: [`include/linux/fs.h`](srctree/include/linux/fs.h),
//! [`include/linux/cdev.h`](srctree/include/linux/cdev.h)

use core::ptr::NonNull;

use kernel::{
    error::to_result,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow,
        Mutex, //
    },
    types::{
        ForeignOwnable,
        Opaque, //
    },
};

use crate::{
    bindings,
    chardev::{
        fops::{
            Opened,
            Vtable, //
        },
        CharDevice, //
    },
    error::for_c,
    leftover::Leftover,
    owner::{
        is_live,
        Refused, //
    }, //
};

/// How many minors a [`Registration`] has, from 0 on.
pub const MINORS: u32 = 256;

/// The number of bits of a minor in a `dev_t`.
pub(super) const MINOR_BITS: u32 = bindings::MINORMASK.trailing_ones();

/// What a file that is being opened leads to, through its `struct cdev`.
///
/// C counts the references: one of the [`Registration`]'s, one of the `struct cdev`'s, which has
/// one for each open file.
#[pin_data]
struct Anchor<T: CharDevice> {
    #[pin]
    kobj: Opaque<bindings::kobject>,
    /// Whether files can be opened. Held while one is, and to end it: no lock is taken outside it
    /// but those that the caller of `open()` or the owner of the registration has.
    #[pin]
    open: Mutex<bool>,
    device: Arc<T>,
}

impl<T: CharDevice> Anchor<T> {
    const TYPE: &'static bindings::kobj_type = &bindings::kobj_type {
        release: Some(Self::release),
        ..pin_init::zeroed()
    };

    /// Makes an anchor with one reference, to be given back with `kobject_put()`.
    fn new(device: Arc<T>) -> Result<NonNull<Self>> {
        let anchor = KBox::pin_init(
            try_pin_init!(Self {
                kobj <- Opaque::ffi_init(|slot: *mut bindings::kobject| {
                    // SAFETY: The initializer may write to its slot. The object is initialized
                    // once, and only when it is all zeroes, as C wants it.
                    unsafe {
                        slot.write(pin_init::zeroed());
                        bindings::kobject_init(slot, Self::TYPE);
                    }
                }),
                open <- new_mutex!(true, "iomem::chardev::major"),
                device,
            }),
            GFP_KERNEL,
        )?;
        // `release` takes it back.
        NonNull::new(anchor.into_foreign().cast()).ok_or(ENOMEM)
    }

    /// Returns the anchor of a `struct kobject`.
    ///
    /// # Safety
    ///
    /// `kobj` is the one of an `Anchor<T>`.
    unsafe fn from_kobj(kobj: *mut bindings::kobject) -> *const Self {
        // SAFETY: By the requirement.
        unsafe { kernel::container_of!(Opaque::cast_from(kobj), Self, kobj) }
    }

    /// # Safety
    ///
    /// To be called by `kobject_put()`, with the last reference.
    unsafe extern "C" fn release(kobj: *mut bindings::kobject) {
        // SAFETY: It is the one of an anchor, of which `new` gave away the box, and this was the
        // last reference.
        drop(unsafe { Pin::<KBox<Self>>::from_foreign(Self::from_kobj(kobj).cast_mut().cast()) });
    }
}

/// The numbers of a major, which are taken until this is dropped.
///
/// # Invariants
///
/// [`MINORS`] minors from `first` on, the first one of a major, are registered.
pub(super) struct Numbers {
    first: bindings::dev_t,
}

impl Numbers {
    /// Takes those of `major`, or with 0 of one that is free. The first 63 bytes of `name` are copied.
    fn take(major: u32, name: &CStr) -> Result<Self> {
        let mut first: bindings::dev_t = major << MINOR_BITS;
        // SAFETY: Both copy the name, and write no more than the number of the first device.
        to_result(unsafe {
            if major == 0 {
                bindings::alloc_chrdev_region(&raw mut first, 0, MINORS, name.as_char_ptr())
            } else {
                bindings::register_chrdev_region(first, MINORS, name.as_char_ptr())
            }
        })?;
        // INVARIANT: They were just registered.
        Ok(Self { first })
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        // SAFETY: By the type invariant they are registered. Each `struct cdev` and each node with one
        // of them has been removed, since it had a reference.
        unsafe { bindings::unregister_chrdev_region(self.first, MINORS) };
    }
}

/// A major number, and what its nodes stand for.
///
/// Dropping it gives the number back, unless a [`Node`](super::class::Node) is left that has it; files
/// that are open stay so. Corresponds to what is between `register_chrdev()` and `unregister_chrdev()`
/// in C.
///
/// Context of the drop: may sleep; waits for a running [`CharDevice::open`].
///
/// # Invariants
///
/// Of what is `added`:
///
/// - `anchor` is an anchor to which it has a reference.
/// - `cdev` has been added at the numbers of `numbers`, with `anchor` as its parent and the operations
///   of `T`.
pub struct Registration<T: CharDevice> {
    leftover: Leftover,
    // Where it is in memory does not change, so `leftover` can have it.
    added: KBox<Added<T>>,
    _refused: Refused,
}

/// What a [`Registration`] has added: see there.
struct Added<T: CharDevice> {
    cdev: NonNull<bindings::cdev>,
    anchor: NonNull<Anchor<T>>,
    // Dropped after `cdev` has been deleted.
    numbers: Arc<Numbers>,
}

// SAFETY: The number may be given back by another thread than the one that took it, and `T` is
// `Send` and `Sync`, so a reference to it may be sent.
unsafe impl<T: CharDevice> Send for Registration<T> {}

// SAFETY: The methods that take `&self` read what does not change after registration.
unsafe impl<T: CharDevice> Sync for Registration<T> {}

impl<T: CharDevice> Registration<T> {
    /// Takes the number `major`, or with 0 one that is free, for nodes that stand for `device`.
    ///
    /// `name` is what `/proc/devices` shows, the first 63 bytes of it. Nodes can be opened before
    /// this returns; but not before the module has been loaded, if this is called by its `init`: until then,
    /// `open()` fails with `ENXIO`. Context: may sleep.
    ///
    /// Corresponds to the C function `register_chrdev()` in
    /// [`include/linux/fs.h`](srctree/include/linux/fs.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name is empty, or the number is larger than the kernel has, 511; or
    ///   [`CharDevice::OWNER`] is not the module that this is called in.
    /// - `EBUSY`: the number is taken, or with 0, no number is free.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::{
    ///     major,
    ///     CharDevice, //
    /// };
    /// use kernel::sync::Arc;
    ///
    /// fn make<T: CharDevice>(device: Arc<T>) -> Result<major::Registration<T>> {
    ///     let registration = major::Registration::register(0, c"my-device", device)?;
    ///     pr_info!("mknod /dev/my-device c {} 0\n", registration.major());
    ///     Ok(registration)
    /// }
    /// ```
    pub fn register(major: u32, name: &CStr, device: Arc<T>) -> Result<Self> {
        // A larger number would be cut off in a `dev_t`; the kernel refuses others by itself.
        if name.is_empty() || major > u32::MAX >> MINOR_BITS {
            return Err(EINVAL);
        }

        Vtable::<T>::check_owner()?;
        let numbers = Arc::new(Numbers::take(major, name)?, GFP_KERNEL)?;
        let leftover = Leftover::new()?;
        let room = KBox::new_uninit(GFP_KERNEL)?;
        let (cdev, anchor) = Self::add(numbers.first, device)?;
        let added = KBox::write(
            room,
            Added {
                cdev,
                anchor,
                numbers,
            },
        );
        // INVARIANT: It is what `add` gave, at these numbers.
        let registration = Self {
            leftover,
            added,
            _refused: Refused::of(&T::OWNER),
        };
        let data = core::ptr::from_ref(&*registration.added).cast_mut().cast();
        // SAFETY: What was added stays so, and where it is, until `drop` has disarmed it.
        unsafe {
            registration
                .leftover
                .arm(Vtable::<T>::code(), Self::end, data)
        };
        Ok(registration)
    }

    /// Removes what a registration that was forgotten has added.
    ///
    /// # Safety
    ///
    /// `added` is an `Added<T>`, of which only this ends what it stands for.
    unsafe extern "C" fn end(added: *mut c_void) {
        // SAFETY: By the requirement. No file is open, since it would keep the module, and nothing
        // uses the number again after this.
        unsafe {
            let added = added.cast::<Added<T>>();
            *(*added).anchor.as_ref().open.lock() = false;
            bindings::cdev_del((*added).cdev.as_ptr());
            core::ptr::drop_in_place(&raw mut (*added).numbers);
        }
    }

    /// Adds a `struct cdev` for `device` and the anchor for it.
    fn add(
        first: bindings::dev_t,
        device: Arc<T>,
    ) -> Result<(NonNull<bindings::cdev>, NonNull<Anchor<T>>)> {
        let anchor = Anchor::new(device)?;
        // SAFETY: The anchor is valid: the reference that `new` gave is still there.
        let parent = unsafe { Opaque::cast_into(&raw const (*anchor.as_ptr()).kobj) };

        // SAFETY: The function has no requirements.
        let Some(cdev) = NonNull::new(unsafe { bindings::cdev_alloc() }) else {
            // SAFETY: This gives back the reference that `new` gave; there is no other.
            unsafe { bindings::kobject_put(parent) };
            return Err(ENOMEM);
        };

        // SAFETY: The structure was just made and is not added yet, so it may be written to. The
        // operations are static. C takes a reference to the parent when it adds it.
        let result = to_result(unsafe {
            let cdev = cdev.as_ptr();
            (*cdev).owner = T::OWNER.as_ptr();
            (*cdev).ops = Vtable::<T>::MAJOR;
            bindings::cdev_set_parent(cdev, parent);
            bindings::cdev_add(cdev, first, MINORS)
        });
        match result {
            Ok(()) => Ok((cdev, anchor)),
            Err(e) => {
                // SAFETY: It was not added, so it took no reference to its parent and must not
                // give one back. These are the references of `cdev_alloc()` and of `new`.
                unsafe {
                    (*cdev.as_ptr()).kobj.parent = core::ptr::null_mut();
                    bindings::kobject_put(&raw mut (*cdev.as_ptr()).kobj);
                    bindings::kobject_put(parent);
                }
                Err(e)
            }
        }
    }

    /// Returns the major number. Context: any.
    pub fn major(&self) -> u32 {
        self.added.numbers.first >> MINOR_BITS
    }

    /// Returns the numbers, for what is to keep them.
    pub(super) fn numbers(&self) -> Arc<Numbers> {
        self.added.numbers.clone()
    }

    /// Returns what the nodes stand for. Context: any.
    pub fn device(&self) -> ArcBorrow<'_, T> {
        // SAFETY: By the type invariant the anchor is valid as long as `self`.
        unsafe { self.added.anchor.as_ref() }.device.as_arc_borrow()
    }
}

impl<T: CharDevice> Drop for Registration<T> {
    fn drop(&mut self) {
        self.leftover.disarm();
        // SAFETY: By the type invariant the anchor is valid until the reference is given back, at
        // the end of this.
        let anchor = unsafe { self.added.anchor.as_ref() };
        // When this has been set, no `open` of the device is running and none can begin.
        *anchor.open.lock() = false;

        // SAFETY: By the type invariant `cdev` has been added, and this is the one place that ends it.
        // Files that are open have a reference to `cdev`, and `cdev` to the anchor, of which this
        // gives one back.
        unsafe {
            bindings::cdev_del(self.added.cdev.as_ptr());
            bindings::kobject_put(Opaque::cast_into(&raw const anchor.kobj));
        }
    }
}

impl<T: CharDevice> Vtable<T> {
    /// The operations of a device with a major.
    const MAJOR: &'static bindings::file_operations = &Self::operations(Self::open_major);

    /// # Safety
    ///
    /// To be called by `chrdev_open()`, for a file of a `Registration<T>`.
    unsafe extern "C" fn open_major(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // As from `chrdev_open()`, where there is no such number yet.
        if !is_live(&T::OWNER) {
            return ENXIO.to_errno();
        }
        // SAFETY: `chrdev_open()` holds a reference to the `struct cdev`, which is the one of a
        // `Registration<T>`, so its parent is an anchor and stays valid during this call.
        let anchor = unsafe {
            let cdev = bindings::inode_cdev(inode);
            &*Anchor::<T>::from_kobj((*cdev).kobj.parent)
        };
        // Before the lock, which others wait for that open the device, or remove it.
        let room = match Opened::room(GFP_KERNEL_ACCOUNT) {
            Ok(room) => room,
            Err(e) => return for_c(e),
        };
        let open = anchor.open.lock();
        if !*open {
            return ENXIO.to_errno();
        }
        // SAFETY: The file is being opened.
        unsafe { Opened::begin(room, &anchor.device, inode, file) }
    }
}
