// SPDX-License-Identifier: GPL-2.0

//! Attributes: `/sys/class/misc/iomem<N>/`.
//!
//! | file | what it tells |
//! |---|---|
//! | `name` | what the device is called, as `IOMEM_IOC_WINDOW_INFO` says |
//! | `regions` | how many regions there are |
//! | `open_files` | how many times the node is open |
//! | `mappings` | how many mappings there are, of all regions |
//! | `irqs` | how many interrupts there are |
//! | `region<M>/name` | what the region is called, or nothing |
//! | `region<M>/address` | its physical address, or its port; for root only |
//! | `region<M>/size` | how long its registers are, in bytes |
//! | `region<M>/flags` | of `mmap`, `ports`, `read-only`, `big-endian` those that hold |
//! | `region<M>/cache_modes` | of `uncached`, `write-combining` those that it can be mapped in |
//! | `region<M>/width` | how wide its registers are, in bytes; 0: unspecified |
//! | `region<M>/offset` | its offset in the node |
//! | `region<M>/wc_offset` | that for write-combining, if it can be |
//! | `region<M>/mappings` | how many mappings of it there are |
//! | `irq<M>/name` | what the interrupt is called, or nothing |
//! | `irq<M>/count` | how many came since the device was bound |
//! | `irq<M>/trigger` | `level`, also where the kernel does not know, or `edge` |
//! | `irq<M>/masked` | 1 if the line is masked, or 0 |
//!
//! Addresses, sizes and offsets are hexadecimal, all else is decimal. What asks the hardware is
//! `ENODEV` once the device is gone.

use iomem::{
    irq::Interrupt,
    sysfs::{
        Attribute,
        Attributes,
        Groups, //
    },
    text::Text,
    uapi::{
        RegionInfo,
        REGION_BIG_ENDIAN,
        REGION_MMAP,
        REGION_MMAP_WC,
        REGION_PORTS,
        REGION_READ_ONLY, //
    },
};
use kernel::{
    fmt::Write,
    prelude::*,
    str::CString,
    sync::Arc, //
};

use crate::{
    offset::Mode,
    window::Window, //
};

/// Makes the attributes of a window and its regions.
pub(crate) fn groups(window: &Arc<Window>) -> Result<Groups> {
    let mut groups = Groups::new();
    groups.device(window.clone())?;
    for number in 0..window.regions() {
        let region = RegionAttributes {
            window: window.clone(),
            number,
        };
        groups.folder(
            CString::try_from_fmt(fmt!("region{number}"))?,
            Arc::new(region, GFP_KERNEL)?,
        )?;
    }
    for (number, interrupt) in window.interrupts().iter().enumerate() {
        groups.folder(
            CString::try_from_fmt(fmt!("irq{number}"))?,
            Arc::new(IrqAttributes(interrupt.clone()), GFP_KERNEL)?,
        )?;
    }
    Ok(groups)
}

fn name(window: &Window, text: &mut Text<'_>) -> Result {
    Ok(text.write_fmt(fmt!("{}", window.label()))?)
}

fn regions(window: &Window, text: &mut Text<'_>) -> Result {
    Ok(write!(text, "{}", window.regions())?)
}

fn irqs(window: &Window, text: &mut Text<'_>) -> Result {
    Ok(write!(text, "{}", window.interrupts().len())?)
}

fn open_files(window: &Window, text: &mut Text<'_>) -> Result {
    Ok(write!(text, "{}", window.open_files())?)
}

fn mappings(window: &Window, text: &mut Text<'_>) -> Result {
    Ok(write!(text, "{}", window.all_mappings())?)
}

impl Attributes for Window {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"name", name),
        Attribute::new(c"regions", regions),
        Attribute::new(c"irqs", irqs),
        Attribute::new(c"open_files", open_files),
        Attribute::new(c"mappings", mappings),
    ];
}

/// A region of a window.
struct RegionAttributes {
    window: Arc<Window>,
    number: usize,
}

