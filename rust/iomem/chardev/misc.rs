// SPDX-License-Identifier: GPL-2.0

//! Misc devices: a node in `/dev` with a name of its own, and the kernel's choice of minor.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

use kernel::{
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
    error::for_c,
    leftover::Leftover,
    names::check_node,
    owner::{
        is_live,
        Refused, //
    },
    parent::{
        Above,
        Parent, //
    },
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
/// // Its owner, root, and its group may read and write it; all users may read it.
/// let options = Options::new(CString::try_from_fmt(fmt!("my-device{}", 0))?).mode(0o664)?;
/// # Ok::<(), Error>(())
/// ```
pub struct Options<'a> {
    name: CString,
    mode: u16,
    parent: Option<Parent<'a>>,
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

    /// Makes it a child of `parent` in sysfs: of a device that is bound to a driver, or of a
    /// [`platform::Device`](crate::platform::Device). See [`Parent`].
    pub fn parent(mut self, parent: impl Into<Parent<'a>>) -> Self {
        self.parent = Some(parent.into());
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
/// Dropping it removes the node. If it is forgotten, or its memory freed without a drop, the node stays until
/// the module is unloaded.
/// Corresponds to a C `struct miscdevice` between `misc_register()` and `misc_deregister()`.
///
/// Context of the drop: may sleep; waits for functions that show an attribute.
///
/// # Invariants
///
/// `node.misc` is registered, and its `fops` are those of `T`.
pub struct Registration<T: CharDevice> {
    leftover: Leftover,
    node: Pin<KBox<Node<T>>>,
    _refused: Refused,
}

/// What C has pointers to. It is in an allocation of its own, which only the drop of the registration
/// frees: safe code can free the memory of a registration without dropping it, also of one that is
/// pinned (pin-init's `MaybeUninit`, the kernel crate's `Opaque`).
#[pin_data]
struct Node<T: CharDevice> {
    // It points to `name` and into `groups`.
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    name: CString,
    groups: Groups,
    device: Arc<T>,
    // Given back after the node has been removed.
    _above: Above,
}

// SAFETY: A node may be removed by another thread than the one that made it, and `T` is `Send` and
// `Sync`, so a reference to it may be sent.
unsafe impl<T: CharDevice> Send for Registration<T> {}

// SAFETY: The methods that take `&self` read what does not change after registration.
unsafe impl<T: CharDevice> Sync for Registration<T> {}

impl<T: CharDevice> Registration<T> {
    /// Makes the node that `options` describe, which stands for `device`.
    ///
    /// The node can be opened before this returns; but not before the module has been loaded, if this is
    /// called by its `init`: until then, `open()` fails with `ENODEV`. Context: may sleep.
    ///
    /// Corresponds to the C function `misc_register()` in
    /// [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name, or a part of it between slashes, is empty, `.` or `..`; or
    ///   [`CharDevice::OWNER`] is not the module that this is called in, or that the functions are in
    ///   which show the attributes.
    /// - `ENAMETOOLONG`: the name is longer than 255 bytes, or its path below `/sys`, which begins with
    ///   that of the parent, than 1,024.
    /// - `EBUSY`: no minor number is left.
    /// - `EEXIST`: there is a misc device of that name, or a file in sysfs has the name of one that
    ///   the kernel makes; or the parent has a child or a file called `misc`, as the folder of its nodes
    ///   is. If what is in the way is made at the same moment, the kernel's log has a stack trace as well.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use iomem::chardev::{CharDevice, Options, Registration};
    /// # use kernel::{device::{Bound, Device}, str::CString, sync::Arc};
    /// fn make<T: CharDevice>(
    ///     device: Arc<T>,
    ///     parent: &Device<Bound>,
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
        pin_init::pin_init_scope(move || Self::new(options, device).map(Ok::<_, Error>))
    }

    fn new(options: Options<'_>, device: Arc<T>) -> Result<Self> {
        let Options {
            name,
            mode,
            parent,
            mut groups,
        } = options;
        check_node(&name, c"misc", parent)?;
        Vtable::<T>::check_owner()?;
        groups.check_owner(&T::OWNER)?;
        let leftover = Leftover::new()?;
        let above = Above::of(parent)?;

        let misc = bindings::miscdevice {
            minor: bindings::MISC_DYNAMIC_MINOR as c_int,
            // Neither the text nor the list moves when its owner does.
            name: name.as_char_ptr(),
            groups: groups.for_c()?,
            fops: Vtable::<T>::MISC,
            // `Device` is a transparent wrapper around `struct device`.
            parent: parent
                .map_or(core::ptr::null(), |parent| {
                    core::ptr::from_ref(parent.device())
                })
                .cast_mut()
                .cast(),
            mode,
            ..pin_init::zeroed()
        };
        // The node can be opened as soon as `misc` is registered, and `open` reads `device`:
        // `misc` comes last.
        let node = KBox::pin_init(
            try_pin_init!(Node {
                name,
                groups,
                device,
                _above: above,
                misc <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                    // SAFETY: The initializer may write to its slot.
                    unsafe { slot.write(misc) };

                    // SAFETY: The structure is complete. It and what it points to stay in place until
                    // `misc_deregister()` has been called: they are in a box that only `drop` and
                    // `end` know of, or what that box owns; the operations are static, the groups
                    // are not touched any more, and the parent is only used during the call, for
                    // which it is registered by the invariant of `Parent`. Should it fail, it has
                    // removed the files of the groups.
                    to_result(unsafe { bindings::misc_register(slot) })
                }),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: It stays registered, and where it is, until `drop` has disarmed this.
        unsafe { leftover.arm(Vtable::<T>::code(), end, node.misc.get().cast()) };
        // INVARIANT: It was just registered, with `T`'s operations.
        Ok(Self {
            leftover,
            node,
            _refused: Refused::of(&T::OWNER),
        })
    }

    /// Returns what the node stands for. Context: any.
    pub fn device(&self) -> ArcBorrow<'_, T> {
        self.node.device.as_arc_borrow()
    }

    /// Returns the name of the node in `/dev`. Context: any.
    pub fn name(&self) -> &CStr {
        &self.node.name
    }

    /// Returns the minor number, which the kernel chose; the major is 10, that of all misc devices.
    /// Context: any.
    pub fn minor(&self) -> u32 {
        // SAFETY: By the type invariant it is registered, and its minor does not change.
        unsafe { (*self.node.misc.get()).minor as u32 }
    }
}

/// Removes the node of a registration that was never dropped.
///
/// # Safety
///
/// `misc` is registered, and only this ends it.
unsafe extern "C" fn end(misc: *mut c_void) {
    // SAFETY: By the requirement.
    unsafe { bindings::misc_deregister(misc.cast()) };
}

impl<T: CharDevice> Drop for Registration<T> {
    fn drop(&mut self) {
        self.leftover.disarm();
        // SAFETY: By the type invariant it is registered. When this returns, no `open` is running
        // and none can begin. The same is true of the functions that show attributes: the node's
        // `struct device` has been deleted, which removes the files and waits for those who read
        // them, and even if there is another reference to it, its groups are not looked at any more.
        // What these are made of is dropped after this.
        unsafe { bindings::misc_deregister(self.node.misc.get()) };
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
        // As from `misc_open()`, where there is no such node yet.
        if !is_live(&T::OWNER) {
            return ENODEV.to_errno();
        }
        // SAFETY: `misc_open()` set `private_data` to the `struct miscdevice`, which is the one of
        // a `Node<T>`, and holds `misc_mtx`, so it stays registered during this call.
        let device = unsafe {
            let misc = (*file).private_data.cast::<bindings::miscdevice>();
            let node = kernel::container_of!(Opaque::cast_from(misc), Node<T>, misc);
            &(*node).device
        };
        // Not charged: all programs that open any misc device wait for `misc_mtx`. The file itself was
        // charged before.
        let room = match Opened::room(GFP_KERNEL) {
            Ok(room) => room,
            Err(e) => return for_c(e),
        };
        // SAFETY: The file is being opened.
        unsafe { Opened::begin(room, device, inode, file) }
    }
}
