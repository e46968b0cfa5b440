// SPDX-License-Identifier: GPL-2.0

//! The resources of a platform device that is to be made.

use core::mem::size_of;

use kernel::prelude::*;

use super::check_size;
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
pub struct Resource<'a> {
    kind: Kind,
    start: u64,
    last: u64,
    name: Option<&'a CStr>,
}

impl<'a> Resource<'a> {
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
    /// is. The device has a copy of the name, which is freed with it.
    pub const fn named(mut self, name: &'a CStr) -> Self {
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

    /// How many bytes its name takes, with the zero at its end.
    fn name_size(&self) -> usize {
        self.name.map_or(0, |name| name.to_bytes_with_nul().len())
    }
}

/// A device's resources as C has them, with all that they point to, in one allocation. C frees it
/// with the device, when the last reference to that is dropped: until then a resource, or its name, can
/// be asked for.
///
/// It has, in this order: a resource for each of the device's; as many again that are busy, each the
/// child of one of these; two roots, of memory and of ports; and the names.
///
/// # The roots
///
/// Parents of the device's resources, which span all numbers: see the [module](super).
///
/// # The busy children
///
/// A driver that is handed a [`Resource`](kernel::io::Resource) of the device by the kernel crate can
/// claim a part of it *within* the resource (`request_region`, `iomap_exclusive`). The claim would be
/// entered here, where no other claim is, and would be released by its numbers in the tree that all
/// drivers share, also where it is another driver's there. A child that is busy and as long as the
/// resource refuses it.
///
/// # Invariants
///
/// The first `count` entries are the device's. What these and the others point to is in the same
/// allocation, or is null.
pub(super) struct List {
    entries: KVec<bindings::resource>,
    count: u32,
}

impl List {
    /// Makes the list of a device that has these resources.
    ///
    /// # Errors
    ///
    /// `E2BIG`, `EINVAL`, `ERANGE`, `EBUSY`, `ENOMEM`: see [`Info::register`](super::Info::register).
    pub(super) fn new(resources: &[Resource<'_>]) -> Result<Self> {
        let count = resources.len();
        let names = resources
            .iter()
            .map(Resource::name_size)
            .fold(0, usize::saturating_add);
        let text = names.div_ceil(size_of::<bindings::resource>());
        let roots = count.saturating_mul(2);
        let total = roots.saturating_add(2).saturating_add(text);
        check_size(total.saturating_mul(size_of::<bindings::resource>()))?;

        for (n, resource) in resources.iter().enumerate() {
            resource.check()?;
            if resources.iter().take(n).any(|r| r.overlaps(resource)) {
                return Err(EBUSY);
            }
        }

        let mut entries = KVec::with_capacity(total, GFP_KERNEL)?;
        for _ in 0..total {
            entries.push(pin_init::zeroed::<bindings::resource>(), GFP_KERNEL)?;
        }

        let base: *mut bindings::resource = entries.as_mut_ptr();
        // SAFETY: The roots, and the names behind them, are within the allocation, which has `total`
        // entries; all that follows writes to an entry below that number, or to the bytes of the last
        // `text` ones, of which there are as many as the names have.
        let (mem, port, mut free) = unsafe {
            (
                base.add(roots),
                base.add(roots.saturating_add(1)),
                base.add(roots.saturating_add(2)).cast::<u8>(),
            )
        };
        for (root, flags) in [
            (mem, bindings::IORESOURCE_MEM),
            (port, bindings::IORESOURCE_IO),
        ] {
            // SAFETY: The roots are entries of the allocation, as above, that nothing else refers to yet.
            unsafe {
                (*root).end = bindings::resource_size_t::MAX;
                (*root).flags = flags as c_ulong;
            }
        }
        for (n, resource) in resources.iter().enumerate() {
            let (parent, flags) = match resource.kind {
                Kind::Mem => (mem, bindings::IORESOURCE_MEM),
                Kind::Port => (port, bindings::IORESOURCE_IO),
                // The kernel has no tree of these.
                Kind::Irq => (core::ptr::null_mut(), bindings::IORESOURCE_IRQ),
            };
            // SAFETY: `n` is below `count`, so both entries are before the roots; the name fits into what is
            // left of the last `text` entries, of which `free` is the first byte that is not used.
            unsafe {
                let (entry, busy) = (base.add(n), base.add(n.saturating_add(count)));
                (*entry).start = resource.start;
                (*entry).end = resource.last;
                (*entry).flags = flags as c_ulong;
                (*entry).parent = parent;
                if let Some(name) = resource.name {
                    let bytes = name.to_bytes_with_nul();
                    free.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                    (*entry).name = free.cast();
                    free = free.add(bytes.len());
                }
                if !parent.is_null() {
                    (*busy).start = resource.start;
                    (*busy).end = resource.last;
                    (*busy).flags = (flags | bindings::IORESOURCE_BUSY) as c_ulong;
                    (*busy).parent = entry;
                    (*entry).child = busy;
                }
            }
        }

        // INVARIANT: Just made so; the vector does not grow from here on.
        Ok(Self {
            entries,
            count: u32::try_from(count).map_err(|_| EINVAL)?,
        })
    }

    /// Gives the resources to a device, which frees them when it is freed.
    ///
    /// Instead of `platform_device_add_resources()`, which copies the first entries and nothing of
    /// what they point to.
    ///
    /// # Safety
    ///
    /// `pdev` is from `platform_device_alloc()`, has not been added, and has no resources.
    pub(super) unsafe fn give_to(self, pdev: *mut bindings::platform_device) {
        let (entries, _, _) = self.entries.into_raw_parts();

        // SAFETY: By the requirement nothing else refers to the device, and nothing is overwritten.
        // Memory of a `KVec` is from `krealloc()`, and `platform_device_release()` passes the
        // pointer to `kfree()`.
        unsafe {
            (*pdev).resource = entries;
            (*pdev).num_resources = self.count;
        }
    }
}
