// SPDX-License-Identifier: GPL-2.0
/*
 * C macros and inline functions cannot be called from Rust. Each file here
 * wraps those of one kernel header that the kernel's own rust/helpers/ leaves
 * out, in functions that bindgen can read and Rust can call.
 *
 * One file per header, sorted alphabetically.
 */

#include "anon_inodes.c"
#include "device.c"
#include "efi.c"
#include "freezer.c"
#include "fs.c"
#include "huge_mm.c"
#include "io.c"
#include "iomap.c"
#include "irq.c"
#include "irqdesc.c"
#include "kernfs.c"
#include "kmemleak.c"
#include "leftover.c"
#include "mm.c"
#include "module.c"
#include "of.c"
#include "pci.c"
#include "pgtable.c"
#include "preempt.c"
#include "signal.c"
#include "spinlock.c"
#include "sysfs.c"
#include "uio.c"
#include "unbinding.c"
#include "wait.c"
