// SPDX-License-Identifier: GPL-2.0

//! What is in a range, before and instead of claiming it.

use kernel::{
    io::PhysAddr,
    prelude::*, //
};

use crate::{
    bindings,
    range::Range, //
};

/// How a range lies to the resources of a [`Kind`]: what [`region_intersects`] found.
///
/// # Examples
///
/// ```
/// use iomem::resource::Intersection;
///
/// assert!(!Intersection::Disjoint.is_any());
/// assert!(Intersection::Intersects.is_any());
/// assert!(Intersection::Mixed.is_any());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intersection {
    /// No resource of the kind has any address of the range.
    Disjoint,
    /// At least one resource of the kind has addresses of the range, and no resource of another
    /// kind has. Addresses that belong to nothing do not count.
    Intersects,
    /// Resources of the kind have addresses of the range, and so have resources of other kinds.
    Mixed,
}

impl Intersection {
    /// Tells whether any address of the range belongs to a resource of the kind. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::resource::Intersection;
    ///
    /// assert!(Intersection::Mixed.is_any());
    /// ```
    #[inline]
    pub const fn is_any(self) -> bool {
        !matches!(self, Self::Disjoint)
    }
}

/// What to look for with [`region_intersects`]: flags that a resource must have, all of them, and
/// a descriptor.
///
/// # Examples
///
/// ```
/// use iomem::resource::Kind;
///
/// // Claimed memory that not even `/dev/mem` may reach.
/// let kind = Kind::BUSY.and(Kind::EXCLUSIVE);
/// assert_ne!(kind, Kind::BUSY);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    flags: u32,
    desc: u32,
}

impl Kind {
    /// Any memory resource: a device's, RAM, the window of a bus.
    pub const MEM: Self = Self::flags(bindings::IORESOURCE_MEM);

    /// Memory that is held: by a driver, or by the kernel itself. RAM is held.
    pub const BUSY: Self = Self::flags(bindings::IORESOURCE_MEM | bindings::IORESOURCE_BUSY);

    /// Memory that is closed to `/dev/mem`, as `request_mem_region_exclusive()` marks it.
    pub const EXCLUSIVE: Self =
        Self::flags(bindings::IORESOURCE_MEM | bindings::IORESOURCE_EXCLUSIVE);

    /// System RAM.
    pub const SYSTEM_RAM: Self = Self::flags(bindings::IORESOURCE_SYSTEM_RAM);

    /// What the firmware has reserved.
    pub const RESERVED: Self = Self::desc(bindings::IORES_DESC_RESERVED);

    /// Persistent memory.
    pub const PERSISTENT_MEMORY: Self = Self::desc(bindings::IORES_DESC_PERSISTENT_MEMORY);

    const fn flags(flags: u32) -> Self {
        Self {
            flags,
            desc: bindings::IORES_DESC_NONE,
        }
    }

    const fn desc(desc: u32) -> Self {
        Self {
            flags: bindings::IORESOURCE_MEM,
            desc,
        }
    }

    /// Returns what is of both kinds. Where both name a descriptor, `other`'s counts. Context: any.
    ///
    /// # Examples
    ///
    /// ```
    /// use iomem::resource::Kind;
    ///
    /// let held_ram = Kind::SYSTEM_RAM.and(Kind::BUSY);
    /// assert_eq!(held_ram, Kind::BUSY.and(Kind::SYSTEM_RAM));
    /// ```
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            flags: self.flags | other.flags,
            desc: if other.desc == bindings::IORES_DESC_NONE {
                self.desc
            } else {
                other.desc
            },
        }
    }
}

