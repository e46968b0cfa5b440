// SPDX-License-Identifier: GPL-2.0
/*
 * Every error code, from every function of a driver whose errors the library
 * passes on: what arrives here is one that programs know, and the kernel goes on.
 * The driver is tests/attack/errors.rs.
 */

#include <signal.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "iomem_test.h"

#define MODULE	"iomem_attack_errors"
#define NODE	"/dev/iomem_attack_errors"
#define VALUE	"/sys/class/misc/iomem_attack_errors/value"
#define FILE_	"/sys/bus/platform/drivers/iomem_attack_errors/file"
#define TABLES	"/sys/kernel/debug/iomem_attack_errors/"

#define FAIL	_IO('i', 0)
#define CALLS	_IO('i', 1)

/* The kernel's own: include/linux/errno.h. Programs have no names for them. */
#define ERESTARTSYS		512
#define ERESTARTNOINTR		513
#define ERESTARTNOHAND		514
#define ENOIOCTLCMD		515
#define ERESTART_RESTARTBLOCK	516
#define EPROBE_DEFER		517
#define EOPENSTALE		518
#define ENOPARAM		519
#define ENOTSUPP		524

#define MAX_ERRNO		4095

/* As in tests/attack/errors.rs. */
enum door {
	OPEN = 1, SEEK, READ, WRITE, IOCTL, IOCTL_VALUE, MAP, SPLIT, SHOW, ROWS, ROW, DRIVER_FILE,
	SIGNAL, ADDRESS
};

FIXTURE(errors)
{
	int control;
	int fd;
	size_t page;
};

