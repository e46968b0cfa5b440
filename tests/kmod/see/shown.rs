// SPDX-License-Identifier: GPL-2.0

//! What is shown: a device and its parts, and tables.

use iomem::{
    debugfs::Table,
    sysfs::{
        Attribute,
        Attributes, //
    },
    text::Text, //
};
use kernel::{
    fmt::Write,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};

/// How often [`Device::slow`] was begun.
pub(crate) static SLOW_BEGUN: Atomic<u32> = Atomic::new(0);

/// How often it came to its end.
pub(crate) static SLOW_ENDED: Atomic<u32> = Atomic::new(0);

/// How many rows were made of all tables.
pub(crate) static ROWS_MADE: Atomic<u32> = Atomic::new(0);

/// The node's own files.
pub(crate) struct Device;

impl Device {
    fn name(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "a name")?)
    }

    fn secret(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{:#x}", 0xfea0_0000_u32)?)
    }

    fn empty(&self, _text: &mut Text<'_>) -> Result {
        Ok(())
    }

    /// As long as it may be.
    fn longest(&self, text: &mut Text<'_>) -> Result {
        (0..PAGE_SIZE - 2).try_for_each(|_| text.write_char('x'))?;
        Ok(())
    }

    fn too_long(&self, text: &mut Text<'_>) -> Result {
        (0..PAGE_SIZE - 1).try_for_each(|_| text.write_char('x'))?;
        Ok(())
    }

    /// Does not look whether it fitted.
    fn much_too_long(&self, text: &mut Text<'_>) -> Result {
        for _ in 0..2 * PAGE_SIZE {
            let _ = text.write_str("xxx");
        }
        Ok(())
    }

    fn failing(&self, text: &mut Text<'_>) -> Result {
        write!(text, "nothing of this")?;
        Err(ENXIO)
    }

    /// Takes so long that the node can be removed meanwhile.
    fn slow(&self, text: &mut Text<'_>) -> Result {
        SLOW_BEGUN.fetch_add(1, Full);
        fsleep(Delta::from_millis(300));
        let ended = SLOW_ENDED.fetch_add(1, Full).wrapping_add(1);
        Ok(write!(text, "{ended}")?)
    }
}

impl Attributes for Device {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"name", Self::name),
        Attribute::new(c"secret", Self::secret).owner_only(),
        Attribute::new(c"empty", Self::empty),
        Attribute::new(c"longest", Self::longest),
        Attribute::new(c"too_long", Self::too_long),
        Attribute::new(c"much_too_long", Self::much_too_long),
        Attribute::new(c"failing", Self::failing),
        Attribute::new(c"slow", Self::slow),
    ];
}

/// The files of a folder.
pub(crate) struct Part(pub(crate) u32);

impl Part {
    fn number(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{}", self.0)?)
    }

    fn twice(&self, text: &mut Text<'_>) -> Result {
        Ok(write!(text, "{}", self.0.wrapping_mul(2))?)
    }
}

impl Attributes for Part {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"number", Self::number),
        Attribute::new(c"twice", Self::twice).owner_only(),
    ];
}

/// Files of other names, of the same node.
pub(crate) struct Twin;

impl Attributes for Twin {
    const ATTRIBUTES: &'static [Attribute<Self>] =
        &[Attribute::new(c"twin", |_, text| Ok(write!(text, "twin")?))];
}

/// The row that is longer than the others, "12345: 012345678".
pub(crate) const LONG: u64 = 250;
/// How long a row is.
pub(crate) const ROW: usize = c"12345: 012345678".count_bytes() + 1;
/// How many there are.
pub(crate) const ROWS: u64 = 70_000;

/// A table; one without rows fails.
pub(crate) struct Rows {
    length: usize,
    rows: u64,
}

impl Rows {
    pub(crate) fn new(length: usize, rows: u64) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { length, rows }, GFP_KERNEL)?)
    }
}

impl Table for Rows {
    const OWNER: ThisModule = iomem::this_module!();

    fn row_length(&self) -> usize {
        self.length
    }

    fn rows(&self) -> Result<u64> {
        if self.rows == 0 {
            return Err(ENODEV);
        }
        Ok(self.rows)
    }

    fn row(&self, number: u64, text: &mut Text<'_>) -> Result {
        ROWS_MADE.fetch_add(1, Relaxed);
        let value = number.wrapping_mul(3);
        if number == LONG {
            return Ok(write!(text, "{number:5}: {value:9}")?);
        }
        Ok(write!(text, "{number:5}: {value:7}")?)
    }
}
