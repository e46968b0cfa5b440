/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting what a kernel without a leak detector has in use, before and after a
 * thing was done very often. What one time leaves behind may hide in the noise;
 * ten thousand times it, in one of these, does not:
 *
 *	objects of each slab cache, whatever their size	/proc/slabinfo
 *	pages						/proc/meminfo, /proc/zoneinfo
 *	what the kernel has mapped			/proc/vmallocinfo
 *	open files					/proc/sys/fs/file-nr
 *	users of the module				/proc/modules
 *	claims						/proc/iomem
 */
#ifndef _IOMEM_LEAK_H
#define _IOMEM_LEAK_H

#include "iomem_test.h"

#include <dirent.h>

#define CACHES	512

struct measure {
	struct {
		char name[64];
		long objects;
	} cache[CACHES];
	size_t caches;
	/* In KiB. */
	long used;
	long mapped, files, users;
	char *iomem;
};

static inline void forget(struct measure *m)
{
	free(m->iomem);
	m->iomem = NULL;
}

/* The sum of the numbers behind a word, wherever it is. */
static inline long sum_behind(const char *text, const char *word)
{
	long sum = 0;

	while (text && (text = strstr(text, word)))
		sum += strtol(text += strlen(word), NULL, 10);
	return sum;
}

/* How many lines there are without a word; -1 if there is no text. */
static inline long lines_without(const char *text, const char *word)
{
	const char *line, *end;
	long n = 0;

	for (line = text; line && *line; line = end + 1) {
		end = strchrnul(line, '\n');
		n += !memmem(line, end - line, word, strlen(word));
		if (!*end)
			break;
	}
	return text ? n : -1;
}

/*
 * Objects that are free, but kept at hand for a processor, count as used. This takes
 * them from it.
 */
static inline void shrink_caches(void)
{
	DIR *caches = opendir("/sys/kernel/slab");
	struct dirent *cache;
	char path[512];
	int fd;

	while (caches && (cache = readdir(caches))) {
		/* The others are second names. */
		if (cache->d_type != DT_DIR || cache->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && write(fd, "1", 1) != 1)
			perror(path);
		close(fd);
	}
	if (caches)
		closedir(caches);
}

/*
 * Whether a cache's objects are no leak: those of areas that are unmapped already, but stay until
 * there are many, and what kmemleak remembers of each.
 */
static inline bool may_grow(const char *cache)
{
	return !strcmp(cache, "vmap_area") || !strncmp(cache, "kmemleak_", 9);
}

/* False if there is something that cannot be read. */
static inline bool take_measure(struct measure *m)
{
	char *slabs = proc_text("/proc/slabinfo"), *memory = proc_text("/proc/meminfo");
	char *files = proc_text("/proc/sys/fs/file-nr"), *areas = proc_text("/proc/vmallocinfo");
	char *zones = proc_text("/proc/zoneinfo");
	char *line;

	forget(m);
	m->caches = 0;
	for (line = slabs; line && m->caches < CACHES; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%63s %ld", m->cache[m->caches].name,
			   &m->cache[m->caches].objects) == 2 &&
		    !may_grow(m->cache[m->caches].name))
			m->caches++;
	}
	/* Pages that are free, but kept at hand for a processor, count as used. */
	m->used = number_behind(memory, "MemTotal:") - number_behind(memory, "MemFree:") -
		  4 * sum_behind(zones, " count:");
	/* Those that are free already, but stay until there are many, are no leak. */
	m->mapped = lines_without(areas, "unpurged");
	m->files = files ? strtol(files, NULL, 10) : -1;
	m->users = users("iomem_dev");
	m->iomem = proc_iomem();
	free(slabs);
	free(memory);
	free(files);
	free(areas);
	free(zones);

	return m->caches > 10 && m->used > 0 && m->mapped > 0 && m->files > 0 && m->iomem;
}

/*
 * What there is more of than before, after `times`; NULL if there is nothing. Half of
 * them is too much: what is kept for the next one, and other programs, never are.
 */
static inline const char *grown(const struct measure *before, const struct measure *now, long times)
{
	static char what[128];
	size_t i, j;

	for (i = 0; i < now->caches; i++) {
		long objects = now->cache[i].objects;

		for (j = 0; j < before->caches; j++)
			if (strcmp(before->cache[j].name, now->cache[i].name) == 0)
				objects -= before->cache[j].objects;
		if (objects > times / 2) {
			snprintf(what, sizeof(what), "%ld objects of %s", objects,
				 now->cache[i].name);
			return what;
		}
	}
	/* Without any leak it goes up and down by some MiB. */
	if (now->used - before->used > times / 2 * 4 + 8192) {
		snprintf(what, sizeof(what), "%ld KiB of memory", now->used - before->used);
		return what;
	}
	if (now->mapped - before->mapped > times / 2) {
		snprintf(what, sizeof(what), "%ld mappings", now->mapped - before->mapped);
		return what;
	}
	if (now->files - before->files > times / 2) {
		snprintf(what, sizeof(what), "%ld files", now->files - before->files);
		return what;
	}
	if (now->users != before->users) {
		snprintf(what, sizeof(what), "%ld users of the module", now->users - before->users);
		return what;
	}
	if (strcmp(before->iomem, now->iomem))
		return "something in /proc/iomem";
	return NULL;
}

/* As above, but what is freed a little later (RCU) gets its time. */
static inline const char *left_behind(const struct measure *before, long times)
{
	static struct measure now;
	const char *what = "what could not be measured";
	int i;

	for (i = 0; i < 40; i++) {
		if (take_measure(&now))
			what = grown(before, &now, times);
		if (!what)
			break;
		usleep(50000);
		shrink_caches();
	}
	forget(&now);
	return what;
}

#endif /* _IOMEM_LEAK_H */
