/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be seen of windows, and be left behind: to be compared before and
 * after something that was refused. What only memory shows is for the kernel's
 * leak detector, which tests/guest/suite asks at the end.
 */
#ifndef _IOMEM_FAULTS_LEFT_H
#define _IOMEM_FAULTS_LEFT_H

#include "faults.h"

#define DEVICES	"/sys/bus/platform/devices/"

/* How many lines of a file have a word in them. */
static inline int count_lines(const char *path, const char *word)
{
	char *text = proc_text(path), *at = text;
	int n = 0;

	while (at && (at = strstr(at, word))) {
		at += strcspn(at, "\n");
		n++;
	}
	free(text);
	return n;
}

/* What the window of a node says of itself, if there is one. */
static inline char *shown(const char *node, const char *what)
{
	char path[128];

	if (!*node)
		return NULL;
	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", node + strlen("/dev/"), what);
	return proc_text(path);
}

/*
 * What may be there or not, in one text, a thing in a line: what is claimed, the nodes, devices and
 * folders, interrupts, open files, mappings of programs and of the kernel, users of the modules.
 */
static inline char *world(const char *node)
{
	char *iomem = proc_iomem(), *ports = proc_text("/proc/ioports");
	char *devices = proc_text("/proc/misc"), *modes = proc_text(DEBUGFS "x86/pat_memtype_list");
	char *window = shown(node, "open_files"), *uses = shown(node, "mappings"), *all = NULL;
	const struct {
		const char *what;
		int n;
	} counts[] = {
		{ "platform devices", count_entries(DEVICES, "iomem_dev") },
		{ "nodes", count_entries("/dev", "iomem") },
		{ "folders", count_entries(DEBUGFS "iomem", "iomem") },
		{ "interrupts", count_lines("/proc/interrupts", "iomem") },
		{ "files of ours", count_entries("/proc/self/fd", "") },
		{ "mappings of ours", count_lines("/proc/self/maps", "/dev/iomem") },
		{ "mappings of the kernel", count_lines("/proc/vmallocinfo", "phys=") },
		{ "users of the library", users("iomem") },
		{ "users of the driver", users("iomem_dev") },
	};
	size_t i;

	if (!iomem || !ports || !devices ||
	    asprintf(&all, "%s%s%s%sopen files: %s\nmappings: %s\n", iomem, ports, devices,
		     modes ?: "", window ?: "no window", uses ?: "no window") < 0)
		all = NULL;
	for (i = 0; all && i < ARRAY_SIZE(counts); i++) {
		char *more;

		if (asprintf(&more, "%s%s: %d\n", all, counts[i].what, counts[i].n) < 0)
			more = NULL;
		free(all);
		all = more;
	}
	free(iomem);
	free(ports);
	free(devices);
	free(modes);
	free(window);
	free(uses);
	return all;
}

/* Where the first line begins that is not the same in two texts. */
static inline size_t same_lines(const char *a, const char *b)
{
	size_t i, at = 0;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			at = i + 1;
	return at;
}

#endif /* _IOMEM_FAULTS_LEFT_H */
