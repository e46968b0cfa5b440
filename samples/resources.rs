// SPDX-License-Identifier: GPL-2.0

//! `/proc/iomem` and `/proc/ioports`: the two trees of what is claimed, before, during and after.
//!
//! | C, in this order | here |
//! |---|---|
//! | `iomem_resource`, `ioport_resource` | [`Mem`] and [`Port`], which are a [`Root`] each |
//! | `region_intersects()` | [`region_intersects`], of memory only |
//! | `request_mem_region()`, `request_region()` | [`Claim::request`], the same for both |
//! | `release_mem_region()`, `release_region()` | dropping the [`Claim`] |
//!
//! It claims a range of each and touches no device, so that any free range will do. In `make vm`:
//!
//! ```text
//! grep -A 1 0000:00:02.0 /proc/iomem; grep -A 1 0000:00:03.0 /proc/ioports
//! modprobe sample_resources memory=0xfea00000 ports=0xc000
//! grep -A 1 0000:00:02.0 /proc/iomem; grep -A 1 0000:00:03.0 /proc/ioports
//! rmmod sample_resources
//! grep -A 1 0000:00:02.0 /proc/iomem; grep -A 1 0000:00:03.0 /proc/ioports
//! dmesg
//! ```
//!
//! In between each tree has one line more, below that of the device. The log has what a driver is
//! told before, during and after. Documentation/samples/resources.rst shows it.

use iomem::{
    compat::param,
    range::Range,
    resource::{
        region_intersects,
        Claim,
        Intersection,
        Kind,
        Mem,
        MemRegion,
        Port,
        PortRegion,
        Root, //
    },
};
use kernel::prelude::*;

module! {
    type: Sample,
    name: "sample_resources",
    authors: ["The iomem authors"],
    description: "Sample: /proc/iomem and /proc/ioports before, during and after",
    license: "GPL",
    params: {
        memory: u64 {
            default: 0,
            description: "physical address of 0x1000 bytes to claim",
        },
        ports: u64 {
            default: 0,
            description: "first of 0x10 ports to claim",
        },
    },
}

/// The range that a parameter stands for.
fn chosen(start: u64, length: u64) -> Result<Range> {
    if start == 0 {
        pr_err!("say which ranges: memory= and ports=\n");
        return Err(EINVAL);
    }
    Range::new(start, length)
        .inspect_err(|_| pr_err!("{start:#x} is too far up for {length:#x} bytes or ports\n"))
}

/// Asks who has the range. The answer is old when it comes: only a claim is an answer that lasts.
fn ask(when: &str, range: Range) {
    let found = match region_intersects(range, Kind::BUSY) {
        Intersection::Disjoint => "not claimed",
        Intersection::Intersects => "claimed",
        Intersection::Mixed => "claimed in part",
    };
    pr_info!("{when}: {range}: {found}\n");
}

/// Claims a range of either tree, and shows that it cannot be had twice.
fn claim<R: Root>(range: Range) -> Result<Claim<R>> {
    pr_info!("{}: up to {:#x}\n", R::PROC, R::last());
    let claim = Claim::<R>::request(range, c"sample_resources")
        .inspect_err(|refused| pr_err!("{refused}\n"))?;

    // Not even a part of it, and not even by who has the rest.
    match Claim::<R>::request(range.part(0x8, 0x4)?, c"again") {
        Ok(_) => return Err(EIO),
        Err(refused) => pr_info!("as it should be: {refused}\n"),
    }
    Ok(claim)
}

/// What the module keeps.
struct Sample {
    memory: Option<MemRegion>,
    _ports: PortRegion,
}

impl kernel::Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let memory = chosen(param(module_parameters::memory.value()), 0x1000)?;
        let ports = chosen(param(module_parameters::ports.value()), 0x10)?;

        ask("before", memory);
        let kept = Self {
            memory: Some(claim::<Mem>(memory)?),
            // If this is refused, the other is released.
            _ports: claim::<Port>(ports)?,
        };
        ask("during", memory);
        Ok(kept)
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // The claims end with the fields, after this. It is for the question that one ends sooner.
        if let Some(claim) = self.memory.take() {
            let range = claim.range();
            drop(claim);
            ask("after", range);
        }
    }
}
