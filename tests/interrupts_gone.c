// SPDX-License-Identifier: GPL-2.0
/*
 * A device that goes while programs wait for its interrupts, and lines that
 * cannot be had.
 */

#include <sys/epoll.h>
#include <sys/prctl.h>

#include "interrupts_edu.h"

TEST_F(irq, waiters_are_told)
{
	static const uint64_t limits[] = { IOMEM_WAIT_FOREVER, 30 * SECOND };
	uint64_t count = 0;
	pid_t child;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		int fd = open(self->node, O_RDWR | O_CLOEXEC);

		ASSERT_LE(0, fd);
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(wait_irq(fd, &count, limits[i], 0));
		ASSERT_TRUE(sleeps(child));
		ASSERT_EQ(0, take_away(DEVICE));
		EXPECT_EQ(ENODEV, ends(child));
		EXPECT_TRUE(is_gone(fd));
		close(fd);
		ASSERT_EQ(0, bind_again(DEVICE));
		ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	}
	EXPECT_TRUE(is_gone(self->fd));
}

TEST_F(irq, pollers_are_told)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	pid_t child;

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	ASSERT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(ready(self->fd, POLLIN, 20000));
	ASSERT_TRUE(sleeps(child));
	ASSERT_EQ(0, take_away(DEVICE));
	EXPECT_EQ(POLLHUP | POLLERR, ends(child));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	EXPECT_EQ(EPOLLHUP | EPOLLERR, event.events);
	close(epoll);
}

/* Once more, when the device goes; and then never again. */
TEST_F(irq, eventfds_are_told)
{
	int event = eventfd(0, EFD_NONBLOCK), other = open(self->node, O_RDWR | O_CLOEXEC);
	int another = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, event);
	ASSERT_LE(0, another);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	ASSERT_EQ(0, give_eventfd(other, another));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(1, counted(event));
	EXPECT_EQ(1, counted(another));
	acknowledge(self->fd);
	ASSERT_EQ(0, take_away(DEVICE));
	EXPECT_EQ(1, counted(event));
	EXPECT_EQ(1, counted(another));
	EXPECT_EQ(ENODEV, give_eventfd(self->fd, event));

	ASSERT_EQ(0, bind_again(DEVICE));
	ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	close(other);
	other = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, other);
	raise_irq(other);
	EXPECT_TRUE(stays(other, 1));
	EXPECT_EQ(0, counted(event));
	close(other);
	close(another);
	close(event);
}

