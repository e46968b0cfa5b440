// SPDX-License-Identifier: GPL-2.0

//! How a mapping is cached: page protections.

use kernel::prelude::*;

use crate::{
    bindings,
    resource::{
        Holder,
        Mem, //
    },
    vma::Backing,
};

/// Whether a page should be mapped in one cache mode only at a time, by all programs and the kernel.
///
/// On x86 the processor is not to see a page as uncached in one place and as write-combining in
/// another. The kernel keeps a list for that: what `ioremap()` and functions that fill a VMA at once
/// map is entered, and a second mapping gets the mode of the first, or is refused. What is inserted
/// at fault time is only looked up, and not entered: a page that was inserted uncached does not keep
/// a later [`WcReservation`] away, as one that was mapped at once does, so both modes at once are possible, and to exclude them is for
/// the driver, which has to count its mappings. A huge page gets the mode that its first page has on
/// the list. Elsewhere both modes can be had at once.
pub const EXCLUSIVE_CACHE_MODES: bool = cfg!(CONFIG_X86);

/// How a mapping is cached and ordered.
///
/// It begins as cached as memory is ([`NewVma::page_prot`](super::NewVma::page_prot)) and is then
/// changed: `vma.page_prot().noncached()`. Whether a program may read or write is not part of it:
/// that is for the flags of the VMA to say, and a mapping gets what `vm_get_page_prot()` makes of
/// them, cached as this value says. So the protection of one VMA cannot end up on another.
///
/// Corresponds to the C type `pgprot_t`, and to the C function `vm_get_page_prot()` in
/// [`include/linux/mm.h`](srctree/include/linux/mm.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::vma::{
///     NewVma,
///     PageProt, //
/// };
///
/// fn for_pixels(vma: &NewVma<'_>) -> PageProt {
///     vma.page_prot().writecombine()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageProt(Caching);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caching {
    Cached,
    Noncached,
    Writecombine,
}

impl PageProt {
    pub(super) const CACHED: Self = Self(Caching::Cached);

    /// Makes it uncached: each access of the program is one access of the bus, in program order.
    ///
    /// On arm64 this is Device-nGnRnE memory, where an access that is not aligned to its width
    /// faults (`SIGBUS`). On x86 it is UC-minus.
    ///
    /// Corresponds to the C macro `pgprot_noncached()` in
    /// [`include/linux/pgtable.h`](srctree/include/linux/pgtable.h).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(vma: &iomem::vma::NewVma<'_>) {
    /// let prot = vma.page_prot().noncached();
    /// # }
    /// ```
    #[must_use]
    pub const fn noncached(self) -> Self {
        Self(Caching::Noncached)
    }

    /// Makes it write-combining: writes are gathered and may reach the bus later, together and in
    /// another order; reads are not cached. For pixels and other plain memory, not for registers.
    ///
    /// On arm64 this is Normal non-cacheable memory. On x86 it is WC, with two limits. Where the
    /// kernel has mapped the same pages uncached, the program gets them uncached too. And a page
    /// that is inserted at fault time gets what the range is known as, so for that the range has to
    /// be made known: see [`WcReservation`].
    ///
    /// Corresponds to the C macro `pgprot_writecombine()` in
    /// [`include/linux/pgtable.h`](srctree/include/linux/pgtable.h).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn f(vma: &iomem::vma::NewVma<'_>) {
    /// let prot = vma.page_prot().writecombine();
    /// # }
    /// ```
    #[must_use]
    pub const fn writecombine(self) -> Self {
        Self(Caching::Writecombine)
    }

    /// Returns the protection that the flags of `vma` give, cached as `self` says.
    ///
    /// # Safety
    ///
    /// `vma` is valid, and its flags do not change during the call.
    pub(super) unsafe fn of(self, vma: *mut bindings::vm_area_struct) -> bindings::pgprot_t {
        // SAFETY: By the requirements the flags can be read; the functions compute on numbers.
        unsafe {
            let prot = bindings::vma_get_page_prot(vma);
            match self.0 {
                Caching::Cached => prot,
                Caching::Noncached => bindings::pgprot_noncached(prot),
                Caching::Writecombine => bindings::pgprot_writecombine_of(prot),
            }
        }
    }
}

/// A claim that is known as write-combining, for pages that are inserted at fault time.
///
/// x86 keeps a list of what is mapped how, so that no page is mapped in two ways at once, and
/// `vmf_insert_pfn()` takes the cache mode from that list: uncached, where the range is not on it.
/// As long as this value exists, the claim is on the list as write-combining; and also if it is
/// forgotten ([`core::mem::forget`]), until what it was made on ends: the claim, or the pages. Other
/// architectures keep no such list, and there it does nothing.
///
/// An uncached mapping of the range, or of a part of it, has to be gone before: also one of a program's
/// that shows nothing any more, since its entry stays on the list until it has been unmapped. The
/// kernel's function would succeed nevertheless and enter the range as uncached for as long as the
/// reservation lasts; this one is refused. [`VmaOps::close`](super::VmaOps::close) comes before the
/// mapping's entry goes: so who counts mappings and finds none can be refused as well, for a moment.
///
/// Corresponds to the C functions `arch_io_reserve_memtype_wc()` and `arch_io_free_memtype_wc()` in
/// [`include/linux/io.h`](srctree/include/linux/io.h).
///
/// Context of the drop: may sleep.
///
/// # Invariants
///
/// One of the entries of `holder` on the list is this value's.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     resource::request_mem_region,
///     vma::WcReservation, //
/// };
///
/// let pixels = WcReservation::new(request_mem_region(0xfd00_0000, 0x100_0000, c"pixels")?)?;
/// assert_eq!(pixels.region().range().length(), 0x100_0000);
/// # Ok::<(), Error>(())
/// ```
pub struct WcReservation<H: Backing> {
    holder: H,
}

impl<H: Backing> WcReservation<H> {
    /// Makes the frames that `holder` holds known as write-combining. Context: may sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it is a claim that does not begin and end at page boundaries; or (x86) pages of which some
    ///   are in a device's resource and others are not, or a claim in which a driver has made a device with
    ///   such a resource.
    /// - `EBUSY` (x86): some of it is mapped in another mode, or is still on the list because it was; or
    ///   it is of the first MiB, of which the kernel keeps no list.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// See [`WcReservation`].
    pub fn new(holder: H) -> Result<Self> {
        holder.frames().ok_or(EINVAL)?;
        holder.memtypes().reserve_wc()?;
        // INVARIANT: It has just been made.
        Ok(Self { holder })
    }
}

impl<H: Backing + Holder<Mem>> WcReservation<H> {
    /// Returns the claim.
    ///
    /// # Examples
    ///
    /// See [`WcReservation`].
    #[inline]
    pub fn region(&self) -> &crate::resource::MemRegion {
        self.holder.region()
    }
}

impl<H: Backing> Drop for WcReservation<H> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and this is the one place that undoes it.
        unsafe { self.holder.memtypes().free_wc() };
    }
}
