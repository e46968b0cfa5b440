// SPDX-License-Identifier: GPL-2.0

//! Mapping a window into programs.
//!
//! Up to 2 MiB, a mapping is filled at once by `vm_iomap_memory()`, or by what that comes down to, so
//! that it never faults. A larger one is filled when it is touched, in pages of 2 MiB where address,
//! length and offset allow, which costs next to nothing, as does taking it back; they come a block at
//! a time. Write-combining mappings are filled when touched wherever the kernel keeps a list of cache
//! modes, because what is entered there for a mapping that was filled at once stays until the program
//! unmaps it, though the device be gone.

use iomem::{
    chardev::OpenFile,
    trace,
    vma::{
        Access,
        Accessed,
        Area,
        Fault,
        Mapped,
        NewVma,
        VmFault,
        VmaOps,
        EXCLUSIVE_CACHE_MODES, //
    },
};
use kernel::{
    io::PhysAddr,
    page::{
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::Arc, //
};

use crate::{
    map_count::MOST_MAPPINGS,
    offset::{
        Mode,
        Place, //
    },
    ptrace,
    region::Region,
    window::Window, //
};

/// How much of a region one fault fills in pages of 2 MiB, in bytes: few faults for who touches it
/// all, and little to do for who touches one page.
const FILLED_TOGETHER: usize = 64 << 20;

/// The page of its region that a place is in.
fn page(place: Place) -> usize {
    usize::try_from(place.offset >> PAGE_SHIFT).unwrap_or(usize::MAX)
}

/// Tells what a page of the node stands for.
fn place_of_page(window: &Window, page: usize) -> Option<Place> {
    let offset = (page as u64).checked_mul(PAGE_SIZE as u64)?;
    window.layout().place(offset)
}

/// Maps registers: shared, never executable, writable only where the region is. Touching the
/// mapping after the device was unbound is `SIGBUS`.
///
/// # Errors
///
/// - `ENODEV`: the device is gone, or the offset is that of ports.
/// - `EOPNOTSUPP`: `MAP_PRIVATE`, since a private copy of registers means nothing; or
///   write-combining, which was not asked for when the window was made, or which the region
///   cannot be.
/// - `EPERM`: `PROT_EXEC`.
/// - `EACCES`: `PROT_WRITE` for a region that can only be read; write-combining, which may exclude
///   all other accesses, by a file that is not open for writing; and, from the kernel, `PROT_WRITE`
///   by such a file.
/// - `ENXIO`: the offset is that of no region, or beyond its end.
/// - `EINVAL`: the length is, from that offset.
/// - `EBUSY`: another driver has a part of the region's pages; or it is mapped in another cache
///   mode, and the processor cannot have both.
/// - `ENOMEM`: the window has [`MOST_MAPPINGS`] already; or no memory.
pub(crate) fn mmap<'a>(
    window: &'a Window,
    file: OpenFile<'a, Window>,
    vma: NewVma<'a>,
) -> Result<Mapped<'a>> {
    if window.lease().is_revoked() {
        return Err(ENODEV);
    }
    if !vma.is_shared() {
        return Err(iomem::error::eopnotsupp());
    }
    vma.forbid_exec()?;

    let place = place_of_page(window, vma.page_offset());
    window.lease().mmap(vma, |resources, vma| {
        let place = place.ok_or(ENXIO)?;
        let region = resources.region(place.region).ok_or(ENXIO)?;
        map_region(region, place, file.device().into(), vma)
    })
}

/// Inserts what a program has touched.
fn insert<'a>(window: &'a Window, fault: Fault<'a>) -> VmFault {
    let place = place_of_page(window, fault.page_offset());
    window.lease().fault(fault, |resources, fault| {
        let Some(place) = place else {
            return VmFault::Sigbus;
        };
        match resources.region(place.region).and_then(Region::pages) {
            Some(pages) => fault.insert_pfn_around(pages, page(place), FILLED_TOGETHER),
            None => VmFault::Sigbus,
        }
    })
}

/// Returns the physical address that would be mapped at a page of the node, so that the kernel
/// can choose an address in the program that huge pages can be used at.
pub(crate) fn physical_address(window: &Window, page_offset: usize) -> Option<PhysAddr> {
    let place = place_of_page(window, page_offset)?;
    let resources = window.lease().get()?;
    let pages = resources.region(place.region)?.pages()?;
    pages.range().start().checked_add(place.offset)
}

fn map_region<'a>(
    region: &'a Region,
    place: Place,
    window: Arc<Window>,
    vma: NewVma<'a>,
) -> Result<Mapped<'a>> {
    let pages = match region.pages() {
        Some(pages) => pages,
        None if region.is_ports() => return Err(ENODEV),
        None => return Err(EBUSY),
    };
    let left = pages
        .range()
        .length()
        .checked_sub(place.offset)
        .filter(|left| *left != 0)
        .ok_or(ENXIO)?;
    if vma.length() as u64 > left {
        return Err(EINVAL);
    }
    let excludes_others = place.mode == Mode::WriteCombining && region.can_combine_writes();
    if excludes_others && !vma.may_be_written() {
        return Err(EACCES);
    }
    if region.format().read_only {
        vma.forbid_write()?;
    }

    // Until this function returns: the mapping counts itself before that, in `open`.
    let _guard = region.reserve_mapping(place.mode)?;
    // With this one, so that of programs that map at the same time none goes beyond the limit.
    if window.all_mappings() > MOST_MAPPINGS {
        return Err(ENOMEM);
    }
    let (prot, at_once) = match place.mode {
        Mode::Uncached => (vma.page_prot().noncached(), true),
        Mode::WriteCombining => (vma.page_prot().writecombine(), !EXCLUSIVE_CACHE_MODES),
    };
    let page = page(place);
    if at_once && !vma.has_room_for_huge_pages(pages, page) {
        // `vm_iomap_memory()` takes the page from the offset, which says more than that but for region
        // 0, uncached. What it comes down to is the other one.
        let is_page = vma.page_offset() == page;
        let vma = vma.with_ops(window);
        return match is_page {
            true => vma.vm_iomap_memory(pages, prot),
            false => vma.io_remap_pfn_range(pages, page, prot),
        };
    }
    vma.map_on_fault(window, prot)
}

impl VmaOps for Window {
    fn open(&self, vma: &Area<'_>) {
        let offset = (vma.page_offset() as u64) << PAGE_SHIFT;
        trace::mmap(self.node(), offset, vma.start(), vma.length());
        if let Some(place) = place_of_page(self, vma.page_offset()) {
            self.opened(place);
        }
    }

    fn close(&self, vma: &Area<'_>) {
        let offset = (vma.page_offset() as u64) << PAGE_SHIFT;
        trace::munmap(self.node(), offset, vma.start(), vma.length());
        if let Some(place) = place_of_page(self, vma.page_offset()) {
            self.closed(place);
        }
    }

    /// Refuses to make two mappings of one where there are [`MOST_MAPPINGS`] already. A fork copies them
    /// all, and cannot be refused.
    fn may_split(&self, _vma: &Area<'_>, _address: usize) -> Result {
        if self.all_mappings() >= MOST_MAPPINGS {
            return Err(ENOMEM);
        }
        Ok(())
    }

    fn fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        insert(self, fault)
    }

    fn huge_fault<'a>(&'a self, fault: Fault<'a>) -> VmFault {
        insert(self, fault)
    }

    /// A debugger's: see [`ptrace`](crate::ptrace).
    fn access<'a>(&self, access: Access<'a>) -> Result<Accessed<'a>> {
        ptrace::access(self, access)
    }
}
