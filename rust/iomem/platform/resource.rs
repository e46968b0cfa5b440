// SPDX-License-Identifier: GPL-2.0

//! The resources of a platform device that is to be made.

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    range::Range,
    resource::{
        Mem,
        Port,
        Root, //
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mem,
    Port,
    Irq,
}

/// A range of memory or of ports, or an interrupt, that a platform device has, and what its driver
/// calls it.
///
/// Describing it claims nothing. Corresponds to a C `struct resource` as `DEFINE_RES_MEM_NAMED()`,
/// `DEFINE_RES_IO_NAMED()` and `DEFINE_RES_IRQ_NAMED()` in
/// [`include/linux/ioport.h`](srctree/include/linux/ioport.h) make it.
///
/// # Examples
///
/// ```
/// use iomem::{
///     platform::Resource,
///     range::Range, //
/// };
///
/// let memory = Resource::mem(Range::new(0xfea0_0000, 0x1000)?).named(c"control");
/// let ports = Resource::port(Range::new(0x2f0, 4)?);
/// let interrupt = Resource::irq(11).named(c"done");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Resource {
    kind: Kind,
    start: u64,
    last: u64,
    name: Option<&'static CStr>,
}

impl Resource {
    /// I/O memory, at physical addresses.
    pub const fn mem(range: Range) -> Self {
        Self::of(Kind::Mem, range.start(), range.last())
    }

    /// I/O ports.
    pub const fn port(range: Range) -> Self {
        Self::of(Kind::Port, range.start(), range.last())
    }

    /// An interrupt, by its number in Linux, the first column of `/proc/interrupts`. How it is
    /// triggered is left as it is.
    pub const fn irq(number: u32) -> Self {
        Self::of(Kind::Irq, number as u64, number as u64)
    }

    const fn of(kind: Kind, start: u64, last: u64) -> Self {
        Self {
            kind,
            start,
            last,
            name: None,
        }
    }

    /// Names it, so that the driver can ask for it by name. Without this it is called as the device
    /// is.
    ///
    /// The name is `'static`, because whoever has a reference to the device may ask for it even
    /// after the device has been removed.
    pub const fn named(mut self, name: &'static CStr) -> Self {
        self.name = Some(name);
        self
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.kind == other.kind && self.start <= other.last && other.start <= self.last
    }

    /// Fails with `ERANGE` if it ends beyond the last address that there is, with `EINVAL` if it is
    /// the number of no interrupt.
    fn check(&self) -> Result {
        let last = match self.kind {
            Kind::Mem => Mem::last(),
            Kind::Port => Port::last(),
            // Drivers get the number as an `int`; 0 is none, and the kernel would log a stack trace
            // when asked for it.
            Kind::Irq if self.start == 0 || self.last > i32::MAX as u64 => return Err(EINVAL),
            Kind::Irq => self.last,
        };
        if self.last > last {
            return Err(ERANGE);
        }
        Ok(())
    }
}

/// The parents of a device's resources: one of memory, one of ports, which span all numbers.
///
/// Only C reads and writes them. On the heap, because the kernel keeps their addresses.
pub(super) struct Roots(KBox<[Opaque<bindings::resource>; 2]>);

impl Roots {
    /// Makes roots, and the list of resources for C, each with its root as the parent.
    ///
    /// # Errors
    ///
    /// `ERANGE`, `EBUSY`, `ENOMEM`: see [`Info::register`](super::Info::register).
    pub(super) fn with(resources: &[Resource]) -> Result<(Self, KVec<bindings::resource>)> {
        let root = |flags: u32| {
            Opaque::new(bindings::resource {
                end: bindings::resource_size_t::MAX,
                flags: flags as c_ulong,
                ..pin_init::zeroed()
            })
        };
        let roots = Self(KBox::new(
            [
                root(bindings::IORESOURCE_MEM),
                root(bindings::IORESOURCE_IO),
            ],
            GFP_KERNEL,
        )?);
        let [mem, port] = &*roots.0;

        let mut list = KVec::with_capacity(resources.len(), GFP_KERNEL)?;
        for (n, resource) in resources.iter().enumerate() {
            resource.check()?;
            if resources.iter().take(n).any(|r| r.overlaps(resource)) {
                return Err(EBUSY);
            }
            let (parent, flags) = match resource.kind {
                Kind::Mem => (mem.get(), bindings::IORESOURCE_MEM),
                Kind::Port => (port.get(), bindings::IORESOURCE_IO),
                // The kernel has no tree of these.
                Kind::Irq => (core::ptr::null_mut(), bindings::IORESOURCE_IRQ),
            };
            let entry = bindings::resource {
                start: resource.start,
                end: resource.last,
                name: resource
                    .name
                    .map_or(core::ptr::null(), |name| name.as_char_ptr()),
                flags: flags as c_ulong,
                parent,
                ..pin_init::zeroed()
            };
            list.push(entry, GFP_KERNEL)?;
        }
        Ok((roots, list))
    }
}
