// SPDX-License-Identifier: GPL-2.0

//! Claims that end when their device is unbound.

use core::ptr::NonNull;

use kernel::{
    device::{
        Bound,
        Device, //
    },
    io::{
        PhysAddr,
        ResourceSize, //
    },
    prelude::*, //
};

use crate::devres::{
    End,
    Kept,
    Managed, //
};

use super::{
    holder::Ends,
    request_mem_region,
    request_region,
    Claim,
    MemRegion,
    PortRegion,
    Reason,
    Refused,
    Root, //
};

/// Claims a range of I/O memory until `dev` is unbound.
///
/// The claim ends when `dev` is unbound from its driver, when probing it fails, or when the
/// returned value is dropped, whichever is first; C's ends with the first two, so keep the value
/// in the driver's data. A value that outlives the unbinding, in a file that is still open say,
/// holds nothing any more: `try_access()` gives `None`. In functions that are called while the
/// device is bound, `access_with()` has the unbinding wait.
///
/// A driver's data does not live beyond the unbinding: a plain claim in it ends as early as this one.
/// This is for what is shared with others. Where the range belongs to another device, which can be
/// removed, `dev` is unbound before that: see [`Claim::unbind_on_removal`]. Context: may sleep.
///
/// Corresponds to the C macro `devm_request_mem_region()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`request_mem_region`]; and `EBUSY`: the range belongs to another device, and `dev` cannot be
/// unbound before that, or is being unbound already.
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
/// ```
pub fn devm_request_mem_region(
    dev: &Device<Bound>,
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<Managed<MemRegion>, Refused> {
    until(dev, request_mem_region(start, length, name)?)
}

/// Claims a range of I/O ports until `dev` is unbound.
///
/// As [`devm_request_mem_region`], for ports. Context: may sleep.
///
/// Corresponds to the C macro `devm_request_region()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Errors
///
/// Those of [`request_region`].
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     devres::Managed,
///     resource::{
///         devm_request_region,
///         PortRegion, //
///     }, //
/// };
/// use kernel::device::{
///     Bound,
///     Device, //
/// };
///
/// fn probe(dev: &Device<Bound>) -> Result<Managed<PortRegion>> {
///     Ok(devm_request_region(dev, 0x378, 3, c"my-device")?)
/// }
/// ```
pub fn devm_request_region(
    dev: &Device<Bound>,
    start: PhysAddr,
    length: ResourceSize,
    name: &CStr,
) -> Result<Managed<PortRegion>, Refused> {
    until(dev, request_region(start, length, name)?)
}

// SAFETY: The function drops the claim, and is in the library.
unsafe impl<R: Root + 'static> Kept for Claim<R>
where
    Claim<R>: Ends + Send,
{
    unsafe fn end(this: NonNull<Self>) -> End {
        End::whole(this, Self::DROP)
    }
}

fn until<R: Root + 'static>(
    dev: &Device<Bound>,
    claim: Claim<R>,
) -> Result<Managed<Claim<R>>, Refused>
where
    Claim<R>: Kept,
{
    let range = claim.range();
    let refuse = |reason| Refused::new::<R>(range.start(), range.length(), reason);

    claim.unbind_on_removal(dev).map_err(|e| {
        refuse(match e {
            ENOMEM => Reason::NoMemory,
            _ => Reason::Conflict,
        })
    })?;
    Managed::new(dev, claim).map_err(|_| refuse(Reason::NoMemory))
}
