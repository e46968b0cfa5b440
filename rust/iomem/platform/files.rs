// SPDX-License-Identifier: GPL-2.0

//! Files in the folder of a platform driver, `/sys/bus/platform/drivers/<driver>/`, that can be
//! written to.
//!
//! For a driver that is told things that are about no device: to make one, say. What is written
//! goes to a function of the driver's, together with state that all files share.
//!
//! # When they are there
//!
//! The driver core makes the files when it registers the driver, before it tells user space of the
//! driver, and removes them first of all when it unregisters it. Removing a file waits for a write
//! that is under way, and a program that still has the file open gets `ENODEV` from then on: sysfs counts
//! writers, and neither starts nor forgets one after that. So `rmmod` during a write waits, and
//! nothing is written to a module that is gone. The state is made before the files and dropped after
//! them, once no device is bound to the driver any more.
//!
//! For the same reason a write must not wait for its own module to be unloaded.
//!
//! C headers: [`include/linux/device/driver.h`](srctree/include/linux/device/driver.h),
//! [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)

use core::{
    mem::offset_of,
    pin::Pin, //
};

use kernel::{
    driver::{
        DriverLayout,
        RegistrationOps, //
    },
    page::PAGE_SIZE,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    names::{
        are_same,
        is_file_name,
        is_of_drivers, //
    },
    owner, //
};

/// How many files a driver can have.
const MOST: usize = 4;

/// How large the state of a driver's files can be, in bytes: eight of the smallest pages, as that of an open
/// file. The allocator warns if it does not find more.
const LARGEST: usize = 32 << 10;

/// A file, and what is called when something is written to it.
pub struct File<S> {
    name: &'static CStr,
    write: fn(Pin<&S>, &[u8]) -> Result,
}

impl<S> File<S> {
    /// A file called `name`, which only root may write to, and which cannot be read.
    ///
    /// `write` gets what one `write()` of a program has written, 1 byte up to one less than a page,
    /// as it is: with the newline at its end that most programs write. What it returns is what the
    /// program gets: `Ok` for all of it having been written, or the error. Several programs can write
    /// at the same time.
    ///
    /// Context of `write`: a process, the one that writes; may sleep.
    pub const fn new(name: &'static CStr, write: fn(Pin<&S>, &[u8]) -> Result) -> Self {
        Self { name, write }
    }
}

/// The files of a driver, and the state that they share.
///
/// # Examples
///
/// ```no_run
/// use core::pin::Pin;
///
/// use iomem::platform::{
///     AdapterWithFiles,
///     File,
///     Files, //
/// };
/// use kernel::{
///     driver::Registration,
///     platform::Driver,
///     sync::atomic::{
///         Atomic,
///         Relaxed, //
///     },
/// };
///
/// struct Count(Atomic<u64>);
///
/// impl Files for Count {
///     const FILES: &'static [File<Self>] = &[File::new(c"count", Self::write)];
///
///     fn new() -> impl PinInit<Self, Error> {
///         Ok(Self(Atomic::new(0)))
///     }
/// }
///
/// impl Count {
///     fn write(self: Pin<&Self>, text: &[u8]) -> Result {
///         self.0.add(text.len() as u64, Relaxed);
///         Ok(())
///     }
/// }
///
/// /// What the module keeps, in place of a `Registration<Adapter<D>>`.
/// type Registered<D> = Registration<AdapterWithFiles<D, Count>>;
/// ```
pub trait Files: Send + Sync + Sized + 'static {
    /// The files, four at most. Each has a name of its own, of 255 bytes at most, without a slash, and not
    /// one of those that the kernel has there: `bind`, `module`, `uevent`, `unbind`. Other tables do not
    /// compile. A device that is called as a file is could not be bound.
    const FILES: &'static [File<Self>];

    /// Makes the state, which is of 32 KiB at most: what is larger belongs into a `KVBox`, or it does not
    /// compile. Called when the driver is registered.
    ///
    /// # Errors
    ///
    /// Whatever the driver says; registering it then fails with that.
    fn new() -> impl PinInit<Self, Error>;
}

