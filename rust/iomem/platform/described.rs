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

/// Calls a function with ranges, one after the other, until it returns `true`.
type Ranges<'a> = &'a dyn Fn(&mut dyn FnMut(Range) -> bool);

/// A search for registers of another device.
struct Search<'a> {
    dev: *const bindings::device,
    /// What `dev` has in the pages, unless its own description is known.
    registers: &'a [Range],
    rest: Range,
    found: Option<Range>,
}

impl Search<'_> {
    /// Looks at the registers that a description has, which is not `dev`'s own. Returns whether some of them are
    /// what was looked for.
    ///
    /// A window by address has no description of its own. What is described with all of the registers that it
    /// was chosen for is the device that it is of; unless that is `shared`.
    fn look(&mut self, described: Ranges<'_>, shared: bool) -> bool {
        let mut beside = None;
        described(&mut |range| {
            beside = Some(range).filter(|range| range.overlaps(&self.rest));
            beside.is_some()
        });
        let has = |register: &Range| {
            let mut is_there = false;
            described(&mut |range| {
                is_there = range.contains(register);
                is_there
            });
            is_there
        };
        let is_own = || !self.registers.is_empty() && self.registers.iter().all(has);
        self.found = beside.filter(|_| shared || !is_own());
        self.found.is_some()
    }
}

/// Makes a range of the first and the last address of a resource, if it is of memory and has any.
fn memory(resource: &bindings::resource) -> Option<Range> {
    let length = resource.end.checked_sub(resource.start)?.checked_add(1)?;
    let is_memory = resource.flags & bindings::IORESOURCE_MEM as c_ulong != 0;
    Range::new(resource.start, length)
        .ok()
        .filter(|_| is_memory)
}

/// Looks for registers of a device other than `dev` in `rest`, a part of a page that `dev`'s are in.
///
/// Asked are the device tree, each `reg` in it, also of nodes that are disabled or for which there is
/// no driver; and the memory resources of all platform devices, which are also how ACPI's devices are
/// described. Registers that are described nowhere, or by a table that a driver has of its own, are
/// not found. Nor are the BARs of PCI devices asked about, which the tree of resources has.
///
/// `registers` are all that `dev` has in the pages: a device or a node that has each of them in one of its
/// ranges is not taken for another one, unless `dev` has a device-tree node of its own, or it is a node that
/// is several devices' (`syscon`, `simple-mfd`). Returns the range that was found.
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
///     if let Some(other) = described_beside(dev, rest, &[registers]) {
///         dev_err!(dev, "{other} shares a page with {registers}\n");
///         return Err(EBUSY);
///     }
///     Ok(())
/// }
/// ```
pub fn described_beside(dev: &Device<Bound>, rest: Range, registers: &[Range]) -> Option<Range> {
    let raw: *const bindings::device = core::ptr::from_ref(dev).cast();
    // SAFETY: `Device` is a transparent wrapper around `struct device`; one that is bound keeps its
    // node.
    let node = unsafe { (*raw).of_node };
    let mut search = Search {
        dev: raw,
        registers: if node.is_null() { registers } else { &[] },
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
    any_node(|node| {
        let mut is_there = false;
        if is_memory(node) {
            each_reg(node, &mut |reg| {
                is_there = reg.overlaps(&range);
                is_there
            });
        }
        is_there
    })
}

#[cfg(CONFIG_OF_ADDRESS)]
fn is_memory(node: *mut bindings::device_node) -> bool {
    // SAFETY: `any_node` passes a node that is valid.
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
        // SAFETY: `any_node` passes a node that is valid.
        unsafe { bindings::of_device_is_compatible(node, name.as_char_ptr()) != 0 }
    })
}

#[cfg(not(CONFIG_OF_ADDRESS))]
fn is_shared(_: *mut bindings::device_node) -> bool {
    false
}

/// Calls `f` with each node of the device tree until it returns `true`. Returns whether it did.
#[cfg(CONFIG_OF_ADDRESS)]
fn any_node(mut f: impl FnMut(*mut bindings::device_node) -> bool) -> bool {
    let mut node = null_mut();
    loop {
        // SAFETY: The function gives back the reference to `node`, and takes one to the next.
        node = unsafe { bindings::of_find_all_nodes(node) };
        if node.is_null() {
            return false;
        }
        if f(node) {
            // SAFETY: The reference is the one that the search has.
            unsafe { bindings::of_node_put(node) };
            return true;
        }
    }
}

#[cfg(not(CONFIG_OF_ADDRESS))]
fn any_node(_: impl FnMut(*mut bindings::device_node) -> bool) -> bool {
    false
}

/// Calls `f` with each range of memory that a `reg` of the node is, until it returns `true`.
#[cfg(CONFIG_OF_ADDRESS)]
fn each_reg(node: *mut bindings::device_node, f: &mut dyn FnMut(Range) -> bool) {
    for index in 0.. {
        let mut resource: bindings::resource = pin_init::zeroed();
        // SAFETY: `any_node` passes a node that is valid, and the resource can be written to.
        if unsafe { bindings::of_address_to_resource(node, index, &raw mut resource) } != 0
            || memory(&resource).is_some_and(&mut *f)
        {
            return;
        }
    }
}

#[cfg(not(CONFIG_OF_ADDRESS))]
fn each_reg(_: *mut bindings::device_node, _: &mut dyn FnMut(Range) -> bool) {}

impl Search<'_> {
    /// Looks at the device tree, but for the node `own`.
    fn nodes(&mut self, own: *mut bindings::device_node) {
        any_node(|node| {
            !core::ptr::eq(node, own) && self.look(&|f| each_reg(node, f), is_shared(node))
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
            let each = |f: &mut dyn FnMut(Range) -> bool| {
                let _ = resources.iter().filter_map(memory).any(f);
            };
            c_int::from(search.look(&each, false))
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
