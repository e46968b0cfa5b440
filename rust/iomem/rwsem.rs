// SPDX-License-Identifier: GPL-2.0

//! A lock that many may hold for reading or one for writing, and that may be slept on.
//!
//! The kernel crate has mutexes and spinlocks only.
//!
//! C header: [`include/linux/rwsem.h`](srctree/include/linux/rwsem.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomPinned,
    ops::Deref, //
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

/// A value behind a `struct rw_semaphore`.
///
/// Corresponds to the C type `struct rw_semaphore`, and to `init_rwsem()`, `down_read()`, `up_read()`,
/// `down_write()` and `up_write()` in [`include/linux/rwsem.h`](srctree/include/linux/rwsem.h).
///
/// Context of the drop: that of the value.
///
/// # Examples
///
/// ```no_run
/// use iomem::rwsem::RwSem;
///
/// // Many may look at the table at once.
/// let table = KBox::pin_init(
///     RwSem::new([0u32; 4], c"table", kernel::static_lock_class!()),
///     GFP_KERNEL,
/// )?;
/// table.write(|table| *table = [0, 7, 0, 0]);
/// assert_eq!(*table.read(), [0, 7, 0, 0]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `sem` is initialized; `value` is read by holders of the lock, and written by the one who holds
/// it for writing.
#[pin_data]
pub struct RwSem<T> {
    #[pin]
    sem: Opaque<bindings::rw_semaphore>,
    // Waiters are on a list within it.
    #[pin]
    _pin: PhantomPinned,
    value: UnsafeCell<T>,
}

// SAFETY: It owns its value and may be sent with it.
unsafe impl<T: Send> Send for RwSem<T> {}

// SAFETY: Readers share the value, so it has to be `Sync`; the writer may take it out, so it has to
// be `Send`.
unsafe impl<T: Send + Sync> Sync for RwSem<T> {}

impl<T> RwSem<T> {
    /// Puts `value` behind a lock that lockdep knows as `name` and `class`.
    ///
    /// # Examples
    ///
    /// See [`RwSem`].
    pub fn new(
        value: T,
        name: &'static CStr,
        class: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        // INVARIANT: `__init_rwsem` initializes the lock.
        pin_init!(Self {
            // SAFETY: The slot may be written to, and stays in place while the lock exists; name and
            // class are static.
            sem <- Opaque::ffi_init(|slot| unsafe {
                bindings::__init_rwsem(slot, name.as_char_ptr(), class.as_ptr())
            }),
            _pin: PhantomPinned,
            value: UnsafeCell::new(value),
        })
    }

    /// Takes the lock for reading. Context: may sleep.
    ///
    /// A task that holds it already, also for reading, must not: with a writer that came in between,
    /// they wait for each other for ever.
    ///
    /// # Examples
    ///
    /// See [`RwSem`].
    pub fn read(&self) -> ReadGuard<'_, T> {
        // SAFETY: By the type invariant it is initialized.
        unsafe { bindings::down_read(self.sem.get()) };
        // INVARIANT: It has just been taken.
        ReadGuard {
            lock: self,
            _not_send: NotThreadSafe,
        }
    }

    /// Calls `f` with the value while it holds the lock for writing, and returns what that returns. Context:
    /// may sleep. A task that holds it already must not.
    ///
    /// There is no guard, since that could be forgotten: the lock says which task has it, and would say
    /// so when the task has ended.
    ///
    /// # Examples
    ///
    /// See [`RwSem`].
    pub fn write<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: By the type invariant it is initialized.
        unsafe { bindings::down_write(self.sem.get()) };
        // SAFETY: By the type invariant nothing else uses the value while the lock is held, which is until
        // `f` has returned.
        let result = f(unsafe { &mut *self.value.get() });
        // SAFETY: This task took it just above.
        unsafe { bindings::up_write(self.sem.get()) };
        result
    }
}

/// The lock, held for reading.
///
/// One that is forgotten keeps the lock: who wants it for writing waits for ever.
///
/// Context of the drop: a process; does not sleep.
///
/// # Examples
///
/// ```no_run
/// use iomem::rwsem::ReadGuard;
///
/// fn sum(table: &ReadGuard<'_, [u32; 4]>) -> u32 {
///     table.iter().fold(0, |sum, entry| sum.wrapping_add(*entry))
/// }
/// ```
///
/// # Invariants
///
/// The task that made it holds the lock for reading.
pub struct ReadGuard<'a, T> {
    lock: &'a RwSem<T>,
    _not_send: NotThreadSafe,
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant no task holds the lock for writing.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant this task holds it.
        unsafe { bindings::up_read(self.lock.sem.get()) };
    }
}
