// SPDX-License-Identifier: GPL-2.0

//! An open file of a node: what it has for itself.

use iomem::security::{
    capable_noaudit,
    Capability, //
};
use kernel::prelude::*;

use crate::{
    irq_ioctl::Slots,
    window::Window, //
};

/// What an open file has that other files of the window have not.
#[pin_data]
pub(crate) struct File {
    raw_io: bool,
    #[pin]
    interrupts: Slots,
}

impl File {
    /// A program opens the window, which counts its files: whatever fails here, fails before. The node
    /// can still be there for a moment when the device is not; that is `ENODEV`, as with all calls.
    pub(crate) fn open(window: &Window) -> impl PinInit<Self, Error> + '_ {
        try_pin_init!(Self {
            _: {
                // Without the lease's lock, which others can be in the queue for: the kernel has
                // `misc_mtx`, which all nodes need that are made or removed. For the same reason
                // nothing is allocated here that is charged to a control group.
                if window.lease().is_revoked() {
                    return Err(ENODEV);
                }
            },
            raw_io: capable_noaudit(Capability::SysRawio),
            interrupts <- Slots::new(),
            _: {
                window.count_file(1);
            },
        })
    }

    /// Tells whether it was opened by a process with `CAP_SYS_RAWIO`, which may make accesses of a
    /// width that is unspecified. What counts is who opened the file, as it
    /// does for reading and writing.
    pub(crate) fn may_choose_width(&self) -> bool {
        self.raw_io
    }

    /// Returns what the file knows of interrupts.
    pub(crate) fn interrupts(&self) -> &Slots {
        &self.interrupts
    }
}
