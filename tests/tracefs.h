/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of tracepoints share: turning events on, and reading what they said. */
#ifndef _IOMEM_TRACEFS_H
#define _IOMEM_TRACEFS_H

#include <sys/mount.h>

#include "iomem_test.h"

#define TRACEFS "/sys/kernel/tracing"
#define DEBUGFS "/sys/kernel/debug"

/* Writes to a file; 0 or an errno. */
static inline int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = errno ? errno : EIO;
	close(fd);
	return err;
}

/* Sees to it that a file system is mounted where it belongs. */
static inline bool mounted(const char *type, const char *path)
{
	return !mount(type, path, type, 0, NULL) || errno == EBUSY;
}

/* Turns the events of iomem on or off, and forgets those that were. */
static inline int trace_events(bool on)
{
	int err = put(TRACEFS "/events/iomem/enable", on ? "1" : "0");

	return err ? err : put(TRACEFS "/trace", "");
}

/* The events since, each a line "NAME: FIELDS\n", to be freed; NULL if they cannot be read. */
static inline char *trace_text(void)
{
	char *text = proc_text(TRACEFS "/trace"), *found, *line, *save = NULL;

	found = text ? calloc(1, strlen(text) + 2) : NULL;
	if (!found) {
		free(text);
		return NULL;
	}
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *event = strstr(line, ": iomem_");

		if (line[0] == '#' || !event)
			continue;
		strcat(found, event + 2);
		strcat(found, "\n");
	}
	free(text);
	return found;
}

#endif /* _IOMEM_TRACEFS_H */
