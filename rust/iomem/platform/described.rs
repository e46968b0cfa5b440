// SPDX-License-Identifier: GPL-2.0

//! What firmware, and the makers of other devices, say of the registers beside a device's.

use core::ptr::null_mut;

use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*, //
};

use crate::{
    bindings,
    range::Range, //
};

/// A search for registers of another device.
struct Search<'a> {
    dev: *const bindings::device,
    own: &'a dyn Fn(Range) -> bool,
    rest: Range,
    found: Option<Range>,
}

impl Search<'_> {
    /// Looks at registers that are not `dev`'s. Returns whether they are what was looked for.
    ///
    /// A window by address has no description of its own. What is described there, with all of the
    /// registers that it was chosen for, is the device that it is of; unless that is `shared`.
    fn look(&mut self, start: u64, end: u64, shared: bool) -> bool {
        let range = end
            .checked_sub(start)
            .and_then(|more| more.checked_add(1))
            .and_then(|length| Range::new(start, length).ok());
        self.found =
            range.filter(|range| range.overlaps(&self.rest) && (shared || !(self.own)(*range)));
        self.found.is_some()
    }
}

/// Looks for registers of a device other than `dev` in `rest`, a part of a page that `dev`'s are in.
///
/// Asked are the device tree, each `reg` in it, also of nodes that are disabled or for which there is
/// no driver; and the memory resources of all platform devices, which are also how ACPI's devices are
/// described. Registers that are described nowhere, or by a table that a driver has of its own, are
/// not found. Nor are the BARs of PCI devices asked about, which the tree of resources has.
///
/// `own` says of a range whether it has all of the registers that `dev` has in that page: a
/// description of these is not taken for that of another device, unless `dev` has a device-tree node of
/// its own, or the description is of a node that is several devices' (`syscon`, `simple-mfd`). Returns
/// the range that was found.
///
/// Context: may sleep. The answer is as old as the device tree, or the list of devices, is then.
///
/// Corresponds to the C functions `of_find_all_nodes()` and `of_address_to_resource()` in
/// [`include/linux/of.h`](srctree/include/linux/of.h) and
/// [`include/linux/of_address.h`](srctree/include/linux/of_address.h), and `bus_for_each_dev()` in
/// [`include/linux/device/bus.h`](srctree/include/linux/device/bus.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     platform::described_beside,
///     range::Range, //
/// };
/// use kernel::device::{
///     Bound,
///     Device, //
/// };
///
/// fn probe(dev: &Device<Bound>, registers: Range, rest: Range) -> Result {
///     if let Some(other) = described_beside(dev, rest, |range| range.contains(&registers)) {
///         dev_err!(dev, "{other} shares a page with {registers}\n");
///         return Err(EBUSY);
///     }
///     Ok(())
/// }
/// ```
pub fn described_beside(
    dev: &Device<Bound>,
    rest: Range,
    own: impl Fn(Range) -> bool,
) -> Option<Range> {
    let raw: *const bindings::device = core::ptr::from_ref(dev).cast();
    // SAFETY: `Device` is a transparent wrapper around `struct device`; one that is bound keeps its
    // node.
    let node = unsafe { (*raw).of_node };
    let has_node = !node.is_null();
    let mut search = Search {
        dev: raw,
        own: &|range| !has_node && own(range),
        rest,
        found: None,
    };
    search.nodes(node);
    if search.found.is_none() {
        search.platform_devices();
    }
    search.found
}

/// Tells whether the device tree has RAM in `range`: a `memory` node, whether the kernel uses what is
/// there, or was told by its command line (`mem=`), or by the firmware, not to.
///
/// Context: may sleep.
///
/// Corresponds to the C function `of_node_is_type()`, asked for `memory`, in
/// [`include/linux/of.h`](srctree/include/linux/of.h).
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     platform::described_as_memory,
///     range::Range, //
/// };
///
/// if described_as_memory(Range::new(0x5000_0000, 0x1000)?) {
///     return Err(EPERM);
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn described_as_memory(range: Range) -> bool {
    any_reg(|node, start, end| start <= range.last() && range.start() <= end && is_memory(node))
}

