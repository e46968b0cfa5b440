// SPDX-License-Identifier: GPL-2.0

//! What a device has until it is unbound, whichever driver it is bound to.
//!
//! # Why not the kernel crate's `Devres` alone
//!
//! A `Devres` leads from the device to code of the module that made it. When that module is unloaded its
//! own devices have been unbound, but a device of another driver need not have been: the parent of an
//! auxiliary device, or one that a module of common code was passed. A `Devres` that was forgotten then
//! leads to code that is gone. What a [`Managed`] has is dropped when the module goes whose code drops it,
//! if not before. For a generic function that the driver's module compiles, this is the driver's module; for
//! what leads to the library's code alone, it is the library. Nothing changes for a module whose devices are
//! unbound before it is unloaded.
//!
//! C header: [`include/linux/device/devres.h`](srctree/include/linux/device/devres.h)

use core::{
    marker::PhantomData,
    mem::ManuallyDrop, //
};

use kernel::{
    device::{
        Bound,
        Device, //
    },
    devres::Devres,
    prelude::*,
    revocable::RevocableGuard,
    sync::rcu, //
};

use crate::{
    context::may_drop,
    leftover::Leftover, //
};

/// What a device has, of whatever type. The code that the device leads to is that of this type, in the
/// library; what is in it is dropped by the module that made it.
///
/// Context of the drop: that of what it has.
struct Held(KBox<dyn Send>);

/// Hands over to the device. Not generic, and not compiled into modules that use the library.
#[inline(never)]
fn hand_over(dev: &Device<Bound>, held: Held) -> Result<Devres<Held>> {
    Devres::new(dev, held)
}

/// A `T` that its device drops when it is unbound, unless this is dropped before.
///
/// A value that outlives the unbinding, in a file that is still open say, has nothing any more:
/// [`try_access`](Self::try_access) gives `None`. In functions that are called while the device is bound,
/// [`access`](Self::access) gives the `T` without a check. One that is forgotten keeps nothing: the device
/// has the `T`, until it is unbound or the module is unloaded that has the code which drops the `T`. For a
/// claim ([`devm_request_mem_region`], [`devm_request_region`]) and an interrupt line
/// ([`irq::Line::request`]) that is this library, not the driver: they stay with a device that stays bound,
/// which is another driver's, when the driver is unloaded. For a mapping ([`devm_ioremap`]) it is the driver.
///
/// [`devm_request_mem_region`]: crate::resource::devm_request_mem_region
/// [`devm_request_region`]: crate::resource::devm_request_region
/// [`irq::Line::request`]: crate::irq::Line::request
/// [`devm_ioremap`]: crate::mapping::devm_ioremap
///
/// The methods are those of the kernel crate's [`Devres`].
///
/// Context of the drop: may sleep, as that of a `T` may. Where this is not a task that may sleep, the
/// drop is as if this were forgotten.
///
/// # Invariants
///
/// What `devres` has is a `T`.
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
///     dev_info!(dev, "{}\n", claim.access(dev)?.range());
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
    devres: ManuallyDrop<KBox<Devres<Held>>>,
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
    pub(crate) fn new(dev: &Device<Bound>, value: T) -> Result<Self> {
        let leftover = Leftover::new()?;
        let room = KBox::new_uninit(GFP_KERNEL)?;
        let value: KBox<dyn Send> = KBox::new(value, GFP_KERNEL)?;
        let devres = KBox::write(room, hand_over(dev, Held(value))?);
        // INVARIANT: It has `value`.
        let managed = Self {
            leftover: ManuallyDrop::new(leftover),
            devres: ManuallyDrop::new(devres),
            of: PhantomData,
        };
        let data = core::ptr::from_ref(&**managed.devres).cast_mut().cast();
        // SAFETY: Once. Its code, and that which drops a `T`, are compiled into one module. When nothing
        // runs in that any more and this has not been dropped, it never is.
        unsafe { managed.leftover.arm(Self::end as usize, Self::end, data) };
        Ok(managed)
    }

    /// Takes from the device what was forgotten.
    ///
    /// # Safety
    ///
    /// `devres` is what a `Managed<T>` has, and only this drops it.
    unsafe extern "C" fn end(devres: *mut c_void) {
        // SAFETY: By the requirement; it was boxed.
        drop(unsafe { KBox::<Devres<Held>>::from_raw(devres.cast()) });
    }

    /// # Safety
    ///
    /// What `held` has is a `T`.
    unsafe fn inner(held: &Held) -> &T {
        // SAFETY: By the requirement.
        unsafe { &*core::ptr::from_ref::<dyn Send>(&*held.0).cast::<T>() }
    }

    /// Returns the device. Context: any.
    pub fn device(&self) -> &Device {
        self.devres.device()
    }

    /// Returns the value, which stays as long as the device is bound. Context: any.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `dev` is another device.
    pub fn access<'a>(&'a self, dev: &'a Device<Bound>) -> Result<&'a T> {
        let held = self.devres.access(dev)?;
        // SAFETY: By the type invariant.
        Ok(unsafe { Self::inner(held) })
    }

    /// Returns the value, unless the device has been unbound, which waits until the guard is dropped. Until
    /// then the caller must not sleep. Context: any.
    pub fn try_access(&self) -> Option<Guard<'_, T>> {
        // INVARIANT: By the type invariant of `self`.
        Some(Guard {
            guard: self.devres.try_access()?,
            of: PhantomData,
        })
    }

    /// Calls `f` with the value, unless the device has been unbound, and returns what that returns. It must
    /// not sleep. Context: any.
    pub fn try_access_with<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.devres.try_access_with(|held| {
            // SAFETY: By the type invariant.
            f(unsafe { Self::inner(held) })
        })
    }

    /// As [`try_access`](Self::try_access), within a section of RCU's that the caller has begun. Context:
    /// any.
    pub fn try_access_with_guard<'a>(&'a self, guard: &'a rcu::Guard) -> Option<&'a T> {
        let held = self.devres.try_access_with_guard(guard)?;
        // SAFETY: By the type invariant.
        Some(unsafe { Self::inner(held) })
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
            ManuallyDrop::drop(&mut self.devres);
        }
    }
}

/// The value of a [`Managed`], while its device is sure not to drop it.
///
/// Context of the drop: any.
///
/// # Invariants
///
/// What `guard` leads to has a `T`.
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
    guard: RevocableGuard<'a, Held>,
    of: PhantomData<&'a T>,
}

impl<T: Send + 'static> core::ops::Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant.
        unsafe { Managed::inner(&self.guard) }
    }
}
