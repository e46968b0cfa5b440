// SPDX-License-Identifier: GPL-2.0

//! Misc devices: a node in `/dev` with a name of its own, and the kernel's choice of minor.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

use kernel::{
    device::Device,
    error::to_result,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        ArcBorrow, //
    },
    types::Opaque, //
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
    leftover::Leftover,
    names::check_node,
    sysfs::Groups, //
};

/// What a node is called, who may open it, and where it is in sysfs.
///
/// Context of the drop: that of what the files show.
///
/// # Examples
///
/// ```no_run
/// use iomem::chardev::Options;
/// use kernel::str::CString;
///
/// // Its owner, root, and its group may read and write it; anybody may read it.
/// let options = Options::new(CString::try_from_fmt(fmt!("my-device{}", 0))?).mode(0o664)?;
/// # Ok::<(), Error>(())
/// ```
pub struct Options<'a> {
    name: CString,
    mode: u16,
    parent: Option<&'a Device>,
    groups: Groups,
}

impl<'a> Options<'a> {
    /// A node `/dev/<name>` of mode 0600, without a parent. Slashes in the name make folders in `/dev`;
    /// an exclamation mark is one.
    pub fn new(name: CString) -> Self {
        Self {
            name,
            mode: 0o600,
            parent: None,
            groups: Groups::new(),
        }
    }

    /// Gives it the permissions `mode`, nine bits as `chmod()` takes them.
    ///
    /// Where user space manages `/dev` (udev), it may change them, and owner and group, later.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are other bits than those of permissions, or none, which to C means that
    /// nothing was said.
    pub fn mode(mut self, mode: u16) -> Result<Self> {
        if mode == 0 || mode > 0o777 {
            return Err(EINVAL);
        }
        self.mode = mode;
        Ok(self)
    }

    /// Makes it a child of `parent` in sysfs.
    pub fn parent(mut self, parent: &'a Device) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Gives it files in sysfs, see [`sysfs`](crate::sysfs), where there is an example.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.groups = groups;
        self
    }
}

/// A node in `/dev`.
///
/// Dropping it removes the node. Corresponds to a C `struct miscdevice` between `misc_register()`
/// and `misc_deregister()`.
///
/// Context of the drop: may sleep; waits for functions that show an attribute.
///
/// # Invariants
///
/// `misc` is registered, and its `fops` are those of `T`.
#[pin_data(PinnedDrop)]
pub struct Registration<T: CharDevice> {
    // It points to `name` and into `groups`, so they stay in place until it has been deregistered.
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    name: CString,
    groups: Groups,
    device: Arc<T>,
    leftover: Leftover,
}

// SAFETY: A node may be removed by another thread than the one that made it, and `T` is `Send` and
// `Sync`, so a reference to it may be sent.
unsafe impl<T: CharDevice> Send for Registration<T> {}

// SAFETY: The methods that take `&self` read what does not change after registration.
unsafe impl<T: CharDevice> Sync for Registration<T> {}

