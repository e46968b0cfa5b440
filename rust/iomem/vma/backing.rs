// SPDX-License-Identifier: GPL-2.0

//! What a program can be shown: whole pages that are claimed.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::fits;
use crate::{
    range::Range,
    resource::{
        memtypes::Memtypes,
        ClaimPages,
        MemRegion,
        Pages, //
    },
};

mod private {
    use crate::resource::memtypes::Memtypes;

    pub trait Sealed {
        /// What x86's list of memory types has of the frames.
        fn memtypes(&self) -> &Memtypes;
    }
}

/// What can be mapped into programs: page frames of which every byte is claimed.
///
/// A page is the smallest thing that can be mapped, so a claim that does not begin and end at page
/// boundaries is nothing that can be shown: it has no [`frames`](Self::frames), and mapping it is
/// `EINVAL`. [`Pages`] claims the rest, and [`ClaimPages`] are those of one claim.
///
/// # Examples
///
/// ```no_run
/// use iomem::vma::{
///     Backing,
///     Mapped,
///     NewVma, //
/// };
///
/// fn show<'a>(backing: &'a impl Backing, vma: NewVma<'a>) -> Result<Mapped<'a>> {
///     if backing.frames().is_none() {
///         pr_info!("it shares a page with another device\n");
///     }
///     let prot = vma.page_prot().noncached();
///     vma.vm_iomap_memory(backing, prot)
/// }
/// ```
pub trait Backing: private::Sealed {
    /// Returns the physical addresses, whole pages, the same ones each time; `None` if it is not made
    /// of whole pages.
    ///
    /// # Examples
    ///
    /// See [`Backing`].
    fn frames(&self) -> Option<Range>;
}

impl private::Sealed for MemRegion {
    fn memtypes(&self) -> &Memtypes {
        self.memtypes()
    }
}
impl Backing for MemRegion {
    fn frames(&self) -> Option<Range> {
        Some(self.range()).filter(Range::is_page_aligned)
    }
}

impl private::Sealed for Pages {
    fn memtypes(&self) -> &Memtypes {
        self.memtypes()
    }
}
impl Backing for Pages {
    fn frames(&self) -> Option<Range> {
        Some(self.range())
    }
}

impl private::Sealed for ClaimPages {
    fn memtypes(&self) -> &Memtypes {
        self.memtypes()
    }
}
impl Backing for ClaimPages {
    fn frames(&self) -> Option<Range> {
        Some(self.range())
    }
}

impl<T: Backing> private::Sealed for &T {
    fn memtypes(&self) -> &Memtypes {
        T::memtypes(self)
    }
}
impl<T: Backing> Backing for &T {
    fn frames(&self) -> Option<Range> {
        T::frames(self)
    }
}

impl<T: Backing> private::Sealed for Arc<T> {
    fn memtypes(&self) -> &Memtypes {
        T::memtypes(self)
    }
}
impl<T: Backing> Backing for Arc<T> {
    fn frames(&self) -> Option<Range> {
        T::frames(self)
    }
}

/// Returns the frame number of page `page` of what is shown, if `count` pages from there on belong
/// to it.
pub(super) fn pfn(backing: &impl Backing, page: usize, count: usize) -> Option<c_ulong> {
    fits::frame(backing.frames()?, page, count)
}
