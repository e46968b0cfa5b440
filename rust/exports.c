// SPDX-License-Identifier: GPL-2.0
/*
 * Makes iomem.ko a library: its Rust symbols and its C helpers, exported to
 * the modules that are built on it.
 *
 * All of them GPL-only, as the kernel's own Rust symbols are. The list comes
 * from the crate's object: see exports_generated.h in the Kbuild.
 */

#include <linux/export.h>
#include <linux/module.h>

#define EXPORT_SYMBOL_RUST_GPL(sym) extern int sym; EXPORT_SYMBOL_GPL(sym)

#include "exports_generated.h"

MODULE_DESCRIPTION("I/O memory and I/O ports for Rust kernel modules");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
