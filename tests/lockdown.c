// SPDX-License-Identifier: GPL-2.0
/*
 * What a locked-down kernel refuses, and what not. Locking down cannot be undone,
 * and no unsigned module can be loaded after it: this comes last of all.
 */

#include <sys/mount.h>

#include "run_time_test.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

TEST_F(run_time, addresses_cannot_be_chosen)
{
	const char *device = getenv("IOMEM_OVERRIDE");
	char text[1024], path[256];
	int fd;
	uint32_t id;

	if (access(LOCKDOWN, F_OK) && mount("none", "/sys/kernel/security", "securityfs", 0, NULL))
		SKIP(return, "the kernel has no securityfs");
	if (access(LOCKDOWN, F_OK))
		SKIP(return, "the kernel cannot be locked down: CONFIG_SECURITY_LOCKDOWN_LSM");
	ASSERT_EQ(0, make_window("before mem=%#" PRIx64 ",0x1000", self->start));
	ASSERT_EQ(0, tell(LOCKDOWN, "integrity"));
	logged(self->log, "iomem_dev", text, sizeof(text));

	EXPECT_EQ(-EPERM, make_window("after mem=%#" PRIx64 ",0x1000", self->start + 0x1000));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "new_device: the kernel is locked down"));
	EXPECT_EQ(-EPERM, make_window("after port=0x200,1"));
	EXPECT_EQ(self->windows + 1, count_windows());

	/* A device that only driver_override makes ours is chosen as an address is. */
	if (device) {
		snprintf(path, sizeof(path), DEVICES "/%s/driver_override", device);
		ASSERT_EQ(0, tell(path, "iomem_dev"));
		logged(self->log, "iomem_dev", text, sizeof(text));
		EXPECT_EQ(-EPERM, tell(DRIVER "bind", device));
		/* One of ours, and one of the driver core's. */
		EXPECT_EQ(2, logged(self->log, "iomem_dev", text, sizeof(text)));
		EXPECT_NE(NULL, strstr(text, "driver_override: the kernel is locked down"));
		EXPECT_EQ(self->windows + 1, count_windows());
		EXPECT_EQ(0, tell(path, "\n"));
	}

	/* What was there before stays, and can be used. */
	fd = open_window("before", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(4, pread(fd, &id, 4, 0));
	EXPECT_EQ(0x010000edu, id);
	close(fd);

	/* Once unbound, it is an address that user space chose, which may be another device's. */
	EXPECT_EQ(0, tell(DRIVER "unbind", "iomem_dev.0"));
	EXPECT_EQ(self->windows, count_windows());
	logged(self->log, "iomem_dev", text, sizeof(text));
	EXPECT_EQ(-EPERM, tell(DRIVER "bind", "iomem_dev.0"));
	EXPECT_EQ(2, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "iomem_dev.0: the kernel is locked down")) {
		TH_LOG("the log has: %s", text);
	}
	EXPECT_EQ(self->windows, count_windows());

	/* It can be taken away. */
	EXPECT_EQ(0, delete_window("before"));
	EXPECT_EQ(self->windows, count_windows());
}

TEST_HARNESS_MAIN
