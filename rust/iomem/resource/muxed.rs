// SPDX-License-Identifier: GPL-2.0

//! Claims that take turns.

use core::ops::Deref;

use kernel::prelude::*;

use super::{
    Claim,
    Mem,
    Port,
    Refused,
    Root, //
};
use crate::{
    bindings,
    range::Range, //
};

/// A claim that others wait for: exclusive like every claim, but meant to be short.
///
/// Some ranges have several users that need them for a few accesses each: the index and data port
/// of a super I/O chip, of which each function has a driver of its own. They all claim it as muxed.
/// Who finds it claimed so does not get `EBUSY`, but sleeps until it is free: the claim works as a
/// lock around the accesses. Do not keep it longer than those take.
///
/// It is a [`Claim`] to its borrowers, and cannot be turned into one: the name of the type
/// says for as long as it lives that another task may be asleep over it.
///
/// Claiming it a second time from the thread that holds it waits for ever.
///
/// Context of the drop: may sleep.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_muxed_region,
///     PortRegion, //
/// };
///
/// fn read_id(chip: &PortRegion) -> Result<u8> {
///     // ...
/// #    let _ = chip;
/// #    Ok(0)
/// }
///
/// let chip = request_muxed_region(0x2e, 2, c"my-device")?;
/// let id = read_id(&chip)?;
/// // A task that waits goes on from here.
/// drop(chip);
/// # Ok::<(), Error>(())
/// ```
pub struct Muxed<R: Root>(Claim<R>);

/// A muxed claim on I/O ports: what `request_muxed_region()` gives.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_muxed_region,
///     MuxedRegion, //
/// };
///
/// let chip: MuxedRegion = request_muxed_region(0x2e, 2, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub type MuxedRegion = Muxed<Port>;

/// A muxed claim on I/O memory: what `request_mem_region_muxed()` gives.
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     request_mem_region_muxed,
///     MuxedMemRegion, //
/// };
///
/// let shared: MuxedMemRegion = request_mem_region_muxed(0xfea0_0000, 0x10, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
pub type MuxedMemRegion = Muxed<Mem>;

impl<R: Root> Muxed<R> {
    /// Claims `range` under `name`, and waits where another muxed claim is in the way.
    ///
    /// Context: sleeps, without limit, and signals do not wake it: only the end of the claim that
    /// is in the way does. One that stays claimed, since a mapping of it was forgotten, has no end; and one of a
    /// driver in C, in a window of a host bridge, has none if that is unbound first, and the kernel has freed what
    /// it looks at when it is woken: the bridge must stay, as for C's.
    ///
    /// # Errors
    ///
    /// Those of [`Claim::request`]; `EBUSY` only where the one in the way is not muxed, or where the
    /// device or the host bridge that the range belongs to has been removed or unbound meanwhile.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use iomem::{
    ///     range::Range,
    ///     resource::MuxedRegion, //
    /// };
    ///
    /// let chip = MuxedRegion::request(Range::new(0x2e, 2)?, c"my-device")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn request(range: Range, name: &CStr) -> Result<Self, Refused> {
        Ok(Self(Claim::enter(
            range,
            name,
            R::FLAGS | bindings::IORESOURCE_MUXED,
        )?))
    }
}

impl<R: Root> Deref for Muxed<R> {
    type Target = Claim<R>;

    #[inline]
    fn deref(&self) -> &Claim<R> {
        &self.0
    }
}
