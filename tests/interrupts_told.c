// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts that a program is told of while it waits for other things too: by
 * poll() and by eventfd.
 */

#include "interrupts_edu.h"

/* Each open file has seen what it was told of, and what it was not told of is news. */
TEST_F(irq, poll_tells_each_file)
{
	int other = open(self->node, O_RDONLY | O_CLOEXEC), late;
	uint64_t count = 0;

	ASSERT_LE(0, other);
	EXPECT_EQ(POLLOUT, ready(self->fd, POLLIN | POLLOUT, 0));
	EXPECT_EQ(0, ready(self->fd, POLLIN, 50));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(POLLIN | POLLOUT, ready(self->fd, POLLIN | POLLOUT, 0));
	EXPECT_EQ(POLLIN, ready(other, POLLIN, 0));

	/* IOMEM_IOC_IRQ_INFO, which stays() calls, is not telling. */
	ASSERT_EQ(0, wait_irq(self->fd, &count, 0, 0));
	EXPECT_EQ(0, ready(self->fd, POLLIN, 0));
	EXPECT_EQ(POLLIN, ready(other, POLLIN, 0));
	late = open(self->node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, late);
	EXPECT_EQ(POLLIN, ready(late, POLLIN, 0));

	/* A wait that ends for another reason tells as well. */
	EXPECT_EQ(ETIMEDOUT, wait_irq(other, &count, 0, 0));
	EXPECT_EQ(0, ready(other, POLLIN, 0));
	EXPECT_EQ(POLLIN, ready(late, POLLIN, 0));
	close(other);
	close(late);
}

TEST_F(irq, poll_is_woken)
{
	pid_t child = fork();

	ASSERT_LE(0, child);
	/* Without a limit: one that is up looks at the file again, whether it was woken or not. */
	if (!child)
		_exit(ready(self->fd, POLLIN, -1));
	ASSERT_TRUE(sleeps(child));
	raise_irq(self->fd);
	EXPECT_EQ(POLLIN, ends(child));
}

TEST_F(irq, eventfds_count)
{
	int event = eventfd(0, EFD_NONBLOCK), another = eventfd(0, EFD_NONBLOCK);
	int other = open(self->node, O_RDONLY | O_CLOEXEC), i;

	ASSERT_LE(0, event);
	ASSERT_LE(0, another);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	for (i = 1; i <= 3; i++) {
		raise_irq(self->fd);
		ASSERT_TRUE(stays(self->fd, i));
		acknowledge(self->fd);
		ASSERT_EQ(0, unmask(self->fd));
	}
	EXPECT_EQ(3, counted(event));

	/* One of another file takes no other's place; one of the same does. */
	ASSERT_EQ(0, give_eventfd(other, another));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 4));
	EXPECT_EQ(1, counted(event));
	EXPECT_EQ(1, counted(another));
	ASSERT_EQ(0, give_eventfd(self->fd, another));
	acknowledge(self->fd);
	ASSERT_EQ(0, unmask(self->fd));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 5));
	EXPECT_EQ(0, counted(event));
	EXPECT_EQ(2, counted(another));

	/* None any more: asked for, twice, and by closing. */
	ASSERT_EQ(0, give_eventfd(self->fd, -1));
	ASSERT_EQ(0, give_eventfd(self->fd, -1));
	close(other);
	acknowledge(self->fd);
	ASSERT_EQ(0, unmask(self->fd));
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 6));
	EXPECT_EQ(0, counted(another));
	close(event);
	close(another);
}

/* How many eventfds an interrupt can have. */
#define EVENTFDS	64

/*
 * A program without privileges has as many eventfds signalled as there may be, and asks for one
 * more. The line of the check that failed, or 0. What it has of the registers, it was given.
 */
static int listen_often(const char *node, int registers)
{
	int fd[EVENTFDS + 1], event[EVENTFDS + 1], i, count = 0;

	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return __LINE__;
	for (i = 0; i <= EVENTFDS; i++) {
		fd[i] = open(node, O_RDWR | O_CLOEXEC);
		event[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (fd[i] < 0 || event[i] < 0)
			return __LINE__;
	}
	for (i = 0; i < EVENTFDS; i++)
		if (give_eventfd(fd[i], event[i]))
			return __LINE__;
	for (i = 0; i < 100; i++)
		if (give_eventfd(fd[EVENTFDS], event[EVENTFDS]) != ENOSPC)
			return __LINE__;
	/* What is there can be replaced, and what is taken away makes room. */
	if (give_eventfd(fd[0], event[EVENTFDS]) || give_eventfd(fd[0], event[0]))
		return __LINE__;
	if (give_eventfd(fd[EVENTFDS], -1))
		return __LINE__;
	if (give_eventfd(fd[1], -1) || give_eventfd(fd[EVENTFDS], event[EVENTFDS]))
		return __LINE__;
	if (give_eventfd(fd[1], event[1]) != ENOSPC)
		return __LINE__;
	close(fd[2]);
	if (give_eventfd(fd[1], event[1]))
		return __LINE__;

	raise_irq(registers);
	if (!stays(fd[0], 1))
		return __LINE__;
	for (i = 0; i <= EVENTFDS; i++)
		count += counted(event[i]);
	acknowledge(registers);
	if (unmask(fd[0]))
		return __LINE__;
	/* One for each that listened, and none for the one whose file is closed. */
	return count == EVENTFDS && !counted(event[2]) ? 0 : __LINE__;
}

/* The handler signals them with interrupts disabled, so that there are not as many as one likes. */
TEST_F(irq, eventfds_have_a_limit)
{
	int *line = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	int event = eventfd(0, EFD_NONBLOCK);

	ASSERT_NE(MAP_FAILED, line);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, chmod(self->node, 0666));
	*line = -1;
	self->program[0] = fork();
	ASSERT_LE(0, self->program[0]);
	if (!self->program[0]) {
		*line = listen_often(self->node, self->fd);
		_exit(0);
	}
	EXPECT_EQ(0, ends(self->program[0]));
	self->program[0] = 0;
	EXPECT_EQ(0, *line)
		TH_LOG("in the program, at line %d", *line);
	/* It is gone, and so are its eventfds. */
	EXPECT_EQ(0, give_eventfd(self->fd, event));
	raise_irq(self->fd);
	EXPECT_TRUE(stays(self->fd, 2));
	EXPECT_EQ(1, counted(event));
	close(event);
	munmap(line, getpagesize());
}

/* Nobody has its descriptor any more: signalling it does no harm. */
TEST_F(irq, eventfd_may_be_closed)
{
	int event = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, event);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	close(event);
	raise_irq(self->fd);
	EXPECT_TRUE(stays(self->fd, 1));
}

TEST_F(irq, eventfd_wakes)
{
	int event = eventfd(0, 0);
	uint64_t count;
	pid_t child;

	ASSERT_LE(0, event);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(read(event, &count, sizeof(count)) == sizeof(count) ? count : 100);
	ASSERT_TRUE(sleeps(child));
	raise_irq(self->fd);
	EXPECT_EQ(1, ends(child));
	close(event);
}

TEST_HARNESS_MAIN
