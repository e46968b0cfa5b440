// SPDX-License-Identifier: GPL-2.0

//! A region: the registers of a window that follow one another, memory or ports.
//!
//! # The life of a region
//!
//! It has its claim from the window's binding to its unbinding. Memory is mapped into the kernel
//! when a register is first accessed by call, and stays so; only where a processor cannot see a page
//! in two cache modes at once does a write-combining mapping of a program's end that, and as long as
//! there is one, calls are refused.

use iomem::{
    access::Width,
    mapping::Mapping,
    range::Range,
    resource::{
        ClaimPages,
        Holder,
        MemRegion, //
    },
    rwsem::RwSem,
    uapi::{
        self,
        RegionInfo,
        REGION_BIG_ENDIAN,
        REGION_MMAP,
        REGION_MMAP_WC,
        REGION_PORTS,
        REGION_READ_ONLY, //
    },
    vma::{
        WcReservation,
        EXCLUSIVE_CACHE_MODES, //
    },
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

#[cfg(CONFIG_HAS_IOPORT)]
use iomem::{
    port::Ports,
    resource::PortRegion, //
};

pub(crate) mod access;
mod register;
pub(crate) mod trace;

use self::{
    register::register,
    trace::AccessTrace, //
};
use crate::{
    map_count::{
        MapCount,
        MapCountGuard, //
    },
    offset::Mode, //
};

/// Where the registers are.
pub(crate) enum Space {
    /// In memory, with the pages that it lies in, if all of those could be claimed.
    Memory {
        claim: Arc<MemRegion>,
        pages: Option<ClaimPages>,
    },
    #[cfg(CONFIG_HAS_IOPORT)]
    Ports(Ports<PortRegion>),
}

/// What firmware, or the maker of the device, says of all its registers.
#[derive(Clone, Copy, Default)]
pub(crate) struct RegisterFormat {
    /// How wide they are, where there is but one width.
    pub(crate) width: Option<Width>,
    pub(crate) big_endian: bool,
    pub(crate) read_only: bool,
    /// Whether they may be mapped write-combining: memory that can be read at any time, and whose
    /// writes may be put together.
    pub(crate) write_combining: bool,
}

/// How the memory of a region is mapped at present.
#[derive(Default)]
struct MapState {
    kernel: Option<Mapping<Arc<MemRegion>>>,
    reservation: Option<WcReservation<ClaimPages>>,
}

/// Registers that follow one another.
#[pin_data]
pub(crate) struct Region {
    space: Space,
    /// That of the space, which each access asks for.
    range: Range,
    name: Option<CString>,
    format: RegisterFormat,
    map_count: Arc<MapCount>,
    trace: AccessTrace,
    /// Whether the log has it that a caller was refused for want of a width.
    warned: Atomic<i32>,
    // Protects how memory is mapped, and makes an update one step for all who access registers by call: held
    // for reading while registers are read, for writing while any is written or updated, while a mapping
    // is being made, and while the memory is mapped into the kernel. It comes after `mmap_lock` and the
    // lease's lock; no other lock is taken while it is held but those of the kernel's own mappings.
    #[pin]
    map_state: RwSem<MapState>,
}

impl Region {
    pub(crate) fn new(
        space: Space,
        name: Option<CString>,
        format: RegisterFormat,
        map_count: Arc<MapCount>,
        trace: AccessTrace,
    ) -> Result<Pin<KBox<Self>>> {
        let range = match &space {
            Space::Memory { claim, .. } => claim.region().range(),
            #[cfg(CONFIG_HAS_IOPORT)]
            Space::Ports(ports) => ports.range(),
        };
        KBox::pin_init(
            pin_init!(Self {
                range,
                space,
                name,
                format,
                map_count,
                trace,
                warned: Atomic::new(0),
                map_state <- RwSem::new(
                    MapState::default(),
                    c"Region::map_state",
                    kernel::static_lock_class!()
                ),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns what its registers are called, if anything.
    pub(crate) fn name(&self) -> Option<&CStr> {
        self.name.as_deref()
    }

    /// Returns the physical addresses, or the ports, of its registers.
    pub(crate) fn range(&self) -> Range {
        self.range
    }

    /// Returns the length of its registers, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.range().length()
    }

    pub(crate) fn is_ports(&self) -> bool {
        !matches!(self.space, Space::Memory { .. })
    }

    /// Returns what is true of all its registers.
    pub(crate) fn format(&self) -> RegisterFormat {
        self.format
    }

    /// Returns the pages that programs can map, if there are any: those that its registers lie in, the
    /// first ones in the first page.
    pub(crate) fn pages(&self) -> Option<&ClaimPages> {
        match &self.space {
            Space::Memory { pages, .. } => pages.as_ref(),
            #[cfg(CONFIG_HAS_IOPORT)]
            Space::Ports(_) => None,
        }
    }

    /// Returns what a program needs to know of it, but for its number and its offsets, which are the
    /// window's.
    pub(crate) fn info(&self) -> RegionInfo {
        let format = self.format();
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        RegionInfo {
            flags: flag(self.pages().is_some(), REGION_MMAP)
                | flag(self.can_combine_writes(), REGION_MMAP_WC)
                | flag(self.is_ports(), REGION_PORTS)
                | flag(format.read_only, REGION_READ_ONLY)
                | flag(format.big_endian, REGION_BIG_ENDIAN),
            width: format.width.map_or(0, |width| width.bytes() as u32),
            length: self.length(),
            mmap_length: self.pages().map_or(0, |pages| pages.range().length()),
            first: self
                .pages()
                .map_or(0, |_| (self.range().start() % PAGE_SIZE as u64) as u32),
            name: uapi::name(self.name()),
            ..Default::default()
        }
    }

    /// Tells whether programs can map it write-combining: if the description of the device says so.
    /// Where that excludes all else, a region that shares its pages with another one of the window
    /// cannot be.
    pub(crate) fn can_combine_writes(&self) -> bool {
        self.format.write_combining
            && self
                .pages()
                .is_some_and(|pages| !EXCLUSIVE_CACHE_MODES || pages.pages().counts().0 == 1)
    }

    /// Returns the count of its mappings, for who outlives the region.
    pub(crate) fn map_count(&self) -> Arc<MapCount> {
        self.map_count.clone()
    }

    /// Prepares for one more mapping. It is counted as long as what is returned exists; by then it
    /// counts itself, or has failed.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it is mapped in another mode, and this processor cannot have both.
    /// - `EOPNOTSUPP`: this region cannot be mapped write-combining.
    /// - Those of [`WcReservation::new`].
    pub(crate) fn reserve_mapping(&self, mode: Mode) -> Result<MapCountGuard<'_>> {
        let other = match mode {
            Mode::Uncached => Mode::WriteCombining,
            Mode::WriteCombining => Mode::Uncached,
        };
        self.map_state.write(|state| {
            if mode == Mode::WriteCombining && !self.can_combine_writes() {
                return Err(iomem::error::eopnotsupp());
            }
            if EXCLUSIVE_CACHE_MODES {
                if self.map_count.count(other) != 0 {
                    return Err(EBUSY);
                }
                match mode {
                    Mode::Uncached => state.reservation = None,
                    Mode::WriteCombining => {
                        state.kernel = None;
                        if let (None, Some(pages)) = (&state.reservation, self.pages()) {
                            state.reservation = Some(WcReservation::new(pages.clone())?);
                        }
                    }
                }
            }
            Ok(self.map_count.acquire(mode))
        })
    }

    /// Maps its memory into the kernel, if it is not.
    fn ioremap(&self, claim: &Arc<MemRegion>, state: &mut MapState) -> Result {
        if state.kernel.is_some() {
            return Ok(());
        }
        if EXCLUSIVE_CACHE_MODES {
            if self.map_count.count(Mode::WriteCombining) != 0 {
                return Err(EBUSY);
            }
            state.reservation = None;
        }
        state.kernel = Some(Mapping::ioremap(claim.clone())?);
        Ok(())
    }

    /// Makes sure that there is a register of that width, and returns its offset.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is none: it is beyond the end, not aligned, or not that wide.
    pub(crate) fn check(&self, width: Width, offset: u64) -> Result<usize> {
        register(
            self.range(),
            self.is_ports(),
            self.format.width,
            width,
            offset,
        )
    }

    /// Makes sure that registers may be accessed by call on behalf of a file, of the node or in debugfs.
    /// `has_raw_io` tells whether it was opened by a process with `CAP_SYS_RAWIO`.
    ///
    /// A device may answer an access of a width that its registers do not have by an error on the
    /// bus. Made through a mapping it is the program's; made by call it is the kernel's, and not each
    /// architecture's kernel survives it. So without a width that the device is said to have, calls
    /// are for those who could do as much by `/dev/mem`.
    ///
    /// # Errors
    ///
    /// `EPERM`: the register width is unspecified, and the file was opened by a process without
    /// `CAP_SYS_RAWIO`.
    pub(crate) fn check_access(&self, has_raw_io: bool) -> Result {
        if self.format.width.is_some() || has_raw_io {
            return Ok(());
        }
        if self.warned.xchg(1, Relaxed) == 0 {
            pr_warn!(
                "{}: reading and writing registers by call requires CAP_SYS_RAWIO, since the register \
                 width is unspecified: give it by reg-io-width or width=, or map them\n",
                self.trace.node()
            );
        }
        Err(EPERM)
    }
}
