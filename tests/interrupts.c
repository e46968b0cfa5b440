// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a window: counted, waited for and masked. Of QEMU's edu, whose
 * line is level-triggered, and for whose messages tests/kmod/msi.c raises a line
 * that is edge-triggered; and of the PL031 clock that a device tree describes.
 */

#include "interrupts_edu.h"

TEST_F(irq, is_described)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	struct iomem_irq_info info = info_of(self->fd);

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &window));
	EXPECT_EQ(1, window.irqs);
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(variant->level ? IOMEM_IRQ_LEVEL : 0, info.flags);
	EXPECT_EQ(0, info.count);
	EXPECT_STREQ("done", (char *)info.name);
}

TEST_F(irq, is_in_proc_while_bound)
{
	EXPECT_TRUE(is_listed(self->node));
	ASSERT_EQ(0, take_away(DEVICE));
	EXPECT_FALSE(is_listed(self->node));
}

/* Whether all is as told in sysfs, in files of the node's folder. */
static bool is_told(const char *node, const char *name, const char *wanted)
{
	char path[128], *text;
	bool same;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", strrchr(node, '/') + 1, name);
	text = proc_text(path);
	same = text && !strncmp(text, wanted, strlen(wanted)) && !strcmp(text + strlen(wanted), "\n");
	free(text);
	return same;
}

TEST_F(irq, is_in_sysfs)
{
	char path[64], *text;

	EXPECT_TRUE(is_told(self->node, "irqs", "1"));
	EXPECT_TRUE(is_told(self->node, "irq0/name", "done"));
	EXPECT_TRUE(is_told(self->node, "irq0/trigger", variant->level ? "level" : "edge"));
	EXPECT_TRUE(is_told(self->node, "irq0/count", "0"));
	EXPECT_TRUE(is_told(self->node, "irq0/masked", "0"));
	EXPECT_FALSE(is_told(self->node, "irq1/count", "0"));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_TRUE(is_told(self->node, "irq0/count", "1"));
	EXPECT_TRUE(is_told(self->node, "irq0/masked", variant->level ? "1" : "0"));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	text = proc_text(path);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, "\niomem-irq0-count:\t1\n"));
	free(text);
	acknowledge(self->fd);
	ASSERT_EQ(0, unmask(self->fd));
	EXPECT_TRUE(is_told(self->node, "irq0/masked", "0"));
}

TEST_F(irq, comes)
{
	uint64_t count = 0, i;

	for (i = 1; i <= 20; i++) {
		raise_irq(self->fd);
		ASSERT_EQ(0, wait_irq(self->fd, &count, SECOND, 0));
		ASSERT_EQ(i, count);
		acknowledge(self->fd);
		ASSERT_EQ(0, unmask(self->fd));
	}
	EXPECT_TRUE(stays(self->fd, 20));
}

/* What the program has seen is what it says, whatever that is. */
TEST_F(irq, wait_compares_counts)
{
	uint64_t count = 0;

	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(0, wait_irq(self->fd, &count, 0, 0));
	EXPECT_EQ(1, count);
	EXPECT_EQ(ETIMEDOUT, wait_irq(self->fd, &count, 0, 0));
	EXPECT_EQ(1, count);
	count = 77;
	EXPECT_EQ(0, wait_irq(self->fd, &count, IOMEM_WAIT_FOREVER, 0));
	EXPECT_EQ(1, count);
	count = 0;
	EXPECT_EQ(0, wait_irq(self->fd, &count, IOMEM_WAIT_FOREVER, 0));
	EXPECT_EQ(1, count);
}

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

TEST_F(irq, wait_keeps_its_limit)
{
	uint64_t count = 0, begin = now_ns(), took;

	EXPECT_EQ(ETIMEDOUT, wait_irq(self->fd, &count, 0, 0));
	EXPECT_GT(SECOND, now_ns() - begin);
	begin = now_ns();
	EXPECT_EQ(ETIMEDOUT, wait_irq(self->fd, &count, 30 * MILLISECOND, 0));
	took = now_ns() - begin;
	EXPECT_LE(30 * MILLISECOND, took);
	EXPECT_GT(2 * SECOND, took);
	EXPECT_EQ(0, count);
}

