// SPDX-License-Identifier: GPL-2.0
/*
 * A wait for an interrupt that the kernel ends for what is no signal, because the program has to
 * leave the kernel for a moment: to run what io_uring has for it, or to change to a livepatched
 * kernel (the module iomem_test_livepatch, IOMEM_LIVEPATCH_KO). What has to wait for that must
 * not wait for the interrupt. A wait without a limit begins again by itself; one with a limit is
 * EINTR, and so is the wait of a batch.
 *
 * In one variant the wait has no limit, in the other it has one.
 */

#include "interrupts_edu.h"
#include "uring.h"

#define LIVEPATCH	"/sys/kernel/livepatch/iomem_test_livepatch/"

static int number(const char *path)
{
	char *text = proc_text(path);
	int value = text && *text ? atoi(text) : -2;

	free(text);
	return value;
}

/* Which of two states of the kernel's code a task is in: 0 the old, 1 the new, -1 the only one. */
static int livepatched(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/patch_state", pid);
	return number(path);
}

static uint64_t limit(bool level)
{
	return level ? IOMEM_WAIT_FOREVER : 300 * SECOND;
}

static int wait_once(int fd, bool level)
{
	uint64_t count = 0;

	return wait_irq(fd, &count, limit(level), 0) ?: 100 + count;
}

/* For what a register will not become, without a limit. */
static int wait_by_batch(int fd, bool level)
{
	struct iomem_op op = { .op = IOMEM_OP_WAIT, .width = 4, .offset = 0, .mask = ~0u,
			       .timeout_ns = IOMEM_WAIT_FOREVER };
	struct iomem_batch batch = { .size = sizeof(batch), .count = 1, .op_size = sizeof(op),
				     .ops = (uintptr_t)&op };

	return ioctl(fd, IOMEM_IOC_BATCH, &batch) ? errno : 0;
}

/* Waits in a child with something that io_uring is to do when `pipe` can be read. */
static pid_t wait_with_uring(int (*wait)(int, bool), int fd, bool level, int pipe, struct uring *u)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_POLL_ADD, .fd = pipe,
				    .poll32_events = POLLIN };
	pid_t child = fork();

	if (child)
		return child;
	/* The task that began it is the one that has to finish it. */
	if (uring_begin(u, &sqe, 0))
		_exit(200);
	_exit(wait(fd, level));
}

TEST_F(irq, batch_lets_io_uring_finish)
{
	struct uring u = {};
	int pipes[2];

	if (!has_uring())
		SKIP(return, "this kernel has no io_uring: CONFIG_IO_URING is off");
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, uring_open(&u));
	self->program[0] = wait_with_uring(wait_by_batch, self->fd, variant->level, pipes[0], &u);
	ASSERT_LT(0, self->program[0]);
	/* It looks at the register now and then. */
	usleep(500000);
	EXPECT_EQ(0, waitpid(self->program[0], NULL, WNOHANG));
	EXPECT_EQ(-ENODATA, uring_result(&u));
	ASSERT_EQ(1, write(pipes[1], "", 1));
	EXPECT_EQ(POLLIN, uring_comes(&u));
	EXPECT_EQ(EINTR, ends(self->program[0]));
	self->program[0] = 0;
	uring_close(&u);
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(irq, wait_lets_io_uring_finish)
{
	struct uring u = {};
	int pipes[2];

	if (!has_uring())
		SKIP(return, "this kernel has no io_uring: CONFIG_IO_URING is off");
	ASSERT_EQ(0, pipe(pipes));
	/* The ring is shared with the child. */
	ASSERT_EQ(0, uring_open(&u));
	self->program[0] = wait_with_uring(wait_once, self->fd, variant->level, pipes[0], &u);
	ASSERT_LT(0, self->program[0]);
	ASSERT_TRUE(sleeps(self->program[0]));
	EXPECT_EQ(-ENODATA, uring_result(&u));
	ASSERT_EQ(1, write(pipes[1], "", 1));
	EXPECT_EQ(POLLIN, uring_comes(&u));

	if (variant->level) {
		/* It waits again, or still. */
		ASSERT_TRUE(sleeps(self->program[0]));
		raise_irq(self->fd);
		EXPECT_EQ(101, ends(self->program[0]));
	} else {
		EXPECT_EQ(EINTR, ends(self->program[0]));
	}
	self->program[0] = 0;
	uring_close(&u);
	close(pipes[0]);
	close(pipes[1]);
}

/* Takes the livepatch out again, which has to be over before its module can go. */
static int unpatch(void)
{
	int i, err = tell(LIVEPATCH "enabled", "0");

	for (i = 0; !err && i < 600 && !access(LIVEPATCH "enabled", F_OK); i++)
		usleep(100000);
	for (i = 0; !err && i < 100 && unload("iomem_test_livepatch") == -EBUSY; i++)
		usleep(100000);
	return err ?: loaded("iomem_test_livepatch") ? EBUSY : 0;
}

/*
 * The call that it is in, ioctl(), is what is exchanged, so the task has to leave it. The kernel
 * waits for 15 seconds before it makes one.
 */
TEST_F_TIMEOUT(irq, wait_lets_a_livepatch_in, 120)
{
	const char *ko = getenv("IOMEM_LIVEPATCH_KO");
	uint64_t count = 0;
	pid_t child;
	int i;

	if (!ko || access(ko, F_OK))
		SKIP(return, "this kernel has no livepatch: CONFIG_LIVEPATCH is off");
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(wait_irq(self->fd, &count, limit(variant->level), 0) ?: 100 + count);
	self->program[0] = child;
	ASSERT_TRUE(sleeps(child));

	ASSERT_EQ(0, load(ko, ""));
	/* All others change by themselves. */
	sleep(5);
	EXPECT_EQ(0, livepatched(child));
	EXPECT_EQ(1, number(LIVEPATCH "transition"));
	for (i = 0; i < 600 && number(LIVEPATCH "transition"); i++)
		usleep(100000);
	EXPECT_EQ(0, number(LIVEPATCH "transition")) {
		TH_LOG("the child is in state '%c', patched %d", state_of(child),
		       livepatched(child));
	}
	if (variant->level) {
		ASSERT_TRUE(sleeps(child));
		raise_irq(self->fd);
		EXPECT_EQ(101, ends(child));
	} else {
		EXPECT_EQ(EINTR, ends(child));
	}
	self->program[0] = 0;
	EXPECT_EQ(0, unpatch());
}

TEST_HARNESS_MAIN
