// SPDX-License-Identifier: GPL-2.0

//! Who holds a claim for what is built on it.

use core::{
    ffi::c_void,
    ptr::NonNull, //
};

use kernel::sync::Arc;

use crate::devres::drop_fn;

use super::{
    Claim,
    Mem,
    MemRegion,
    PortRegion,
    Root, //
};

mod private {
    use super::*;

    pub trait Sealed {}

    /// # Safety
    ///
    /// `DROP` drops one that is there, and is compiled into the library only.
    pub unsafe trait Ends {
        const DROP: unsafe fn(NonNull<c_void>);
    }
}

pub(crate) use self::private::Ends;

/// What can hold a claim in `R`'s tree for what is built on it: the claim itself, a reference, or
/// an [`Arc`].
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     mapping::Mapping,
///     resource::{
///         request_mem_region,
///         Holder,
///         Mem, //
///     }, //
/// };
/// use kernel::sync::Arc;
///
/// fn map<H: Holder<Mem>>(holder: H) -> Result<Mapping<H, 0x100>> {
///     pr_info!("mapping {}\n", holder.region().range());
///     Mapping::ioremap(holder)
/// }
///
/// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
/// drop(map(&claim)?);
/// let regs = map(Arc::new(claim, GFP_KERNEL)?)?;
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no claim of `{R}`",
    note = "memory is claimed by `request_mem_region`, ports by `request_region`"
)]
pub trait Holder<R: Root>: private::Sealed {
    /// Returns the claim that is held, the same one each time.
    fn region(&self) -> &Claim<R>;
}

macro_rules! holders {
    ($($holder:ty),*) => {
        $(
            impl<R: Root> private::Sealed for $holder {}
            impl<R: Root> Holder<R> for $holder {
                #[inline]
                fn region(&self) -> &Claim<R> {
                    self
                }
            }
        )*
    };
}

holders!(Claim<R>, &Claim<R>, Arc<Claim<R>>);

/// A [`Holder`] that keeps the claim by itself, which a reference does not: for what a device has until it is
/// unbound, which can be longer than the module is loaded that made it.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     devres::Managed,
///     mapping::{
///         devm_ioremap,
///         Cache,
///         Mapping, //
///     },
///     resource::{
///         Mem,
///         Owner, //
///     },
/// };
/// use kernel::device::{
///     Bound,
///     Device, //
/// };
///
/// fn map<H: Owner<Mem>>(dev: &Device<Bound>, claim: H) -> Result<Managed<Mapping<H>>> {
///     devm_ioremap(dev, claim, Cache::Uncached)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep a claim by itself",
    note = "a device can have it for longer than what is borrowed: pass the claim, or an `Arc` of it"
)]
pub trait Owner<R: Root>: Holder<R> + Ends + Send + 'static {}

// SAFETY: The function drops a claim of memory; it is not generic, nor inlined.
unsafe impl Ends for MemRegion {
    const DROP: unsafe fn(NonNull<c_void>) = drop_fn!(MemRegion);
}

// SAFETY: The function drops a claim of ports; it is not generic, nor inlined.
unsafe impl Ends for PortRegion {
    const DROP: unsafe fn(NonNull<c_void>) = drop_fn!(PortRegion);
}

// SAFETY: The function gives back a reference; it is not generic, nor inlined.
unsafe impl Ends for Arc<MemRegion> {
    const DROP: unsafe fn(NonNull<c_void>) = drop_fn!(Arc<MemRegion>);
}

impl Owner<Mem> for MemRegion {}
impl Owner<Mem> for Arc<MemRegion> {}