#[cfg(CONFIG_OF_ADDRESS)]
fn is_memory(node: *mut bindings::device_node) -> bool {
    // SAFETY: `any_reg` passes a node that is valid.
    unsafe { bindings::of_node_is_type(node, c"memory".as_char_ptr()) }
}

#[cfg(not(CONFIG_OF_ADDRESS))]
fn is_memory(_: *mut bindings::device_node) -> bool {
    false
}

/// Tells whether the registers of a node are those of several devices, by the generic names that are
/// there for that.
#[cfg(CONFIG_OF_ADDRESS)]
fn is_shared(node: *mut bindings::device_node) -> bool {
    [c"syscon", c"simple-mfd"].iter().any(|name| {
        // SAFETY: `any_reg` passes a node that is valid.
        unsafe { bindings::of_device_is_compatible(node, name.as_char_ptr()) != 0 }
    })
}

#[cfg(not(CONFIG_OF_ADDRESS))]
fn is_shared(_: *mut bindings::device_node) -> bool {
    false
}

/// Calls `f` with the node and the first and last address of each range of memory that a `reg` in the
/// device tree is, until it returns `true`. Returns whether it did.
#[cfg(CONFIG_OF_ADDRESS)]
fn any_reg(mut f: impl FnMut(*mut bindings::device_node, u64, u64) -> bool) -> bool {
    let mut node = null_mut();
    loop {
        // SAFETY: The function gives back the reference to `node`, and takes one to the next.
        node = unsafe { bindings::of_find_all_nodes(node) };
        if node.is_null() {
            return false;
        }
        for index in 0.. {
            let mut resource: bindings::resource = pin_init::zeroed();
            // SAFETY: The node is valid, and the resource can be written to.
            if unsafe { bindings::of_address_to_resource(node, index, &raw mut resource) } != 0 {
                break;
            }
            if resource.flags & bindings::IORESOURCE_MEM as c_ulong != 0
                && f(node, resource.start, resource.end)
            {
                // SAFETY: The reference is the one that the search has.
                unsafe { bindings::of_node_put(node) };
                return true;
            }
        }
    }
}

#[cfg(not(CONFIG_OF_ADDRESS))]
fn any_reg(_: impl FnMut(*mut bindings::device_node, u64, u64) -> bool) -> bool {
    false
}

impl Search<'_> {
    /// Looks at the device tree, but for the node `own`.
    fn nodes(&mut self, own: *mut bindings::device_node) {
        any_reg(|node, start, end| {
            !core::ptr::eq(node, own) && self.look(start, end, is_shared(node))
        });
    }

    /// Looks at the resources of all platform devices but its own.
    fn platform_devices(&mut self) {
        /// # Safety
        ///
        /// `dev` is a platform device, and `search` points to a `Search` that nothing else uses.
        unsafe extern "C" fn look(dev: *mut bindings::device, search: *mut c_void) -> c_int {
            // SAFETY: By the requirements of this function.
            let search = unsafe { &mut *search.cast::<Search<'_>>() };
            if core::ptr::eq(dev, search.dev) {
                return 0;
            }
            // SAFETY: By the requirements, the device is within a platform device, which has its
            // resources as long as it is there.
            let resources = unsafe {
                let pdev = kernel::container_of!(dev, bindings::platform_device, dev);
                match (*pdev).resource {
                    first if first.is_null() => &[],
                    first => core::slice::from_raw_parts(first, (*pdev).num_resources as usize),
                }
            };
            for resource in resources {
                if resource.flags & bindings::IORESOURCE_MEM as c_ulong != 0
                    && search.look(resource.start, resource.end, false)
                {
                    return 1;
                }
            }
            0
        }

        // SAFETY: The bus is part of the kernel image. The function calls `look` with its devices, and
        // with `self`, before it returns.
        unsafe {
            bindings::bus_for_each_dev(
                &raw const bindings::platform_bus_type,
                null_mut(),
                core::ptr::from_mut(self).cast(),
                Some(look),
            )
        };
    }
}
