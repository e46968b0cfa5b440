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
