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
        Holder,
        MemRegion,
        Pages, //
    },
    rwsem::{
        ReadGuard,
        RwSem, //
    },
    vma::{
        WcReservation,
        EXCLUSIVE_CACHE_MODES, //
    },
};
use kernel::{
    io::Io,
    prelude::*,
    str::CString,
    sync::Arc, //
};

#[cfg(CONFIG_HAS_IOPORT)]
use iomem::{
    port::Ports,
    resource::PortRegion, //
};

#[macro_use]
mod width;

#[cfg(CONFIG_HAS_IOPORT)]
use self::width::swapped;

use crate::{
    offset::Mode,
    see::Teller,
    uses::{
        Use,
        Uses, //
    },
};

/// Where the registers are.
pub(crate) enum Bus {
    /// In memory, with the pages around it, if all of those could be claimed.
    Memory {
        claim: Arc<MemRegion>,
        pages: Option<Arc<Pages>>,
    },
    #[cfg(CONFIG_HAS_IOPORT)]
    Ports(Ports<PortRegion>),
}

/// What firmware, or whoever made the device, says of all its registers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Traits {
    /// How wide they are, where there is but one width.
    pub(crate) width: Option<Width>,
    pub(crate) big_endian: bool,
    pub(crate) read_only: bool,
}

/// How the memory of a region is mapped at present.
#[derive(Default)]
struct Mapped {
    kernel: Option<Mapping<Arc<MemRegion>>>,
    reservation: Option<WcReservation<Arc<Pages>>>,
}

/// Registers that follow one another.
#[pin_data]
pub(crate) struct Region {
    bus: Bus,
    name: Option<CString>,
    traits: Traits,
    uses: Arc<Uses>,
    teller: Teller,
    // Protects how memory is mapped, and makes an update one step for everybody who accesses
    // registers by call: held for reading while a register is read, for writing while one is
    // written or updated, while a mapping is being made, and while the memory is mapped into the
    // kernel. It comes after `mmap_lock` and the lease's lock; no other lock is taken while it is
    // held but those of the kernel's own mappings.
    #[pin]
    mapped: RwSem<Mapped>,
}

impl Region {
    pub(crate) fn new(
        bus: Bus,
        name: Option<CString>,
        traits: Traits,
        uses: Arc<Uses>,
        teller: Teller,
    ) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            pin_init!(Self {
                bus,
                name,
                traits,
                uses,
                teller,
                mapped <- RwSem::new(
                    Mapped::default(),
                    c"Region::mapped",
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
        match &self.bus {
            Bus::Memory { claim, .. } => claim.region().range(),
            #[cfg(CONFIG_HAS_IOPORT)]
            Bus::Ports(ports) => ports.range(),
        }
    }

    /// Returns the length of its registers, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.range().length()
    }

    pub(crate) fn is_ports(&self) -> bool {
        !matches!(self.bus, Bus::Memory { .. })
    }

    /// Returns what is true of all its registers.
    pub(crate) fn traits(&self) -> Traits {
        self.traits
    }

    /// Returns the pages that programs can map, if there are any.
    pub(crate) fn pages(&self) -> Option<&Arc<Pages>> {
        match &self.bus {
            Bus::Memory { pages, .. } => pages.as_ref(),
            #[cfg(CONFIG_HAS_IOPORT)]
            Bus::Ports(_) => None,
        }
    }

    /// Tells whether programs can map it write-combining. Where that excludes all else, a region that
    /// shares its pages with another one of the window cannot be.
    pub(crate) fn can_combine_writes(&self) -> bool {
        self.pages()
            .is_some_and(|pages| !EXCLUSIVE_CACHE_MODES || pages.counts().0 == 1)
    }

    /// Returns the count of its mappings, for who outlives the region.
    pub(crate) fn shared_uses(&self) -> Arc<Uses> {
        self.uses.clone()
    }

    /// Prepares for one more mapping, which is counted until it counts itself.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it is mapped in another mode, and this processor cannot have both.
    /// - `EOPNOTSUPP`: this region cannot be mapped write-combining.
    /// - Those of [`WcReservation::new`].
    pub(crate) fn enter(&self, mode: Mode) -> Result<Use<'_>> {
        let mut mapped = self.mapped.write();
        let other = match mode {
            Mode::Uncached => Mode::WriteCombining,
            Mode::WriteCombining => Mode::Uncached,
        };
        if mode == Mode::WriteCombining && !self.can_combine_writes() {
            return Err(iomem::error::eopnotsupp());
        }
        if EXCLUSIVE_CACHE_MODES {
            if self.uses.count(other) != 0 {
                return Err(EBUSY);
            }
            match mode {
                Mode::Uncached => mapped.reservation = None,
                Mode::WriteCombining => {
                    mapped.kernel = None;
                    if let (None, Some(pages)) = (&mapped.reservation, self.pages()) {
                        mapped.reservation = Some(WcReservation::new(pages.clone())?);
                    }
                }
            }
        }
        Ok(self.uses.hold(mode))
    }

    /// Maps its memory into the kernel, if it is not.
    fn ioremap(&self, claim: &Arc<MemRegion>, mapped: &mut Mapped) -> Result {
        if mapped.kernel.is_some() {
            return Ok(());
        }
        if EXCLUSIVE_CACHE_MODES {
            if self.uses.count(Mode::WriteCombining) != 0 {
                return Err(EBUSY);
            }
            mapped.reservation = None;
        }
        mapped.kernel = Some(Mapping::ioremap(claim.clone())?);
        Ok(())
    }