FIXTURE_SETUP(errors)
{
	const char *ko = getenv("IOMEM_ERRORS_KO");

	self->control = -1;
	self->page = sysconf(_SC_PAGESIZE);
	if (!ko)
		SKIP(return, "IOMEM_ERRORS_KO is not set: see tests/iomem_test.h");
	if (loaded(MODULE))
		SKIP(return, MODULE " is loaded: unload it, these tests load it themselves");
	ASSERT_EQ(0, load(ko, ""));
	self->control = open("/dev/iomem_attack_control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->control);
	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

/* As in tests/chardev_test.h. */
FIXTURE_TEARDOWN(errors)
{
	if (self->control < 0)
		return;
	EXPECT_EQ(0, syscall(SYS_close_range, 3, ~0u, 0));
	EXPECT_EQ(0, unload(MODULE));
}

/* What a program is to be given for a code, when no signal is pending. */
static int known(int code)
{
	switch (code) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		return -EINTR;
	case ENOIOCTLCMD:
		return -ENOTTY;
	case EPROBE_DEFER:
		return -EAGAIN;
	case EOPENSTALE:
		return -ESTALE;
	case ENOPARAM:
		return -EINVAL;
	case ENOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -(code < ERESTARTSYS ? code : EIO);
	}
}

static int fail(int control, enum door door, int code)
{
	return ioctl(control, FAIL, door << 16 | code);
}

/* 0, or below 0 the error, of a call that gives something below 0. */
#define GIVEN(call) ((call) < 0 ? -errno : 0)

/* The call that asks the function, once; 0, or the error below 0. */
static int ask(enum door door, int fd, char *memory, size_t page)
{
	char byte = 'x';
	struct iovec vec = { &byte, 1 };

	switch (door) {
	case OPEN:
		fd = open(NODE, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		close(fd);
		return 0;
	case SEEK:
		return GIVEN(lseek(fd, 0, SEEK_SET));
	case READ:
	case SHOW:
	case ROWS:
	case ROW:
		/* By either way that there is. */
		return GIVEN(page & 1 ? preadv(fd, &vec, 1, 0) : pread(fd, memory, 64, 0));
	case WRITE:
	case DRIVER_FILE:
		return GIVEN(page & 1 ? pwritev(fd, &vec, 1, 0) : pwrite(fd, "x", 1, 0));
	case IOCTL:
	case IOCTL_VALUE:
		return GIVEN(ioctl(fd, _IO('i', 9), 0));
	case MAP:
		memory = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
		if (memory == MAP_FAILED)
			return -errno;
		munmap(memory, page);
		return 0;
	case SPLIT:
		return GIVEN(munmap(memory + page, page));
	default:
		return -ENOTSUP;
	}
}

/* Through one function, all codes; how many arrive as something else, and which is the first. */
static int all_codes(int control, enum door door, int fd, char *memory, size_t page, int *first,
		     int *got)
{
	int code, wrong = 0;

	for (code = 1; code <= MAX_ERRNO; code++) {
		int given;

		if (fail(control, door, code))
			return -1;
		given = ask(door, fd, memory, page);
		if (given == known(code))
			continue;
		if (!wrong++) {
			*first = code;
			*got = given;
		}
	}
	fail(control, 0, 0);
	return wrong;
}

#define ALL_CODES(door, fd, memory, page) do {						\
	int first = 0, got = 0;								\
											\
	EXPECT_EQ(0, all_codes(self->control, door, fd, memory, page, &first, &got)) {	\
		TH_LOG(#door ": the first is %d, which arrives as %d", first, got);	\
	}										\
} while (0)

TEST_F(errors, of_open) { ALL_CODES(OPEN, self->fd, NULL, self->page); }
TEST_F(errors, of_llseek) { ALL_CODES(SEEK, self->fd, NULL, self->page); }
TEST_F(errors, of_ioctl) { ALL_CODES(IOCTL, self->fd, NULL, self->page); }
TEST_F(errors, of_ioctl_as_a_value) { ALL_CODES(IOCTL_VALUE, self->fd, NULL, self->page); }
TEST_F(errors, of_mmap) { ALL_CODES(MAP, self->fd, NULL, self->page); }

TEST_F(errors, of_read)
{
	char text[64];

	ALL_CODES(READ, self->fd, text, 0);
	ALL_CODES(READ, self->fd, text, 1);
}

TEST_F(errors, of_write)
{
	ALL_CODES(WRITE, self->fd, NULL, 0);
	ALL_CODES(WRITE, self->fd, NULL, 1);
}

TEST_F(errors, of_may_split)
{
	char *memory = mmap(NULL, 3 * self->page, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, memory);
	ALL_CODES(SPLIT, self->fd, memory, self->page);
	ASSERT_EQ(0, munmap(memory, 3 * self->page));
}

/* A file that is opened by the test: not one that a failure of `open` would be tested with. */
#define OF_FILE(door, path, flags) do {					\
	char text[64];							\
	int fd = open(path, (flags) | O_CLOEXEC);			\
									\
	ASSERT_LE(0, fd) {						\
		TH_LOG("%s", path);					\
	}								\
	ALL_CODES(door, fd, text, 0);					\
	ALL_CODES(door, fd, text, 1);					\
} while (0)

TEST_F(errors, of_an_attribute) { OF_FILE(SHOW, VALUE, O_RDONLY); }
TEST_F(errors, of_a_file_of_a_driver) { OF_FILE(DRIVER_FILE, FILE_, O_WRONLY); }

TEST_F(errors, of_a_table)
{
	char text[64];
	int rows = open(TABLES "rows", O_RDONLY | O_CLOEXEC);
	int row = open(TABLES "row", O_RDONLY | O_CLOEXEC);

	/* debugfs gives no readv(). */
	ASSERT_LE(0, rows);
	ASSERT_LE(0, row);
	ALL_CODES(ROWS, rows, text, 0);
	ALL_CODES(ROW, row, text, 0);
}

TEST_F(errors, of_a_table_at_llseek)
{
	int rows = open(TABLES "rows", O_RDONLY | O_CLOEXEC);
	int code, wrong = 0;

	ASSERT_LE(0, rows);
	for (code = 1; code <= MAX_ERRNO; code++) {
		ASSERT_EQ(0, fail(self->control, ROWS, code));
		wrong += GIVEN(lseek(rows, 0, SEEK_SET)) != known(code);
	}
	EXPECT_EQ(0, wrong);
}

static void nothing(int signal)
{
}

/*
 * With a signal pending, a code that asks for a restart means that, as C drivers
 * have it: restarted or not, by what the code says and how the signal is handled.
 */
TEST_F(errors, that_restart_a_call)
{
	static const struct {
		int code;
		int flags;
		int given;
	} cases[] = {
		{ ERESTARTSYS, 0, -EINTR },
		{ ERESTARTSYS, SA_RESTART, 0 },
		{ ERESTARTNOINTR, 0, 0 },
		{ ERESTARTNOINTR, SA_RESTART, 0 },
		{ ERESTARTNOHAND, 0, -EINTR },
		{ ERESTARTNOHAND, SA_RESTART, -EINTR },
		/* What is to be restarted is the kernel's to say, and a driver cannot. */
		{ ERESTART_RESTARTBLOCK, 0, -EINTR },
		{ ERESTART_RESTARTBLOCK, SA_RESTART, -EINTR },
		{ EIO, SA_RESTART, -EIO },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sigaction action = { .sa_handler = nothing, .sa_flags = cases[i].flags };
		struct itimerval soon = { .it_value.tv_usec = 20000 };
		char text[8];

		ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
		ASSERT_EQ(0, fail(self->control, SIGNAL, cases[i].code));
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
		EXPECT_EQ(cases[i].given, GIVEN(pread(self->fd, text, sizeof(text), 0))) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(1, ioctl(self->control, CALLS));
	}
}

/* A physical address that is no page's: the mapping is made, if without huge pages. */
TEST_F(errors, none_of_an_address_that_is_no_pages)
{
	static const int addresses[] = { 0, 1, 8, 0x7ff, 0xfff, 0x1001, 0x3fff, 0xffff };
	/* More than any huge page but the largest. */
	const size_t length = 96UL << 20;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		void *memory;

		ASSERT_EQ(0, fail(self->control, ADDRESS, addresses[i]));
		memory = mmap(NULL, length, PROT_READ, MAP_SHARED, self->fd, 0);
		EXPECT_NE(MAP_FAILED, memory) {
			TH_LOG("%#x: %s", addresses[i], strerror(errno));
		}
		if (memory != MAP_FAILED)
			munmap(memory, length);
	}
}

TEST_HARNESS_MAIN
