// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that take long: a signal ends them, whatever is left to do, unbinding the device does not
 * wait for them, and a suspend of the machine is no signal. The device is memory of 1 GiB
 * (IOMEM_RANGE), of which each word of 4 bytes is a register.
 */
#include "run_time_test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#define RW	(PROT_READ | PROT_WRITE)
#define LARGE_WINDOW	"long mem=%#" PRIx64 ",%#" PRIx64 " width=4"
#define SMALL_WINDOW	"long mem=%#" PRIx64 ",0x10000 width=4"
#define MIB	0x100000UL
/* As many as readv() takes. */
#define PARTS	1024

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The same buffer, again and again: a transfer of 1 GiB that needs 1 MiB. */
static struct iovec *parts(void)
{
	static struct iovec list[PARTS];
	char *buffer = calloc(1, MIB);
	size_t i;

	for (i = 0; i < PARTS; i++)
		list[i] = (struct iovec){ buffer, MIB };
	return list;
}

enum way { BY_READ, BY_WRITE, BY_DEBUGGER };

static const char *const ways[] = { "preadv", "pwritev", "/proc/self/mem" };

static ssize_t transfer(enum way way, int fd, int mem, char *mapping, int count)
{
	switch (way) {
	case BY_READ:
		return preadv(fd, parts(), count, 0);
	case BY_WRITE:
		return pwritev(fd, parts(), count, 0);
	default:
		return preadv(mem, parts(), count, (uintptr_t)mapping);
	}
}

/* What is killed ends before long, measured by how long a thousandth of the whole takes. */
TEST_F(run_time, long_transfer_ends_when_it_is_killed)
{
	const uint64_t length = self->last - self->start + 1;
	uint64_t begin, part, took;
	int fd, mem, status;
	enum way way;
	char *mapping;
	pid_t child;

	ASSERT_EQ(PARTS * MIB, length);
	ASSERT_EQ(0, make_window(LARGE_WINDOW, self->start, length));
	fd = open_window("long", O_RDWR);
	ASSERT_LE(0, fd);
	mapping = mmap(NULL, length, RW, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, mapping);
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mem);

	for (way = BY_READ; way <= BY_DEBUGGER; way++) {
		begin = now_ns();
		ASSERT_EQ(MIB, transfer(way, fd, mem, mapping, 1)) {
			TH_LOG("%s: %s", ways[way], strerror(errno));
		}
		part = now_ns() - begin;

		child = fork();
		if (!child) {
			if (way == BY_DEBUGGER)
				mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
			transfer(way, fd, mem, mapping, PARTS);
			_exit(1);
		}
		usleep(4 * part / 1000 + 100000);
		begin = now_ns();
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		took = now_ns() - begin;
		/* It was not through by itself. */
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_GT(1000000000 + 16 * part, took) {
			TH_LOG("%s: %" PRIu64 " ms after SIGKILL; 1 MiB takes %" PRIu64 " ms",
			       ways[way], took / 1000000, part / 1000000);
		}
	}
	munmap(mapping, length);
	close(mem);
	close(fd);
	EXPECT_EQ(0, delete_window("long"));
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
	alarms++;
}