/// The adapter for the registration of a platform driver `D` that has the files `F`.
///
/// Stands in for the kernel crate's [`Adapter`], which it makes use of. The driver is probed in the
/// thread that makes a device (`PROBE_FORCE_SYNCHRONOUS`), also where the module is loaded with
/// `async_probe`.
///
/// Context of the drop: there is no value of it.
pub struct AdapterWithFiles<D: platform::Driver, F: Files>(D, F);

/// What is registered: C's driver, and what it needs for its files.
///
/// Context of the drop: may sleep.
///
/// # Examples
///
/// ```no_run
/// use iomem::platform::{
///     Files,
///     RawWithFiles, //
/// };
///
/// fn empty<F: Files>() -> RawWithFiles<F> {
///     RawWithFiles::default()
/// }
/// ```
///
/// # Invariants
///
/// While the driver is registered, `table` is there.
#[repr(C)]
pub struct RawWithFiles<F> {
    driver: bindings::platform_driver,
    table: Option<Table<F>>,
}

impl<F> Default for RawWithFiles<F> {
    fn default() -> Self {
        Self {
            driver: Default::default(),
            table: None,
        }
    }
}

// SAFETY:
// - `RawWithFiles` is `repr(C)`.
// - `D::Data` is the type of the driver's device private data.
// - It embeds a `struct platform_driver`, and that a `struct device_driver`, at the offset given.
unsafe impl<D: platform::Driver, F: Files> DriverLayout for AdapterWithFiles<D, F> {
    type DriverType = RawWithFiles<F>;
    type DriverData<'bound> = D::Data<'bound>;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(RawWithFiles<F>, driver.driver);
}

// SAFETY: Unregistering is what the kernel crate's `Adapter` does, of what that has registered.
unsafe impl<D: platform::Driver, F: Files> RegistrationOps for AdapterWithFiles<D, F> {
    unsafe fn register(
        reg: &Opaque<Self::DriverType>,
        name: &'static CStr,
        module: &'static ThisModule,
    ) -> Result {
        // As of operations: the kernel is to be told whose code it calls.
        owner::check(store::<F, 0> as usize, module)?;
        let table = Table::new()?;
        let raw = reg.get();
        // SAFETY: Nothing else refers to `reg` before the driver is registered. The list of groups
        // stays where it is until `table` is dropped.
        unsafe {
            (*raw).driver.driver.groups = table.groups.as_ptr();
            // Making a device returns what its driver said, whatever `async_probe` is.
            (*raw).driver.driver.probe_type = bindings::probe_type_PROBE_FORCE_SYNCHRONOUS;
            (*raw).table = Some(table);
        }
        // SAFETY: `driver` is the first member of what is `repr(C)`, so the pointer is one to it as
        // well, and `Opaque` is transparent; on success it remains pinned and valid by our own
        // requirement.
        let registered = unsafe {
            <Adapter<D> as RegistrationOps>::register(
                &*raw.cast::<Opaque<bindings::platform_driver>>(),
                name,
                module,
            )
        };
        if registered.is_err() {
            // SAFETY: The driver is not registered, so there are no files, and nothing else
            // refers to `reg`.
            drop(unsafe { (*raw).table.take() });
        }
        registered
    }

    unsafe fn unregister(reg: &Opaque<Self::DriverType>) {
        let raw = reg.get();
        // SAFETY: It was registered by the function above, the same way.
        unsafe {
            <Adapter<D> as RegistrationOps>::unregister(
                &*raw.cast::<Opaque<bindings::platform_driver>>(),
            );
        }
        // SAFETY: The files are gone, and no write to one is under way.
        drop(unsafe { (*raw).table.take() });
    }
}

/// The files as C wants them, and the state.
///
/// # Invariants
///
/// `groups` has one group, in `_group`, which lists the attributes of `_attributes`, each of the file
/// at its index. All these are on the heap and stay where they are.
struct Table<F> {
    groups: KVec<*const bindings::attribute_group>,
    _group: KVec<bindings::attribute_group>,
    _list: KVec<*const bindings::attribute>,
    _attributes: KVec<bindings::driver_attribute>,
    state: Pin<KBox<F>>,
}

