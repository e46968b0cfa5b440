// SPDX-License-Identifier: GPL-2.0

//! Accesses of a width that is known when they are made.

/// Reads one register of the given width.
macro_rules! load {
    ($view:expr, $width:expr, $offset:expr) => {
        match $width {
            Width::W8 => u64::from($view.try_read8($offset)?),
            Width::W16 => u64::from($view.try_read16($offset)?),
            Width::W32 => u64::from($view.try_read32($offset)?),
            Width::W64 => $view.try_read64($offset)?,
        }
    };
}

/// Writes one register of the given width.
macro_rules! store {
    ($view:expr, $width:expr, $offset:expr, $value:expr) => {
        match $width {
            Width::W8 => $view.try_write8($value as u8, $offset)?,
            Width::W16 => $view.try_write16($value as u16, $offset)?,
            Width::W32 => $view.try_write32($value as u32, $offset)?,
            Width::W64 => $view.try_write64($value, $offset)?,
        }
    };
}

/// The value with its bytes in the other order.
#[cfg(CONFIG_HAS_IOPORT)]
pub(super) fn swapped(width: iomem::access::Width, value: u64) -> u64 {
    use iomem::access::Width;

    match width {
        Width::W8 => value,
        Width::W16 => u64::from((value as u16).swap_bytes()),
        Width::W32 => u64::from((value as u32).swap_bytes()),
        Width::W64 => value.swap_bytes(),
    }
}
