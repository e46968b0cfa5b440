// SPDX-License-Identifier: GPL-2.0

//! What a window has of its device: claims on all of its regions, and on the rest of their pages,
//! and its interrupt lines.
//!
//! Everything is claimed before anything is shown.

use iomem::{
    access::Width,
    irq::{
        Polled,
        Registration, //
    },
    resource::Pages, //
};
use kernel::{
    device::{
        self,
        Core, //
    },
    platform,
    prelude::*,
    sync::Arc, //
};

#[cfg(CONFIG_HAS_IOPORT)]
use iomem::{
    platform::Ports as _,
    port::Ports,
    resource::Port, //
};

use crate::{
    claim_error::ClaimError,
    irq_lines,
    map_count::MapCount,
    names,
    pages::{
        self,
        WholePages, //
    },
    region::{
        trace::AccessTrace,
        Region,
        RegisterFormat,
        Space, //
    },
};

/// The regions of a bound device, in the order of their numbers: memory first, then ports; and its
/// interrupt lines.
pub(crate) struct Resources {
    /// Given back first.
    lines: KVec<Registration>,
    regions: KVec<Pin<KBox<Region>>>,
}

impl Resources {
    /// Claims what the device has, under the name of its node. `chosen` says that user space has chosen
    /// the addresses, and not firmware. Each interrupt wakes who sleeps in `polled`.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: it has nothing.
    /// - `EPERM`: firmware keeps a chosen address for itself, and nothing says that it may be had
    ///   nevertheless (`firmware-reserved`).
    /// - Those of [`ClaimError::or_claim`], [`ClaimError::unless_going`], [`irq_lines::request`], and of the properties: see
    ///   [`register_format`].
    pub(crate) fn new(
        pdev: &platform::Device<Core<'_>>,
        node: &CStr,
        chosen: bool,
        polled: &Polled,
    ) -> Result<Self> {
        let dev: &device::Device<Core<'_>> = pdev.as_ref();
        let format = register_format(dev)?;
        let has = |property| {
            dev.fwnode()
                .is_some_and(|node| node.property_read_bool(property))
        };
        let whole_pages = has(c"map-whole-pages");
        let reserved = has(c"firmware-reserved");
        let may_be_reserved = !chosen || reserved;
        let names = names::list(dev, c"reg-names")?;
        let mut names = names.into_iter();

        let mut claims = KVec::new();
        while let Some(resource) = pdev.resource_by_index(claims.len() as u32) {
            let claim = ClaimError::or_claim(resource.start(), resource.size(), node)
                .and_then(|claim| ClaimError::unless(may_be_reserved, claim))
                .and_then(|claim| ClaimError::unless_going(dev, claim))
                .map_err(|error| refused(dev, error))?;
            claims.push(Arc::new(claim, GFP_KERNEL)?, GFP_KERNEL)?;
        }

        let mut regions = KVec::new();
        for claim in &claims {
            let space = Space::Memory {
                claim: claim.clone(),
                pages: None,
            };
            let region = (space, names.next());
            regions.push(region, GFP_KERNEL)?;
        }
        let whole = whole_pages.then_some(WholePages { reserved });
        for group in pages::groups(&claims)? {
            let Some(pages) = pages::around(dev, &group, whole, node)? else {
                continue;
            };
            for (region, claim) in regions.iter_mut().zip(&claims) {
                // Each shows its own pages, and those of the others only where they share them.
                if let (Space::Memory { pages: shown, .. }, Some(own)) =
                    (&mut region.0, Pages::of(&pages, claim))
                {
                    *shown = Some(own);
                }
            }
        }

        #[cfg(CONFIG_HAS_IOPORT)]
        while let Some(resource) = pdev.port_by_index((regions.len() - claims.len()) as u32) {
            let claim = ClaimError::or_claim::<Port>(resource.start(), resource.size(), node)
                .and_then(|claim| ClaimError::unless_going(dev, claim))
                .map_err(|error| refused(dev, error))?;
            let range = claim.range();
            let ports = Ports::new(claim).inspect_err(|e| {
                dev_err!(
                    dev,
                    "ports {range} cannot be reached on this machine: {e:?}\n"
                );
            })?;
            regions.push((Space::Ports(ports), names.next()), GFP_KERNEL)?;
        }

        if regions.is_empty() {
            dev_err!(
                dev,
                "it has neither memory nor ports: give the device some (`reg` in a device tree)\n"
            );
            return Err(ENODEV);
        }
        if names.next().is_some() {
            dev_err!(dev, "reg-names has more names than there are regions\n");
            return Err(EINVAL);
        }

        let mut made = KVec::with_capacity(regions.len(), GFP_KERNEL)?;
        for (space, name) in regions {
            let map_count = Arc::new(MapCount::new(), GFP_KERNEL)?;
            let trace = AccessTrace::new(node, made.len())?;
            made.push(
                Region::new(space, name, format, map_count, trace)?,
                GFP_KERNEL,
            )?;
        }
        let lines = irq_lines::request(pdev, node, polled)?;
        if names::list(dev, c"interrupt-names")?.len() > lines.len() {
            dev_err!(
                dev,
                "interrupt-names has more names than there are interrupts\n"
            );
            return Err(EINVAL);
        }
        Ok(Self {
            lines,
            regions: made,
        })
    }

    /// Returns the interrupt lines, in the order of their numbers.
    pub(crate) fn lines(&self) -> &[Registration] {
        &self.lines
    }

    /// Returns a region by its number.
    pub(crate) fn region(&self, number: usize) -> Option<&Region> {
        self.regions.get(number).map(|region| &**region)
    }

    /// Returns the regions, in the order of their numbers.
    pub(crate) fn regions(&self) -> impl ExactSizeIterator<Item = &Region> {
        self.regions.iter().map(|region| &**region)
    }
}

/// Says in the log why a range is refused.
fn refused<C: device::DeviceContext>(dev: &device::Device<C>, error: ClaimError) -> Error {
    dev_err!(dev, "{error}\n");
    error.into()
}

/// Reads the properties `reg-io-width` (which says how wide all registers are, in bytes),
/// `big-endian`, `read-only` and `write-combining`.
///
/// # Errors
///
/// `EINVAL`: no register has the width.
fn register_format(dev: &device::Device<Core<'_>>) -> Result<RegisterFormat> {
    let Some(node) = dev.fwnode() else {
        return Ok(RegisterFormat::default());
    };
    let width = match node.property_read::<u32>(c"reg-io-width").optional() {
        None if node.property_present(c"reg-io-width") => {
            dev_err!(
                dev,
                "reg-io-width is no number of 32 bits: give 1, 2, 4 or 8 bytes\n"
            );
            return Err(EINVAL);
        }
        None => None,
        Some(bytes) => Some(Width::from_bytes(bytes as usize).inspect_err(|_| {
            dev_err!(
                dev,
                "reg-io-width is {bytes}, and no register is that wide: give 1, 2, 4 or 8 bytes\n"
            );
        })?),
    };
    Ok(RegisterFormat {
        width,
        big_endian: node.property_read_bool(c"big-endian"),
        read_only: node.property_read_bool(c"read-only"),
        write_combining: node.property_read_bool(c"write-combining"),
    })
}
