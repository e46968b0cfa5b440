// SPDX-License-Identifier: GPL-2.0

//! Mappings that end when their device is unbound.

use core::ptr::NonNull;

use kernel::{
    device::{
        Bound,
        Device, //
    },
    io::Resource,
    platform,
    prelude::*,
    str::CString, //
};

use super::{
    Cache,
    Mapping, //
};
use crate::{
    devres::{
        End,
        Kept,
        Managed, //
    },
    resource::{
        Mem,
        MemRegion,
        Owner, //
    }, //
};

/// A mapping, with its claim, that ends when its device is unbound: what
/// [`devm_ioremap_resource`] gives.
///
/// # Examples
///
/// ```
/// use iomem::mapping::DevmMapping;
///
/// struct MyDriver {
///     regs: DevmMapping<0x100>,
/// }
///
/// fn is_gone(driver: &MyDriver) -> bool {
///     driver.regs.try_access().is_none()
/// }
/// ```
pub type DevmMapping<const SIZE: usize = 0> = Managed<Mapping<MemRegion, SIZE>>;

// SAFETY: It is unmapped, and the claim dropped, by a function that is in the library.
unsafe impl<H: Owner<Mem>, const SIZE: usize> Kept for Mapping<H, SIZE> {
    unsafe fn end(this: NonNull<Self>) -> End {
        // SAFETY: By the requirement there is one.
        let (base, memtypes, holder) = unsafe {
            (
                (*this.as_ptr()).io.base(),
                NonNull::from((*this.as_ptr()).holder.region().memtypes()),
                &raw mut (*this.as_ptr()).holder,
            )
        };
        End {
            unmap: NonNull::new(base as *mut c_void).map(|base| (base, memtypes)),
            // SAFETY: It is a part of the value.
            place: unsafe { NonNull::new_unchecked(holder) }.cast(),
            drop: H::DROP,
        }
    }
}

/// Maps a claim until `dev` is unbound, in the given mode.
///
/// The mapping ends, and then lets go of the claim, when `dev` is unbound, when probing it fails, or
/// when the returned value is dropped, whichever is first. See
/// [`devm_request_mem_region`](crate::resource::devm_request_mem_region) for how it is reached
/// until then. Context: may sleep.
///
/// Corresponds to the C functions `devm_ioremap()`, `devm_ioremap_uc()` and `devm_ioremap_wc()` in
/// [`include/linux/io.h`](srctree/include/linux/io.h).
///
/// # Errors
///
/// Those of [`Mapping::with_cache`], and `ENOMEM`.
///
/// # Examples
///
/// ```no_run
/// use iomem::{
///     mapping::{
///         devm_ioremap,
///         Cache, //
///     },
///     resource::request_mem_region, //
/// };
/// use kernel::{
///     device::{
///         Bound,
///         Device, //
///     },
///     io::Io, //
/// };
///
/// fn probe(dev: &Device<Bound>) -> Result {
///     let claim = request_mem_region(0xfea0_0000, 0x1000, c"my-device")?;
///     let regs = devm_ioremap::<_, 0x100>(dev, claim, Cache::Uncached)?;
///     let id = regs.access_with(|regs| regs.read32(0x00)).ok_or(ENODEV)?;
///     # let _ = id;
///     Ok(())
/// }
/// ```
pub fn devm_ioremap<H: Owner<Mem>, const SIZE: usize>(
    dev: &Device<Bound>,
    holder: H,
    cache: Cache,
) -> Result<Managed<Mapping<H, SIZE>>> {
    Managed::new(dev, Mapping::with_cache(holder, cache)?)
}

/// Claims and maps a resource of `dev` until it is unbound, as registers: uncached, or non-posted
/// where the resource says so ([`Cache::of`]).
///
/// `/proc/iomem` shows the claim as C's does: under the names of the device and of the resource.
/// What goes wrong is in the log, in the name of the device. When mapping and claim end, and how
/// they are reached until then: see [`devm_ioremap`]. Context: may sleep.
///
/// Corresponds to the C function `devm_ioremap_resource()` in
/// [`include/linux/device.h`](srctree/include/linux/device.h).
///
/// # Errors
///
/// - `EINVAL`: it is not a memory resource, is empty, has no address, or is shorter than `SIZE`
///   bytes.
/// - `EBUSY`: another driver holds it or a part of it.
/// - `ENODEV`: the PCI device that has it is being removed.
/// - `EOPNOTSUPP`: it is to be mapped non-posted, which this architecture cannot do.
/// - `ENOMEM`: no memory; and the others of [`MemRegion::request`], [`MemRegion::unbind_on_removal`] and
///   [`Mapping::with_cache`].
///
/// # Examples
///
/// ```no_run
/// use iomem::mapping::{
///     devm_ioremap_resource,
///     DevmMapping, //
/// };
/// use kernel::{
///     device::Bound,
///     io::Io,
///     platform, //
/// };
///
/// struct MyDriver {
///     regs: DevmMapping<0x100>,
/// }
///
/// fn probe(pdev: &platform::Device<Bound>) -> Result<MyDriver> {
///     let resource = pdev.resource_by_index(0).ok_or(ENODEV)?;
///     let regs = devm_ioremap_resource::<0x100>(pdev.as_ref(), resource)?;
///
///     // The unbinding waits for that.
///     let id = regs.access_with(|regs| regs.read32(0x00)).ok_or(ENODEV)?;
///     dev_info!(pdev.as_ref(), "id {id:#x}\n");
///     Ok(MyDriver { regs })
/// }
///
/// // Where nothing sleeps, such as in a handler of interrupts.
/// fn later(driver: &MyDriver) -> Result<u32> {
///     driver.regs.try_access_with(|regs| regs.read32(0x00)).ok_or(ENODEV)
/// }
/// ```
pub fn devm_ioremap_resource<const SIZE: usize>(
    dev: &Device<Bound>,
    resource: &Resource,
) -> Result<DevmMapping<SIZE>> {
    claim_and_map(dev, resource, Cache::of(resource))
}

