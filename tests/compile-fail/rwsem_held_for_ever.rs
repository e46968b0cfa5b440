// SPDX-License-Identifier: GPL-2.0

//! A lock that is held for writing by a task which ends: what shows that it is held is forgotten.

use iomem::rwsem::RwSem;

/// Adds one.
pub fn count(table: &RwSem<u32>) {
    #[cfg(misuse)]
    core::mem::forget(table.write()); //~ ERROR E0061: this method takes 1 argument but 0 arguments were supplied
    #[cfg(not(misuse))]
    table.write(|count| *count += 1);
}
