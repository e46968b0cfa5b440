// SPDX-License-Identifier: GPL-2.0

//! Nodes of a [`major`](super::major), made by the driver.
//!
//! `register_chrdev()` takes a number and leaves the nodes to `mknod`. A driver that has a class
//! in sysfs can have them made, and removed: each [`Node`] is a device of its [`Class`].
//!
//! C headers: [`include/linux/device.h`](srctree/include/linux/device.h),
//! [`include/linux/device/class.h`](srctree/include/linux/device/class.h)

use core::ptr::NonNull;

use kernel::{
    error::from_err_ptr,
    prelude::*,
    str::CString,
    sync::Arc, //
};

use crate::{
    bindings,
    chardev::{
        major::{
            Numbers,
            Registration,
            MINORS,
            MINOR_BITS, //
        },
        CharDevice, //
    },
    names::{
        check_file,
        check_node,
        is_class,
        is_number_taken, //
    },
    parent::{
        Above,
        Parent, //
    }, //
};

/// A class of devices in sysfs, `/sys/class/<name>`, for the nodes of a driver.
///
/// Dropping it removes it; the nodes in it keep it. One that is forgotten stays, and a [`Node`] as well,
/// which leads nowhere when its registration has ended. Corresponds to what is between `class_create()`
/// and `class_destroy()` in C.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `class` is registered, by [`Class::new`], under `name`.
pub struct Class {
    class: NonNull<bindings::class>,
    // C has a pointer to it.
    name: CString,
}

// SAFETY: It may be removed by another thread than the one that made it.
unsafe impl Send for Class {}

// SAFETY: What can be done through a shared reference takes the class's own locks.
unsafe impl Sync for Class {}

impl Class {
    /// Makes the class. Context: may sleep.
    ///
    /// Corresponds to the C function `class_create()` in
    /// [`include/linux/device/class.h`](srctree/include/linux/device/class.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name is empty, `.` or `..`, or has a slash.
    /// - `ENAMETOOLONG`: it is longer than 255 bytes.
    /// - `EEXIST`: there is a class of that name. If it is made by another module at the same moment, the
    ///   kernel's log has a stack trace as well.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let class = iomem::chardev::class::Class::new(c"my-class")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(name: &CStr) -> Result<Self> {
        check_file(name)?;
        if is_class(name) {
            return Err(EEXIST);
        }
        let name = name.to_cstring()?;
        // SAFETY: The kernel keeps the name, which stays in place until the class has been destroyed.
        let class = from_err_ptr(unsafe { bindings::class_create(name.as_char_ptr()) })?;
        // INVARIANT: It was just registered.
        Ok(Self {
            class: NonNull::new(class).ok_or(ENOMEM)?,
            name,
        })
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is registered, and no node is left in it, since each
        // has a reference.
        unsafe { bindings::class_destroy(self.class.as_ptr()) };
    }
}

/// A node in `/dev` of a [`Registration`]'s major.
///
/// Dropping it removes the node. It may outlive the registration: then it leads nowhere (`ENXIO`), and
/// the major number stays taken, so that the node never leads to another driver. A node that the user
/// made by `mknod` leads wherever its number does.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// `device` is registered, by [`Registration::node`], in `_class`, under one of `_numbers`.
pub struct Node {
    device: NonNull<bindings::device>,
    // These are dropped after the device has been unregistered.
    _above: Above,
    _class: Arc<Class>,
    _numbers: Arc<Numbers>,
}

// SAFETY: It may be removed by another thread than the one that made it.
unsafe impl Send for Node {}

// SAFETY: Nothing can be done through a shared reference.
unsafe impl Sync for Node {}

impl<T: CharDevice> Registration<T> {
    /// Makes the node `/dev/<name>` of minor number `minor`, of mode 0600, which shows in sysfs
    /// under `class`, as a child of `parent`: of a device that is bound to a driver, or of a
    /// [`platform::Device`](crate::platform::Device). See [`Parent`]. Context: may sleep.
    ///
    /// Corresponds to the C function `device_create()` in
    /// [`include/linux/device.h`](srctree/include/linux/device.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name, or a part of it between slashes, is empty, `.` or `..`; or there is no
    ///   such minor: they end below [`MINORS`].
    /// - `ENAMETOOLONG`: the name is longer than 255 bytes, or its path below `/sys`, which begins with
    ///   that of `parent`, than 1,024.
    /// - `EEXIST`: `class` has a device of that name, or there is a node of that minor; or `parent` has a
    ///   child or a file that is called as the class, as the folder of its nodes is. If what is in the way
    ///   is made at the same moment, the kernel's log has a stack trace as well.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::chardev::{
    ///     class::{
    ///         Class,
    ///         Node, //
    ///     },
    ///     major::Registration,
    ///     CharDevice, //
    /// };
    /// use kernel::sync::Arc;
    ///
    /// fn make<T: CharDevice>(registration: &Registration<T>) -> Result<Node> {
    ///     let class = Arc::new(Class::new(c"my-class")?, GFP_KERNEL)?;
    ///     registration.node(&class, 0, c"my-device", None)
    /// }
    /// ```
    pub fn node(
        &self,
        class: &Arc<Class>,
        minor: u32,
        name: &CStr,
        parent: Option<Parent<'_>>,
    ) -> Result<Node> {
        check_node(name, &class.name, parent)?;
        if minor >= MINORS {
            return Err(EINVAL);
        }
        let number = self.major() << MINOR_BITS | minor;
        if is_number_taken(number) {
            return Err(EEXIST);
        }
        let above = Above::of(parent)?;
        // `Device` is a transparent wrapper around `struct device`.
        let parent = parent.map_or(core::ptr::null(), |parent| {
            core::ptr::from_ref(parent.device())
        });

        // SAFETY: The class is registered, and the node keeps it so. The name is copied, by a
        // format that takes one string. By the invariant of `Parent`, the parent is registered for the
        // call, which takes a reference to it.
        let device = from_err_ptr(unsafe {
            bindings::device_create(
                class.class.as_ptr(),
                parent.cast_mut().cast(),
                number,
                core::ptr::null_mut(),
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })?;
        // INVARIANT: It was just made, in this class.
        Ok(Node {
            device: NonNull::new(device).ok_or(ENOMEM)?,
            _above: above,
            _class: class.clone(),
            _numbers: self.numbers(),
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is registered, and this is the one place that ends it.
        unsafe { bindings::device_unregister(self.device.as_ptr()) };
    }
}
