/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Having the kernel fail on purpose: the n-th allocation, or access to the
 * program's memory, that the current thread makes. It takes a kernel with
 * CONFIG_FAULT_INJECTION (make test KERNEL=debug).
 */
#ifndef _IOMEM_FAULTS_H
#define _IOMEM_FAULTS_H

#include "iomem_test.h"

#define DEBUGFS	"/sys/kernel/debug/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

/* What can fail; the last one has no memory to give. */
static const char *const faults_kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

/* Sets something of one kind, or of all if `kind` is NULL; whether that is so now. */
static inline bool faults_set(const char *kind, const char *what, uint64_t value)
{
	bool all = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults_kinds); i++) {
		char path[128], text[24];

		if (kind && strcmp(kind, faults_kinds[i]))
			continue;
		snprintf(path, sizeof(path), DEBUGFS "%s/%s", faults_kinds[i], what);
		snprintf(text, sizeof(text), "0x%" PRIx64, value);
		all = tell(path, text) == 0 && all;
	}
	return all;
}

/* What the kernel's list of symbols says of its own image, without modules. */
struct faults_symbols {
	/* Where a function is, and what follows it; where all code begins; the last symbol. */
	uint64_t start, end, first, last;
};

static inline bool faults_symbols(const char *function, struct faults_symbols *found)
{
	FILE *list = fopen("/proc/kallsyms", "re");
	char line[512], symbol[256];
	uint64_t addr;

	memset(found, 0, sizeof(*found));
	found->end = UINT64_MAX;
	while (list && fgets(line, sizeof(line), list)) {
		if (strchr(line, '[') ||
		    sscanf(line, "%" SCNx64 " %*c %255s", &addr, symbol) != 2)
			continue;
		if (!strcmp(symbol, function))
			found->start = addr;
		if (!strcmp(symbol, "_stext"))
			found->first = addr;
		if (addr > found->last)
			found->last = addr;
	}
	/* Nothing says that the list is in order. */
	if (list)
		rewind(list);
	while (list && fgets(line, sizeof(line), list))
		if (sscanf(line, "%" SCNx64, &addr) == 1 && addr > found->start &&
		    addr < found->end)
			found->end = addr;
	if (list)
		fclose(list);

	return found->start && found->first;
}

/*
 * Has only that fail which code of our modules, or what it calls, asks for. Modules are all in one
 * place, which the library, being loaded, shows; nothing else that is here is one.
 */
static inline bool faults_only_modules(void)
{
	const uint64_t around = 16 << 20;
	char *modules = proc_text("/proc/modules"), *line;
	struct faults_symbols kernel;
	uint64_t base = 0, end;
	bool known;

	line = modules ? strstr(modules, "iomem ") : NULL;
	known = line && sscanf(line, "%*s %*s %*s %*s %*s %" SCNx64, &base) == 1 && base;
	free(modules);
	if (!known || !faults_symbols("_stext", &kernel))
		return false;
	end = base + around;
	base -= around;
	/* The kernel's own code is not in it, on whichever side that is. */
	if (base < kernel.last && kernel.last < end)
		base = kernel.last;
	if (base < kernel.first && kernel.first < end)
		end = kernel.first;
	return faults_set(NULL, "require-start", base) && faults_set(NULL, "require-end", end);
}

static inline bool faults_anybody(void)
{
	return faults_set(NULL, "require-start", 0) && faults_set(NULL, "require-end", UINT64_MAX);
}

/*
 * Has nothing fail that a function of the kernel's asks for, or what it calls; of several functions
 * of that name, the last.
 */
static inline bool faults_except(const char *function)
{
	struct faults_symbols kernel;

	return faults_symbols(function, &kernel) &&
	       faults_set(NULL, "reject-start", kernel.start) &&
	       faults_set(NULL, "reject-end", kernel.end);
}

/*
 * Has all kinds of allocations fail, those too that may wait for memory, and says nothing in the
 * log of each. False if this kernel cannot.
 */
static inline bool faults_prepare(void)
{
	return access(FAIL_NTH, W_OK) == 0 && faults_set(NULL, "stacktrace-depth", 32) &&
	       faults_set(NULL, "verbose", 0) && faults_set("fail_page_alloc", "min-order", 0) &&
	       tell(DEBUGFS "failslab/ignore-gfp-wait", "N") == 0 &&
	       tell(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") == 0 &&
	       tell(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") == 0;
}

/* To be opened once for each thread; every fork is another. */
static inline int faults_open(void)
{
	return open(FAIL_NTH, O_RDWR | O_CLOEXEC);
}

/* The n-th from here on fails; none with 0. */
static inline bool faults_arm(int file, int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	return pwrite(file, text, length, 0) == length;
}

/* Whether it has come to that; from here on none fails. */
static inline bool faults_disarm(int file)
{
	char text[16] = "";
	/* Reading can be what fails, and writing once more: then it had not come to that before. */
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	int tries = 3;

	while (!faults_arm(file, 0) && --tries)
		;
	return n > 0 && atoi(text) == 0;
}

#endif /* _IOMEM_FAULTS_H */