/* The call says how far it came. */
TEST_F(run_time, long_transfer_ends_when_a_signal_comes)
{
	const uint64_t length = self->last - self->start + 1;
	struct sigaction action = { .sa_handler = count_alarm, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value.tv_usec = 100000 };
	enum way way;
	ssize_t n;
	int fd;

	ASSERT_EQ(0, make_window(LARGE_WINDOW, self->start, length));
	fd = open_window("long", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (way = BY_READ; way <= BY_WRITE; way++) {
		alarms = 0;
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
		n = transfer(way, fd, -1, NULL, PARTS);
		EXPECT_EQ(1, alarms);
		EXPECT_LT(0, n);
		EXPECT_GT(PARTS * MIB, n);
		EXPECT_EQ(0, n % 4);
	}
	close(fd);
	EXPECT_EQ(0, delete_window("long"));
}

/* One register is one register, whatever waits to be delivered. */
TEST_F(run_time, short_transfer_is_never_cut_off)
{
	struct sigaction action = { .sa_handler = count_alarm, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = {};
	uint64_t end = now_ns() + 1000000000;
	char buffer[64];
	int fd, n;

	ASSERT_EQ(0, make_window("long mem=%#" PRIx64 ",0x1000 width=4", self->start));
	fd = open_window("long", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	alarms = 0;
	while (now_ns() < end) {
		for (n = 0; n < 100; n++) {
			ASSERT_EQ(4, pread(fd, buffer, 4, 0));
			ASSERT_EQ(64, pread(fd, buffer, 64, 0));
			ASSERT_EQ(64, pwrite(fd, buffer, 64, 0));
		}
	}
	EXPECT_LT(0, alarms);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
	close(fd);
	EXPECT_EQ(0, delete_window("long"));
}

#define MOST	1024

static struct iomem_op ops[MOST];

/* Makes batches until the device is gone: how many operations the last made; -1 for another end. */
static void *batches(void *argument)
{
	const int fd = *(int *)argument;
	struct iomem_batch batch;
	size_t i;

	for (;;) {
		for (i = 0; i < MOST; i++)
			ops[i] = (struct iomem_op){ .op = IOMEM_OP_READ, .width = 4,
						    .offset = 4 * i };
		batch = (struct iomem_batch){ .size = sizeof(batch), .count = MOST,
					      .op_size = sizeof(ops[0]), .ops = (uintptr_t)ops };
		if (!ioctl(fd, IOMEM_IOC_BATCH, &batch))
			continue;
		if (errno != ENODEV || batch.failed != batch.done)
			return (void *)-1L;
		return (void *)(long)batch.done;
	}
}

/* Taking the device back does not wait for the end of a batch, which says how far it came. */
TEST_F(run_time, batch_is_not_waited_for)
{
	int round, fd, within = 0;
	pthread_t thread;
	void *done;

	for (round = 0; round < 60 && !within; round++) {
		ASSERT_EQ(0, make_window(SMALL_WINDOW, self->start));
		fd = open_window("long", O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, batches, &fd));
		usleep(10000 + 137 * round);
		ASSERT_EQ(0, delete_window("long"));
		ASSERT_EQ(0, pthread_join(thread, &done));
		ASSERT_LE(0, (long)done);
		within += (long)done > 0 && (long)done < MOST;
		close(fd);
	}
	EXPECT_LT(0, within) {
		TH_LOG("in %d rounds no batch was interrupted", round);
	}
}

/* --- Suspend ------------------------------------------------------------------------ */

static struct iomem_op waiting(uint64_t value)
{
	return (struct iomem_op){ .op = IOMEM_OP_WAIT, .width = 4, .offset = 0, .mask = 0xff,
				  .value = value, .timeout_ns = IOMEM_WAIT_FOREVER };
}

/*
 * The machine freezes all programs and goes no further (pm_test): what waits goes on waiting when
 * they are thawed.
 */
TEST_F(run_time, batch_waits_through_a_suspend)
{
	volatile uint32_t *reg;
	int fd, status = 0, round;
	pid_t child, ended = 0;

	if (access("/sys/power/pm_test", F_OK))
		SKIP(return, "this kernel cannot try a suspend: CONFIG_PM_DEBUG is off");
	ASSERT_EQ(0, make_window(SMALL_WINDOW, self->start));
	fd = open_window("long", O_RDWR);
	ASSERT_LE(0, fd);
	reg = mmap(NULL, 0x10000, RW, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, reg);
	reg[0] = 0;
	child = fork();
	if (!child) {
		struct iomem_op op = waiting(0x77);
		struct iomem_batch batch = { .size = sizeof(batch), .count = 1,
					     .op_size = sizeof(op), .ops = (uintptr_t)&op };

		_exit(ioctl(fd, IOMEM_IOC_BATCH, &batch) ? errno : 0);
	}
	usleep(100000);
	tell("/sys/module/suspend/parameters/pm_test_delay", "1");
	ASSERT_EQ(0, tell("/sys/power/pm_test", "freezer"));
	for (round = 0; round < 3 && !ended; round++) {
		EXPECT_EQ(0, tell("/sys/power/state", "freeze"));
		ended = waitpid(child, &status, WNOHANG);
	}
	EXPECT_EQ(0, tell("/sys/power/pm_test", "none"));
	EXPECT_EQ(0, ended) {
		TH_LOG("suspend %d ended the wait: %s", round, strerror(WEXITSTATUS(status)));
	}
	reg[0] = 0x77;
	if (!ended) {
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
	}
	munmap((void *)reg, 0x10000);
	close(fd);
	EXPECT_EQ(0, delete_window("long"));
}

/* A signal that the program handles still ends it. */
TEST_F(run_time, batch_ends_when_a_signal_comes)
{
	struct sigaction action = { .sa_handler = count_alarm, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value.tv_usec = 50000 };
	struct iomem_op list[] = {
		{ .op = IOMEM_OP_READ, .width = 4 }, waiting(0x77),
	};
	struct iomem_batch batch = { .size = sizeof(batch), .count = 2, .op_size = sizeof(list[0]),
				     .ops = (uintptr_t)list };
	volatile uint32_t *reg;
	int fd;

	ASSERT_EQ(0, make_window(SMALL_WINDOW, self->start));
	fd = open_window("long", O_RDWR);
	ASSERT_LE(0, fd);
	reg = mmap(NULL, 0x10000, RW, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, reg);
	reg[0] = 0;
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
	EXPECT_EQ(-1, ioctl(fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(EINTR, errno);
	EXPECT_EQ(1, batch.done);
	EXPECT_EQ(1, batch.failed);
	munmap((void *)reg, 0x10000);
	close(fd);
	EXPECT_EQ(0, delete_window("long"));
}

TEST_HARNESS_MAIN
