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
 *	IOMEM_FW_CFG	a window on QEMU's fw_cfg, big-endian, from a device tree
 *	IOMEM_FLASH	a window on two banks of flash memory, read-only, from a device tree
 *	IOMEM_ACPI	a window on the firmware and the HPET of a PC, from ACPI
 *	IOMEM_ACPI_PORT	a window on the port of QEMU's isa-debugcon, from ACPI
 *	IOMEM_OVERRIDE	a platform device that has no driver
 *	IOMEM_KO	the module iomem_dev.ko, for the tests that load it
 *	IOMEM_CHARDEV_KO	the module iomem_test_chardev.ko
 *	IOMEM_OUTLIVED_KO	the module iomem_attack_outlived.ko
 *	IOMEM_HOLDER_KO	the module iomem_test_holder.ko
 *	IOMEM_PL031_DEVICE	the name of that clock's platform device
 *	IOMEM_PLATFORM_KO	the module iomem_test_platform.ko
 *	IOMEM_FILES_KO	the module iomem_test_files.ko
 *	IOMEM_SEE_KO	the module iomem_test_see.ko
 *	IOMEM_ERRORS_KO	the module iomem_attack_errors.ko
 *	IOMEM_FORGOTTEN_KO	the module iomem_attack_forgotten.ko
 *	IOMEM_IRQ_KO	the module iomem_test_irq.ko, which makes a window on edu
 *	IOMEM_MSI_KO	the module iomem_test_msi.ko, which gives edu an interrupt
 *	IOMEM_LINES_KO	the module iomem_test_lines.ko, whose interrupts are raised by software
 *	IOMEM_NAMED_KO	the module iomem_test_named.ko
 *	IOMEM_IRQ	the number of edu's interrupt line
 *	IOMEM_RESERVED	the address of RAM that is not the kernel's
 *	IOMEM_RANGE	START-LAST of the device that a test is about, in hexadecimal
 */
#ifndef _IOMEM_TEST_H
#define _IOMEM_TEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "iomem.h"
#include "kselftest_harness.h"

/*
 * In seconds, for each test that does not say. A kernel that watches itself, in a machine made of
 * software, needs ten times as long as those that the harness has in mind.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

/* A page and the smallest huge one: 4 KiB and 2 MiB, on some kernels of arm64 16 KiB and 32 MiB. */
#define PAGE		((unsigned long)sysconf(_SC_PAGESIZE))
#define HUGE_PAGE	(PAGE / 8 * PAGE)
/* Whether it is PREEMPT_RT: then handlers of interrupts are threads. */
static inline bool is_rt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

/* Whether the kernel has NUMA, and with that calls about where memory is. */
static inline bool has_numa(void)
{
	return !access("/sys/devices/system/node", F_OK);
}

/* The time, in seconds from some moment on. */
static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Whether mappings have huge ones: not where it has PREEMPT_RT, and not up to 7.2 with NUMA. */
static inline bool has_huge_pages(void)
{
	int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return false;
	if ((major < 7 || (major == 7 && minor < 3)) && has_numa())
		return false;
	return !access("/sys/kernel/mm/transparent_hugepage", F_OK);
}

/* No kernel that these tests run on has larger pages than these. */
#define MOST_PAGE	0x4000

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

/*
 * An address that is not mapped. The compiler is not to know it: it would warn
 * of just the use that is meant.
 */
static inline void *nowhere(void)
{
	void *address = (void *)16;

	asm("" : "+r" (address));
	return address;
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

/* How many devices tests/kmod/released.c has seen freed; -1 if it is not loaded. */
static inline int count_released(void)
{
	char *text = proc_text("/sys/module/iomem_test_released/parameters/released");
	int n = text ? atoi(text) : -1;

	free(text);
	return n;
}

/* Whether a module is loaded. */
static inline bool loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}

/* How many users a module has, as /proc/modules says; -1 if it is not loaded. */
static inline int users(const char *module)
{
	char *text = proc_text("/proc/modules"), *line, name[64];
	int n = -1;

	snprintf(name, sizeof(name), "%s ", module);
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line, "%*s %*d %d", &n);
	}
	free(text);

	return n;
}

/*
 * Reads what the kernel logged since the last call, from a descriptor of /dev/kmsg, and counts the
 * lines that come from a module; they are left in `text`.
 */
static inline int logged(int log, const char *module, char *text, size_t room)
{
	char record[8192];
	int lines = 0;
	ssize_t n;

	*text = 0;

	while ((n = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		size_t used = strlen(text);
		char *line;

		if (n <= 0)
			continue;
		record[n] = 0;
		line = strchr(record, ';');
		if (!line || strncmp(line + 1, module, strlen(module)))
			continue;
		snprintf(text + used, room - used, "%.*s\n",
			 (int)strcspn(line + 1, "\n"), line + 1);
		lines++;
	}
	return lines;
}

/* A number behind a word of a text; -1 if it is not there. */
static inline long number_behind(const char *text, const char *word)
{
	const char *at = text ? strstr(text, word) : NULL;

	return at ? strtol(at + strlen(word), NULL, 10) : -1;
}

/* For logged(): what is logged from now on; -1 if it cannot be read. */
static inline int open_log(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0)
		lseek(log, 0, SEEK_END);
	return log;
}

/* Writes a text to a file, in one go; 0 or the error. */
static inline int tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = -errno;
	close(fd);

	return err;
}

/* How many entries of a folder begin like this; -1 if it cannot be read. */
static inline int count_entries(const char *folder, const char *begin)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int n = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		n += !strncmp(entry->d_name, begin, strlen(begin));
	closedir(dir);

	return n;
}

/* As root without one capability: what a call returns there, as a positive errno. */
static inline int without_rawio(int (*call)(const char *), const char *arg)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	int status;
	pid_t child = fork();

	if (!child) {
		if (syscall(SYS_capget, &header, data))
			_exit(255);
		data[0].effective &= ~(1u << CAP_SYS_RAWIO);
		if (syscall(SYS_capset, &header, data))
			_exit(255);
		_exit(-call(arg));
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* Opens the node of the window that is called so, as the driver tells it; -1 if there is none. */
static inline int open_window(const char *label, int flags)
{
	int n;

	for (n = 0; n < 16; n++) {
		struct iomem_window_info info = { .size = sizeof(info) };
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/dev/iomem%d", n);
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, IOMEM_IOC_WINDOW_INFO, &info) && !strcmp((char *)info.name, label))
			return fd;
		close(fd);
	}
	return -1;
}

/*
 * Whether the test before this one, of the same program, loaded the driver: where a check failed,
 * its files were still open when it was to be unloaded. Says so of this one for the next.
 */
static inline bool was_left(void)
{
	static const char path[] = "/tmp/iomem-test-loads";
	FILE *file = fopen(path, "r");
	char program[64];
	bool left;

	/* The harness runs each test in a process of its own: they have the name in common. */
	left = file && fscanf(file, "%63s", program) == 1 &&
	       !strcmp(program, program_invocation_short_name);
	if (file)
		fclose(file);
	file = fopen(path, "w");
	if (file) {
		fputs(program_invocation_short_name, file);
		fclose(file);
	}
	return left;
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
	if (was_left() && loaded("iomem_dev"))
		unload("iomem_dev");
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

/*
 * What a thread or a process does, by ps's letter: S for sleeping; 0 if it is not there. Nothing is
 * allocated: a program whose memory is locked cannot.
 */
static inline char state_of(pid_t pid)
{
	char path[64], text[512], *paren;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	paren = strrchr(text, ')');
	return paren && paren[1] ? paren[2] : 0;
}

#endif /* _IOMEM_TEST_H */
