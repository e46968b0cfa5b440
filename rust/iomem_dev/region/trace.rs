// SPDX-License-Identifier: GPL-2.0

//! Tracepoints of accesses: `iomem:iomem_read` and `iomem:iomem_write`.

use iomem::{
    access::Width,
    trace, //
};
use kernel::{
    prelude::*,
    str::CString, //
};

/// The trace of accesses to one region of a window.
pub(crate) struct AccessTrace {
    node: CString,
    region: u32,
}

impl AccessTrace {
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
    pub(crate) fn write(&self, width: Width, offset: usize, value: u64) {
        trace::write(&self.node, self.region, offset as u64, width, value);
    }
}
