/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of interrupts share: a window on QEMU's edu that has its
 * interrupt, of either kind, made anew for each test.
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

/* What a task does, by ps's letter: S for sleeping. 0 if it is not there. */
static inline char state(pid_t child)
{
	char path[64], text[512], *paren;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	paren = strrchr(text, ')');
	return paren && paren[1] ? paren[2] : 0;
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
	       unmask(fd) == ENODEV && give_eventfd(fd, -1) == ENODEV &&
	       ready(fd, POLLIN | POLLOUT, 0) == (POLLHUP | POLLERR);
}

/* Whether a task sleeps, within 5 seconds. */
static inline bool sleeps(pid_t child)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (state(child) == 'S')
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

FIXTURE(irq)
{
	char node[64];
	bool up;
	int fd;
	/* Programs that must not outlive the test, wherever it ends; or 0. */
	pid_t program[4];
};

FIXTURE_VARIANT(irq)
{
	bool level;
};

FIXTURE_VARIANT_ADD(irq, level)
{
	.level = true,
};

FIXTURE_VARIANT_ADD(irq, edge)
{
	.level = false,
};

/* The number of the message-signalled interrupt, while the module that gives it is loaded. */
static inline int message_irq(void)
{
	char *text = proc_text("/sys/module/iomem_test_msi/parameters/irq");
	int irq = text ? atoi(text) : 0;

	free(text);
	return irq;
}

FIXTURE_SETUP(irq)
{
	const char *ko = getenv("IOMEM_KO"), *irq_ko = getenv("IOMEM_IRQ_KO");
	const char *msi_ko = getenv("IOMEM_MSI_KO"), *line = getenv("IOMEM_IRQ");
	uint64_t start, last;
	char params[128];
	int irq;

	self->up = false;
	self->fd = -1;
	memset(self->program, 0, sizeof(self->program));
	if (!ko || !irq_ko || !msi_ko || !line || !env_range(&start, &last))
		SKIP(return, "IOMEM_IRQ is not set: see tests/iomem_test.h");
	/* What a test has left that did not come to its end. */
	if (loaded("iomem_test_irq")) {
		unload("iomem_test_irq");
		unload("iomem_dev");
		unload("iomem_test_msi");
	}
	if (loaded("iomem_dev"))
		SKIP(return, "iomem_dev is loaded: unload it, these tests load it themselves");
	self->up = true;
	irq = atoi(line);
	if (!variant->level) {
		ASSERT_EQ(0, load(msi_ko, ""));
		irq = message_irq();
	}
	ASSERT_LT(0, irq);
	ASSERT_EQ(0, load(ko, ""));
	snprintf(params, sizeof(params), "start=%#" PRIx64 " irq=%d window=1", start, irq);
	ASSERT_EQ(0, load(irq_ko, params));
	ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, info_of(self->fd).count);
}

FIXTURE_TEARDOWN(irq)
{
	size_t i;
	int fd;

	if (!self->up)
		return;
	for (i = 0; i < ARRAY_SIZE(self->program); i++) {
		if (self->program[i] <= 0)
			continue;
		kill(self->program[i], SIGKILL);
		waitpid(self->program[i], NULL, 0);
	}
	close(self->fd);
	/* The line is released while it is handled, or the next test is told of it. */
	if (node_of(DEVICE, self->node, sizeof(self->node))) {
		fd = open(self->node, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			acknowledge(fd);
			close(fd);
		}
	}
	EXPECT_EQ(0, unload("iomem_test_irq"));
	EXPECT_EQ(0, unload("iomem_dev"));
	if (!variant->level)
		EXPECT_EQ(0, unload("iomem_test_msi"));
}

#endif /* _INTERRUPTS_H */
