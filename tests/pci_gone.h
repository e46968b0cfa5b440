/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's edu (IOMEM_RANGE), removed and found again by sysfs.
 */
#ifndef _IOMEM_PCI_GONE_H
#define _IOMEM_PCI_GONE_H

#include "holder.h"
#include "run_time_test.h"
#include "touch.h"

#define PCI "/sys/bus/pci/"
#define EDU_ID 0x010000edu

static char folder[300];
static int messages;

/* Reads a number in hexadecimal from an attribute of a PCI device. */
static uint64_t attribute(const char *name)
{
	char path[400], *text;
	uint64_t value = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	text = proc_text(path);
	if (text)
		value = strtoull(text, NULL, 16);
	free(text);

	return value;
}

/* Finds the device by its identity, and turns its memory decoding on. */
static bool find_edu(void)
{
	DIR *dir = opendir(PCI "devices");
	bool found = false;
	struct dirent *entry;
	char path[400];

	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(folder, sizeof(folder), PCI "devices/%s", entry->d_name);
		found = attribute("vendor") == 0x1234 && attribute("device") == 0x11e8;
	}
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "%s/enable", folder);

	return found && !tell(path, "1");
}

/* The first address of its BAR 0. */
static uint64_t bar(void)
{
	return attribute("resource");
}

static int remove_edu(void)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/remove", folder);
	return tell(path, "1");
}

/* How many entries of /proc/iomem begin at an address and have that in their name. */
static int entries(uint64_t start, const char *name)
{
	char *now = proc_iomem(), *line, begin[32];
	int n = 0;

	snprintf(begin, sizeof(begin), "%08" PRIx64 "-", start);
	for (line = now ? strtok(now, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		char *colon = strstr(line, " : ");

		n += !strncmp(line + strspn(line, " "), begin, strlen(begin)) && colon &&
		     strstr(colon, name);
	}
	free(now);

	return n;
}

/* How many records the kernel has logged since the last call that have those words. */
static int count_messages(int log, const char *words)
{
	char record[8192];
	int count = 0;
	ssize_t n;

	while ((n = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		record[n] = 0;
		count += !!strstr(record, words);
	}
	return count;
}

/* The device is there again, where it was. */
static bool found_again(uint64_t start)
{
	return !tell(PCI "rescan", "1") && find_edu() && bar() == start;
}

static void rescan(void)
{
	unload("iomem_attack_outlived");
	tell(PCI "rescan", "1");
}

/* For each test to begin with, and to end with. */
static bool begin(uint64_t start)
{
	atexit(rescan);
	messages = open_log();
	return !catch_faults() && messages >= 0 && find_edu() && bar() == start;
}

#define END() do {							\
	EXPECT_TRUE(found_again(self->start));				\
	EXPECT_EQ(0, entries(self->start, "iomem"));			\
	/* Each claim is released once, and by the one that has it. */	\
	EXPECT_EQ(0, count_messages(messages, "nonexistent resource"));	\
} while (0)

#endif /* _IOMEM_PCI_GONE_H */
