// SPDX-License-Identifier: GPL-2.0

//! A window: the regions and interrupts of a device, and the counts of its files and mappings.
//!
//! # The life of a window
//!
//! Probing claims the device's memory and ports under the name `iomem<N>` and makes the node. The
//! [`Window`] is shared by the driver, which is bound to the device, by every file that is open on
//! the node, and by every mapping; its [`Resources`] are leased to them.
//!
//! Unbinding takes the lease back: at once no mapping of any program shows the registers any more,
//! and the claims leave `/proc/iomem` before the unbinding is over. Files that are still open have
//! nothing but `ENODEV`, and closing them late does no harm. Binding again makes another window.

use iomem::{
    chardev::wait::WaitQueue,
    irq::{
        Interrupt,
        Polled, //
    },
    trace,
    uapi::{
        RegionInfo,
        REGION_MMAP_WC, //
    },
    vma::{
        Lease,
        LeaseGuard, //
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

use crate::{
    map_count::MapCount,
    offset::{
        Layout,
        Mode,
        Place, //
    },
    resources::Resources, //
};

/// How many windows there can be.
pub(crate) const MOST_WINDOWS: usize = 1024;

/// What a node stands for: a device's regions, as long as the device is bound, and what is known of
/// its files and mappings, which can outlive that.
#[pin_data]
pub(crate) struct Window {
    /// What the node is called.
    node: CString,
    /// What the description of the device calls it.
    label: CString,
    layout: Layout,
    /// How many mappings there are, by region.
    map_counts: KVec<Arc<MapCount>>,
    interrupts: KVec<Arc<Interrupt>>,
    open_files: Atomic<i64>,
    /// Woken when the device goes.
    #[pin]
    gone_wq: WaitQueue,
    /// Woken then, too, and for each interrupt: for `poll()`, which sleeps in this one alone, however many
    /// interrupts there are.
    polled: Polled,
    // Held while the window is revoked: it is over for all who do so when it is for the first. No other lock
    // is held that is taken while the regions and interrupts are given back.
    #[pin]
    revoking: Mutex<()>,
    #[pin]
    lease: Lease<Resources>,
}

impl Window {
    /// Makes the window of a device. `polled` is what its interrupts wake.
    ///
    /// # Errors
    ///
    /// - Those of [`Layout::new`].
    /// - `ENOMEM`: no memory.
    pub(crate) fn new(
        node: CString,
        label: CString,
        resources: Resources,
        polled: Polled,
    ) -> Result<Arc<Self>> {
        let mut map_counts = KVec::new();
        for region in resources.regions() {
            map_counts.push(region.map_count(), GFP_KERNEL)?;
        }
        let mut interrupts = KVec::new();
        for line in resources.lines() {
            interrupts.push(line.interrupt().clone(), GFP_KERNEL)?;
        }
        let layout = Layout::new(resources.regions().map(|region| {
            let pages = region.pages().map_or(0, |pages| pages.range().length());
            (region.length(), pages)
        }))?;
        Arc::pin_init(
            try_pin_init!(Self {
                node,
                label,
                layout,
                map_counts,
                interrupts,
                open_files: Atomic::new(0),
                gone_wq <- iomem::new_wait_queue!("Window::gone_wq"),
                polled,
                revoking <- new_mutex!((), "Window::revoking"),
                lease <- Lease::new(resources),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns what the node is called.
    pub(crate) fn node(&self) -> &CStr {
        &self.node
    }

    /// Returns what the device is called.
    pub(crate) fn label(&self) -> &CStr {
        &self.label
    }

    /// Returns where the regions are in the node.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the interrupts, in the order of their numbers.
    pub(crate) fn interrupts(&self) -> &[Arc<Interrupt>] {
        &self.interrupts
    }

    /// Returns an interrupt by its number.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is no such interrupt.
    pub(crate) fn interrupt(&self, number: u32) -> Result<&Arc<Interrupt>> {
        self.interrupts().get(number as usize).ok_or(EINVAL)
    }

    /// Returns where those are woken who wait for the device to go.
    pub(crate) fn gone_wq(&self) -> &WaitQueue {
        &self.gone_wq
    }

    /// Returns where those are woken who poll a file.
    pub(crate) fn polled(&self) -> &WaitQueue {
        &self.polled
    }

    /// Returns the lease, within which programs map the registers.
    pub(crate) fn lease(&self) -> &Lease<Resources> {
        &self.lease
    }

    /// Returns the regions, or fails with `ENODEV` once the device is unbound. Unbinding waits for
    /// the guard, so no memory of a program may be accessed while there is one, and nothing waited
    /// for.
    pub(crate) fn resources(&self) -> Result<LeaseGuard<'_, Resources>> {
        self.lease.get().ok_or(ENODEV)
    }

    /// Returns how many regions there are, or were.
    pub(crate) fn regions(&self) -> usize {
        self.map_counts.len()
    }

    /// Tells what a program needs to know of a region. The number and the size are left out.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone.
    /// - `EINVAL`: there is no such region.
    pub(crate) fn region_info(&self, number: usize) -> Result<RegionInfo> {
        let mut info = {
            let resources = self.resources()?;
            resources.region(number).ok_or(EINVAL)?.info()
        };
        info.offset = self.layout().offset(number, Mode::Uncached);
        if info.flags & REGION_MMAP_WC != 0 {
            info.wc_offset = self.layout().offset(number, Mode::WriteCombining);
        }
        Ok(info)
    }

    /// Returns how many files are open.
    pub(crate) fn open_files(&self) -> i64 {
        self.open_files.load(Relaxed)
    }

    /// Returns how many mappings of a region there are.
    pub(crate) fn mappings(&self, region: usize, mode: Mode) -> i64 {
        self.map_counts
            .get(region)
            .map_or(0, |count| count.count(mode))
    }

    /// Returns how many mappings there are, of all regions.
    pub(crate) fn all_mappings(&self) -> i64 {
        let both = |count: &Arc<MapCount>| {
            let combining = count.count(Mode::WriteCombining);
            count.count(Mode::Uncached).saturating_add(combining)
        };
        self.map_counts
            .iter()
            .map(both)
            .fold(0, i64::saturating_add)
    }

    /// Takes the lease back. When this returns, no program can reach the registers, nor ever will, the claims
    /// are released, and those who wait are woken. Once is enough; a later call waits until it is done.
    ///
    /// Context: may sleep; no lock of a program's may be held.
    pub(crate) fn revoke(&self) {
        let _revoking = self.revoking.lock();
        if self.lease.is_revoked() {
            return;
        }
        let mappings = self.all_mappings() as u64;
        trace::revoke(self.node(), self.open_files() as u64, mappings);
        // The interrupts are freed before the claims are released.
        drop(self.lease.revoke());
        self.gone_wq.wake_all_in_pieces();
        self.polled.wake_all_in_pieces();
    }

    /// A file has been opened, or closed.
    pub(crate) fn count_file(&self, change: i64) {
        self.open_files.fetch_add(change, Relaxed);
    }

    /// A mapping has been made, or a part of one split off or copied.
    pub(crate) fn opened(&self, place: Place) {
        if let Some(count) = self.map_counts.get(place.region) {
            count.opened(place.mode);
        }
    }

    /// A mapping, or a part of one, is gone.
    pub(crate) fn closed(&self, place: Place) {
        if let Some(count) = self.map_counts.get(place.region) {
            count.closed(place.mode);
        }
    }
}