TEST_F(irq, wait_does_not_wait_if_asked_so)
{
	int fd = open(self->node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	uint64_t count = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(EAGAIN, wait_irq(fd, &count, IOMEM_WAIT_FOREVER, 0));
	EXPECT_EQ(0, count);
	EXPECT_EQ(EAGAIN, wait_irq(fd, &count, 10 * SECOND, 0));
	raise_irq(fd);
	ASSERT_TRUE(stays(fd, 1));
	EXPECT_EQ(0, wait_irq(fd, &count, IOMEM_WAIT_FOREVER, 0));
	EXPECT_EQ(1, count);
	EXPECT_EQ(EAGAIN, wait_irq(fd, &count, IOMEM_WAIT_FOREVER, 0));
	EXPECT_EQ(1, count);
	close(fd);
}

/* A child sleeps until the interrupt: for ever, with a limit, and unmasking first. */
TEST_F(irq, wait_is_woken)
{
	static const struct {
		uint64_t timeout_ns;
		uint32_t flags;
	} how[] = {
		{ IOMEM_WAIT_FOREVER, 0 },
		{ 20 * SECOND, 0 },
		{ ~0ull - 1, 0 },
		{ IOMEM_WAIT_FOREVER, IOMEM_IRQ_WAIT_UNMASK },
	};
	uint64_t count;
	pid_t child;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			count = i;
			if (wait_irq(self->fd, &count, how[i].timeout_ns, how[i].flags))
				_exit(100);
			_exit(count);
		}
		ASSERT_TRUE(sleeps(child));
		raise_irq(self->fd);
		EXPECT_EQ(i + 1, ends(child));
		acknowledge(self->fd);
		ASSERT_EQ(0, unmask(self->fd));
	}
}

/* Whether the signal has arrived; a child shares it with its parent. */
static volatile bool *arrived;

static void arrive(int signal)
{
	*arrived = true;
}

/* Waits in a child that is sent a signal: how the wait ended there, or 0 if it went on waiting. */
static int signalled(int fd, uint64_t timeout_ns, uint32_t flags, int sa_flags)
{
	struct sigaction action = { .sa_handler = arrive, .sa_flags = sa_flags };
	int status, i, asleep = 0;
	uint64_t count = 0;
	pid_t child;

	arrived = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arrived == MAP_FAILED)
		return -1;
	sigaction(SIGUSR1, &action, NULL);
	child = fork();
	if (!child)
		_exit(wait_irq(fd, &count, timeout_ns, flags));
	if (!sleeps(child))
		return -1;
	kill(child, SIGUSR1);
	/* On a busy machine it takes its time, awake. It is asleep again if it goes on waiting. */
	for (i = 0; i < 1000 && asleep < 20; i++) {
		usleep(10000);
		if (waitpid(child, &status, WNOHANG) == child)
			break;
		asleep = *arrived && state_of(child) == 'S' ? asleep + 1 : 0;
	}
	munmap((void *)arrived, 4096);
	if (i < 1000 && asleep < 20)
		return WEXITSTATUS(status);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return asleep < 20 ? -1 : 0;
}

TEST_F(irq, wait_is_interrupted)
{
	EXPECT_EQ(EINTR, signalled(self->fd, IOMEM_WAIT_FOREVER, 0, 0));
	EXPECT_EQ(EINTR, signalled(self->fd, 20 * SECOND, 0, 0));
	/* Begun again only where the program sees no difference. */
	EXPECT_EQ(0, signalled(self->fd, IOMEM_WAIT_FOREVER, 0, SA_RESTART));
	EXPECT_EQ(EINTR, signalled(self->fd, 20 * SECOND, 0, SA_RESTART));
	EXPECT_EQ(EINTR, signalled(self->fd, IOMEM_WAIT_FOREVER, IOMEM_IRQ_WAIT_UNMASK,
				   SA_RESTART));
}

