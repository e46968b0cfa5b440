// SPDX-License-Identifier: GPL-2.0
/*
 * What the library shows of a device, and for how long: attributes in sysfs,
 * fdinfo, tables in debugfs, tracepoints. The device is that of tests/kmod/see.rs.
 */

#include <pthread.h>

#include "tracefs.h"

#define MODULE	"iomem_test_see"
#define NODE	"/sys/class/misc/iomem_test_see"
#define TABLES	DEBUGFS "/iomem_test_see"

#define REMOVE	_IO('i', 0)
#define MAKE	_IO('i', 1)
#define TRACE	_IO('i', 2)
#define MADE	_IO('i', 3)
#define BEGUN	_IO('i', 4)

/* The tables: a row is as long as this, there are so many, and one is too wide for one table. */
#define ROW	17
#define ROWS	70000
#define LONG	250

FIXTURE(shown)
{
	int control;
};

FIXTURE_SETUP(shown)
{
	const char *ko = getenv("IOMEM_SEE_KO");

	self->control = -1;
	if (!ko)
		SKIP(return, "IOMEM_SEE_KO is not set: see tests/iomem_test.h");
	if (loaded(MODULE))
		SKIP(return, MODULE " is loaded: unload it, these tests load it themselves");
	ASSERT_EQ(0, load(ko, ""));
	self->control = open("/dev/iomem_test_see_control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->control);
}

/* As in tests/chardev_test.h. */
FIXTURE_TEARDOWN(shown)
{
	if (self->control < 0)
		return;
	EXPECT_EQ(0, syscall(SYS_close_range, 3, ~0u, 0));
	EXPECT_EQ(0, unload(MODULE));
	EXPECT_NE(0, access(NODE, F_OK));
	EXPECT_NE(0, access(TABLES, F_OK));
}

/* All of an attribute, with a zero at its end; how long it is, or an errno below 0. */
static ssize_t attribute(const char *name, char *text, size_t room)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), NODE "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, room - 1);
	if (n < 0)
		n = -errno;
	else
		text[n] = 0;
	close(fd);
	return n;
}

static mode_t mode(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) ? 0 : stat.st_mode & 07777;
}

TEST_F(shown, attributes_have_their_values)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "name", "a name\n" }, { "secret", "0xfea00000\n" }, { "empty", "\n" },
		{ "part0/number", "0\n" }, { "part0/twice", "0\n" },
		{ "part1/number", "1\n" }, { "part1/twice", "2\n" },
		{ "part2/number", "2\n" }, { "part2/twice", "4\n" },
	};
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(strlen(files[i].text), attribute(files[i].name, text, sizeof(text))) {
			TH_LOG("%s", files[i].name);
		}
		EXPECT_STREQ(files[i].text, text);
	}
	EXPECT_NE(0, access(NODE "/part3", F_OK));
	EXPECT_NE(0, access(NODE "/number", F_OK));
}

TEST_F(shown, attributes_have_their_modes)
{
	EXPECT_EQ(0444, mode(NODE "/name"));
	EXPECT_EQ(0400, mode(NODE "/secret"));
	EXPECT_EQ(0444, mode(NODE "/part0/number"));
	EXPECT_EQ(0400, mode(NODE "/part2/twice"));
	/* Root may open it, and the kernel refuses. */
	EXPECT_EQ(-1, open(NODE "/name", O_RDWR | O_CLOEXEC));
}

TEST_F(shown, attribute_is_a_page_at_most)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *text = calloc(1, 2 * page), *line;

	ASSERT_NE(NULL, text);
	EXPECT_EQ(page - 1, attribute("longest", text, 2 * page));
	line = strchr(text, '\n');
	EXPECT_EQ(text + page - 2, line);
	EXPECT_EQ(page - 2, strspn(text, "x"));
	EXPECT_EQ(-EOVERFLOW, attribute("too_long", text, 2 * page));
	EXPECT_EQ(-EOVERFLOW, attribute("much_too_long", text, 2 * page));
	free(text);
}

TEST_F(shown, attribute_can_fail)
{
	char text[64];

	EXPECT_EQ(-ENXIO, attribute("failing", text, sizeof(text)));
}

