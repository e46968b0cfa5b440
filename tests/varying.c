// SPDX-License-Identifier: GPL-2.0
/*
 * Touches a mapping in which each fault finds another page, of tests/attack/varying.rs: whatever
 * the driver does, a program cannot make the kernel warn.
 */
#include <pthread.h>

#include "iomem_test.h"
#include "touch.h"

#define NODE	"/dev/iomem-varying"
#define RW	(PROT_READ | PROT_WRITE)

FIXTURE(varying)
{
	int fd, log;
	size_t huge;
};

FIXTURE_SETUP(varying)
{
	size_t page = sysconf(_SC_PAGESIZE);

	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "no " NODE ": load iomem_attack_varying");
	ASSERT_LE(0, self->fd);
	self->huge = page * page / 8;
	self->log = open_log();
	ASSERT_LE(0, self->log);
	ASSERT_EQ(0, catch_faults());
}

/* How many warnings there are in the log since. */
static int warnings(int log)
{
	char record[8192];
	int n = 0;
	ssize_t got;

	while ((got = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (got <= 0)
			continue;
		record[got] = 0;
		n += !!strstr(record, ";WARNING: ");
	}
	return n;
}

FIXTURE_TEARDOWN(varying)
{
	EXPECT_EQ(0, warnings(self->log));
	close(self->log);
	close(self->fd);
}

struct toucher {
	pthread_t thread;
	pthread_barrier_t *start;
	volatile char *at;
	int sig;
};

static void *write_to_it(void *arg)
{
	struct toucher *toucher = arg;
	uint64_t value = 1;

	pthread_barrier_wait(toucher->start);
	toucher->sig = touch(toucher->at, &value, true);
	return NULL;
}

/* Each of them is to insert another page at the same address. */
TEST_F(varying, threads_that_write_at_once)
{
	struct toucher touchers[3];
	pthread_barrier_t start;
	int round, i;

	pthread_barrier_init(&start, NULL, ARRAY_SIZE(touchers));
	for (round = 0; round < 20; round++) {
		char *p = mmap(NULL, self->huge, RW, MAP_SHARED, self->fd, 0);

		ASSERT_NE(MAP_FAILED, p);
		for (i = 0; i < ARRAY_SIZE(touchers); i++) {
			touchers[i].start = &start;
			touchers[i].at = p + i * 64;
			ASSERT_EQ(0, pthread_create(&touchers[i].thread, NULL, write_to_it,
						    &touchers[i]));
		}
		for (i = 0; i < ARRAY_SIZE(touchers); i++) {
			ASSERT_EQ(0, pthread_join(touchers[i].thread, NULL));
			EXPECT_EQ(0, touchers[i].sig);
		}
		munmap(p, self->huge);
	}
	pthread_barrier_destroy(&start);
}

/* Where the kernel looks for what is written to, a page is inserted that cannot be. */
TEST_F(varying, page_that_is_write_protected)
{
	char *p = mmap(NULL, self->huge, RW, MAP_SHARED, self->fd, 0);
	uint64_t value = 7;
	int i;

	ASSERT_NE(MAP_FAILED, p);
	/* Refused by kernels without CONFIG_MEM_SOFT_DIRTY, where it is an ordinary page. */
	if (tell("/proc/self/clear_refs", "4"))
		TH_LOG("this kernel does not look for what is written to");
	EXPECT_EQ(0, touch(p, &value, false));
	for (i = 0; i < 4; i++) {
		value = i;
		EXPECT_EQ(0, touch(p + i * 0x1000, &value, true));
		EXPECT_EQ(i, *(volatile uint64_t *)(p + i * 0x1000));
	}
	munmap(p, self->huge);
}

TEST_HARNESS_MAIN