TEST_F(irq, only_level_masks)
{
	uint32_t masked = variant->level ? IOMEM_IRQ_LEVEL | IOMEM_IRQ_MASKED : 0;

	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(masked, info_of(self->fd).flags);

	/* Another event: an edge comes, a level that is masked does not. */
	acknowledge(self->fd);
	raise_irq(self->fd);
	EXPECT_TRUE(stays(self->fd, variant->level ? 1 : 2));
	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_TRUE(stays(self->fd, 2));
	EXPECT_EQ(masked, info_of(self->fd).flags);

	acknowledge(self->fd);
	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_TRUE(stays(self->fd, 2));
	EXPECT_EQ(masked & ~IOMEM_IRQ_MASKED, info_of(self->fd).flags);
}

/* A line that is not masked stays as it is: one interrupt masks it again. */
TEST_F(irq, unmasking_twice_is_once)
{
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, unmask(self->fd));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(variant->level, !!(info_of(self->fd).flags & IOMEM_IRQ_MASKED));
}

TEST_F(irq, wait_unmasks_first)
{
	uint64_t count = 1, i;

	/* A line that masks itself is masked from here on: none comes before it is waited for. */
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	acknowledge(self->fd);
	for (i = 2; i <= 20; i++) {
		raise_irq(self->fd);
		ASSERT_EQ(0, wait_irq(self->fd, &count, SECOND, IOMEM_IRQ_WAIT_UNMASK));
		ASSERT_EQ(i, count);
		acknowledge(self->fd);
	}
	EXPECT_EQ(ETIMEDOUT, wait_irq(self->fd, &count, 50 * MILLISECOND, IOMEM_IRQ_WAIT_UNMASK));
	EXPECT_EQ(0, info_of(self->fd).flags & IOMEM_IRQ_MASKED);
}

/* A program that never has the line released gets no more than it asks for. */
TEST_F(irq, storms_end_in_the_mask)
{
	uint64_t i, count = 1;

	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, count));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, unmask(self->fd));
		count += variant->level;
		ASSERT_TRUE(stays(self->fd, count));
	}
	/* What is not masked when it is unmasked makes no difference. */
	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, unmask(self->fd));
	usleep(100000);
	EXPECT_GE(count + (variant->level ? 200 : 0), info_of(self->fd).count);
}

/* The alarm of a clock: a device tree's interrupt, which is level-triggered. */
#define RTC_DATA	0x00
#define RTC_MATCH	0x04
#define RTC_MASK	0x10
#define RTC_CLEAR	0x1c

TEST(alarm_of_the_device_tree)
{
	const char *ko = NEED("IOMEM_KO"), *device = NEED("IOMEM_PL031_DEVICE");
	struct iomem_irq_info info;
	uint64_t count = 0;
	uint32_t time;
	char node[64];
	int fd;

	ASSERT_FALSE(loaded("iomem_dev"));
	ASSERT_EQ(0, load(ko, ""));
	ASSERT_TRUE(node_of(device, node, sizeof(node)));
	fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	info = info_of(fd);
	EXPECT_EQ(IOMEM_IRQ_LEVEL, info.flags);
	EXPECT_EQ(0, info.count);
	EXPECT_STREQ("alarm", (char *)info.name);
	EXPECT_EQ(ETIMEDOUT, wait_irq(fd, &count, 10 * MILLISECOND, 0));

	write_register(fd, RTC_MASK, 1);
	ASSERT_EQ(4, pread(fd, &time, 4, RTC_DATA));
	write_register(fd, RTC_MATCH, time + 2);
	EXPECT_EQ(0, wait_irq(fd, &count, 10 * SECOND, 0));
	EXPECT_EQ(1, count);
	EXPECT_EQ(IOMEM_IRQ_LEVEL | IOMEM_IRQ_MASKED, info_of(fd).flags);
	EXPECT_TRUE(stays(fd, 1));

	/* The alarm goes on until it is cleared. */
	EXPECT_EQ(0, wait_irq(fd, &count, SECOND, IOMEM_IRQ_WAIT_UNMASK));
	EXPECT_EQ(2, count);
	write_register(fd, RTC_CLEAR, 1);
	EXPECT_EQ(ETIMEDOUT, wait_irq(fd, &count, 50 * MILLISECOND, IOMEM_IRQ_WAIT_UNMASK));
	EXPECT_EQ(2, count);
	EXPECT_EQ(IOMEM_IRQ_LEVEL, info_of(fd).flags);
	write_register(fd, RTC_MASK, 0);
	close(fd);
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_HARNESS_MAIN