TEST_F(shown, attributes_go_with_the_node)
{
	char text[64];
	int name = open(NODE "/name", O_RDONLY | O_CLOEXEC);
	int twice = open(NODE "/part1/twice", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, name);
	ASSERT_LE(0, twice);
	ASSERT_EQ(7, pread(name, text, sizeof(text), 0));
	ASSERT_LE(0, ioctl(self->control, REMOVE));
	EXPECT_NE(0, access(NODE, F_OK));
	EXPECT_EQ(-1, pread(name, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, pread(twice, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);

	/* A node of the same name has files of its own. */
	ASSERT_EQ(0, ioctl(self->control, MAKE));
	EXPECT_EQ(7, attribute("name", text, sizeof(text)));
	EXPECT_EQ(-1, pread(name, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);
}

static void *read_slow(void *result)
{
	char text[64] = "";

	*(long *)result = attribute("slow", text, sizeof(text)) > 0 ? atol(text) : -1;
	return NULL;
}

TEST_F(shown, removal_waits_for_attributes)
{
	long shown = 0;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, read_slow, &shown));
	while (!shown && ioctl(self->control, BEGUN) < 1)
		usleep(1000);
	/* When the node is gone, the function has come to its end, and not before. */
	EXPECT_EQ(1, ioctl(self->control, REMOVE));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(1, shown);
}

/* How the device begins its line, with what Rust begins octal numbers with. */
#define FLAGS "iomem-test-flags:\t0o"

TEST_F(shown, fdinfo_is_of_the_file)
{
	int plain = open("/dev/" MODULE, O_RDONLY);
	int other = open("/dev/" MODULE, O_RDWR | O_NONBLOCK);
	char path[64], *text, *at;

	ASSERT_LE(0, plain);
	ASSERT_LE(0, other);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", other);
	text = proc_text(path);
	ASSERT_NE(NULL, text);
	/* The kernel's lines, and ours. */
	EXPECT_NE(NULL, strstr(text, "pos:\t0\n"));
	at = strstr(text, FLAGS);
	ASSERT_NE(NULL, at);
	EXPECT_EQ(O_NONBLOCK | O_RDWR,
		  strtoul(at + strlen(FLAGS), NULL, 8) & (O_NONBLOCK | O_ACCMODE));
	free(text);

	/* The node is gone, the file is not. */
	ASSERT_LE(0, ioctl(self->control, REMOVE));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", plain);
	text = proc_text(path);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, FLAGS));
	free(text);
}

TEST_F(shown, table_is_read_in_pieces)
{
	char *whole = calloc(1, ROW * ROWS + 1), row[ROW + 1];
	size_t done = 0, i;
	ssize_t n;
	int fd;

	ASSERT_NE(NULL, whole);
	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	EXPECT_EQ(0400, mode(TABLES "/table"));
	fd = open(TABLES "/table", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ioctl(self->control, MADE));

	/* Pieces that are no multiple of a row are cut off at one. */
	while ((n = read(fd, whole + done, 1000)) > 0) {
		if (done + n < ROW * ROWS)
			EXPECT_EQ(1000 / ROW * ROW, n);
		done += n;
		ASSERT_LE(done, ROW * ROWS);
	}
	ASSERT_EQ(0, n);
	ASSERT_EQ(ROW * ROWS, done);
	/* Each was made once. */
	EXPECT_EQ(ROWS, ioctl(self->control, MADE));
	for (i = 0; i < ROWS; i++) {
		snprintf(row, sizeof(row), i == LONG ? "%5zu: %9zu%c" : "%5zu: %7zu  %c", i, 3 * i,
			 '\n');
		ASSERT_EQ(0, memcmp(whole + ROW * i, row, ROW)) {
			TH_LOG("row %zu", i);
		}
	}
	free(whole);
}

