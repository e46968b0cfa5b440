// SPDX-License-Identifier: GPL-2.0

//! Accesses to a region's registers, one or a series of them, while its lock is held.

use iomem::{
    access::Width,
    mapping::Mapping,
    resource::MemRegion,
    rwsem::ReadGuard, //
};
use kernel::{
    io::Io,
    prelude::*,
    sync::Arc, //
};

#[cfg(CONFIG_HAS_IOPORT)]
use iomem::{
    port::Ports,
    resource::PortRegion, //
};

use super::{
    MapState,
    Region,
    Space, //
};

/// Reads one register of the given width.
macro_rules! load {
    ($view:expr, $width:expr, $offset:expr) => {
        match $width {
            Width::W8 => u64::from($view.try_read8($offset)?),
            Width::W16 => u64::from($view.try_read16($offset)?),
            Width::W32 => u64::from($view.try_read32($offset)?),
            Width::W64 => $view.try_read64($offset)?,
        }
    };
}

/// Writes one register of the given width.
macro_rules! store {
    ($view:expr, $width:expr, $offset:expr, $value:expr) => {
        match $width {
            Width::W8 => $view.try_write8($value as u8, $offset)?,
            Width::W16 => $view.try_write16($value as u16, $offset)?,
            Width::W32 => $view.try_write32($value as u32, $offset)?,
            Width::W64 => $view.try_write64($value, $offset)?,
        }
    };
}

/// A region whose registers can be read. No call writes or updates one meanwhile.
pub(crate) struct ReadAccess<'a> {
    region: &'a Region,
    state: ReadGuard<'a, MapState>,
}

impl ReadAccess<'_> {
    /// Reads one register, by one access. [`Region::check`] has said that it is one.
    pub(crate) fn load(&self, width: Width, offset: usize) -> Result<u64> {
        self.region.load(&self.state, width, offset)
    }
}

/// A region whose registers can be read and written. No other call does so meanwhile.
pub(crate) struct WriteAccess<'a> {
    region: &'a Region,
    state: &'a MapState,
}

impl WriteAccess<'_> {
    /// Reads one register, by one access. [`Region::check`] has said that it is one.
    pub(crate) fn load(&self, width: Width, offset: usize) -> Result<u64> {
        self.region.load(self.state, width, offset)
    }

    /// Writes one register, by one access. [`Region::check`] has said that it is one. Bits of `value`
    /// beyond the width are not looked at.
    pub(crate) fn store(&self, width: Width, offset: usize, value: u64) -> Result {
        self.region.store(self.state, width, offset, value)
    }

    /// Reads a register, replaces the bits that are in `mask` by those of `value`, and writes it. Returns
    /// what it was. [`Region::check`] has said that it is one.
    pub(crate) fn update(&self, width: Width, offset: usize, mask: u64, value: u64) -> Result<u64> {
        let old = self.load(width, offset)?;
        self.store(width, offset, old & !mask | value & mask)?;
        Ok(old)
    }
}

impl Region {
    /// Begins to read, when the memory is mapped into the kernel.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it is mapped write-combining, see [`Region::reserve_mapping`].
    /// - `ENOMEM`: it could not be mapped into the kernel.
    pub(crate) fn read_access(&self) -> Result<ReadAccess<'_>> {
        loop {
            let state = self.map_state.read();
            match &self.space {
                Space::Memory { claim, .. } if state.kernel.is_none() => {
                    drop(state);
                    self.map_state.write(|state| self.ioremap(claim, state))?;
                }
                _ => {
                    return Ok(ReadAccess {
                        region: self,
                        state,
                    })
                }
            }
        }
    }

    /// Calls `f` with the region for writing.
    ///
    /// # Errors
    ///
    /// Those of [`Self::read_access`], and of `f`; and `EPERM`: the region can only be read.
    pub(crate) fn write_access<R>(
        &self,
        f: impl FnOnce(&WriteAccess<'_>) -> Result<R>,
    ) -> Result<R> {
        if self.format.read_only {
            return Err(EPERM);
        }
        self.map_state.write(|state| {
            if let Space::Memory { claim, .. } = &self.space {
                self.ioremap(claim, state)?;
            }
            f(&WriteAccess {
                region: self,
                state,
            })
        })
    }

    /// Reads one register, by one access.
    ///
    /// # Errors
    ///
    /// Those of [`Self::check`] and of [`Self::read_access`].
    pub(crate) fn read(&self, width: Width, offset: u64) -> Result<u64> {
        let offset = self.check(width, offset)?;
        self.read_access()?.load(width, offset)
    }

    /// Reads a register that is known to be one.
    fn load(&self, state: &MapState, width: Width, offset: usize) -> Result<u64> {
        let value = match &self.space {
            Space::Memory { .. } => {
                let regs: &Mapping<Arc<MemRegion>> = state.kernel.as_ref().ok_or(EINVAL)?;
                if self.format.big_endian {
                    load!(regs.big_endian(), width, offset)
                } else {
                    load!(regs.window(), width, offset)
                }
            }
            #[cfg(CONFIG_HAS_IOPORT)]
            Space::Ports(ports) => self.load_port(ports, width, offset)?,
        };
        self.trace.read(width, offset, value);
        Ok(value)
    }

    /// Writes a register that is known to be one.
    fn store(&self, state: &MapState, width: Width, offset: usize, value: u64) -> Result {
        // Told first, so that it comes before what it makes the device do.
        self.trace.write(width, offset, value);
        match &self.space {
            Space::Memory { .. } => {
                let regs: &Mapping<Arc<MemRegion>> = state.kernel.as_ref().ok_or(EINVAL)?;
                if self.format.big_endian {
                    store!(regs.big_endian(), width, offset, value);
                } else {
                    store!(regs.window(), width, offset, value);
                }
                Ok(())
            }
            #[cfg(CONFIG_HAS_IOPORT)]
            Space::Ports(ports) => self.store_port(ports, width, offset, value),
        }
    }

    #[cfg(CONFIG_HAS_IOPORT)]
    fn load_port(&self, ports: &Ports<PortRegion>, width: Width, offset: usize) -> Result<u64> {
        let value = match width {
            Width::W8 => u64::from(ports.window().try_read8(offset)?),
            Width::W16 => u64::from(ports.window().try_read16(offset)?),
            Width::W32 => u64::from(ports.window().try_read32(offset)?),
            Width::W64 => return Err(EINVAL),
        };
        Ok(if self.format.big_endian {
            swapped(width, value)
        } else {
            value
        })
    }

    #[cfg(CONFIG_HAS_IOPORT)]
    fn store_port(
        &self,
        ports: &Ports<PortRegion>,
        width: Width,
        offset: usize,
        value: u64,
    ) -> Result {
        let value = if self.format.big_endian {
            swapped(width, value)
        } else {
            value
        };
        match width {
            Width::W8 => ports.window().try_write8(value as u8, offset),
            Width::W16 => ports.window().try_write16(value as u16, offset),
            Width::W32 => ports.window().try_write32(value as u32, offset),
            Width::W64 => Err(EINVAL),
        }
    }
}

/// The value with its bytes in the other order.
#[cfg(CONFIG_HAS_IOPORT)]
fn swapped(width: Width, value: u64) -> u64 {
    match width {
        Width::W8 => value,
        Width::W16 => u64::from((value as u16).swap_bytes()),
        Width::W32 => u64::from((value as u32).swap_bytes()),
        Width::W64 => value.swap_bytes(),
    }
}
