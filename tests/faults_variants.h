/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is made to fail, each with what has to be there before, what takes it
 * back, and what the kernel makes of having no memory where that is not ENOMEM.
 */
#ifndef _IOMEM_FAULTS_VARIANTS_H
#define _IOMEM_FAULTS_VARIANTS_H

#include "faults_calls.h"

/* An errno that says something else, and how often at most. */
struct excuse {
	int err, most;
};

#define EXCUSES	3

FIXTURE(faults)
{
	int file;
};

FIXTURE_VARIANT(faults)
{
	/* What it is called. */
	const char *name;
	/* What is there before, and what takes it away; not made to fail. */
	act_t before, after;
	/* What is made to fail, and what takes it back where it succeeded. */
	act_t act, undo;
	/* The library is not loaded. */
	bool without_library;
	/* Only what our modules ask for, or what they call. */
	bool only_modules;
	/*
	 * It is the kernel that loads or unloads a module. Those in it who are told of one, for its
	 * tracepoints say, warn of having no memory and forget some; loading goes on all the same.
	 * So that is left out.
	 */
	bool notified;
	/* How often more each refusal is made to happen: what takes little time, more often. */
	int again;
	/* How many must be refused at least for this to be a test. */
	int least;
	/*
	 * What it may say beside ENOMEM, and EFAULT where memory of the program could not be
	 * accessed, and how often at most. Each has a reason, with the variant.
	 */
	struct excuse also[EXCUSES];
};

/* All that the kernel does to load any module, and what ours do first. */
FIXTURE_VARIANT_ADD(faults, load_library) {
	.name = "load_library",
	.act = load_library, .undo = unload_library, .without_library = true, .notified = true,
	.least = 20,
};

FIXTURE_VARIANT_ADD(faults, unload_library) {
	.name = "unload_library",
	.act = unload_library, .undo = load_library, .notified = true,
};

/*
 * EBUSY: without memory for an entry in /proc/iomem the kernel says the same as of a range that is
 * taken. ENODEV: before it asks the driver, the kernel makes links in sysfs; that it could not, it
 * does not report. EINVAL: so it fails without memory for the module's folder 'drivers'.
 */
FIXTURE_VARIANT_ADD(faults, load_driver) {
	.name = "load_driver",
	.act = load_driver, .undo = unload_driver, .only_modules = true, .least = 50,
	.also = { { EBUSY, 4 }, { ENODEV, 8 }, { EINVAL, 4 } },
};

FIXTURE_VARIANT_ADD(faults, new_device) {
	.name = "new_device",
	.again = 2, .before = load_for_line, .after = unload_driver, .act = new_window,
	/* Of three regions; a page more or less for the allocator can have it said of one again. */
	.undo = delete_window, .least = 50, .also = { { EBUSY, 9 }, { ENODEV, 8 } },
};

FIXTURE_VARIANT_ADD(faults, bind) {
	.name = "bind",
	.again = 2, .before = load_unbound, .after = unload_driver, .act = bind, .undo = unbind,
	.least = 50, .also = { { EBUSY, 2 } },
};

FIXTURE_VARIANT_ADD(faults, unbind) {
	.name = "unbind",
	.before = load_and_find, .after = unload_driver, .act = unbind, .undo = bind,
};

FIXTURE_VARIANT_ADD(faults, delete_device) {
	.name = "delete_device",
	.before = load_and_make, .after = unload_driver, .act = delete_window, .undo = new_window,
};

FIXTURE_VARIANT_ADD(faults, unload_driver) {
	.name = "unload_driver",
	.before = load_driver, .after = unload_driver, .act = unload_driver, .undo = load_driver,
	.notified = true,
};

FIXTURE_VARIANT_ADD(faults, open) {
	.name = "open",
	.again = 9, .before = load_make_find, .after = unload_driver, .act = open_node,
	.undo = close_node, .least = 1,
};

FIXTURE_VARIANT_ADD(faults, close) {
	.name = "close",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = close_node,
	.undo = open_node,
};

/* EINVAL: without memory for x86's list of cache modes remap_pfn_range() says no more. */
FIXTURE_VARIANT_ADD(faults, map) {
	.name = "map",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = map_page,
	.undo = unmap, .least = 1, .also = { { EINVAL, 4 } },
};

FIXTURE_VARIANT_ADD(faults, map_combining) {
	.name = "map_combining",
	.again = 9, .before = load_and_open, .after = close_and_unload,
	.act = map_combining_and_touch, .undo = unmap, .least = 1,
};

FIXTURE_VARIANT_ADD(faults, map_large) {
	.name = "map_large",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = map_large_and_touch,
	.undo = unmap, .least = 1,
};

FIXTURE_VARIANT_ADD(faults, unmap) {
	.name = "unmap",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = unmap,
	.undo = map_page,
};

FIXTURE_VARIANT_ADD(faults, split) {
	.name = "split",
	.again = 9, .before = open_and_map_two, .after = unmap_and_unload, .act = split,
	.undo = map_anew,
};

FIXTURE_VARIANT_ADD(faults, move) {
	.name = "move",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = move, .least = 1,
};

FIXTURE_VARIANT_ADD(faults, fork) {
	.name = "fork",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = copy_mapping,
	.least = 10,
};

/* EIO: whatever it is, access_remote_vm() says no more. */
FIXTURE_VARIANT_ADD(faults, debugger) {
	.name = "debugger",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = read_by_debugger,
	.least = 1, .also = { { EIO, 10 } },
};

FIXTURE_VARIANT_ADD(faults, pread) {
	.name = "pread",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = read_registers,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, pwrite) {
	.name = "pwrite",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = write_registers,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, batch) {
	.name = "batch",
	.again = 9, .before = open_and_map, .after = unmap_and_unload, .act = make_batch,
	.least = 2,
};

FIXTURE_VARIANT_ADD(faults, window_info) {
	.name = "window_info",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = ask_window,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, region_info) {
	.name = "region_info",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = ask_region,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, irq_info) {
	.name = "irq_info",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = ask_irq, .least = 1,
};

FIXTURE_VARIANT_ADD(faults, irq_wait) {
	.name = "irq_wait",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = wait_for_irq,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, irq_unmask) {
	.name = "irq_unmask",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = unmask_irq,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, irq_mask) {
	.name = "irq_mask",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = mask_irq,
	.undo = unmask_irq, .least = 1,
};

FIXTURE_VARIANT_ADD(faults, irq_eventfd) {
	.name = "irq_eventfd",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = listen_to_irq,
	.undo = listen_no_more, .least = 2,
};

FIXTURE_VARIANT_ADD(faults, poll) {
	.name = "poll",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = poll_once,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, fdinfo) {
	.name = "fdinfo",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = read_fdinfo,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, attribute) {
	.name = "attribute",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = read_attribute,
	.least = 1,
};

FIXTURE_VARIANT_ADD(faults, dump) {
	.name = "dump",
	.again = 9, .before = load_and_open, .after = close_and_unload, .act = read_dump,
	.least = 1,
};

#endif /* _IOMEM_FAULTS_VARIANTS_H */