/// Tells how a range of memory lies to the resources of a kind.
///
/// # This replaces `check_mem_region()`, and does not replace claiming
///
/// `check_mem_region()`, which told whether a range was free, is gone from Linux, for the reason
/// that holds here too: the answer is old before it can be read. Between asking and claiming,
/// another processor may claim the range; only [`request_mem_region`](super::request_mem_region)
/// asks and takes in one step, under the lock of the tree. Therefore claim, and take the refusal
/// for the answer. What is left for this function are questions whose answers do not change under
/// one's feet, such as "is it RAM?", and messages.
///
/// There is nothing of the kind for ports: the kernel searches the tree of memory only.
///
/// Context: a process with interrupts enabled; takes the lock of the tree, which sleeps with
/// `CONFIG_PREEMPT_RT`. The kernel holds that lock with interrupts enabled. An interrupt could have come
/// while its processor holds it, and could wait for what is held here with interrupts disabled, a
/// spinlock say. So in an interrupt, with interrupts disabled, and with bottom halves disabled the answer is
/// [`Mixed`](Intersection::Mixed), whatever is in the range. A spinlock that an interrupt takes must be
/// held with interrupts disabled anyway. Addresses in a range that is longer than the processor's addresses
/// are looked at as far as those go.
///
/// Corresponds to the C function `region_intersects()` in
/// [`include/linux/mm.h`](srctree/include/linux/mm.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     range::Range,
///     resource::{
///         region_intersects,
///         Intersection,
///         Kind, //
///     },
/// };
///
/// let range = Range::new(0xfea0_0000, 0x1000)?;
/// match region_intersects(range, Kind::BUSY) {
///     Intersection::Disjoint => pr_info!("{range} was free just now\n"),
///     Intersection::Intersects => pr_info!("{range} is held\n"),
///     Intersection::Mixed => pr_info!("{range} is held in part\n"),
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn region_intersects(range: Range, kind: Kind) -> Intersection {
    // SAFETY: The function looks at where the processor is.
    if !unsafe { bindings::interrupts_enabled() } {
        return Intersection::Mixed;
    }
    let length = usize::try_from(range.length()).unwrap_or(usize::MAX);

    // SAFETY: The function takes any numbers: it walks the tree of resources under its lock and
    // keeps nothing.
    let found = unsafe {
        bindings::region_intersects(
            range.start(),
            length,
            kind.flags as usize,
            kind.desc as usize,
        )
    };

    if found == bindings::REGION_DISJOINT as c_int {
        Intersection::Disjoint
    } else if found == bindings::REGION_INTERSECTS as c_int {
        Intersection::Intersects
    } else {
        Intersection::Mixed
    }
}

/// Tells whether any byte of `range` is system RAM.
///
/// RAM is never a device: mapping it would give a program the memory of others. A claim on RAM is
/// refused anyway, because RAM is busy; asking first gives a better message. Context: as
/// [`region_intersects`]; where that gives no answer, this one is that it contains RAM.
///
/// Corresponds to the C function `region_intersects()` in
/// [`include/linux/mm.h`](srctree/include/linux/mm.h), asked for `IORESOURCE_SYSTEM_RAM`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     range::Range,
///     resource::contains_ram, //
/// };
///
/// if contains_ram(Range::new(0x10_0000, 0x1000)?) {
///     return Err(EPERM);
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn contains_ram(range: Range) -> bool {
    region_intersects(range, Kind::SYSTEM_RAM).is_any()
}

/// A part of a range that is held.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Held {
    pub(super) part: Range,
    pub(super) is_ram: bool,
}

/// Finds the lowest part of `range` that is held.
///
/// The walk gives copies of the tree's entries, made under its lock: the range, cut to what was
/// asked about, and the flags. It leaves out the name, and the pointer to the parent that it does
/// copy may not be followed without that lock, which modules cannot take.
pub(super) fn first_held(range: Range) -> Option<Held> {
    // Start, last and flags of the entry.
    type Found = Option<(PhysAddr, PhysAddr, c_ulong)>;

    /// Takes down an entry.
    ///
    /// # Safety
    ///
    /// `entry` points to a resource that may be read, and `found` to a `Found` that may be written.
    unsafe extern "C" fn note(entry: *mut bindings::resource, found: *mut c_void) -> c_int {
        // SAFETY: By the requirements of this function.
        let entry = unsafe { &*entry };
        // SAFETY: By the requirements of this function.
        unsafe { *found.cast::<Found>() = Some((entry.start, entry.end, entry.flags)) };
        // No further.
        1
    }

    let mut found: Found = None;
    // SAFETY: The function takes any numbers, and calls `note` with copies of entries, its own, and
    // with `found`, which lives until it returns and which nothing else uses until then.
    unsafe {
        bindings::walk_iomem_res_desc(
            bindings::IORES_DESC_NONE as usize,
            (bindings::IORESOURCE_MEM | bindings::IORESOURCE_BUSY) as usize,
            range.start(),
            range.last(),
            (&raw mut found).cast(),
            Some(note),
        )
    };

    let Some((start, last, flags)) = found else {
        // The walk does not look at a single byte.
        let is_held = range.length() == 1 && region_intersects(range, Kind::BUSY).is_any();
        return is_held.then(|| Held {
            part: range,
            is_ram: contains_ram(range),
        });
    };

    let length = last.checked_sub(start)?.checked_add(1)?;
    // Two bits, one of which all memory has.
    let ram = bindings::IORESOURCE_SYSTEM_RAM as c_ulong;
    Some(Held {
        part: Range::new(start, length).ok()?,
        is_ram: flags & ram == ram,
    })
}
