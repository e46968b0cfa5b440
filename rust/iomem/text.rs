// SPDX-License-Identifier: GPL-2.0

//! Text for a file that is made when it is read: a [`sysfs`](crate::sysfs) attribute, a row of a
//! [`debugfs`](crate::debugfs) file.

use kernel::{
    fmt,
    prelude::*, //
};

/// Text that is being written, with `write!`, into room that is limited.
///
/// The line's end is not written: the file ends each value with one.
///
/// # Examples
///
/// ```
/// use iomem::text::Text;
/// use kernel::fmt::Write;
///
/// fn address(start: u64, text: &mut Text<'_>) -> Result {
///     write!(text, "{start:#x}")?;
///     Ok(())
/// }
/// # let _: fn(u64, &mut Text<'_>) -> Result = address;
/// ```
pub struct Text<'a> {
    room: &'a mut [u8],
    length: usize,
    overflow: bool,
}

impl<'a> Text<'a> {
    /// Begins a text in `room`, of which it leaves the last byte for the line's end.
    pub(crate) fn new(room: &'a mut [u8]) -> Self {
        Self {
            room,
            length: 0,
            overflow: false,
        }
    }

    /// Ends the line, after `written` told how writing it went. Returns how many bytes the text is
    /// long, with its end.
    ///
    /// # Errors
    ///
    /// - `EOVERFLOW`: something did not fit, whatever `written` made of it.
    /// - That of `written`.
    pub(crate) fn end(self, written: Result) -> Result<usize> {
        if self.overflow {
            return Err(EOVERFLOW);
        }
        written?;
        *self.room.get_mut(self.length).ok_or(EOVERFLOW)? = b'\n';
        Ok(self.length.wrapping_add(1))
    }

    /// As [`end`](Self::end), but first fills the room up with spaces.
    pub(crate) fn end_padded(mut self, written: Result) -> Result<usize> {
        let last = self.room.len().saturating_sub(1);
        if let Some(rest) = self.room.get_mut(self.length..last) {
            rest.fill(b' ');
            self.length = last;
        }
        self.end(written)
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        // One byte is to stay free, for what ends the text.
        let place = (self.room.get_mut(self.length..))
            .and_then(|free| free.split_at_mut_checked(s.len()))
            .filter(|(_, rest)| !rest.is_empty());
        let Some((to, _)) = place else {
            self.overflow = true;
            return Err(fmt::Error);
        };
        to.copy_from_slice(s.as_bytes());
        self.length = self.length.saturating_add(s.len());
        Ok(())
    }
}