impl RegionAttributes {
    fn info(&self) -> Result<RegionInfo> {
        self.window.region_info(self.number)
    }

    fn name(&self, text: &mut Text<'_>) -> Result {
        let resources = self.window.resources()?;
        let region = resources.region(self.number).ok_or(ENODEV)?;
        match region.name() {
            Some(name) => Ok(text.write_fmt(fmt!("{name}"))?),
            None => Ok(()),
        }
    }

    fn address(&self, text: &mut Text<'_>) -> Result {
        let resources = self.window.resources()?;
        let region = resources.region(self.number).ok_or(ENODEV)?;
        Ok(write!(text, "{:#x}", region.range().start())?)
    }

    fn size(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{:#x}", self.info()?.length)?)
    }

    fn flags(&self, text: &mut Text<'_>) -> Result {
        let flags = self.info()?.flags;
        words(
            text,
            &[
                ("mmap", flags & REGION_MMAP != 0),
                ("ports", flags & REGION_PORTS != 0),
                ("read-only", flags & REGION_READ_ONLY != 0),
                ("big-endian", flags & REGION_BIG_ENDIAN != 0),
            ],
        )
    }

    fn cache_modes(&self, text: &mut Text<'_>) -> Result {
        let flags = self.info()?.flags;
        words(
            text,
            &[
                ("uncached", flags & REGION_MMAP != 0),
                ("write-combining", flags & REGION_MMAP_WC != 0),
            ],
        )
    }

    fn width(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{}", self.info()?.width)?)
    }

    fn offset(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{:#x}", self.info()?.offset)?)
    }

    fn wc_offset(&self, text: &mut Text<'_>) -> Result {
        let info = self.info()?;
        if info.flags & REGION_MMAP_WC == 0 {
            return Ok(());
        }
        Ok(write!(text, "{:#x}", info.wc_offset)?)
    }

    fn mappings(&self, text: &mut Text<'_>) -> Result {
        let uncached = self.window.mappings(self.number, Mode::Uncached);
        let combining = self.window.mappings(self.number, Mode::WriteCombining);
        Ok(write!(text, "{}", uncached.saturating_add(combining))?)
    }
}

impl Attributes for RegionAttributes {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"name", Self::name),
        Attribute::new(c"address", Self::address).owner_only(),
        Attribute::new(c"size", Self::size),
        Attribute::new(c"flags", Self::flags),
        Attribute::new(c"cache_modes", Self::cache_modes),
        Attribute::new(c"width", Self::width),
        Attribute::new(c"offset", Self::offset),
        Attribute::new(c"wc_offset", Self::wc_offset),
        Attribute::new(c"mappings", Self::mappings),
    ];
}

/// An interrupt of a window.
struct IrqAttributes(Arc<Interrupt>);

impl IrqAttributes {
    fn name(&self, text: &mut Text<'_>) -> Result {
        match self.0.name() {
            Some(name) => Ok(text.write_fmt(fmt!("{name}"))?),
            None => Ok(()),
        }
    }

    fn count(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{}", self.0.status()?.count)?)
    }

    fn trigger(&self, text: &mut Text<'_>) -> Result {
        let trigger = if self.0.status()?.is_level {
            "level"
        } else {
            "edge"
        };
        Ok(text.write_str(trigger)?)
    }

    fn masked(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{}", u8::from(self.0.status()?.is_masked))?)
    }
}

impl Attributes for IrqAttributes {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"name", Self::name),
        Attribute::new(c"count", Self::count),
        Attribute::new(c"trigger", Self::trigger),
        Attribute::new(c"masked", Self::masked),
    ];
}

/// Writes those words that hold, with a space between each two.
fn words(text: &mut Text<'_>, words: &[(&str, bool)]) -> Result {
    let mut between = "";
    for (word, _) in words.iter().filter(|(_, holds)| *holds) {
        write!(text, "{between}{word}")?;
        between = " ";
    }
    Ok(())
}
