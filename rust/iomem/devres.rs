// SPDX-License-Identifier: GPL-2.0

//! What a device has until it is unbound, whichever driver it is bound to.
//!
//! # Why not the kernel crate's `Devres` alone
//!
//! - A `Devres` leads from the device to code of the module that made it. When that module is unloaded its
//!   own devices have been unbound, but a device of another driver need not have been: the parent of an
//!   auxiliary device, or one that a module of common code was passed. The device, or another module that
//!   was given the `Devres`, is then left with code that is gone. What a [`Managed`] has is dropped by code of
//!   this library, whichever module made it.
//! - Its `access()` takes a device that is bound for proof that the value is there. But the device may have
//!   been unbound, which dropped the value, and bound again; some buses drop what a device has before the
//!   driver's data; and what the parent of an auxiliary device has can be dropped while the driver of
//!   that is still at work. [`Managed::access_with`] looks, and has the unbinding wait.
//!
//! C header: [`include/linux/device/devres.h`](srctree/include/linux/device/devres.h)

use core::{
    alloc::Layout,
    marker::PhantomData,
    mem::ManuallyDrop,
    ptr::NonNull, //
};

use kernel::{
    alloc::{
        allocator::Kmalloc,
        Allocator, //
    },
    device::{
        Bound,
        Device, //
    },
    devres::Devres,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};

use crate::{
    bindings,
    context::may_drop,
    leftover::Leftover,
    resource::memtypes::Memtypes, //
};

mod due;

use due::Due;

/// How a value ends that a device has, by code of this library alone.
///
/// A destructor of a generic type is compiled into the module that makes the value. So a mapping, which is
/// generic, is taken apart here: its address, and the claim that it has, which is a type of this library's.
pub(crate) struct End {
    /// The address of a mapping that is to be unmapped first, and what counts it, which what is at `place` has.
    pub(crate) unmap: Option<(NonNull<c_void>, NonNull<Memtypes>)>,
    /// What is to be dropped: the value, or the part of it that needs that.
    pub(crate) place: NonNull<c_void>,
    /// Drops what is at `place`. It is not generic, and compiled into the library only: see [`drop_fn`].
    pub(crate) drop: unsafe fn(NonNull<c_void>),
}

impl End {
    /// For a value that `drop` drops as a whole: see [`drop_fn`].
    pub(crate) fn whole<T>(this: NonNull<T>, drop: unsafe fn(NonNull<c_void>)) -> Self {
        Self {
            unmap: None,
            place: this.cast(),
            drop,
        }
    }
}

/// Makes a function that drops a value of a type. It is of the module in which this is written, and neither
/// generic nor inlined: for [`End`], where the type and the function around this are not generic either.
macro_rules! drop_fn {
    ($type:ty) => {{
        /// # Safety
        ///
        /// There is a value at `value`, which nothing uses afterwards.
        #[inline(never)]
        unsafe fn drop_value(value: core::ptr::NonNull<core::ffi::c_void>) {
            // SAFETY: By the requirement.
            unsafe { value.cast::<$type>().drop_in_place() };
        }
        drop_value
    }};
}
pub(crate) use drop_fn;

/// A value that can end by code of this library alone.
///
/// # Safety
///
/// - What [`end`](Self::end) returns ends the value as its drop would, once, where it is.
/// - `drop` in that is in this library, and leads to nothing of another module.
pub(crate) unsafe trait Kept: Send + 'static {
    /// Returns how the value at `this` ends.
    ///
    /// # Safety
    ///
    /// There is a value at `this`.
    unsafe fn end(this: NonNull<Self>) -> End;
}

/// What a device has, of whatever type. Nothing that it leads to is of the module which made it.
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// - `memory` was allocated by `Kmalloc` for `layout` and has a value that nothing else drops, which `end`
///   ends.
/// - As long as `users` is not 0, the value is not ended.
struct Held {
    /// How many [`Guard`]s there are.
    users: Atomic<i64>,
    memory: NonNull<c_void>,
    layout: Layout,
    end: End,
}

// SAFETY: It owns a value that may be sent, see `Kept`.
unsafe impl Send for Held {}

