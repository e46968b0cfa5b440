// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes of character devices: their names, modes and numbers, and what outlives
 * them.
 */

#include <sys/sysmacros.h>

#include "chardev_test.h"

/* The end of a line of a file, counted; the line's number in *number. */
static int lines_that_end(const char *path, const char *end, int *number)
{
	FILE *file = fopen(path, "r");
	char line[256];
	int found = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		char *space = strrchr(line, ' ');

		line[strcspn(line, "\n")] = 0;
		if (!space || strcmp(space + 1, end))
			continue;
		found++;
		*number = atoi(line);
	}
	fclose(file);
	return found;
}

TEST_F(chardev, nodes_have_their_modes)
{
	static const struct {
		const char *name;
		mode_t mode;
	} nodes[] = {
		{ "iomem_test_mem0", 0640 },
		{ "iomem_test_mem1", 0600 },
		{ "iomem_test_events", 0666 },
		{ "iomem_test_node", 0600 },
	};
	char path[64];
	struct stat stat;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		snprintf(path, sizeof(path), "/dev/%s", nodes[i].name);
		ASSERT_EQ(0, lstat(path, &stat));
		EXPECT_TRUE(S_ISCHR(stat.st_mode));
		EXPECT_EQ(nodes[i].mode, stat.st_mode & 07777) {
			TH_LOG("%s", path);
		}
	}
}

TEST_F(chardev, names_are_in_proc_misc)
{
	int minor = -1;
	struct stat stat;

	ASSERT_EQ(1, lines_that_end("/proc/misc", "iomem_test_mem0", &minor));
	ASSERT_EQ(0, lstat("/dev/iomem_test_mem0", &stat));
	EXPECT_EQ(10, major(stat.st_rdev));
	EXPECT_EQ(minor, minor(stat.st_rdev));
	ASSERT_EQ(1, lines_that_end("/proc/misc", "iomem_test_mem1", &minor));

	ASSERT_EQ(1, lines_that_end("/proc/misc", "iomem_test_events", &minor));
	ASSERT_EQ(0, ioctl(self->control, REMOVE_EVENTS));
	EXPECT_EQ(0, lines_that_end("/proc/misc", "iomem_test_events", &minor));
	EXPECT_NE(0, access("/dev/iomem_test_events", F_OK));
}

TEST_F(chardev, instances_are_apart)
{
	int mem0 = open("/dev/iomem_test_mem0", O_RDWR | O_CLOEXEC);
	int mem1 = open("/dev/iomem_test_mem1", O_RDWR | O_CLOEXEC);
	int again = open("/dev/iomem_test_mem0", O_RDWR | O_CLOEXEC);
	char text[8];

	ASSERT_LE(0, mem0);
	ASSERT_LE(0, mem1);
	ASSERT_LE(0, again);
	ASSERT_EQ(4, write(mem0, "zero", 4));
	ASSERT_EQ(4, write(mem1, "one.", 4));
	/* A file has a position of its own, and what it is a file of in common. */
	ASSERT_EQ(4, read(again, text, 4));
	EXPECT_EQ(0, memcmp(text, "zero", 4));
	ASSERT_EQ(4, pread(mem1, text, 4, 0));
	EXPECT_EQ(0, memcmp(text, "one.", 4));
}

TEST_F(chardev, open_can_refuse)
{
	EXPECT_EQ(-1, open("/dev/iomem_test_bare", O_RDWR | O_APPEND | O_CLOEXEC));
	EXPECT_EQ(EOVERFLOW, errno);
}

TEST_F(chardev, device_goes_with_its_last_file)
{
	int fd = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	int other = open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC);
	uint64_t n;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, ioctl(self->control, REMOVE_EVENTS));
	EXPECT_EQ(0, ioctl(self->control, DROPPED));
	EXPECT_EQ(-1, read(fd, &n, 8));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	EXPECT_EQ(0, ioctl(self->control, DROPPED));
	EXPECT_EQ(-1, read(other, &n, 8));
	EXPECT_EQ(ENODEV, errno);
	close(other);
	EXPECT_EQ(1, ioctl(self->control, DROPPED));
	EXPECT_EQ(-1, open("/dev/iomem_test_events", O_RDWR | O_CLOEXEC));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(chardev, module_stays_under_an_open_file)
{
	static const char *const nodes[] = {
		"/dev/iomem_test_mem0", "/dev/iomem_test_bare", "/dev/iomem_test_node",
	};
	size_t i;
	int fd;

	close(self->control);
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		fd = open(nodes[i], O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EWOULDBLOCK, unload(MODULE)) {
			TH_LOG("%s", nodes[i]);
		}
		close(fd);
	}
	self->control = open("/dev/iomem_test_control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->control);
}

TEST_F(chardev, major_has_its_minors)
{
	const char *path = "/dev/iomem_test_made";
	uint32_t minor = 0;
	struct stat stat;
	int number = 0, fd;

	ASSERT_EQ(1, lines_that_end("/proc/devices", "iomem_test_major", &number));
	ASSERT_EQ(0, lstat("/dev/iomem_test_node", &stat));
	EXPECT_EQ(number, major(stat.st_rdev));
	EXPECT_EQ(7, minor(stat.st_rdev));
	EXPECT_EQ(0, access("/sys/class/iomem_test/iomem_test_node/dev", F_OK));
	fd = open("/dev/iomem_test_node", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(4, read(fd, &minor, 4));
	EXPECT_EQ(7, minor);
	close(fd);

	/* A node that the user makes. */
	ASSERT_EQ(0, mknod(path, S_IFCHR | 0600, makedev(number, 255)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	ASSERT_LE(0, fd);
	ASSERT_EQ(4, read(fd, &minor, 4));
	EXPECT_EQ(255, minor);
	close(fd);

	ASSERT_EQ(0, mknod(path, S_IFCHR | 0600, makedev(number, 256)));
	EXPECT_EQ(-1, open(path, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(ENXIO, errno);
	unlink(path);
}

TEST_F(chardev, major_goes)
{
	const char *path = "/dev/iomem_test_made";
	uint32_t minor = 0;
	int number, fd, dir;

	ASSERT_EQ(1, lines_that_end("/proc/devices", "iomem_test_major", &number));
	ASSERT_EQ(0, mknod(path, S_IFCHR | 0600, makedev(number, 3)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(self->control, REMOVE_MAJOR));
	/* The node has the number, which is to lead to nothing else. */
	EXPECT_EQ(1, lines_that_end("/proc/devices", "iomem_test_major", &number));

	/* The kernel still knows the way from this very node: it is in use. */
	EXPECT_EQ(-1, open(path, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(ENXIO, errno);
	dir = open("/dev/iomem_test_node", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-1, dir);
	EXPECT_EQ(ENXIO, errno);
	unlink(path);

	EXPECT_EQ(4, read(fd, &minor, 4));
	EXPECT_EQ(3, minor);
	EXPECT_EQ(0, ioctl(self->control, DROPPED));
	close(fd);
	EXPECT_EQ(1, ioctl(self->control, DROPPED));

	ASSERT_EQ(0, ioctl(self->control, REMOVE_NODE));
	EXPECT_EQ(0, lines_that_end("/proc/devices", "iomem_test_major", &number));
	EXPECT_NE(0, access("/dev/iomem_test_node", F_OK));
	EXPECT_NE(0, access("/sys/class/iomem_test", F_OK));
}

TEST_HARNESS_MAIN
