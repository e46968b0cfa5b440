/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done while the kernel is made to fail, first part: loading and
 * unloading, making windows and taking them away, opening one.
 */
#ifndef _IOMEM_FAULTS_ACTS_H
#define _IOMEM_FAULTS_ACTS_H

#include "faults_left.h"

#define DRIVER	"/sys/bus/platform/drivers/iomem_dev/"

static const char *ko;
static uint64_t start, last, large_start, large_last;
static int window = -1;
static char node[32], device[64], line[512];

/* A thing to do: 0 or more if it was done, all of it, else -errno. */
typedef long (*act_t)(void);

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static const char *params(void)
{
	static char text[128];

	snprintf(text, sizeof(text), "start=0x%" PRIx64 " length=0x%" PRIx64, start,
		 last - start + 1);
	return text;
}

static long load_library(void)
{
	return load(getenv("IOMEM_LIBRARY_KO"), "");
}

static long unload_library(void)
{
	return unload("iomem");
}

static long load_driver(void)
{
	return load(ko, params());
}

static long load_driver_alone(void)
{
	return load(ko, "");
}

static long unload_driver(void)
{
	return unload("iomem_dev");
}

static long new_window(void)
{
	return tell(DRIVER "new_device", line);
}

static long delete_window(void)
{
	return tell(DRIVER "delete_device", "faults");
}

/* A window of three regions, the last a large one, with an interrupt, made at run time. */
static long load_for_line(void)
{
	uint64_t half = (last - start + 1) / 2;

	snprintf(line, sizeof(line),
		 "faults mem=0x%" PRIx64 ",0x%" PRIx64 ",one mem=0x%" PRIx64 ",0x%" PRIx64
		 ",two mem=0x%" PRIx64 ",0x%" PRIx64 ",three irq=%s,done width=4 write-combining",
		 start, half, start + half, half, large_start, large_last - large_start + 1,
		 env_or("IOMEM_IRQ", "0"));
	return load_driver_alone();
}

static long load_and_make(void)
{
	long err = load_for_line();

	return err ?: new_window();
}

static long find(void)
{
	char link[128], *real;

	if (!find_node(node, sizeof(node)))
		return -ENODEV;
	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", node + strlen("/dev/"));
	real = realpath(link, NULL);
	snprintf(device, sizeof(device), "%s", real ? strrchr(real, '/') + 1 : "");
	free(real);
	return 0;
}

static long load_and_find(void)
{
	long err = load_driver();

	return err ?: find();
}

static long unbind(void)
{
	return tell(DRIVER "unbind", device);
}

static long bind(void)
{
	return tell(DRIVER "bind", device);
}

static long load_unbound(void)
{
	long err = load_and_find();

	return err ?: unbind();
}

static long open_node(void)
{
	window = open(node, O_RDWR | O_CLOEXEC);
	return window < 0 ? -errno : 0;
}

static long close_node(void)
{
	return result(close(window));
}

static long load_make_find(void)
{
	long err = load_and_make();

	return err ?: find();
}

static long load_and_open(void)
{
	long err = load_make_find();

	return err ?: open_node();
}

static long close_and_unload(void)
{
	close_node();
	return unload_driver();
}

#endif /* _IOMEM_FAULTS_ACTS_H */