impl Held {
    fn new<T: Kept>(value: T) -> Result<Self> {
        let value = NonNull::from(KBox::leak(KBox::new(value, GFP_KERNEL)?));
        // INVARIANT: It was just allocated, and given up by its box.
        Ok(Self {
            users: Atomic::new(0),
            memory: value.cast(),
            layout: Layout::new::<T>(),
            // SAFETY: The value was just put there.
            end: unsafe { T::end(value) },
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // No more of them can come. Pairs with the release of the last one.
        while self.users.load(Acquire) != 0 {
            fsleep(Delta::from_micros(100));
        }
        // SAFETY: By the type invariant, and the requirements of `Kept`: it has not been ended, and nothing
        // uses the memory afterwards.
        unsafe {
            if let Some((address, memtypes)) = self.end.unmap {
                bindings::iounmap(address.as_ptr());
                memtypes.as_ref().unmapped();
            }
            (self.end.drop)(self.end.place);
            Kmalloc::free(self.memory.cast(), self.layout);
        }
    }
}

/// What a device has been handed.
///
/// Context of the drop: may sleep.
struct Handed {
    // Dropped first: the device comes to it first, as it was entered last.
    devres: Devres<Held>,
    _due: Due,
}

/// Hands over to the device. Not generic, and not compiled into modules that use the library.
#[inline(never)]
fn hand_over(dev: &Device<Bound>, held: Held) -> Result<KBox<Handed>> {
    let room = KBox::<Handed>::new_uninit(GFP_KERNEL)?;
    let due = Due::new(dev, room.as_ptr().cast_mut().cast())?;
    let devres = Devres::new(dev, held)?;
    Ok(KBox::write(room, Handed { devres, _due: due }))
}

/// Takes from the device what was forgotten. As [`hand_over`]: the library's code, not its user's.
///
/// # Safety
///
/// `handed` is what a `Managed` has, and only this drops it.
#[inline(never)]
unsafe extern "C" fn take_back(handed: *mut c_void) {
    // SAFETY: By the requirement; it was boxed.
    drop(unsafe { KBox::<Handed>::from_raw(handed.cast()) });
}

/// Has [`take_back`] called when the library goes.
///
/// # Safety
///
/// As [`Leftover::arm`]: once for a value, and `take_back` may be called with `handed` if that is not
/// dropped.
#[inline(never)]
unsafe fn arm(leftover: &Leftover, handed: &Handed) {
    let data = core::ptr::from_ref(handed).cast_mut().cast();
    // SAFETY: By the requirement.
    unsafe { leftover.arm(take_back as usize, take_back, data) };
}

/// A `T` that its device drops when it is unbound, unless this is dropped before.
///
/// A value that outlives the unbinding, in a file that is still open say, has nothing any more:
/// [`try_access`](Self::try_access) gives `None`. Where the caller may sleep meanwhile,
/// [`access_with`](Self::access_with) has the unbinding wait. One that is forgotten does not keep the `T`: the
/// device has that, until it is unbound or this library is unloaded, which no module uses then. What a
/// module hands to a device of another driver stays with that when the module is unloaded, and so it may
/// give the `Managed` to a third module: it leads to nothing of the module that made it.
///
/// The other methods are those of the kernel crate's [`Devres`].
///
/// Context of the drop: may sleep, as that of a `T` may. Where this is not a task that may sleep, the
/// drop is as if this were forgotten.
///
/// # Invariants
///
/// What `handed` has is a `T`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     devres::Managed,
///     resource::{
///         devm_request_mem_region,
///         MemRegion, //
///     }, //
/// };
/// use kernel::device::{
///     Bound,
///     Device, //
/// };
///
/// fn probe(dev: &Device<Bound>) -> Result<Managed<MemRegion>> {
///     let claim = devm_request_mem_region(dev, 0xfea0_0000, 0x1000, c"my-device")?;
///     claim.access_with(|claim| dev_info!(dev, "{}\n", claim.range()));
///     Ok(claim)
/// }
///
/// fn length(claim: &Managed<MemRegion>) -> Option<u64> {
///     claim.try_access_with(|claim| claim.range().length())
/// }
/// ```
pub struct Managed<T: Send + 'static> {
    // Disarmed, by being dropped, before what it would end.
    leftover: ManuallyDrop<Leftover>,
    handed: ManuallyDrop<KBox<Handed>>,
    of: PhantomData<T>,
}

// SAFETY: It owns a `T`, by way of the device, which may be sent.
unsafe impl<T: Send> Send for Managed<T> {}

// SAFETY: Through a shared reference, a `T` is reached by reference, which may be shared.
unsafe impl<T: Send + Sync> Sync for Managed<T> {}

impl<T: Send + 'static> Managed<T> {
    /// Hands `value` to a device. Context: may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new(dev: &Device<Bound>, value: T) -> Result<Self>
    where
        T: Kept,
    {
        let leftover = Leftover::new()?;
        let handed = hand_over(dev, Held::new(value)?)?;
        // SAFETY: Once. When the library goes, no code runs that could use this or drop it. Until then it
        // stays where it is, or is disarmed before it is dropped.
        unsafe { arm(&leftover, &handed) };
        // INVARIANT: It has `value`.
        Ok(Self {
            leftover: ManuallyDrop::new(leftover),
            handed: ManuallyDrop::new(handed),
            of: PhantomData,
        })
    }

