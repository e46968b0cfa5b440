// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a window back from a program that keeps the lock of its memory taken: it
 * reads a page that never comes through /proc/self/mem, which holds the lock for
 * reading, and has a second thread in mmap() behind that. An ordinary user can do so
 * for ever. The device is QEMU's edu (IOMEM_RANGE).
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "fuse_file.h"
#include "run_time_test.h"
#include "touch.h"

#define EDU_ID	0x010000edu
#define USER	1000

/* What the manual promises on a quiet machine is a second; in software, with others beside it: */
#define BOUND	10

/* What the program and the test tell each other. */
struct shared {
	volatile int stage, reads, sig;
	volatile uint64_t seen;
	pid_t server;
};

enum { BEGUN, FAILED, MAPPED, LOCKED };

struct program {
	struct shared *shared;
	const char *node;
	char *page;
	int mem;
};

static void *read_what_never_comes(void *arg)
{
	struct program *program = arg;
	char byte;

	return (void *)pread(program->mem, &byte, 1, (uintptr_t)program->page);
}

static void *map_behind_it(void *arg)
{
	struct program *program = arg;

	while (!program->shared->reads)
		usleep(1000);
	return mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* As an ordinary user: maps the node, takes the lock, and reads a register while it can. */
static int run_program(struct program *program)
{
	struct shared *shared = program->shared;
	pthread_t threads[2];
	volatile uint32_t *regs;
	uint32_t value;
	char path[64];
	int fd, file;

	snprintf(path, sizeof(path), "/tmp/iomem-never-%d", getpid());
	close(open(path, O_CREAT | O_RDWR, 0666));
	if (setgid(USER) || setuid(USER))
		return 1;
	file = open_fuse_file(path, &shared->reads, &shared->server);
	if (file < 0)
		return 2;
	program->page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
	program->mem = open("/proc/self/mem", O_RDONLY);
	fd = open(program->node, O_RDWR);
	if (program->page == MAP_FAILED || program->mem < 0 || fd < 0)
		return 3;
	regs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (regs == MAP_FAILED || catch_faults() || look32(regs, &value) || value != EDU_ID)
		return 4;
	shared->stage = MAPPED;
	/* The second one first: making a thread takes the lock, too. */
	if (pthread_create(&threads[0], NULL, map_behind_it, program) ||
	    pthread_create(&threads[1], NULL, read_what_never_comes, program))
		return 5;
	while (!shared->reads)
		usleep(1000);
	usleep(100000);
	shared->stage = LOCKED;
	for (;;) {
		int sig = look32(regs, &value);

		if (!sig && value == EDU_ID)
			shared->seen++;
		if (sig)
			shared->sig = sig;
		usleep(sig ? 10000 : 0);
	}
}

/* Runs it beside the test, until it has the lock; its number. */
static pid_t begin_program(struct shared **shared, const char *node)
{
	struct program program = { .node = node };
	pid_t child;
	int i;

	*shared = mmap(NULL, sizeof(**shared), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	program.shared = *shared;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		i = run_program(&program);
		fprintf(stderr, "# the program failed at %d: %s\n", i, strerror(errno));
		(*shared)->stage = FAILED;
		_exit(i);
	}
	for (i = 0; i < 6000 && (*shared)->stage != LOCKED && (*shared)->stage != FAILED; i++)
		usleep(10000);
	return child;
}

/* Lets go of the lock, and ends it. */
static void end_program(struct shared *shared, pid_t child)
{
	kill(shared->server, SIGKILL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(shared, sizeof(*shared));
}

/* Does something that writes to a file, in a process of its own: how long it took, or -1. */
static double timed(const char *path, const char *text)
{
	double begun = now();
	pid_t child = fork();
	int status;

	if (!child)
		_exit(-tell(path, text));
	while (waitpid(child, &status, WNOHANG) != child) {
		if (now() - begun > BOUND)
			return -1;
		usleep(1000);
	}
	return status ? -1 : now() - begun;
}

/* Whether the lock of a program's memory is taken: who wants to look at that waits. */
static bool is_locked(pid_t program)
{
	char path[64], text[4096];
	pid_t child = fork();
	int status;

	if (!child) {
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", program);
		_exit(read(open(path, O_RDONLY), text, sizeof(text)) <= 0);
	}
	usleep(500000);
	if (waitpid(child, &status, WNOHANG) == child)
		return false;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return true;
}

/* A window for everybody; its node. */
static const char *window_for_all(uint64_t start)
{
	static char node[64];
	char link[64];
	ssize_t n;
	int fd;

	if (make_window("taken mem=%#" PRIx64 ",%#lx width=4", start, PAGE))
		return NULL;
	fd = open_window("taken", O_RDONLY);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, node, sizeof(node) - 1);
	close(fd);
	if (n < 0)
		return NULL;
	node[n] = 0;
	/* udev makes the second one so everywhere. */
	return chmod(node, 0666) || chmod("/dev/fuse", 0666) ? NULL : node;
}

/* From the moment on at which it was taken back, nothing is seen of it, lock or not. */
#define EXPECT_GONE(shared) do {					\
	uint64_t seen_ = (shared)->seen;				\
	int i_;								\
									\
	usleep(300000);							\
	EXPECT_EQ(seen_, (shared)->seen);				\
	kill((shared)->server, SIGKILL);				\
	for (i_ = 0; i_ < 500 && !(shared)->sig; i_++)			\
		usleep(10000);						\
	EXPECT_EQ(SIGBUS, (shared)->sig);				\
	EXPECT_EQ(seen_, (shared)->seen);				\
} while (0)

