// SPDX-License-Identifier: GPL-2.0

//! Who holds the claim that a mapping needs.

use kernel::sync::Arc;

use crate::resource::MemRegion;

mod private {
    pub trait Sealed {}
}

/// What can hold a claim on behalf of a mapping: the claim itself, a reference, or an [`Arc`].
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     mapping::{
///         Holder,
///         Mapping, //
///     },
///     resource::request_mem_region, //
/// };
/// use kernel::sync::Arc;
///
/// fn map<H: Holder>(holder: H) -> Result<Mapping<H, 0x100>> {
///     pr_info!("mapping {}\n", holder.region().range());
///     Mapping::ioremap(holder)
/// }
///
/// let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
/// drop(map(&claim)?);
/// let regs = map(Arc::new(claim, GFP_KERNEL)?)?;
/// # Ok::<(), Error>(())
/// ```
pub trait Holder: private::Sealed {
    /// Returns the claim that is held, the same one each time.
    fn region(&self) -> &MemRegion;
}

impl private::Sealed for MemRegion {}
impl Holder for MemRegion {
    #[inline]
    fn region(&self) -> &MemRegion {
        self
    }
}

impl private::Sealed for &MemRegion {}
impl Holder for &MemRegion {
    #[inline]
    fn region(&self) -> &MemRegion {
        self
    }
}

impl private::Sealed for Arc<MemRegion> {}
impl Holder for Arc<MemRegion> {
    #[inline]
    fn region(&self) -> &MemRegion {
        self
    }
}
