// SPDX-License-Identifier: GPL-2.0
/*
 * What is left of registrations that a driver never dropped, when its module has been
 * unloaded: nothing that leads into the module. It is tests/attack/forgotten.rs.
 */

#include <sys/sysmacros.h>

#include "iomem_test.h"

#define MODULE	"iomem_attack_forgotten"
#define NODE	"/dev/iomem_attack_forgotten"
#define VALUE	"/sys/class/misc/iomem_attack_forgotten/value"
#define TABLE	"/sys/kernel/debug/iomem_attack_forgotten/table"
/* Of registrations whose memory was freed without their being dropped. */
#define FREED	"/dev/iomem_attack_freed"
#define FREED_VALUE	"/sys/class/misc/iomem_attack_freed/value"
#define OPAQUE	"/dev/iomem_attack_opaque"
#define MADE	"/dev/iomem_attack_made"

/* The major number, or 0. */
static int number(void)
{
	FILE *file = fopen("/proc/devices", "r");
	char line[128], name[65];
	int found = 0, major;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%d %64s", &major, name) == 2 && !strcmp(name, MODULE))
			found = major;
	fclose(file);
	return found;
}

/* What a file has, or an errno below 0. */
static int content(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

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

FIXTURE(forgotten)
{
	const char *ko;
};

FIXTURE_SETUP(forgotten)
{
	self->ko = getenv("IOMEM_FORGOTTEN_KO");
	if (!self->ko)
		SKIP(return, "IOMEM_FORGOTTEN_KO is not set: see tests/iomem_test.h");
	if (loaded(MODULE))
		SKIP(return, MODULE " is loaded: unload it, these tests load it themselves");
	unlink(MADE);
}

FIXTURE_TEARDOWN(forgotten)
{
	unlink(MADE);
}

/* Waits up to a second, and returns the errno of opening it, or 0. */
static int opened(const char *path)
{
	int fd;

	for (int n = 0; n < 1000 && access(path, F_OK); n++)
		usleep(1000);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int nothing_is_left(void)
{
	char text[64];

	return access(NODE, F_OK) && access(FREED, F_OK) && access(OPAQUE, F_OK) &&
	       content(VALUE, text, sizeof(text)) == -ENOENT &&
	       content(TABLE, text, sizeof(text)) == -ENOENT && !number();
}

TEST_F(forgotten, registrations_end_with_their_module)
{
	char text[64];
	int fd;

	/* Twice: nothing of the first time is in the way of the second. */
	for (int round = 0; round < 2; round++) {
		ASSERT_EQ(0, load(self->ko, ""));
		EXPECT_LT(0, content(VALUE, text, sizeof(text)));
		EXPECT_LT(0, content(TABLE, text, sizeof(text)));
		ASSERT_LT(0, number());
		ASSERT_EQ(0, mknod(MADE, S_IFCHR | 0600, makedev(number(), 0)));
		fd = open(MADE, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		close(fd);
		fd = open(NODE, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		/* A file that is open keeps the module, whatever was forgotten. */
		EXPECT_NE(0, unload(MODULE));
		close(fd);

		/* They are nodes like others as long as the module is loaded. */
		fd = open(FREED, O_RDWR | O_CLOEXEC);
		EXPECT_LE(0, fd);
		close(fd);
		fd = open(OPAQUE, O_RDWR | O_CLOEXEC);
		EXPECT_LE(0, fd);
		close(fd);
		EXPECT_LT(0, content(FREED_VALUE, text, sizeof(text)));
		EXPECT_STREQ("forgotten\n", text);

		ASSERT_EQ(0, unload(MODULE));
		EXPECT_TRUE(nothing_is_left());
		EXPECT_EQ(-1, open(MADE, O_RDWR | O_CLOEXEC));
		EXPECT_EQ(ENXIO, errno);
		ASSERT_EQ(0, unlink(MADE));
	}
}

TEST_F(forgotten, registrations_end_where_loading_fails)
{
	EXPECT_NE(0, load(self->ko, "fail=1"));
	EXPECT_FALSE(loaded(MODULE));
	EXPECT_TRUE(nothing_is_left());
}

/*
 * The kernel does not wait for files that are open when loading fails, and frees the module. So
 * none is opened before it is known to succeed.
 */
TEST_F(forgotten, nothing_is_opened_before_loading_has_succeeded)
{
	static const char * const args[] = { "pause=1000 fail=1", "pause=1000" };

	for (int n = 0; n < 2; n++) {
		int status;
		pid_t child = fork();

		if (!child)
			_exit(load(self->ko, args[n]) ? 1 : 0);
		ASSERT_LT(0, child);
		EXPECT_EQ(ENODEV, opened(NODE));
		EXPECT_EQ(ENXIO, opened(TABLE));
		ASSERT_LT(0, number());
		ASSERT_EQ(0, mknod(MADE, S_IFCHR | 0600, makedev(number(), 0)));
		EXPECT_EQ(ENXIO, opened(MADE));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(n ? 0 : 1, WEXITSTATUS(status));
		unlink(MADE);
	}
	/* At once. */
	EXPECT_EQ(0, opened(NODE));
	EXPECT_EQ(0, opened(TABLE));
	ASSERT_EQ(0, mknod(MADE, S_IFCHR | 0600, makedev(number(), 0)));
	EXPECT_EQ(0, opened(MADE));
	EXPECT_EQ(0, unload(MODULE));
}

TEST_HARNESS_MAIN
