// SPDX-License-Identifier: GPL-2.0

//! The interrupt lines of a device.
//!
//! All of them are handled from when it is bound until it is unbound, whether a file is open or not: what
//! came is counted. A line that is not known to be edge-triggered is masked when an interrupt comes, until
//! a program has it unmasked; see [`irq`](iomem::irq) for why, and why lines are not shared.

use iomem::{
    error::eopnotsupp,
    irq::{
        Lines,
        Polled,
        Registration, //
    },
};
use kernel::{
    device::{
        self,
        Core, //
    },
    platform,
    prelude::*,
    str::CString, //
};

use crate::names;

/// Handles all lines of a device, as `<node>:irq<N>`. Each interrupt wakes who sleeps in `polled`.
///
/// # Errors
///
/// - `EPROBE_DEFER`: the controller of a line is not there yet.
/// - `EBUSY`: another driver handles a line.
/// - `EINVAL`: what a line is called is no name.
/// - `EOPNOTSUPP`: a line is of a kind that is not supported.
/// - Others: as [`Lines::line_by_index`] and [`Line::request`](iomem::irq::Line::request).
pub(crate) fn request(
    pdev: &platform::Device<Core<'_>>,
    node: &CStr,
    polled: &Polled,
) -> Result<KVec<Registration>> {
    let dev: &device::Device<Core<'_>> = pdev.as_ref();
    let mut lines = KVec::new();
    loop {
        let index = u32::try_from(lines.len())?;
        let found = pdev.line_by_index(index).inspect_err(|e| {
            if *e != EPROBE_DEFER {
                dev_err!(dev, "interrupt {index} is described wrongly: {e:?}\n");
            }
        });
        let Some(line) = found? else {
            return Ok(lines);
        };
        if let Some(name) = line.name() {
            // By a property, or by the list of resources.
            names::check(dev, fmt!("the name of interrupt {index}"), name)?;
        }
        let number = line.number();
        let label = CString::try_from_fmt(fmt!("{node}:irq{index}"))?;
        let requested = line.request_polled(label, polled.clone());
        let registration = requested.inspect_err(|e| match *e {
            e if e == eopnotsupp() => dev_err!(
                dev,
                "interrupt {index} is line {number}, which is not supported: it is per-CPU or \
                 nested, of a controller behind a slow bus, or a message (MSI) of another \
                 device; leave the interrupt out\n"
            ),
            EBUSY => dev_err!(
                dev,
                "interrupt {index} is line {number}, which is in use: /proc/interrupts says by \
                 whom; unbind that driver, or leave the interrupt out, for lines are not shared\n"
            ),
            e => dev_err!(
                dev,
                "interrupt {index} is line {number}, which cannot be handled ({e:?}): choose one \
                 of /proc/interrupts\n"
            ),
        })?;
        lines.push(registration, GFP_KERNEL)?;
    }
}