TEST_F(shown, table_has_positions_at_rows)
{
	char text[4 * ROW];
	int fd, i;

	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	fd = open(TABLES "/table", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2 * ROW, pread(fd, text, 2 * ROW + 1, 1000 * ROW));
	EXPECT_EQ(0, memcmp(text, " 1000:    3000  ", ROW - 1));
	EXPECT_EQ(0, memcmp(text + ROW - 1, "\n 1001:", 7));
	EXPECT_EQ(2, ioctl(self->control, MADE));

	for (i = 1; i < ROW; i++) {
		EXPECT_EQ(-1, pread(fd, text, sizeof(text), i));
		EXPECT_EQ(EINVAL, errno);
	}
	for (i = 1; i < ROW; i++) {
		EXPECT_EQ(-1, pread(fd, text, i, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, pread(fd, text, sizeof(text), (off_t)ROWS * ROW));
	EXPECT_EQ(0, pread(fd, text, sizeof(text), (off_t)(ROWS + 1000) * ROW));
	EXPECT_EQ(-1, pread(fd, text, sizeof(text), INT64_MAX));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(ROW, pread(fd, text, sizeof(text), (off_t)(ROWS - 1) * ROW));
	EXPECT_EQ(1, ioctl(self->control, MADE));

	EXPECT_EQ((off_t)ROWS * ROW, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(0, read(fd, text, sizeof(text)));
	EXPECT_EQ(-1, lseek(fd, (off_t)ROWS * ROW + 1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(5 * ROW, lseek(fd, 5 * ROW, SEEK_SET));
	EXPECT_EQ(ROW, read(fd, text, ROW));
	EXPECT_EQ(6 * ROW, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(1, ioctl(self->control, MADE));

	/* What cannot be given is not made up for. */
	EXPECT_EQ(-1, pread(fd, nowhere(), ROW, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, write(fd, text, ROW));
	EXPECT_EQ(EBADF, errno);
}

TEST_F(shown, table_can_fail)
{
	char text[4 * ROW];
	int fd;

	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	fd = open(TABLES "/failing", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, text, sizeof(text)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(ENODEV, errno);

	/* A row that does not fit its width. */
	fd = open(TABLES "/wide", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2 * (ROW - 1), pread(fd, text, sizeof(text), (LONG - 2) * (ROW - 1)));
	EXPECT_EQ(0, memcmp(text, "  248:     744 ", ROW - 2));
	EXPECT_EQ(-1, pread(fd, text, sizeof(text), LONG * (ROW - 1)));
	EXPECT_EQ(EOVERFLOW, errno);
	EXPECT_EQ(3 * (ROW - 1), pread(fd, text, 3 * (ROW - 1), (LONG + 1) * (ROW - 1)));
}

TEST_F(shown, module_stays_under_an_open_table)
{
	int fd;

	ASSERT_TRUE(mounted("debugfs", DEBUGFS));
	close(self->control);
	fd = open(TABLES "/table", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EWOULDBLOCK, unload(MODULE));
	close(fd);
	self->control = open("/dev/iomem_test_see_control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->control);
}

/* What the module traces when it is asked to. */
#define WINDOW "window=" MODULE " "
#define MAPPED "iomem_mmap: " WINDOW "offset=0x1000 address=0x7f0000000000 length=0x2000\n"
#define ALL \
	"iomem_read: " WINDOW "region=3 offset=0xffffffff0 width=8 value=0x123456789abcdef0\n" \
	"iomem_write: " WINDOW "region=4294967295 offset=0xffffffffffffffff width=1 value=0xa5\n" \
	MAPPED \
	"iomem_munmap: " WINDOW "offset=0x2000 address=0x7f0000001000 length=0x1000\n" \
	"iomem_revoke: " WINDOW "files=2 mappings=18446744073709551615\n"

TEST_F(shown, events_have_their_values)
{
	char *text;

	ASSERT_TRUE(mounted("tracefs", TRACEFS));
	ASSERT_EQ(0, trace_events(true));
	ASSERT_EQ(0, ioctl(self->control, TRACE));
	text = trace_text();
	ASSERT_NE(NULL, text);
	EXPECT_STREQ(ALL, text);
	free(text);

	/* One alone. */
	ASSERT_EQ(0, trace_events(false));
	ASSERT_EQ(0, put(TRACEFS "/events/iomem/iomem_mmap/enable", "1"));
	ASSERT_EQ(0, ioctl(self->control, TRACE));
	text = trace_text();
	ASSERT_NE(NULL, text);
	EXPECT_STREQ(MAPPED, text);
	free(text);

	/* None. */
	ASSERT_EQ(0, trace_events(false));
	ASSERT_EQ(0, ioctl(self->control, TRACE));
	text = trace_text();
	ASSERT_NE(NULL, text);
	EXPECT_STREQ("", text);
	free(text);
}

TEST_F(shown, events_can_be_on_while_the_module_goes)
{
	char *text;

	ASSERT_TRUE(mounted("tracefs", TRACEFS));
	ASSERT_EQ(0, trace_events(true));
	close(self->control);
	ASSERT_EQ(0, unload(MODULE));
	ASSERT_EQ(0, load(getenv("IOMEM_SEE_KO"), ""));
	/* What it traces as it is loaded: its static branch was right from the beginning. */
	text = trace_text();
	ASSERT_NE(NULL, text);
	EXPECT_STREQ("iomem_read: " WINDOW "region=0 offset=0x0 width=4 value=0x0\n",
		     text);
	free(text);
	ASSERT_EQ(0, trace_events(false));
	self->control = open("/dev/iomem_test_see_control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->control);
}

TEST_HARNESS_MAIN