    /// Returns the lock, held for reading, when the memory is mapped into the kernel.
    fn for_reading(&self, claim: &Arc<MemRegion>) -> Result<ReadGuard<'_, Mapped>> {
        loop {
            let mapped = self.mapped.read();
            if mapped.kernel.is_some() {
                return Ok(mapped);
            }
            drop(mapped);
            self.ioremap(claim, &mut self.mapped.write())?;
        }
    }

    /// Makes sure that there is a register of that width, and returns its offset.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is none: it is beyond the end, not aligned, or not that wide.
    pub(crate) fn check(&self, width: Width, offset: u64) -> Result<usize> {
        let other = self.traits.width.is_some_and(|only| only != width);
        let too_wide = self.is_ports() && width == Width::W64;
        let last = self.length().checked_sub(width.bytes() as u64);
        if other || too_wide || last.is_none_or(|last| offset > last) {
            return Err(EINVAL);
        }
        let offset = usize::try_from(offset).map_err(|_| EINVAL)?;
        // The pages of memory are aligned, so that its place within them is what counts.
        let place = (self.range().start() as usize).wrapping_add(offset);
        if !width.is_aligned(place) {
            return Err(EINVAL);
        }
        Ok(offset)
    }

    /// Reads one register, by one access.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there is no such register: it is beyond the end, not aligned, or not that wide.
    /// - `EBUSY`: it is mapped write-combining, see [`Self::enter`].
    /// - `ENOMEM`: it could not be mapped into the kernel.
    pub(crate) fn read(&self, width: Width, offset: u64) -> Result<u64> {
        let offset = self.check(width, offset)?;
        match &self.bus {
            Bus::Memory { claim, .. } => {
                let mapped = self.for_reading(claim)?;
                let regs = mapped.kernel.as_ref().ok_or(EINVAL)?;
                self.load(regs, width, offset)
            }
            #[cfg(CONFIG_HAS_IOPORT)]
            Bus::Ports(ports) => {
                let _mapped = self.mapped.read();
                self.load_port(ports, width, offset)
            }
        }
    }

    /// Writes one register, by one access. Bits of `value` beyond the width are not looked at.
    ///
    /// # Errors
    ///
    /// Those of [`Self::read`], and `EPERM`: the region can only be read.
    pub(crate) fn write(&self, width: Width, offset: u64, value: u64) -> Result {
        self.change(width, offset, |_| Ok(value))
    }

    /// Reads a register, replaces the bits that are in `mask` by those of `value`, and writes it,
    /// with no write or update by call in between. Returns what it was.
    ///
    /// # Errors
    ///
    /// Those of [`Self::write`].
    pub(crate) fn update(&self, width: Width, offset: u64, mask: u64, value: u64) -> Result<u64> {
        let mut old = 0;
        self.change(width, offset, |read| {
            old = read()?;
            Ok(old & !mask | value & mask)
        })?;
        Ok(old)
    }

    /// Writes what `make` returns, which can read the register first.
    fn change(
        &self,
        width: Width,
        offset: u64,
        make: impl FnOnce(&dyn Fn() -> Result<u64>) -> Result<u64>,
    ) -> Result {
        if self.traits.read_only {
            return Err(EPERM);
        }
        let offset = self.check(width, offset)?;
        let mut mapped = self.mapped.write();
        match &self.bus {
            Bus::Memory { claim, .. } => {
                self.ioremap(claim, &mut mapped)?;
                let regs = mapped.kernel.as_ref().ok_or(EINVAL)?;
                let value = make(&|| self.load(regs, width, offset))?;
                // Told first, so that it comes before what it makes the device do.
                self.teller.written(width, offset, value);
                if self.traits.big_endian {
                    store!(regs.big_endian(), width, offset, value);
                } else {
                    store!(regs.window(), width, offset, value);
                }
            }
            #[cfg(CONFIG_HAS_IOPORT)]
            Bus::Ports(ports) => {
                let value = make(&|| self.load_port(ports, width, offset))?;
                self.teller.written(width, offset, value);
                let value = if self.traits.big_endian {
                    swapped(width, value)
                } else {
                    value
                };
                match width {
                    Width::W8 => ports.window().try_write8(value as u8, offset)?,
                    Width::W16 => ports.window().try_write16(value as u16, offset)?,
                    Width::W32 => ports.window().try_write32(value as u32, offset)?,
                    Width::W64 => return Err(EINVAL),
                }
            }
        }
        Ok(())
    }

    fn load(&self, regs: &Mapping<Arc<MemRegion>>, width: Width, offset: usize) -> Result<u64> {
        let value = if self.traits.big_endian {
            load!(regs.big_endian(), width, offset)
        } else {
            load!(regs.window(), width, offset)
        };
        self.teller.read(width, offset, value);
        Ok(value)
    }

    #[cfg(CONFIG_HAS_IOPORT)]
    fn load_port(&self, ports: &Ports<PortRegion>, width: Width, offset: usize) -> Result<u64> {
        let value = match width {
            Width::W8 => u64::from(ports.window().try_read8(offset)?),
            Width::W16 => u64::from(ports.window().try_read16(offset)?),
            Width::W32 => u64::from(ports.window().try_read32(offset)?),
            Width::W64 => return Err(EINVAL),
        };
        let value = if self.traits.big_endian {
            swapped(width, value)
        } else {
            value
        };
        self.teller.read(width, offset, value);
        Ok(value)
    }
}