impl<T: CharDevice> Registration<T> {
    /// Makes the node that `options` describe, which stands for `device`.
    ///
    /// The node can be opened before this returns. Context: may sleep.
    ///
    /// Corresponds to the C function `misc_register()` in
    /// [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name, or a part of it between slashes, is empty, `.` or `..`; or
    ///   [`CharDevice::OWNER`] is not the module that this is called in.
    /// - `ENAMETOOLONG`: such a part is longer than 255 bytes.
    /// - `EBUSY`: no minor number is left.
    /// - `EEXIST`: there is a misc device of that name, or a file in sysfs has the name of one that
    ///   the kernel makes.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::{CharDevice, Options, Registration};
    /// # use kernel::{device::Device, str::CString, sync::Arc};
    /// fn make<T: CharDevice>(
    ///     device: Arc<T>,
    ///     parent: &Device,
    /// ) -> Result<Pin<KBox<Registration<T>>>> {
    ///     let name = CString::try_from_fmt(fmt!("my-device{}", 0))?;
    ///     let options = Options::new(name).mode(0o660)?.parent(parent);
    ///     KBox::pin_init(Registration::register(options, device), GFP_KERNEL)
    /// }
    /// ```
    pub fn register<'a>(
        options: Options<'a>,
        device: Arc<T>,
    ) -> impl PinInit<Self, Error> + use<'a, T> {
        let Options {
            name,
            mode,
            parent,
            groups,
        } = options;
        // `Device` is a transparent wrapper around `struct device`.
        let parent = parent.map_or(core::ptr::null(), core::ptr::from_ref);

        // The node can be opened as soon as `misc` is registered, and `open` reads `device`:
        // `misc` comes last.
        try_pin_init!(&this in Self {
            name,
            groups,
            device,
            leftover: Leftover::new()?,
            misc <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                // SAFETY: `name` was initialized above and is not moved from its pinned place.
                let name = unsafe { &(*this.as_ptr()).name };
                check_node(name)?;
                Vtable::<T>::check_owner()?;
                // SAFETY: So was `groups`, and nobody else has a reference to it.
                let groups = unsafe { &mut (*this.as_ptr()).groups }.for_c()?;
                let misc = bindings::miscdevice {
                    minor: bindings::MISC_DYNAMIC_MINOR as c_int,
                    name: name.as_char_ptr(),
                    fops: Vtable::<T>::MISC,
                    parent: parent.cast_mut().cast(),
                    groups,
                    mode,
                    ..pin_init::zeroed()
                };

                // SAFETY: The initializer may write to its slot.
                unsafe { slot.write(misc) };

                // SAFETY: The structure is complete. It and what it points to stay in place until
                // `drop` has called `misc_deregister()`: the slot is pinned, the operations are
                // static, the groups are not touched any more, and the parent is only used during
                // the call. Should it fail, it has removed the files of the groups.
                // INVARIANT: On success it is registered, with `T`'s operations.
                to_result(unsafe { bindings::misc_register(slot) })?;

                // SAFETY: `leftover` was initialized above. The structure stays registered, and where
                // it is, until `drop` has disarmed it.
                unsafe { (*this.as_ptr()).leftover.arm(&T::OWNER, end, slot.cast()) };
                Ok::<_, Error>(())
            }),
        })
    }

    /// Returns what the node stands for. Context: any.
    pub fn device(&self) -> ArcBorrow<'_, T> {
        self.device.as_arc_borrow()
    }

    /// Returns the name of the node in `/dev`. Context: any.
    pub fn name(&self) -> &CStr {
        &self.name
    }

    /// Returns the minor number, which the kernel chose; the major is 10, that of all misc devices.
    /// Context: any.
    pub fn minor(&self) -> u32 {
        // SAFETY: By the type invariant it is registered, and its minor does not change.
        unsafe { (*self.misc.get()).minor as u32 }
    }
}

/// Removes the node of a registration that was forgotten.
///
/// # Safety
///
/// `misc` is registered, and only this ends it.
unsafe extern "C" fn end(misc: *mut c_void) {
    // SAFETY: By the requirement. It is pinned memory, which is not used for anything else before it
    // is dropped.
    unsafe { bindings::misc_deregister(misc.cast()) };
}

#[pinned_drop]
impl<T: CharDevice> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        self.leftover.disarm();
        // SAFETY: By the type invariant it is registered. When this returns, no `open` is running
        // and none can begin. The same is true of the functions that show attributes: the node's
        // `struct device` has been deleted, which removes the files and waits for who is reading
        // them, and even if somebody has a reference to it, nobody looks at its groups any more.
        // What these are made of is dropped after this.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}

impl<T: CharDevice> Vtable<T> {
    /// The operations of a misc device.
    const MISC: &'static bindings::file_operations = &Self::operations(Self::open_misc);

    /// # Safety
    ///
    /// To be called by `misc_open()`, for a file of a `Registration<T>`.
    unsafe extern "C" fn open_misc(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY: `misc_open()` set `private_data` to the `struct miscdevice`, which is the one of
        // a `Registration<T>`, and holds `misc_mtx`, so it stays registered during this call.
        let device = unsafe {
            let misc = (*file).private_data.cast::<bindings::miscdevice>();
            let registration =
                kernel::container_of!(Opaque::cast_from(misc), Registration<T>, misc);
            &(*registration).device
        };
        // SAFETY: The file is being opened.
        unsafe { Opened::begin(device, inode, file) }
    }
}
