// SPDX-License-Identifier: GPL-2.0
/* What host.rs has for the modules that attack by it, as rust/exports.c has it for the library. */

#include <linux/export.h>
#include <linux/module.h>

#define EXPORT_SYMBOL_RUST_GPL(sym) extern int sym; EXPORT_SYMBOL_GPL(sym)

#include "host_exports_generated.h"
