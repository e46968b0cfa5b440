// SPDX-License-Identifier: GPL-2.0

//! A queue that the lines of a device have in common.

use core::ops::Deref;

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::chardev::wait::WaitQueue;

/// Where programs sleep who poll a device of several lines: each line's interrupt wakes them.
///
/// For [`Line::request_polled`](super::Line::request_polled). A clone is the same queue. The library makes it,
/// since a line can stay with the device of another driver when the module that asked for it has been
/// unloaded: nothing in the queue leads there.
///
/// Context of the drop: any.
///
/// # Examples
///
/// ```no_run
/// use iomem::irq::Polled;
///
/// let polled = Polled::new()?;
/// // The device goes.
/// polled.wake_all_in_pieces();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Polled(Arc<WaitQueue>);

impl Polled {
    /// Makes an empty queue. Context: may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    #[inline(never)]
    pub fn new() -> Result<Self> {
        let queue = Arc::pin_init(crate::new_wait_queue!("irq::Polled"), GFP_KERNEL)?;
        Ok(Self(queue))
    }
}

impl Deref for Polled {
    type Target = WaitQueue;

    fn deref(&self) -> &WaitQueue {
        &self.0
    }
}
