// SPDX-License-Identifier: GPL-2.0

//! The width of an access, as a value.

use kernel::prelude::*;

/// How wide an access is, where that is decided when the access is made: by a program, say, or by
/// the `reg-io-width` of a device tree.
///
/// # Examples
///
/// ```
/// use iomem::access::Width;
///
/// assert_eq!(Width::from_bytes(4), Ok(Width::W32));
/// assert_eq!(Width::from_bytes(3), Err(EINVAL));
/// assert_eq!(Width::W16.bytes(), 2);
/// assert!(Width::W32.is_aligned(0x1004) && !Width::W32.is_aligned(0x1002));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// 8 bits, one byte.
    W8,
    /// 16 bits, two bytes.
    W16,
    /// 32 bits, four bytes.
    W32,
    /// 64 bits, eight bytes.
    W64,
}

impl Width {
    /// Returns the width of so many bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: no access has so many: it is not 1, 2, 4 or 8.
    pub const fn from_bytes(bytes: usize) -> Result<Self> {
        match bytes {
            1 => Ok(Self::W8),
            2 => Ok(Self::W16),
            4 => Ok(Self::W32),
            8 => Ok(Self::W64),
            _ => Err(EINVAL),
        }
    }

    /// Returns the width in bytes.
    #[inline]
    pub const fn bytes(self) -> usize {
        match self {
            Self::W8 => 1,
            Self::W16 => 2,
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }

    /// Tells whether an address or offset is a multiple of the width.
    #[inline]
    pub const fn is_aligned(self, address: usize) -> bool {
        address & (self.bytes() - 1) == 0
    }
}

#[kunit_tests(iomem_access_width)]
mod tests {
    use super::*;

    #[test]
    fn four_numbers_are_widths() {
        for (bytes, width) in [
            (1, Width::W8),
            (2, Width::W16),
            (4, Width::W32),
            (8, Width::W64),
        ] {
            assert_eq!(Width::from_bytes(bytes), Ok(width));
            assert_eq!(width.bytes(), bytes);
        }
    }

    #[test]
    fn no_other_number_is_one() {
        for bytes in Iterator::chain(0..64, [usize::MAX, 1 << 32]) {
            let is_width = [1, 2, 4, 8].contains(&bytes);
            assert_eq!(Width::from_bytes(bytes).is_ok(), is_width);
            assert!(is_width || Width::from_bytes(bytes) == Err(EINVAL));
        }
    }

    #[test]
    fn aligned_is_a_multiple() {
        for width in [Width::W8, Width::W16, Width::W32, Width::W64] {
            for address in Iterator::chain(0..32, usize::MAX - 16..usize::MAX) {
                assert_eq!(width.is_aligned(address), address % width.bytes() == 0);
            }
        }
    }
}