/* Another driver has given the number of the line back. The window stays, without interrupts. */
TEST_F(irq, line_is_taken_away)
{
	int irq = variant->level ? atoi(getenv("IOMEM_IRQ")) : irq_of_msi("irq");
	int event = eventfd(0, EFD_NONBLOCK), log = open_log(), other;
	struct iomem_irq_info info = { .size = sizeof(info) };
	uint64_t start, last, count = 1;
	char params[128], text[512];
	uint32_t value;

	ASSERT_LE(0, event);
	ASSERT_LE(0, log);
	ASSERT_TRUE(env_range(&start, &last));
	close(self->fd);
	ASSERT_EQ(0, unload("iomem_test_irq"));
	/* The handler is leaked, which leaks() of tests/guest/suite knows by this name. */
	ASSERT_EQ(0, prctl(PR_SET_NAME, "forgotten"));
	snprintf(params, sizeof(params), "start=%#" PRIx64 " irq=%d window=1", start, irq);
	ASSERT_EQ(0, load(getenv("IOMEM_IRQ_KO"), params));
	ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	other = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(1, counted(event));
	acknowledge(self->fd);
	EXPECT_TRUE(is_listed(self->node));

	snprintf(params, sizeof(params), "irq=%d", irq);
	ASSERT_EQ(0, load(getenv("IOMEM_LOSE_KO"), params));
	ASSERT_EQ(0, unload("iomem_test_lose"));
	EXPECT_FALSE(is_listed(self->node));
	EXPECT_EQ(ENODEV, ioctl(self->fd, IOMEM_IOC_IRQ_INFO, &info) ? errno : 0);
	EXPECT_EQ(ENODEV, wait_irq(self->fd, &count, IOMEM_WAIT_FOREVER, 0));
	EXPECT_EQ(ENODEV, wait_irq(self->fd, &count, IOMEM_WAIT_FOREVER, IOMEM_IRQ_WAIT_UNMASK));
	EXPECT_EQ(ENODEV, unmask(self->fd));
	EXPECT_EQ(ENODEV, mask(self->fd));
	/* One that takes the place of another, and one that does not. */
	EXPECT_EQ(ENODEV, give_eventfd(self->fd, event));
	EXPECT_EQ(ENODEV, give_eventfd(other, event));
	EXPECT_EQ(0, give_eventfd(other, -1));
	EXPECT_EQ(POLLHUP | POLLERR, ready(self->fd, POLLIN | POLLOUT, 0));
	EXPECT_EQ(sizeof(value), pread(self->fd, &value, sizeof(value), 0));
	EXPECT_EQ(0x010000ed, value);
	EXPECT_EQ(0, counted(event));

	logged(log, "iomem: ", text, sizeof(text));
	EXPECT_EQ(NULL, strstr(text, "was taken away"));
	ASSERT_EQ(0, take_away(DEVICE));
	logged(log, "iomem: ", text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "was taken away"));
	EXPECT_EQ(1, counted(event));
	EXPECT_TRUE(is_gone(self->fd));
	close(other);
	close(log);
	close(event);
}

/* Masked or not when it goes: bound again, it is a new device, whose interrupts come. */
TEST_F(irq, comes_when_bound_again)
{
	uint64_t count;
	int round, fd;

	close(self->fd);
	for (round = 0; round < 4; round++) {
		fd = open(self->node, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, info_of(fd).count);
		ASSERT_EQ(0, info_of(fd).flags & IOMEM_IRQ_MASKED);
		count = 0;
		raise_irq(fd);
		ASSERT_EQ(0, wait_irq(fd, &count, 2 * SECOND, 0));
		ASSERT_EQ(1, count);
		acknowledge(fd);
		if (round & 1)
			ASSERT_EQ(0, unmask(fd));
		ASSERT_EQ(0, take_away(DEVICE));
		EXPECT_TRUE(is_gone(fd));
		close(fd);
		ASSERT_EQ(0, bind_again(DEVICE));
		ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	}
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

/* Interrupts come as the device goes: whichever is first, nothing is left. */
TEST_F(irq, goes_while_they_come)
{
	int round, i, event = eventfd(0, EFD_NONBLOCK);
	uint64_t count;
	pid_t child;

	ASSERT_LE(0, event);
	for (round = 0; round < 20; round++) {
		int fd = open(self->node, O_RDWR | O_CLOEXEC);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, give_eventfd(fd, event));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			uint32_t one = 1, all = ~0u;

			for (i = 0;; i++) {
				count = i;
				if (pwrite(fd, &one, 4, EDU_RAISE) != 4)
					_exit(errno);
				if (pwrite(fd, &all, 4, EDU_ACKNOWLEDGE) != 4)
					_exit(errno);
				if (wait_irq(fd, &count, 0, IOMEM_IRQ_WAIT_UNMASK) == ENODEV)
					_exit(ENODEV);
			}
		}
		usleep(1000 * (round + 1));
		ASSERT_EQ(0, take_away(DEVICE));
		EXPECT_EQ(ENODEV, ends(child));
		EXPECT_TRUE(is_gone(fd));
		EXPECT_LE(1, counted(event));
		close(fd);
		ASSERT_EQ(0, bind_again(DEVICE));
		ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
		fd = open(self->node, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		acknowledge(fd);
		close(fd);
	}
	close(event);
}

