/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share: where the windows are, what /proc/iomem says, loading
 * and unloading modules.
 *
 * Which node shows which device is told by the environment, because reading a
 * register of a device that one does not know can have an effect on it:
 *
 *	IOMEM_NODE	any window; nothing is read from or written to it
 *	IOMEM_EDU	a window on BAR 0 of QEMU's edu device
 *	IOMEM_IVSHMEM	a window on BAR 2 of QEMU's ivshmem-plain device
 *	IOMEM_PL031	a window on a PL031 real-time clock, from a device tree
 *	IOMEM_KO	the module iomem_dev.ko, for the tests that load it
 *	IOMEM_CHARDEV_KO	the module iomem_test_chardev.ko
 *	IOMEM_PL031_DEVICE	the name of that clock's platform device
 *	IOMEM_PLATFORM_KO	the module iomem_test_platform.ko
 *	IOMEM_FILES_KO	the module iomem_test_files.ko
 *	IOMEM_SEE_KO	the module iomem_test_see.ko
 *	IOMEM_IRQ_KO	the module iomem_test_irq.ko, which makes a window on edu
 *	IOMEM_MSI_KO	the module iomem_test_msi.ko, which gives edu an interrupt
 *	IOMEM_IRQ	the number of edu's interrupt line
 *	IOMEM_RANGE	START-LAST of the device that a test is about, in hexadecimal
 */
#ifndef _IOMEM_TEST_H
#define _IOMEM_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "iomem.h"
#include "kselftest_harness.h"

/* NEED(): the value of an environment variable; without it the test is skipped. */
#define NEED(name) ({							\
	const char *value_ = getenv(name);				\
									\
	if (!value_)							\
		SKIP(return, name " is not set: see tests/iomem_test.h");	\
	value_;								\
})

/* For a fixture, which has to give itself a value before it can skip. */
static inline const char *env_or(const char *name, const char *other)
{
	const char *value = getenv(name);

	return value ? value : other;
}

/* IOMEM_RANGE as numbers; false without it. */
static inline bool env_range(uint64_t *start, uint64_t *last)
{
	return sscanf(env_or("IOMEM_RANGE", ""), "%" SCNx64 "-%" SCNx64, start, last) == 2;
}

/* The length of a window, in bytes, as the driver tells it; 0 if it does not. */
static inline uint64_t window_length(int fd)
{
	struct iomem_region_info info = { .size = sizeof(info) };

	return ioctl(fd, IOMEM_IOC_REGION_INFO, &info) ? 0 : info.length;
}

/* All of a file under /proc, to be freed; NULL if it cannot be read. */
static inline char *proc_text(const char *path)
{
	size_t room = 1 << 20, length = 0;
	char *text = calloc(1, room);
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (!text || fd < 0) {
		free(text);
		return NULL;
	}
	while ((n = read(fd, text + length, room - 1 - length)) > 0)
		length += n;
	close(fd);

	return text;
}

static inline char *proc_iomem(void)
{
	return proc_text("/proc/iomem");
}

/*
 * Loads a module with parameters. Straight by the system call: a tool may try
 * twice, and what the log says is counted.
 */
static inline int load(const char *ko, const char *params)
{
	int fd = open(ko, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0))
		err = -errno;
	close(fd);

	return err;
}

static inline int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* Whether a module is loaded. */
static inline bool loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}

/*
 * For the tests that load the driver themselves: what they need, or why they
 * have to be skipped; NULL if they need not be.
 */
static inline const char *why_not_load(const char **ko, uint64_t *start, uint64_t *last)
{
	*ko = getenv("IOMEM_KO");
	if (!*ko)
		return "IOMEM_KO is not set: see tests/iomem_test.h";
	if (!env_range(start, last))
		return "IOMEM_RANGE is not set: see tests/iomem_test.h";
	if (loaded("iomem_dev"))
		return "iomem_dev is loaded: unload it, these tests load it themselves";
	return NULL;
}

/* The node of the device that the parameters made; it may not be number 0. */
static inline bool find_node(char *node, size_t room)
{
	int n;

	for (n = 15; n >= 0; n--) {
		snprintf(node, room, "/dev/iomem%d", n);
		if (access(node, F_OK) == 0)
			return true;
	}
	return false;
}

#endif /* _IOMEM_TEST_H */
