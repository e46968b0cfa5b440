// SPDX-License-Identifier: GPL-2.0
/*
 * The host bridge of PCI is unbound from its driver, which takes its windows away, and with them
 * the mapping of the ports: in a machine of its own, which tests/topology boots, of an architecture
 * whose ports are memory. IOMEM_HOST is the bridge's platform device, and IOMEM_DRIVER the name of
 * its driver.
 */

#include <signal.h>
#include <sys/wait.h>

/* For its functions: the fixture is another one here. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "run_time_test.h"

/* In the bridge's window of ports, and of no device. */
#define PORT 0x8000
/* The same of the bridge's window of memory, on QEMU's virt. */
#define MEMORY 0x3efe0000
#define PCI_DEVICES "/sys/bus/pci/devices"

FIXTURE(bridge)
{
	const char *host, *driver;
	int windows, log;
	/* Whether a claim may be made when the bridge's windows are as good as gone. */
	bool late;
};

static int bind_host(struct _test_data_bridge *self, const char *what)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", self->driver, what);
	return tell(path, self->host);
}

FIXTURE_SETUP(bridge)
{
	const char *ko = getenv("IOMEM_KO");

	self->host = getenv("IOMEM_HOST");
	self->driver = getenv("IOMEM_DRIVER");
	self->late = false;
	if (!ko || !self->host || !self->driver)
		SKIP(return, "IOMEM_HOST is not set: see the top of this file");
	self->log = open_log();
	ASSERT_LE(0, self->log);
	ASSERT_EQ(0, load(ko, ""));
	/* Of the device tree's. */
	self->windows = count_windows();
	ASSERT_LT(0, self->windows);
}

FIXTURE_TEARDOWN(bridge)
{
	char text[4096];

	if (!self->host)
		return;
	/* Claims were released while the bridge's windows were there. */
	logged(self->log, "resource: ", text, sizeof(text));
	if (!self->late)
		EXPECT_STREQ("", text);
	close(self->log);
	EXPECT_EQ(0, unload("iomem_dev"));
	/* Its devices are found again. */
	EXPECT_EQ(0, bind_host(self, "bind"));
	EXPECT_LT(0, count_entries(PCI_DEVICES, "0000:"));
}

static bool has_claim(void)
{
	char *ports = proc_text("/proc/ioports");
	bool has = !ports || strstr(ports, "iomem");

	free(ports);
	return has;
}

TEST_F(bridge, windows_go_before_it)
{
	uint8_t value;
	int fd;

	ASSERT_EQ(0, make_window("ports port=%#x,4 width=1", PORT));
	ASSERT_EQ(0, make_window("memory mem=%#x,0x1000", MEMORY));
	EXPECT_EQ(self->windows + 2, count_windows());
	fd = open_window("ports", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, pread(fd, &value, 1, 0));

	ASSERT_EQ(0, bind_host(self, "unbind"));
	EXPECT_EQ(-1, pread(fd, &value, 1, 0));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	EXPECT_EQ(self->windows, count_windows());
	EXPECT_FALSE(has_claim());
	EXPECT_EQ(0, delete_window("ports"));
	EXPECT_EQ(0, delete_window("memory"));
}

/* Nothing is behind the bridge by which it could be found. */
TEST_F(bridge, it_has_no_devices)
{
	DIR *dir = opendir(PCI_DEVICES);
	struct dirent *entry;
	char path[400];

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/remove", entry->d_name);
		if (entry->d_name[0] != '.')
			EXPECT_EQ(0, tell(path, "1"));
	}
	closedir(dir);
	ASSERT_EQ(0, count_entries(PCI_DEVICES, "0000:"));
	ASSERT_EQ(0, make_window("ports port=%#x,4 width=1", PORT));
	ASSERT_EQ(0, bind_host(self, "unbind"));
	EXPECT_EQ(self->windows, count_windows());
	EXPECT_FALSE(has_claim());
	EXPECT_EQ(0, delete_window("ports"));
}

/* Windows are made at whatever moment of its going: bound to it, or refused. */
TEST_F(bridge, windows_are_made_meanwhile)
{
	int made = 0, refused = 0, status = 0, fd, i, before;
	char name[16];
	uint8_t value;
	pid_t unbinder;

	self->late = true;
	for (i = 0; i < 32; i++)
		ASSERT_EQ(0, make_window("a%d port=%#x,4 width=1", i, PORT + 4 * i));
	unbinder = fork();
	ASSERT_LE(0, unbinder);
	if (!unbinder)
		_exit(-bind_host(self, "unbind"));
	for (i = 0; !waitpid(unbinder, &status, WNOHANG) || i < 4; i++) {
		int err = make_window("b%d port=%#x,4 width=1", i, PORT + 0x100 + 4 * (i % 256));

		made += !err;
		refused += !!err;
	}
	EXPECT_EQ(0, status);
	TH_LOG("%d were made meanwhile, and %d were refused", made, refused);
	EXPECT_EQ(self->windows, count_windows());
	EXPECT_FALSE(has_claim());
	before = i;
	for (i = 0; i < before; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		fd = open_window(name, O_RDWR);
		/* One that was there would have the kernel fault. */
		if (fd >= 0)
			EXPECT_EQ(-1, pread(fd, &value, 1, 0));
		close(fd);
	}
}

TEST_HARNESS_MAIN
