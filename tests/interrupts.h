/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of interrupts share: the calls of a window on QEMU's edu that
 * has an interrupt.
 */
#ifndef _INTERRUPTS_H
#define _INTERRUPTS_H

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>

#include "iomem_test.h"

#define EDU_RAISE	0x60
#define EDU_ACKNOWLEDGE	0x64

#define DEVICE		"iomem_dev.4711"
#define PLATFORM	"/sys/bus/platform"

#define MILLISECOND	1000000ull
#define SECOND		(1000 * MILLISECOND)

/* The path of the node of a platform device; false if it has none. */
static inline bool node_of(const char *device, char *node, size_t room)
{
	char path[128];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), PLATFORM "/devices/%s/misc", device);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "iomem", 5))
			continue;
		snprintf(node, room, "/dev/%.32s", entry->d_name);
		found = true;
	}
	closedir(dir);
	return found;
}

static inline int take_away(const char *device)
{
	return tell(PLATFORM "/drivers/iomem_dev/unbind", device);
}

static inline int bind_again(const char *device)
{
	return tell(PLATFORM "/drivers/iomem_dev/bind", device);
}

static inline void write_register(int fd, off_t offset, uint32_t value)
{
	if (pwrite(fd, &value, sizeof(value), offset) != sizeof(value))
		abort();
}

static inline void raise_irq(int fd)
{
	write_register(fd, EDU_RAISE, 1);
}

/* Has the device release its line; reading back makes sure that it has. */
static inline void acknowledge(int fd)
{
	uint32_t value;

	write_register(fd, EDU_ACKNOWLEDGE, ~0u);
	if (pread(fd, &value, sizeof(value), EDU_ACKNOWLEDGE) != sizeof(value))
		abort();
}

/* IOMEM_IOC_IRQ_INFO of interrupt 0; a count of ~0 if it fails. */
static inline struct iomem_irq_info info_of(int fd)
{
	struct iomem_irq_info info = { .size = sizeof(info) };

	if (ioctl(fd, IOMEM_IOC_IRQ_INFO, &info))
		info.count = ~0ull;
	return info;
}

/* Waits after *count, and fills it in; 0 or the error. */
static inline int wait_irq(int fd, uint64_t *count, uint64_t timeout_ns, uint32_t flags)
{
	struct iomem_irq_wait wait = {
		.size = sizeof(wait),
		.flags = flags,
		.count = *count,
		.timeout_ns = timeout_ns,
	};
	int err = ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait) ? errno : 0;

	*count = wait.count;
	return err;
}

static inline int unmask(int fd)
{
	struct iomem_irq_unmask unmask = { .size = sizeof(unmask) };

	return ioctl(fd, IOMEM_IOC_IRQ_UNMASK, &unmask) ? errno : 0;
}

static inline int mask(int fd)
{
	struct iomem_irq_mask mask = { .size = sizeof(mask) };

	return ioctl(fd, IOMEM_IOC_IRQ_MASK, &mask) ? errno : 0;
}

static inline int give_eventfd(int fd, int event)
{
	struct iomem_irq_eventfd eventfd = { .size = sizeof(eventfd), .fd = event };

	return ioctl(fd, IOMEM_IOC_IRQ_EVENTFD, &eventfd) ? errno : 0;
}

/* What an eventfd that does not wait has counted since it was read last. */
static inline uint64_t counted(int event)
{
	uint64_t count;

	return read(event, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* Whether there are exactly so many interrupts, soon, and no more for a while. */
static inline bool stays(int fd, uint64_t wanted)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 2000 && info_of(fd).count != wanted; i++)
		nanosleep(&pause, NULL);
	pause.tv_nsec = 50000000;
	nanosleep(&pause, NULL);
	return info_of(fd).count == wanted;
}

static inline short ready(int fd, short events, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return poll(&pollfd, 1, timeout) < 0 ? -1 : pollfd.revents;
}

/* Whether a line of /proc/interrupts has the name of the node's interrupt. */
static inline bool is_listed(const char *node)
{
	char *text = proc_text("/proc/interrupts"), name[64];
	bool found;

	snprintf(name, sizeof(name), "%s:irq0\n", strrchr(node, '/') + 1);
	found = text && strstr(text, name);
	free(text);
	return found;
}

/* All that a file can be asked about interrupts has one answer then. */
static inline bool is_gone(int fd)
{
	struct iomem_irq_info info = { .size = sizeof(info) };
	uint64_t count = 99;

	return ioctl(fd, IOMEM_IOC_IRQ_INFO, &info) && errno == ENODEV &&
	       wait_irq(fd, &count, 0, 0) == ENODEV && count == 99 &&
	       wait_irq(fd, &count, IOMEM_WAIT_FOREVER, IOMEM_IRQ_WAIT_UNMASK) == ENODEV &&
	       unmask(fd) == ENODEV && mask(fd) == ENODEV && give_eventfd(fd, -1) == ENODEV &&
	       ready(fd, POLLIN | POLLOUT, 0) == (POLLHUP | POLLERR);
}

/* Whether a task sleeps, within 30 seconds. */
static inline bool sleeps(pid_t child)
{
	int i;

	for (i = 0; i < 3000; i++) {
		if (state_of(child) == 'S')
			return true;
		usleep(10000);
	}
	return false;
}

/* How a child ended, or -1 if it did not within 10 seconds. */
static inline int ends(pid_t child)
{
	int i, status;

	for (i = 0; i < 1000; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
		usleep(10000);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return -1;
}

#endif /* _INTERRUPTS_H */
