// SPDX-License-Identifier: GPL-2.0
/*
 * Files of a platform driver that can be written to, those of tests/kmod/files.rs:
 * what is written arrives, errors come back, and unloading waits for writers and
 * leaves nothing for those who come later.
 */

#include <pthread.h>
#include <time.h>

#include "iomem_test.h"

#define MODULE "iomem_test_files"
#define FOLDER "/sys/bus/platform/drivers/" MODULE "/"

FIXTURE(files)
{
	int log;
};

FIXTURE_SETUP(files)
{
	const char *ko = getenv("IOMEM_FILES_KO");

	self->log = -1;
	if (!ko)
		SKIP(return, "IOMEM_FILES_KO is not set: see tests/iomem_test.h");
	if (loaded(MODULE))
		SKIP(return, MODULE " is loaded: unload it, these tests load it themselves");
	ASSERT_EQ(0, load(ko, ""));
	self->log = open_log();
	ASSERT_LE(0, self->log);
}

FIXTURE_TEARDOWN(files)
{
	if (self->log < 0)
		return;
	unload(MODULE);
	EXPECT_FALSE(loaded(MODULE));
	EXPECT_NE(0, access(FOLDER, F_OK));
	close(self->log);
}

/* Writes to a file of the driver; what write() returned, or the error. */
static ssize_t put(const char *name, const void *text, size_t length)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, length);
	if (n < 0)
		n = -errno;
	close(fd);

	return n;
}

TEST_F(files, are_for_root_to_write)
{
	static const char * const names[] = { "expect", "any", "slow" };
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), FOLDER "%s", names[i]);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(S_IFREG | 0200, st.st_mode);
		EXPECT_EQ(0, st.st_uid);
	}
}

TEST_F(files, what_is_written_arrives)
{
	EXPECT_EQ(5, put("expect", "ping\n", 5));
	EXPECT_EQ(-EINVAL, put("expect", "ping", 4));
	EXPECT_EQ(-EINVAL, put("expect", "ping\n\n", 6));
	EXPECT_EQ(-EINVAL, put("expect", "ping\n\0", 6));
	/* That is another file. */
	EXPECT_EQ(4, put("any", "ping", 4));
}

TEST_F(files, errors_come_back)
{
	EXPECT_EQ(-ENOTTY, put("expect", "pong", 4));
	EXPECT_EQ(-ENOTTY, put("expect", "pong\n", 5));
}

/* A line goes in one write, or not at all. */
TEST_F(files, a_page_is_too_long)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *text = malloc(3 * page);

	ASSERT_NE(NULL, text);
	memset(text, 'a', 3 * page);
	EXPECT_EQ(page - 1, put("any", text, page - 1));
	EXPECT_EQ(-E2BIG, put("any", text, page));
	EXPECT_EQ(-E2BIG, put("any", text, page + 1));
	EXPECT_EQ(-E2BIG, put("any", text, 3 * page));
	free(text);
}

TEST_F(files, nothing_is_nothing)
{
	EXPECT_EQ(0, put("expect", "", 0));
}

/* Two writes through one descriptor are two lines. */
TEST_F(files, a_descriptor_can_be_written_to_twice)
{
	int fd = open(FOLDER "expect", O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(5, write(fd, "ping\n", 5));
	EXPECT_EQ(5, write(fd, "ping\n", 5));
	EXPECT_EQ(-1, write(fd, "ping", 4));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

struct writer {
	int fd;
	ssize_t written;
};

static void *write_slowly(void *arg)
{
	struct writer *writer = arg;

	writer->written = write(writer->fd, "x", 1);
	return NULL;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

TEST_F(files, unloading_waits_for_a_writer)
{
	struct writer writer = { .fd = open(FOLDER "slow", O_WRONLY | O_CLOEXEC) };
	char text[4096], *ended, *dropped;
	int64_t began;
	pthread_t thread;

	ASSERT_LE(0, writer.fd);
	began = milliseconds();
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_slowly, &writer));
	usleep(100000);
	/* An open file does not keep the module. */
	EXPECT_EQ(0, unload(MODULE));
	EXPECT_LE(300, milliseconds() - began);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(1, writer.written);

	logged(self->log, MODULE, text, sizeof(text));
	ended = strstr(text, "slow: ended\n");
	dropped = strstr(text, "state: dropped after 1 unbound\n");
	EXPECT_NE(NULL, ended);
	EXPECT_NE(NULL, dropped) {
		TH_LOG("the log says: %s", text);
	}
	EXPECT_LT(ended, dropped);

	/* And to a module that is gone nothing is written. */
	EXPECT_EQ(-1, write(writer.fd, "x", 1));
	EXPECT_EQ(ENODEV, errno);
	close(writer.fd);
}

struct crowd {
	int fd;
	bool gone, odd;
};

static void *write_on(void *arg)
{
	struct crowd *crowd = arg;

	while (!crowd->gone && !crowd->odd) {
		ssize_t n = write(crowd->fd, "ping\n", 5);

		crowd->gone = n < 0 && errno == ENODEV;
		crowd->odd = n != 5 && !crowd->gone;
	}
	return NULL;
}

/* Many that write without a pause, a hundred times: each write is all or ENODEV. */
TEST_F(files, unloading_under_many_writers)
{
	const char *ko = getenv("IOMEM_FILES_KO");
	int round, i;

	for (round = 0; round < 100; round++) {
		struct crowd crowd[4] = {};
		pthread_t thread[4];

		for (i = 0; i < 4; i++) {
			crowd[i].fd = open(FOLDER "expect", O_WRONLY | O_CLOEXEC);
			ASSERT_LE(0, crowd[i].fd);
			ASSERT_EQ(0, pthread_create(&thread[i], NULL, write_on, &crowd[i]));
		}
		usleep(1000 * (round % 5));
		EXPECT_EQ(0, unload(MODULE));
		for (i = 0; i < 4; i++) {
			ASSERT_EQ(0, pthread_join(thread[i], NULL));
			EXPECT_FALSE(crowd[i].odd);
			close(crowd[i].fd);
		}
		ASSERT_EQ(0, load(ko, ""));
	}
}

TEST_HARNESS_MAIN
