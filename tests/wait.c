// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for character devices: in read() and in poll(), until there is news, a
 * signal comes, or the device goes.
 */

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "chardev_test.h"

/* Runs in a child: how its program ended, or -1 if it did not within 5 seconds. */
static int wait_for(pid_t child)
{
	int i, status;

	for (i = 0; i < 500; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
		usleep(10000);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return -1;
}

/* Whether a task sleeps, within 5 seconds. */
static bool sleeps(pid_t child)
{
	int i;

	for (i = 0; i < 500 && state_of(child) != 'S'; i++)
		usleep(10000);
	return i < 500;
}

static short ready(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, timeout) < 0 ? -1 : pollfd.revents;
}

TEST_F(chardev, stream_has_no_positions)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	uint64_t n = 1;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(fd, &n, 8, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwrite(fd, &n, 8, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(8, write(fd, &n, 8));
	EXPECT_EQ(8, read(fd, &n, 8));
}

TEST_F(chardev, poll_tells_news)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	int other, late;
	uint64_t n = 3;

	ASSERT_LE(0, fd);
	other = open("/dev/iomem_test_events", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, ready(fd, 0));
	EXPECT_EQ(0, ready(fd, 50));
	ASSERT_EQ(8, write(fd, &n, 8));
	EXPECT_EQ(POLLIN, ready(fd, 0));
	ASSERT_EQ(8, read(fd, &n, 8));
	EXPECT_EQ(3, n);
	EXPECT_EQ(0, ready(fd, 0));

	/* Each file has seen what it has seen; what was before it is no news. */
	EXPECT_EQ(POLLIN, ready(other, 0));
	late = open("/dev/iomem_test_events", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, late);
	EXPECT_EQ(0, ready(late, 0));
}

TEST_F(chardev, poll_is_woken)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	uint64_t n = 1;
	pid_t child;

	ASSERT_LE(0, fd);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(ready(fd, 10000));
	ASSERT_TRUE(sleeps(child));
	ASSERT_EQ(8, write(fd, &n, 8));
	EXPECT_EQ(POLLIN, wait_for(child));
}

TEST_F(chardev, poll_hangs_up_when_the_device_goes)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	pid_t child;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(ready(fd, 10000));
	ASSERT_TRUE(sleeps(child));
	ASSERT_EQ(0, ioctl(self->control, REMOVE_EVENTS));
	EXPECT_EQ(POLLHUP | POLLERR, wait_for(child));
	ASSERT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	EXPECT_EQ(EPOLLHUP | EPOLLERR, event.events);

	/* The file goes first, then what polls it. */
	close(fd);
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	close(epoll);
}

TEST_F(chardev, read_waits)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	uint64_t n = 5;
	pid_t child;

	ASSERT_LE(0, fd);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(read(fd, &n, 8) == 8 ? (int)n : 100 + errno);
	ASSERT_TRUE(sleeps(child));
	n = 42;
	ASSERT_EQ(8, write(fd, &n, 8));
	EXPECT_EQ(42, wait_for(child));
}

TEST_F(chardev, read_does_not_wait_if_asked_so)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	uint64_t n;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &n, 8));
	EXPECT_EQ(EAGAIN, errno);
}

static void ignore(int signal)
{
}

TEST_F(chardev, read_is_interrupted)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	uint64_t n = 9;
	pid_t child;
	int round;

	ASSERT_LE(0, fd);
	for (round = 0; round < 2; round++) {
		struct sigaction action = {
			.sa_handler = ignore,
			.sa_flags = round ? SA_RESTART : 0,
		};

		ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(read(fd, &n, 8) == 8 ? (int)n : 100 + errno);
		ASSERT_TRUE(sleeps(child));
		ASSERT_EQ(0, kill(child, SIGUSR1));
		if (round) {
			/* It begins again. */
			usleep(100000);
			ASSERT_TRUE(sleeps(child));
			ASSERT_EQ(8, write(fd, &n, 8));
			EXPECT_EQ(9, wait_for(child));
		} else {
			EXPECT_EQ(100 + EINTR, wait_for(child));
		}
	}
}

TEST_F(chardev, read_ends_when_the_device_goes)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	uint64_t n;
	pid_t child;

	ASSERT_LE(0, fd);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(read(fd, &n, 8) == 8 ? 0 : 100 + errno);
	ASSERT_TRUE(sleeps(child));
	ASSERT_EQ(0, ioctl(self->control, REMOVE_EVENTS));
	EXPECT_EQ(100 + ENODEV, wait_for(child));
}

TEST_HARNESS_MAIN