/// Stops the compiler at a table of files that could not all be made.
const fn check_table<S>(mut table: &[File<S>]) {
    assert!(table.len() <= MOST, "a driver cannot have as many files");
    while let [file, others @ ..] = table {
        assert!(
            is_file_name(file.name),
            "a file of a driver has no name that a file can have"
        );
        assert!(
            !is_of_drivers(file.name),
            "a file of a driver has the name of one that the kernel has"
        );
        let mut rest = others;
        while let [other, behind @ ..] = rest {
            assert!(
                !are_same(file.name, other.name),
                "two files of a driver have one name"
            );
            rest = behind;
        }
        table = others;
    }
}

impl<F: Files> Table<F> {
    /// What C calls for the file at each index: it does not say which one was written to.
    const STORE: [Store; MOST] = [store::<F, 0>, store::<F, 1>, store::<F, 2>, store::<F, 3>];

    fn new() -> Result<Self> {
        const {
            check_table(F::FILES);
            assert!(
                core::mem::size_of::<F>() <= LARGEST,
                "the state of a driver's files is too large: put it into a KVBox"
            );
        };

        let mut attributes = KVec::with_capacity(MOST, GFP_KERNEL)?;
        for (file, store) in F::FILES.iter().zip(Self::STORE) {
            // With lockdep an attribute has more members than are said here.
            #[cfg_attr(not(CONFIG_DEBUG_LOCK_ALLOC), expect(clippy::needless_update))]
            let attribute = bindings::driver_attribute {
                attr: bindings::attribute {
                    name: file.name.as_char_ptr(),
                    mode: 0o200,
                    // One for all of them: lockdep wants its keys in static memory.
                    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
                    key: kernel::static_lock_class!().as_ptr(),
                    ..Default::default()
                },
                show: None,
                store: Some(store),
            };
            attributes.push(attribute, GFP_KERNEL)?;
        }

        let mut list = KVec::with_capacity(MOST, GFP_KERNEL)?;
        for attribute in &attributes {
            list.push(&raw const attribute.attr, GFP_KERNEL)?;
        }
        list.push(core::ptr::null(), GFP_KERNEL)?;

        let mut group = bindings::attribute_group::default();
        group.__bindgen_anon_2.attrs_const = list.as_ptr();
        let mut groups = KVec::with_capacity(2, GFP_KERNEL)?;
        let mut only = KVec::with_capacity(1, GFP_KERNEL)?;
        only.push(group, GFP_KERNEL)?;
        groups.push(only.as_ptr(), GFP_KERNEL)?;
        groups.push(core::ptr::null(), GFP_KERNEL)?;

        // INVARIANT: Just made so; no vector grows from here on.
        Ok(Self {
            groups,
            _group: only,
            _list: list,
            _attributes: attributes,
            state: KBox::pin_init(F::new(), GFP_KERNEL)?,
        })
    }
}

type Store = unsafe extern "C" fn(*mut bindings::device_driver, *const c_char, usize) -> isize;

/// Hands what was written to file `N` of a driver to the driver.
///
/// # Safety
///
/// `driver` is one that [`AdapterWithFiles`] has registered with the files `F`, and stays registered
/// during the call. `text` has `length` bytes.
unsafe extern "C" fn store<F: Files, const N: usize>(
    driver: *mut bindings::device_driver,
    text: *const c_char,
    length: usize,
) -> isize {
    // SAFETY: By the requirement, `driver` is within a `RawWithFiles<F>`, at this offset. Its table
    // is there before the driver is registered and until it has been unregistered, and nothing
    // writes to it in between.
    let table = unsafe {
        let raw = driver.byte_sub(offset_of!(RawWithFiles<F>, driver.driver));
        &(*raw.cast::<RawWithFiles<F>>()).table
    };
    // SAFETY: By the requirement.
    let text = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), length) };

    let (Some(table), Some(file)) = (table, F::FILES.get(N)) else {
        return ENODEV.to_errno() as isize;
    };
    // sysfs hands out a page at a time, so this may be the beginning of something longer.
    if length >= PAGE_SIZE {
        return E2BIG.to_errno() as isize;
    }
    match (file.write)(table.state.as_ref(), text) {
        Ok(()) => length as isize,
        Err(e) => crate::error::for_c(e) as isize,
    }
}
