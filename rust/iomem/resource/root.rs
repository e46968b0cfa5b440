// SPDX-License-Identifier: GPL-2.0

//! The roots of the two trees.

use kernel::{
    io::{
        resource::Flags,
        PhysAddr,
        Resource, //
    },
    prelude::*,
    types::Opaque, //
};

use super::intersect::{
    first_held,
    Held, //
};
use crate::{
    bindings,
    range::Range, //
};

mod private {
    use super::*;

    /// What is not for others: by the kernel crate's `Resource` of a root one could claim whatever
    /// one likes, as System RAM for example, or release it from the other tree.
    pub trait Sealed {
        /// Returns the root of the tree, which spans the address space.
        fn root() -> *mut bindings::resource;
    }

    impl Sealed for Mem {
        fn root() -> *mut bindings::resource {
            &raw mut bindings::iomem_resource
        }
    }

    impl Sealed for Port {
        fn root() -> *mut bindings::resource {
            &raw mut bindings::ioport_resource
        }
    }
}

pub(super) use private::Sealed;

/// One of the two trees that claims are entered into: [`Mem`] or [`Port`].
///
/// # Examples
///
/// ```no_run
/// use iomem::resource::{
///     Mem,
///     Port,
///     Root, //
/// };
///
/// pr_info!("{}: up to {:#x}\n", Mem::PROC, Mem::last());
/// pr_info!("{}: up to {:#x}\n", Port::PROC, Port::last());
/// ```
pub trait Root: private::Sealed {
    /// The file under `/proc` that shows the tree.
    const PROC: &'static str;

    /// The type of the tree's resources.
    #[doc(hidden)]
    const FLAGS: u32;

    /// The type of the other tree's resources.
    #[doc(hidden)]
    const OTHER_FLAGS: u32;

    /// Returns the last address that there is: of memory the largest that the processors have, of
    /// ports the root's. Context: any.
    fn last() -> PhysAddr;

    /// Finds what keeps `range` from being claimed: the lowest part of it that is held, and
    /// whether that is RAM. `None` where it cannot be found out.
    #[doc(hidden)]
    fn conflict(range: Range) -> Option<Held>;
}

/// The tree of I/O memory, `/proc/iomem`. Addresses are physical.
///
/// Corresponds to the C variable `iomem_resource` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     range::Range,
///     resource::{
///         Claim,
///         Mem, //
///     },
/// };
///
/// let claim = Claim::<Mem>::request(Range::new(0xfea0_0000, 0x1000)?, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub enum Mem {}

/// The tree of I/O ports, `/proc/ioports`. Addresses are port numbers.
///
/// Corresponds to the C variable `ioport_resource` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     range::Range,
///     resource::{
///         Claim,
///         Port, //
///     },
/// };
///
/// let claim = Claim::<Port>::request(Range::new(0x378, 3)?, c"my-device")?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub enum Port {}

impl Root for Mem {
    const PROC: &'static str = "/proc/iomem";
    const FLAGS: u32 = bindings::IORESOURCE_MEM;
    const OTHER_FLAGS: u32 = bindings::IORESOURCE_IO;

    fn last() -> PhysAddr {
        // SAFETY: The function reads what the processors say of themselves.
        unsafe { bindings::phys_addr_max() }
    }

    fn conflict(range: Range) -> Option<Held> {
        first_held(range)
    }
}

impl Root for Port {
    const PROC: &'static str = "/proc/ioports";
    const FLAGS: u32 = bindings::IORESOURCE_IO;
    const OTHER_FLAGS: u32 = bindings::IORESOURCE_MEM;

    fn last() -> PhysAddr {
        // SAFETY: `ioport_resource` is part of the kernel image, which sets its end when it is built.
        unsafe { (*Self::root()).end }
    }

    fn conflict(_range: Range) -> Option<Held> {
        // What the kernel exports for searching a tree searches that of memory.
        None
    }
}

/// Tells whether a resource is one of `R`'s, by its type, and has an address.
///
/// Looks at the whole of the type's bits: a resource of both kinds is a register on some other bus.
pub(super) fn is_of<R: Root>(resource: &Resource) -> bool {
    let flags = resource.flags();

    flags.contains(flags_from(R::FLAGS))
        && !flags.contains(flags_from(R::OTHER_FLAGS))
        && !flags.contains(flags_from(bindings::IORESOURCE_UNSET))
}

/// Makes [`Flags`] of bits that the kernel crate has no constant for.
///
/// It takes them from resources only, so they are put into one.
fn flags_from(bits: u32) -> Flags {
    let resource = Opaque::new(bindings::resource {
        flags: bits as c_ulong,
        ..pin_init::zeroed()
    });

    // SAFETY: `Resource` is a transparent wrapper around `Opaque<struct resource>`, and this one is
    // valid, and used by nothing else, until the end of this function.
    let resource = unsafe { &*resource.get().cast::<Resource>() };
    resource.flags()
}
