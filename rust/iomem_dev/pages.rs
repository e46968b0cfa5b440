// SPDX-License-Identifier: GPL-2.0

//! The pages that the memory of a window is in, and what else may be in them.
//!
//! A region shorter than its pages is shown only if
//!
//! - the description of the window says that the rest of them is not another device's
//!   (`map-whole-pages`), which the kernel cannot know: drivers need not claim what they map;
//! - neither the tree of resources nor firmware says otherwise;
//! - firmware does not keep the rest for itself, unless the description says that this is no memory
//!   (`firmware-reserved`);
//! - the rest could be claimed as well, so that no driver claims it later.

use iomem::{
    platform::described_beside,
    range::Range,
    resource::{
        MemRegion,
        Pages,
        Reason,
        Refused, //
    },
};
use kernel::{
    device,
    page::PAGE_SIZE,
    prelude::*,
    str::CString,
    sync::Arc, //
};

/// Sorts claims into groups that share pages, each in the order of addresses.
pub(crate) fn groups(claims: &KVec<Arc<MemRegion>>) -> Result<KVec<KVec<&Arc<MemRegion>>>> {
    let mut sorted: KVec<&Arc<MemRegion>> = KVec::with_capacity(claims.len(), GFP_KERNEL)?;
    for claim in claims {
        let start = claim.range().start();
        let before = sorted.iter().filter(|other| other.range().start() < start);
        let place = before.count();
        sorted
            .insert_within_capacity(place, claim)
            .map_err(|_| ENOMEM)?;
    }

    let page = |address: u64| address / PAGE_SIZE as u64;
    let mut groups: KVec<KVec<&Arc<MemRegion>>> = KVec::new();
    for claim in sorted {
        let shared = groups.last_mut().filter(|group| {
            group
                .last()
                .is_some_and(|before| page(before.range().last()) == page(claim.range().start()))
        });
        match shared {
            Some(group) => group.push(claim, GFP_KERNEL)?,
            None => {
                let mut group = KVec::new();
                group.push(claim, GFP_KERNEL)?;
                groups.push(group, GFP_KERNEL)?;
            }
        }
    }
    Ok(groups)
}

/// That whole pages are to be shown, and the rest of them is to be claimed.
#[derive(Clone, Copy)]
pub(crate) struct WholePages {
    /// Firmware may keep it for itself.
    pub(crate) reserved: bool,
}

/// Returns the pages that some claims are in, of which the rest is claimed where that was asked for; or
/// says in the log why programs cannot map them.
pub(crate) fn around(
    dev: &device::Device<device::Bound>,
    claims: &KVec<&Arc<MemRegion>>,
    whole: Option<WholePages>,
    node: &CStr,
) -> Result<Option<Arc<Pages>>> {
    match pages(dev, claims, whole, node) {
        Ok(pages) => Ok(Some(Arc::new(pages, GFP_KERNEL)?)),
        Err(NoPages::Refused(refused)) if Error::from(refused) == ENOMEM => Err(ENOMEM),
        Err(NoPages::Refused(refused)) => {
            if let Reason::Unclaimed(part) = refused.reason() {
                dev_info!(
                    dev,
                    "no mmap of its registers: {part} of their pages can be another device's. Use \
                     pread() and pwrite(), or say map-whole-pages if it is not\n"
                );
            } else {
                dev_warn!(
                    dev,
                    "no mmap of its registers, which share a page with another device's \
                     ({refused}): use pread() and pwrite()\n"
                );
            }
            Ok(None)
        }
        Err(NoPages::Described(range)) => {
            dev_warn!(
                dev,
                "no mmap of its registers, which share a page with another device's (firmware has \
                 one at {range}): use pread() and pwrite()\n"
            );
            Ok(None)
        }
        Err(NoPages::FirmwareReserved(range)) => {
            dev_warn!(
                dev,
                "no mmap of its registers, which share a page with what firmware has reserved \
                 ({range}), and can be memory that it uses: use pread() and pwrite(), or say \
                 firmware-reserved if it is not\n"
            );
            Ok(None)
        }
        Err(NoPages::Other(e)) => Err(e),
    }
}

/// Why programs cannot map pages.
enum NoPages {
    /// The rest of them cannot be claimed, or was not to be.
    Refused(Refused),
    /// Another device is described there.
    Described(Range),
    /// Firmware keeps a part of the rest for itself.
    FirmwareReserved(Range),
    /// Something else, which is not about them.
    Other(Error),
}

impl From<Refused> for NoPages {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

fn pages(
    dev: &device::Device<device::Bound>,
    claims: &KVec<&Arc<MemRegion>>,
    whole: Option<WholePages>,
    node: &CStr,
) -> Result<Pages, NoPages> {
    let Some(whole) = whole else {
        return Ok(Pages::covered_by(claims)?);
    };
    let name = CString::try_from_fmt(fmt!("{node} (rest of page)")).map_err(NoPages::Other)?;
    let pages = Pages::around(claims, &name)?;
    let mut registers =
        KVec::with_capacity(claims.len(), GFP_KERNEL).map_err(|_| NoPages::Other(ENOMEM))?;
    for claim in claims {
        registers
            .push(claim.range(), GFP_KERNEL)
            .map_err(|_| NoPages::Other(ENOMEM))?;
    }
    for rest in pages.rest() {
        if let Some(other) = described_beside(dev, rest, &registers) {
            return Err(NoPages::Described(other));
        }
    }
    // Also where firmware describes the registers: that says nothing of the rest.
    let reserved = pages.reserved_rest().filter(|_| !whole.reserved);
    reserved.map_or(Ok(pages), |part| Err(NoPages::FirmwareReserved(part)))
}
