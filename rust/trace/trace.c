// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints of iomem_trace.h, and what rust/iomem/trace.rs needs of them.
 *
 * Whether one is on, the caller's static branch says, in whatever module the
 * caller is, so the keys are exported beside the functions.
 */

#include <linux/export.h>
#include <linux/tracepoint.h>

#define CREATE_TRACE_POINTS
#define CREATE_RUST_TRACE_POINTS
#include "iomem_trace.h"

#ifdef CONFIG_TRACEPOINTS
#define EXPORT_RUST_TRACEPOINT(name)			\
	EXPORT_SYMBOL_GPL(__tracepoint_##name);		\
	EXPORT_SYMBOL_GPL(rust_do_trace_##name)

EXPORT_RUST_TRACEPOINT(iomem_read);
EXPORT_RUST_TRACEPOINT(iomem_write);
EXPORT_RUST_TRACEPOINT(iomem_mmap);
EXPORT_RUST_TRACEPOINT(iomem_munmap);
EXPORT_RUST_TRACEPOINT(iomem_revoke);
#endif
