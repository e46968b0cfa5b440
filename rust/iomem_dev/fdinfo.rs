// SPDX-License-Identifier: GPL-2.0

//! `/proc/<pid>/fdinfo/<fd>`: which window a file is one of, and how that is used.

use kernel::{
    seq_file::SeqFile,
    seq_print, //
};

use crate::{
    offset::Mode,
    window::Window, //
};

/// Shows which window a file is one of, whether the device is still there, how many files and mappings
/// the window has, by whatever file, in all programs, and how many interrupts came.
pub(crate) fn show(window: &Window, seq: &SeqFile) {
    let gone = window.resources().is_err();
    seq_print!(seq, "iomem-window:\t{}\n", window.node());
    seq_print!(seq, "iomem-name:\t{}\n", window.label());
    seq_print!(
        seq,
        "iomem-state:\t{}\n",
        if gone { "gone" } else { "bound" }
    );
    seq_print!(seq, "iomem-open-files:\t{}\n", window.open_files());
    for number in 0..window.regions() {
        seq_print!(
            seq,
            "iomem-region{}-mappings:\tuncached {} write-combining {}\n",
            number,
            window.mappings(number, Mode::Uncached),
            window.mappings(number, Mode::WriteCombining)
        );
    }
    for (number, interrupt) in window.interrupts().iter().enumerate() {
        if let Ok(status) = interrupt.status() {
            seq_print!(seq, "iomem-irq{number}-count:\t{}\n", status.count);
        }
    }
}
