// SPDX-License-Identifier: GPL-2.0

//! Who holds a claim for what is built on it.

use kernel::sync::Arc;

use super::{
    Claim,
    Root, //
};

mod private {
    pub trait Sealed {}
}

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