/// Claims and maps a resource of `dev` until it is unbound, write-combining.
///
/// Otherwise as [`devm_ioremap_resource`]; like C's, it does not look at whether the resource asks
/// for non-posted writes. Context: may sleep.
///
/// Corresponds to the C function `devm_ioremap_resource_wc()` in
/// [`include/linux/device.h`](srctree/include/linux/device.h).
///
/// # Errors
///
/// Those of [`devm_ioremap_resource`], without `EOPNOTSUPP`.
///
/// # Examples
///
/// ```no_run
/// use iomem::mapping::{
///     devm_ioremap_resource_wc,
///     DevmMapping, //
/// };
/// use kernel::{
///     device::Bound,
///     platform, //
/// };
///
/// fn pixels(pdev: &platform::Device<Bound>) -> Result<DevmMapping> {
///     let resource = pdev.resource_by_name(c"pixels").ok_or(ENODEV)?;
///     devm_ioremap_resource_wc(pdev.as_ref(), resource)
/// }
/// ```
pub fn devm_ioremap_resource_wc<const SIZE: usize>(
    dev: &Device<Bound>,
    resource: &Resource,
) -> Result<DevmMapping<SIZE>> {
    claim_and_map(dev, resource, Cache::WriteCombining)
}

/// Claims and maps memory resource `index` of a platform device until it is unbound.
///
/// As [`devm_ioremap_resource`], which see. Context: may sleep.
///
/// Corresponds to the C function `devm_platform_ioremap_resource()` in
/// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
///
/// # Errors
///
/// Those of [`devm_ioremap_resource`]; `EINVAL` also if there is no such resource.
///
/// # Examples
///
/// ```no_run
/// use iomem::mapping::{
///     devm_platform_ioremap_resource,
///     DevmMapping, //
/// };
/// use kernel::{
///     device::Bound,
///     platform, //
/// };
///
/// fn registers(pdev: &platform::Device<Bound>) -> Result<DevmMapping<0x100>> {
///     devm_platform_ioremap_resource(pdev, 0)
/// }
/// ```
pub fn devm_platform_ioremap_resource<const SIZE: usize>(
    pdev: &platform::Device<Bound>,
    index: u32,
) -> Result<DevmMapping<SIZE>> {
    let resource = pdev
        .resource_by_index(index)
        .ok_or(EINVAL)
        .inspect_err(|_| {
            dev_err!(pdev.as_ref(), "there is no memory resource {index}\n");
        })?;

    devm_ioremap_resource(pdev.as_ref(), resource)
}

/// Claims and maps the memory resource of that name of a platform device until it is unbound.
///
/// As [`devm_ioremap_resource`], which see. Context: may sleep.
///
/// Corresponds to the C function `devm_platform_ioremap_resource_byname()` in
/// [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h).
///
/// # Errors
///
/// Those of [`devm_ioremap_resource`]; `EINVAL` also if there is no such resource.
///
/// # Examples
///
/// ```no_run
/// use iomem::mapping::{
///     devm_platform_ioremap_resource_byname,
///     DevmMapping, //
/// };
/// use kernel::{
///     device::Bound,
///     platform, //
/// };
///
/// fn registers(pdev: &platform::Device<Bound>) -> Result<DevmMapping<0x100>> {
///     devm_platform_ioremap_resource_byname(pdev, c"regs")
/// }
/// ```
pub fn devm_platform_ioremap_resource_byname<const SIZE: usize>(
    pdev: &platform::Device<Bound>,
    name: &CStr,
) -> Result<DevmMapping<SIZE>> {
    let resource = pdev.resource_by_name(name).ok_or(EINVAL).inspect_err(|_| {
        dev_err!(pdev.as_ref(), "there is no memory resource '{name}'\n");
    })?;

    devm_ioremap_resource(pdev.as_ref(), resource)
}

fn claim_and_map<const SIZE: usize>(
    dev: &Device<Bound>,
    resource: &Resource,
    cache: Cache,
) -> Result<DevmMapping<SIZE>> {
    let name = match resource.name() {
        Some(name) => CString::try_from_fmt(fmt!("{} {name}", dev.name()))?,
        None => dev.name().to_cstring()?,
    };
    let claim = MemRegion::request_resource(resource, &name).inspect_err(|refused| {
        dev_err!(dev, "{refused}\n");
    })?;
    let range = claim.range();
    claim.unbind_on_removal(dev).inspect_err(|e| {
        dev_err!(
            dev,
            "{range} is of a device that goes, or that this one cannot be unbound before: {e:?}\n"
        );
    })?;

    devm_ioremap(dev, claim, cache).inspect_err(|e| {
        dev_err!(dev, "{range} could not be mapped: {e:?}\n");
    })
}
