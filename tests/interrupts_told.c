// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts that a program is told of while it waits for other things too: by
 * poll() and by eventfd.
 */

#include <linux/aio_abi.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "interrupts_edu.h"
#include "tracefs.h"

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

/* The kernel's AIO polls only what wakes it by a single queue, whatever it can be woken for. */
TEST_F(irq, poll_by_aio)
{
	struct iocb poll_file = { .aio_fildes = self->fd, .aio_lio_opcode = IOCB_CMD_POLL,
				  .aio_buf = POLLIN }, *list = &poll_file;
	struct timespec limit = { .tv_sec = 10 };
	aio_context_t context = 0;
	struct io_event event;

	if (syscall(SYS_io_setup, 1, &context))
		SKIP(return, "this kernel has no AIO: CONFIG_AIO is off");
	EXPECT_EQ(1, syscall(SYS_io_submit, context, 1, &list)) {
		TH_LOG("%s", strerror(errno));
	}
	raise_irq(self->fd);
	EXPECT_EQ(1, syscall(SYS_io_getevents, context, 1, 1, &event, &limit));
	EXPECT_EQ(POLLIN, event.res);
	EXPECT_EQ(0, syscall(SYS_io_destroy, context));
}

/* More than the handler wakes by itself. */
#define SLEEPERS	150

