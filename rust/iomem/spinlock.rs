// SPDX-License-Identifier: GPL-2.0

//! A lock for what an interrupt handler changes too: the kernel crate's `SpinLockIrq`, which it has
//! from Linux 7.3 on. To be removed with 7.2; see [`compat`](crate::compat).
//!
//! The kernel crate's `SpinLock` leaves interrupts enabled: if the handler came while its processor
//! holds the lock, it would wait for itself. This one disables them on that processor.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomPinned,
    ops::{
        Deref,
        DerefMut, //
    },
};

use kernel::{
    prelude::*,
    sync::LockClassKey,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

use crate::bindings;

/// A value behind a `spinlock_t` that is taken with `spin_lock_irqsave()`.
///
/// # Invariants
///
/// `lock` is initialized; `value` is accessed by the holder of the lock alone.
#[pin_data]
pub struct SpinLockIrq<T> {
    #[pin]
    lock: Opaque<bindings::spinlock_t>,
    // On a real-time kernel waiters are on a list within it.
    #[pin]
    _pin: PhantomPinned,
    value: UnsafeCell<T>,
}

// SAFETY: It owns its value and may be sent with it.
unsafe impl<T: Send> Send for SpinLockIrq<T> {}

// SAFETY: One thread at a time has the value, and may take it out, so it has to be `Send`.
unsafe impl<T: Send> Sync for SpinLockIrq<T> {}

impl<T> SpinLockIrq<T> {
    /// Puts `value` behind a lock that lockdep knows as `name` and `class`.
    pub fn new(
        value: T,
        name: &'static CStr,
        class: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        // INVARIANT: `__spin_lock_init` initializes the lock.
        pin_init!(Self {
            // SAFETY: The slot may be written to, and stays in place while the lock exists; name and
            // class are static.
            lock <- Opaque::ffi_init(|slot| unsafe {
                bindings::__spin_lock_init(slot, name.as_char_ptr(), class.as_ptr())
            }),
            _pin: PhantomPinned,
            value: UnsafeCell::new(value),
        })
    }

    /// Takes the lock. Until the guard is dropped nothing may sleep. Context: any but a
    /// non-maskable interrupt.
    pub fn lock(&self) -> Guard<'_, T> {
        // SAFETY: By the type invariant it is initialized.
        let flags = unsafe { bindings::spin_lock_irqsave(self.lock.get()) };
        // INVARIANT: It has just been taken, and these are the flags.
        Guard {
            lock: self,
            flags,
            _not_send: NotThreadSafe,
        }
    }
}

/// The lock, held. Guards are to be dropped in the reverse order of their making.
///
/// # Invariants
///
/// This processor holds the lock, and `flags` is what taking it returned.
pub struct Guard<'a, T> {
    lock: &'a SpinLockIrq<T>,
    flags: c_ulong,
    _not_send: NotThreadSafe,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant the lock is held.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariant the lock is held.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the lock is held and the flags are those of its taking.
        unsafe { bindings::spin_unlock_irqrestore(self.lock.lock.get(), self.flags) };
    }
}
