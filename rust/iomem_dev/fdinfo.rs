// SPDX-License-Identifier: GPL-2.0

//! What can be seen of a window from without.
//!
//! | what | where |
//! |---|---|
//! | what it is and how it is used | attributes in `/sys/class/misc/iomem<N>/`: see [`sysfs`](crate::sysfs) |
//! | what an open file is one of | `/proc/<pid>/fdinfo/<fd>`: see [`Window::show`] |
//! | each register's value | `/sys/kernel/debug/iomem/iomem<N>/region<M>`: see [`debugfs`](crate::debugfs) |
//! | what is done with it | the tracepoints of [`iomem::trace`] |

use iomem::{
    access::Width,
    debugfs::Dir,
    trace, //
};
use kernel::{
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    str::CString, //
};

use crate::{
    offset::Mode,
    window::Window, //
};

kernel::sync::global_lock! {
    // SAFETY: `Root::new` initializes it when the module is loaded, before a device is bound.
    unsafe(uninit) static ROOT: Mutex<Option<Dir>> = None;
}

/// The folder `iomem` in debugfs, for the windows of this module.
///
/// It is found by probing, which the kernel gives nothing of the module's: hence the static. The lock
/// protects it; nothing else is locked while it is held.
pub(crate) struct Root(());

impl Root {
    /// Makes it.
    ///
    /// # Safety
    ///
    /// To be called once, before a device is bound.
    pub(crate) unsafe fn new() -> Result<Self> {
        // SAFETY: It is called once. The library cannot carry this: the lock belongs to a static,
        // which is this module's.
        unsafe { ROOT.init() };
        *ROOT.lock() = Some(Dir::new(c"iomem", None)?);
        Ok(Self(()))
    }

    /// Makes a folder in it.
    pub(crate) fn folder(name: &CStr) -> Result<Dir> {
        let root = ROOT.lock().clone();
        Dir::new(name, root.as_ref())
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        drop(ROOT.lock().take());
    }
}

/// Who an access is told of: a region of a window.
pub(crate) struct Teller {
    node: CString,
    region: u32,
}

impl Teller {
    pub(crate) fn new(node: &CStr, region: usize) -> Result<Self> {
        Ok(Self {
            node: node.to_cstring()?,
            region: u32::try_from(region)?,
        })
    }

    /// Returns what the window's node is called.
    pub(crate) fn node(&self) -> &CStr {
        &self.node
    }

    /// A register has been read.
    #[inline(always)]
    pub(crate) fn read(&self, width: Width, offset: usize, value: u64) {
        trace::read(&self.node, self.region, offset as u64, width, value);
    }

    /// A register has been written.
    #[inline(always)]
    pub(crate) fn written(&self, width: Width, offset: usize, value: u64) {
        trace::write(&self.node, self.region, offset as u64, width, value);
    }
}

impl Window {
    /// Shows, in the `fdinfo` of a file, which window it is one of, whether the device is still
    /// there, how many files and mappings the window has, by whatever file, in all programs, and how
    /// many interrupts came.
    pub(crate) fn show(&self, seq: &SeqFile) {
        let gone = self.hardware().is_err();
        seq_print!(seq, "iomem-window:\t{}\n", self.node());
        seq_print!(seq, "iomem-name:\t{}\n", self.label());
        seq_print!(
            seq,
            "iomem-state:\t{}\n",
            if gone { "gone" } else { "bound" }
        );
        seq_print!(seq, "iomem-open-files:\t{}\n", self.open_files());
        for number in 0..self.regions() {
            seq_print!(
                seq,
                "iomem-region{}-mappings:\tuncached {} write-combining {}\n",
                number,
                self.mappings(number, Mode::Uncached),
                self.mappings(number, Mode::WriteCombining)
            );
        }
        for (number, interrupt) in self.interrupts().iter().enumerate() {
            if let Ok(status) = interrupt.status() {
                seq_print!(seq, "iomem-irq{number}-count:\t{}\n", status.count);
            }
        }
    }
}