/* A line that has a handler already, by /proc/interrupts; 0 if there is none. */
static int busy_line(void)
{
	char *text = proc_text("/proc/interrupts"), *line = text;
	int irq, found = 0;

	for (; line && *line && !found; line = strchr(line, '\n') + 1) {
		char *end = strchr(line, '\n');

		/* Those of serial lines are not per processor, and not shared. */
		if (sscanf(line, " %d:", &irq) == 1 &&
		    (memmem(line, end - line, "ttyS0", 5) ||
		     memmem(line, end - line, "pl011", 5)))
			found = irq;
	}
	free(text);
	return found;
}

/* The device is not bound then, and claims nothing. */
TEST_F(irq, lines_that_cannot_be_had)
{
	/* The message is handled already, but that is not why. */
	struct {
		int irq;
		int err;
		const char *why;
	} refused[] = {
		{ busy_line(), EBUSY, "in use" },
		{ 100000, EINVAL, "cannot be handled" },
		{ variant->level ? 0 : irq_of_msi("message"), EOPNOTSUPP, "a message (MSI)" },
	};
	char params[128], text[512], *before, *after;
	uint64_t start, last;
	int log = open_log();
	size_t i;

	ASSERT_LE(0, log);
	ASSERT_LT(0, refused[0].irq);
	ASSERT_TRUE(env_range(&start, &last));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, unload("iomem_test_irq"));
	before = proc_iomem();
	ASSERT_NE(NULL, before);
	for (i = 0; i < ARRAY_SIZE(refused) - variant->level; i++) {
		ASSERT_LT(0, refused[i].irq);
		snprintf(params, sizeof(params), "start=%#" PRIx64 " irq=%d window=1", start,
			 refused[i].irq);
		ASSERT_EQ(0, load(getenv("IOMEM_IRQ_KO"), params));
		EXPECT_FALSE(node_of(DEVICE, self->node, sizeof(self->node)));
		EXPECT_NE(0, access(PLATFORM "/devices/" DEVICE "/driver", F_OK));
		EXPECT_EQ(-refused[i].err, bind_again(DEVICE));
		EXPECT_LT(0, logged(log, "iomem_dev", text, sizeof(text)));
		EXPECT_NE(NULL, strstr(text, refused[i].why))
			TH_LOG("%s", text);
		after = proc_iomem();
		EXPECT_STREQ(before, after);
		free(after);
		ASSERT_EQ(0, unload("iomem_test_irq"));
	}
	free(before);
	close(log);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " irq=%d window=1", start,
		 variant->level ? atoi(getenv("IOMEM_IRQ")) : irq_of_msi("irq"));
	ASSERT_EQ(0, load(getenv("IOMEM_IRQ_KO"), params));
	EXPECT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
}

/* The name of the device that a node stands for. */
static bool device_of(const char *node, char *device, size_t room)
{
	char path[128], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/device", strrchr(node, '/') + 1);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	snprintf(device, room, "%s", strrchr(target, '/') + 1);
	return true;
}

/* Also where there are no interrupts: a program polls only to learn that the device goes. */
TEST(pollers_of_a_window_without_any_are_told)
{
	uint64_t start, last;
	const char *ko, *why;
	char params[64], node[64], device[256];
	pid_t child;
	int fd;

	why = why_not_load(&ko, &start, &last);
	if (why)
		SKIP(return, "%s", why);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=0x1000", start);
	ASSERT_EQ(0, load(ko, params));
	ASSERT_TRUE(find_node(node, sizeof(node)));
	fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(ready(fd, 0, 20000));
	ASSERT_TRUE(sleeps(child));
	ASSERT_TRUE(device_of(node, device, sizeof(device)));
	ASSERT_EQ(0, take_away(device));
	EXPECT_EQ(POLLHUP | POLLERR, ends(child));
	close(fd);
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_HARNESS_MAIN