    /// # Safety
    ///
    /// What `held` has is a `T`.
    unsafe fn inner(held: &Held) -> &T {
        // SAFETY: By the requirement.
        unsafe { held.memory.cast::<T>().as_ref() }
    }

    /// Returns the device. Context: any.
    pub fn device(&self) -> &Device {
        self.handed.devres.device()
    }

    /// Calls `f` with the value, unless the device has been unbound, and returns what that returns. The
    /// unbinding waits until `f` has returned, so `f` must not unbind the device, nor wait for that.
    /// Context: any, and `f` may sleep if the caller may.
    ///
    /// It is a closure, and returns no reference: that could be kept in the driver's data, which some buses
    /// drop after what the device has.
    pub fn access_with<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.try_access().map(|guard| f(&guard))
    }

    /// Returns the value, unless the device has been unbound, which waits until the guard is dropped: so
    /// a caller that has it must not unbind the device, nor wait for that. Context: any.
    ///
    /// If the guard is forgotten, the unbinding waits for ever, and so does the drop of the `Managed`.
    pub fn try_access(&self) -> Option<Guard<'_, T>> {
        let guard = self.handed.devres.try_access()?;
        // Within the section of RCU's that the end waits for: so before it looks, or not at all.
        guard.users.add(1, Relaxed);
        // INVARIANT: It has just been counted; and by the type invariant of `self`.
        Some(Guard {
            held: NonNull::from(&*guard),
            of: PhantomData,
        })
    }

    /// Calls `f` with the value, unless the device has been unbound, and returns what that returns. It must
    /// not sleep. Context: any.
    pub fn try_access_with<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.handed.devres.try_access_with(|held| {
            // SAFETY: By the type invariant.
            f(unsafe { Self::inner(held) })
        })
    }
}

impl<T: Send + 'static> Drop for Managed<T> {
    fn drop(&mut self) {
        if !may_drop(c"what a device has") {
            return;
        }
        // SAFETY: Neither is used again.
        unsafe {
            ManuallyDrop::drop(&mut self.leftover);
            ManuallyDrop::drop(&mut self.handed);
        }
    }
}

/// The value of a [`Managed`], while its device is sure not to drop it: see [`Managed::try_access`].
///
/// It is counted, and not a section of RCU's, as a guard of the kernel crate's `Devres` is: the kernel ends that
/// with the task, also if the guard was forgotten and what was borrowed from it is still in use.
///
/// Context of the drop: any.
///
/// # Invariants
///
/// `held` has a `T`, and counts this among its users.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     devres::{
///         Guard,
///         Managed, //
///     },
///     resource::MemRegion, //
/// };
///
/// fn is_there(claim: &Managed<MemRegion>) -> bool {
///     let claim: Option<Guard<'_, MemRegion>> = claim.try_access();
///     claim.is_some_and(|claim| claim.name().is_some())
/// }
/// ```
pub struct Guard<'a, T: Send + 'static> {
    held: NonNull<Held>,
    of: PhantomData<&'a T>,
}

impl<T: Send + 'static> core::ops::Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariants, here and of `Held`, it is not dropped before it is counted down.
        unsafe { Managed::inner(self.held.as_ref()) }
    }
}

impl<T: Send + 'static> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: As above. It is not used after that.
        unsafe { self.held.as_ref() }.users.fetch_add(-1, Release);
    }
}