TEST_F(run_time, unbinding_does_not_wait_for_the_lock)
{
	const char *node = window_for_all(self->start);
	struct shared *shared;
	char device[256], link[128];
	ssize_t n;
	double took;
	pid_t child;

	ASSERT_NE(NULL, node);
	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", node + strlen("/dev/"));
	n = readlink(link, device, sizeof(device) - 1);
	ASSERT_LT(0, n);
	device[n] = 0;
	child = begin_program(&shared, node);
	ASSERT_EQ(LOCKED, shared->stage);
	EXPECT_TRUE(is_locked(child));
	EXPECT_LT(0, shared->seen);

	took = timed(DRIVER "unbind", strrchr(device, '/') + 1);
	EXPECT_LE(0, took) {
		TH_LOG("it is still unbinding after %d seconds", BOUND);
	}
	TH_LOG("unbinding took %.3f seconds", took);
	EXPECT_GONE(shared);
	end_program(shared, child);
	EXPECT_EQ(0, delete_window("taken"));
}

TEST_F(run_time, other_windows_come_and_go_meanwhile)
{
	const char *node = window_for_all(self->start);
	struct shared *shared;
	char line[128];
	double took;
	pid_t child;

	ASSERT_NE(NULL, node);
	child = begin_program(&shared, node);
	ASSERT_EQ(LOCKED, shared->stage);
	EXPECT_TRUE(is_locked(child));

	took = timed(DRIVER "delete_device", "taken");
	EXPECT_LE(0, took);
	TH_LOG("deleting took %.3f seconds", took);
	snprintf(line, sizeof(line), "other mem=%#" PRIx64 ",%#lx", self->start + PAGE, PAGE);
	EXPECT_LE(0, timed(DRIVER "new_device", line));
	EXPECT_LE(0, timed(DRIVER "delete_device", "other"));
	/* And on the same registers. */
	snprintf(line, sizeof(line), "taken mem=%#" PRIx64 ",%#lx", self->start, PAGE);
	EXPECT_LE(0, timed(DRIVER "new_device", line));
	EXPECT_GONE(shared);
	end_program(shared, child);
	EXPECT_EQ(0, delete_window("taken"));
}

TEST_HARNESS_MAIN