/* All that sleep are woken, by the handler or by the workqueue. */
TEST_F(irq, all_that_sleep_are_woken)
{
	pid_t child[2 * SLEEPERS];
	uint64_t count = 0;
	int i, fd;

	for (i = 0; i < 2 * SLEEPERS; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (child[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* A file of its own: who waits by the one tells the others of it. */
		fd = open(self->node, O_RDONLY | O_CLOEXEC);
		if (i % 2)
			_exit(ready(fd, POLLIN, -1) != POLLIN);
		_exit(wait_irq(self->fd, &count, IOMEM_WAIT_FOREVER, 0) || count != 1);
	}
	for (i = 0; i < 2 * SLEEPERS; i++)
		ASSERT_TRUE(sleeps(child[i]));
	raise_irq(self->fd);
	for (i = 0; i < 2 * SLEEPERS; i++)
		ASSERT_EQ(0, ends(child[i]));
}

/* How often one poll() sleeps on the file, and what the handler may take, in microseconds. */
#define ENTRIES		100000
#define HANDLER_US	3000

static int trace_handler(int irq)
{
	char filter[32];

	snprintf(filter, sizeof(filter), "irq == %d", irq);
	if (put(TRACEFS "/events/irq/irq_handler_entry/filter", filter) ||
	    put(TRACEFS "/events/irq/irq_handler_exit/filter", filter))
		return -1;
	return put(TRACEFS "/trace", "") ||
	       put(TRACEFS "/events/irq/irq_handler_entry/enable", "1") ||
	       put(TRACEFS "/events/irq/irq_handler_exit/enable", "1");
}

/* The shortest time between a handler's entry and exit, in microseconds; -1: there is none. */
static long traced_handler(void)
{
	char *text, *line, *save = NULL;
	double entry = 0, time;
	long best = -1;

	put(TRACEFS "/events/irq/irq_handler_entry/enable", "0");
	put(TRACEFS "/events/irq/irq_handler_exit/enable", "0");
	put(TRACEFS "/events/irq/irq_handler_entry/filter", "0");
	put(TRACEFS "/events/irq/irq_handler_exit/filter", "0");
	text = proc_text(TRACEFS "/trace");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *flags = strchr(line, ']');

		if (line[0] == '#' || !flags || sscanf(flags + 1, "%*s %lf", &time) != 1)
			continue;
		if (strstr(flags, "irq_handler_entry"))
			entry = time;
		else if (entry && (best < 0 || (time - entry) * 1e6 < best))
			best = (time - entry) * 1e6;
	}
	free(text);
	return best;
}

/* A program that sleeps on a file ENTRIES times, for no event: it goes on sleeping. */
static pid_t poll_often(int fd)
{
	struct rlimit limit = { ENTRIES, ENTRIES };
	struct pollfd *list;
	pid_t child = fork();
	int i;

	if (child)
		return child;
	list = calloc(ENTRIES, sizeof(*list));
	for (i = 0; list && i < ENTRIES; i++)
		list[i].fd = fd;
	_exit(!list || setrlimit(RLIMIT_NOFILE, &limit) || poll(list, ENTRIES, -1));
}

/*
 * A program can sleep on the file as often as it may have descriptors. The handler, which keeps its
 * processor from everything else, is to take no longer for that.
 */
TEST_F(irq, many_that_poll_cost_the_handler_little)
{
	int irq = variant->level ? atoi(getenv("IOMEM_IRQ")) : irq_of_msi("irq"), i;
	long took;

	ASSERT_TRUE(mounted("tracefs", TRACEFS));
	self->program[0] = poll_often(self->fd);
	ASSERT_LT(0, self->program[0]);
	ASSERT_TRUE(sleeps(self->program[0]));
	ASSERT_EQ(0, trace_handler(irq));
	for (i = 1; i <= 5; i++) {
		raise_irq(self->fd);
		EXPECT_TRUE(stays(self->fd, i));
		acknowledge(self->fd);
		ASSERT_EQ(0, unmask(self->fd));
		EXPECT_TRUE(sleeps(self->program[0]));
	}
	took = traced_handler();
	EXPECT_LE(0, took);
	EXPECT_GT(HANDLER_US, took);
	TH_LOG("with %d that poll, the handler took %ld us at best", ENTRIES, took);
}

/* How many interrupts of a line no handler has handled, for the kernel. */
static long not_handled(int irq)
{
	char path[64], *text;
	long n;

	snprintf(path, sizeof(path), "/proc/irq/%d/spurious", irq);
	text = proc_text(path);
	n = number_behind(text, "unhandled ");
	free(text);
	return n;
}

/*
 * Nor do those who are left to be woken stand in the way: of others' masking the line, which some
 * program has unmasked again and again; or of what the kernel makes of an interrupt.
 */
TEST_F(irq, many_that_poll_are_in_no_ones_way)
{
	int irq = variant->level ? atoi(getenv("IOMEM_IRQ")) : irq_of_msi("irq"), i;
	long before = not_handled(irq);
	double longest = 0;

	ASSERT_LE(0, before);
	self->program[0] = poll_often(self->fd);
	ASSERT_LT(0, self->program[0]);
	ASSERT_TRUE(sleeps(self->program[0]));
	self->program[1] = fork();
	ASSERT_LE(0, self->program[1]);
	if (!self->program[1]) {
		int fd = open(self->node, O_RDWR | O_CLOEXEC);

		for (;;) {
			raise_irq(fd);
			unmask(fd);
			if (!variant->level)
				acknowledge(fd);
		}
	}
	for (i = 0; i < 20; i++) {
		double begin, took;

		usleep(50000);
		begin = now();
		EXPECT_EQ(0, mask(self->fd));
		took = now() - begin;
		longest = took > longest ? took : longest;
	}
	kill(self->program[1], SIGKILL);
	ASSERT_EQ(self->program[1], waitpid(self->program[1], NULL, 0));
	self->program[1] = 0;
	EXPECT_GT(1.0, longest);
	/* Where the handler is a thread, one counts that comes while that is still at work. */
	if (!is_rt())
		EXPECT_EQ(before, not_handled(irq));
	TH_LOG("%d masks took %.3f s at most", i, longest);
	acknowledge(self->fd);
	EXPECT_EQ(0, unmask(self->fd));
}

/* Programs, so many each, that sleep on the file; all are in its queue when this returns. */
static bool crowd(pid_t *program, int fd)
{
	int i;

	for (i = 0; i < 4; i++) {
		program[i] = poll_often(fd);
		if (program[i] <= 0 || !sleeps(program[i]))
			return false;
	}
	return true;
}

/*
 * Nor are they woken before the registers are given back, also those whom an interrupt that came
 * just before has left to be woken.
 */
TEST_F(irq, many_that_poll_do_not_keep_the_claims)
{
	double free_after = 0, all, begin;
	int status;
	char *text;
	pid_t unbinder;

	ASSERT_TRUE(crowd(self->program, self->fd));
	begin = now();
	raise_irq(self->fd);
	unbinder = fork();
	ASSERT_LE(0, unbinder);
	if (!unbinder)
		_exit(-take_away(DEVICE));
	do {
		text = proc_iomem();
		free_after = strstr(text, strrchr(self->node, '/') + 1) ? 0 : now() - begin;
		free(text);
	} while (!free_after);
	/* On a kernel that watches its locks that takes 20 seconds. */
	EXPECT_EQ(unbinder, waitpid(unbinder, &status, 0));
	EXPECT_EQ(0, status);
	all = now() - begin;
	EXPECT_GT(all / 2, free_after);
	TH_LOG("the claims were gone after %.3f s, the unbinding was done after %.3f s",
	       free_after, all);
	ASSERT_EQ(0, bind_again(DEVICE));
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

/* Its descriptor is closed: signalling it does no harm. */
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
