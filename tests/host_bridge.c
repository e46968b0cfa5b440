// SPDX-License-Identifier: GPL-2.0
/*
 * The host bridge of PCI is unbound from its driver, which takes its windows away, and with them
 * the mapping of the ports: in a machine of its own, which tests/topology boots, of an architecture
 * whose ports are memory. IOMEM_HOST is the bridge's platform device, and IOMEM_DRIVER the name of
 * its driver.
 */

#include "run_time_test.h"

/* In the bridge's window of ports, and of no device. */
#define PORT 0x8000
/* The same of the bridge's window of memory, on QEMU's virt. */
#define MEMORY 0x3efe0000

TEST(windows_go_before_the_host_bridge)
{
	const char *ko = NEED("IOMEM_KO"), *host = NEED("IOMEM_HOST"), *driver = NEED("IOMEM_DRIVER");
	int fd, bound, log = open_log();
	char path[256], *ports, text[4096];
	uint8_t value;

	ASSERT_LE(0, log);
	ASSERT_EQ(0, load(ko, ""));
	/* Of the device tree's. */
	bound = count_windows();
	ASSERT_LT(0, bound);
	ASSERT_EQ(0, make_window("ports port=%#x,4 width=1", PORT));
	ASSERT_EQ(0, make_window("memory mem=%#x,0x1000", MEMORY));
	EXPECT_EQ(bound + 2, count_windows());
	fd = open_window("ports", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, pread(fd, &value, 1, 0));

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/unbind", driver);
	ASSERT_EQ(0, tell(path, host));
	EXPECT_EQ(-1, pread(fd, &value, 1, 0));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	EXPECT_EQ(bound, count_windows());
	ports = proc_text("/proc/ioports");
	ASSERT_NE(NULL, ports);
	EXPECT_EQ(NULL, strstr(ports, "iomem"));
	free(ports);
	/* The claims were released while the bridge's windows were there. */
	logged(log, "resource: ", text, sizeof(text));
	EXPECT_STREQ("", text);
	close(log);
	EXPECT_EQ(0, delete_window("ports"));
	EXPECT_EQ(0, delete_window("memory"));
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_HARNESS_MAIN
