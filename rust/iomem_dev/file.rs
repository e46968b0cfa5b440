// SPDX-License-Identifier: GPL-2.0

//! An open file of a node: what it has for itself.

use kernel::prelude::*;

use crate::{
    interrupts::Slots,
    window::Window, //
};

/// What an open file has that other files of the window have not.
#[pin_data]
pub(crate) struct File {
    #[pin]
    interrupts: Slots,
}

impl File {
    /// A program opens the window, which counts its files: whatever fails here, fails before.
    pub(crate) fn open(window: &Window) -> impl PinInit<Self, Error> + '_ {
        try_pin_init!(Self {
            interrupts <- Slots::new(window.interrupts().len()),
            _: {
                window.count_file(1);
            },
        })
    }

    /// Returns what the file knows of interrupts.
    pub(crate) fn interrupts(&self) -> &Slots {
        &self.interrupts
    }
}
