// SPDX-License-Identifier: GPL-2.0
/*
 * driver_override: a device that is there, and that no driver of the kernel has,
 * becomes a window when it is told to, and is left alone without that.
 */

#include <glob.h>

#include "iomem_test.h"

#define DRIVER "/sys/bus/platform/drivers/iomem_dev/"
#define DEVICES "/sys/bus/platform/devices/"

FIXTURE(override)
{
	char file[128], driver[128], *iomem, *ioports;
	const char *device, *named;
	uint64_t start;
};

FIXTURE_SETUP(override)
{
	const char *ko;
	uint64_t last;
	const char *why_not = why_not_load(&ko, &self->start, &last);

	self->device = getenv("IOMEM_OVERRIDE");
	self->named = getenv("IOMEM_NAMED_KO");
	self->iomem = NULL;
	if (why_not)
		SKIP(return, "%s", why_not);
	if (!self->device)
		SKIP(return, "IOMEM_OVERRIDE is not set: see tests/iomem_test.h");
	snprintf(self->file, sizeof(self->file), DEVICES "%s/driver_override", self->device);
	snprintf(self->driver, sizeof(self->driver), DEVICES "%s/driver", self->device);
	ASSERT_EQ(0, access(self->file, F_OK));
	ASSERT_NE(0, access(self->driver, F_OK));
	self->iomem = proc_iomem();
	self->ioports = proc_text("/proc/ioports");
	ASSERT_EQ(0, load(ko, ""));
}

FIXTURE_TEARDOWN(override)
{
	char *iomem, *ioports;

	if (!self->iomem)
		return;
	unload("iomem_test_named");
	unload("iomem_dev");
	EXPECT_FALSE(loaded("iomem_dev"));
	/* No other driver takes it. */
	tell(self->file, "\n");
	iomem = proc_iomem();
	ioports = proc_text("/proc/ioports");
	EXPECT_STREQ(self->iomem, iomem);
	EXPECT_STREQ(self->ioports, ioports);
}

/*
 * Opens its window, which is called as it is; but where its name begins with an address, as the
 * device tree calls it, and by a number.
 */
static int open_device(const char *device, int flags)
{
	const char *dot = strchr(device, '.');
	char label[64];
	int n, fd;

	if (!dot)
		return open_window(device, flags);
	for (n = 0; n < 16; n++) {
		snprintf(label, sizeof(label), "%s.%d", dot + 1, n);
		fd = open_window(label, flags);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

TEST_F(override, device_is_left_alone_without)
{
	EXPECT_EQ(-ENODEV, tell(DRIVER "bind", self->device));
	EXPECT_NE(0, access(self->driver, F_OK));
	EXPECT_EQ(-1, open_device(self->device, O_RDWR));
}

TEST_F(override, device_becomes_a_window)
{
	struct iomem_region_info region = { .size = sizeof(region) };
	uint32_t magic = 0;
	uint16_t item = 0;
	int fd;

	ASSERT_EQ(0, tell(self->file, "iomem_dev"));
	ASSERT_EQ(0, tell(DRIVER "bind", self->device));
	fd = open_device(self->device, O_RDWR);
	ASSERT_LE(0, fd);
	/* What it is called tells no address. */
	if (strchr(self->device, '.'))
		EXPECT_EQ(-1, open_window(self->device, O_RDONLY));
	ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_REGION_INFO, &region));
	if (!strncmp(self->device, "QEMU0002", 8)) {
		/* fw_cfg: the selector and the data. */
		EXPECT_EQ(IOMEM_REGION_PORTS, region.flags);
		EXPECT_EQ(2, pwrite(fd, &item, 2, 0));
		EXPECT_EQ(1, pread(fd, &magic, 1, 1));
		EXPECT_EQ('Q', magic);
	} else {
		/* virtio: "virt". */
		EXPECT_EQ(0x200, region.length);
		EXPECT_EQ(4, pread(fd, &magic, 4, 0));
		EXPECT_EQ(0x74726976, magic);
	}

	/* And is none any more when it is unbound, nor can be without the override. */
	ASSERT_EQ(0, tell(DRIVER "unbind", self->device));
	EXPECT_EQ(-1, pread(fd, &magic, 1, 0));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	EXPECT_EQ(-1, open_device(self->device, O_RDWR));
	ASSERT_EQ(0, tell(self->file, "\n"));
	EXPECT_EQ(-ENODEV, tell(DRIVER "bind", self->device));
}

static const char *the_file;

static int choose(const char *device)
{
	return tell(the_file, "iomem_dev") ?: tell(DRIVER "bind", device);
}

/* Root without the capability may write to the files, and not choose addresses thereby. */
TEST_F(override, takes_rawio)
{
	the_file = self->file;
	EXPECT_EQ(EPERM, without_rawio(choose, self->device));
	EXPECT_NE(0, access(self->driver, F_OK));
}

/*
 * Once it has written to driver_override, others probe the device without a thought of it: the
 * kernel's own threads, which have every capability, and who loads the driver.
 */
TEST_F(override, is_not_for_others_to_grant)
{
	const char *ko = getenv("IOMEM_KO"), *attach = getenv("IOMEM_ATTACH_KO");
	char params[128], text[1024];
	int log = open_log();

	ASSERT_EQ(0, tell(self->file, "iomem_dev"));
	snprintf(params, sizeof(params), "device=%s", self->device);
	ASSERT_EQ(0, load(attach, params));
	EXPECT_NE(0, access(self->driver, F_OK));
	EXPECT_EQ(0, unload("iomem_test_attach"));
	logged(log, "iomem_dev: driver_override", text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "driver_override: bound by itself"));

	ASSERT_EQ(0, unload("iomem_dev"));
	ASSERT_EQ(0, load(ko, ""));
	EXPECT_NE(0, access(self->driver, F_OK));
	logged(log, "iomem_dev: driver_override", text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "driver_override: bound by itself"));

	/* Who asks for this device gets it. */
	EXPECT_EQ(0, tell(DRIVER "bind", self->device));
	EXPECT_EQ(0, access(self->driver, F_OK));
	close(log);
}

/* What the window of a device is called, and its number. */
static int label_of_window(const char *device, char *label)
{
	struct iomem_window_info info = { .size = sizeof(info) };
	char path[128];
	glob_t found;
	int fd, number = -1;

	snprintf(path, sizeof(path), DEVICES "%s/misc/iomem*", device);
	if (glob(path, 0, NULL, &found))
		return -1;
	if (sscanf(strrchr(found.gl_pathv[0], '/'), "/iomem%d", &number) == 1) {
		snprintf(path, sizeof(path), "/dev/iomem%d", number);
		fd = open(path, O_RDONLY);
		if (fd < 0 || ioctl(fd, IOMEM_IOC_WINDOW_INFO, &info))
			number = -1;
		close(fd);
		memcpy(label, info.name, sizeof(info.name));
	}
	globfree(&found);
	return number;
}

/*
 * Programs have room for 31 bytes of a name. Of two devices whose names are longer, and begin
 * alike, the windows can be told apart.
 */
TEST_F(override, long_names)
{
	static const char * const names[] = {
		"device-with-a-name-of-32-bytes-a", "device-with-a-name-of-32-bytes-b",
		"device-with-a-name-of-31-bytes."
	};
	char label[IOMEM_NAME_BYTES], wanted[64], params[128], file[128];
	int i, number;

	for (i = 0; i < 3; i++) {
		if (i != 1) {
			snprintf(params, sizeof(params), "start=%#" PRIx64 " names=%s%s%s",
				 self->start, names[i], i ? "" : ",", i ? "" : names[1]);
			ASSERT_EQ(0, load(self->named, params));
		}
		snprintf(file, sizeof(file), DEVICES "%s/driver_override", names[i]);
		ASSERT_EQ(0, tell(file, "iomem_dev"));
		ASSERT_EQ(0, tell(DRIVER "bind", names[i]));
		number = label_of_window(names[i], label);
		ASSERT_LE(0, number);
		if (i < 2)
			snprintf(wanted, sizeof(wanted), "device-with-a-name-of-32-b.%d", number);
		else
			snprintf(wanted, sizeof(wanted), "%s", names[i]);
		EXPECT_STREQ(wanted, label);
		if (i)
			ASSERT_EQ(0, unload("iomem_test_named"));
	}
}

/*
 * Addresses that firmware keeps are not had by naming a device. What x86's firmware calls reserved
 * can be a device's registers, and is taken to be, where a device has it.
 */
TEST_F(override, reserved_by_firmware)
{
	const char *kept = getenv("IOMEM_RESERVED");
	char params[128];

	if (!kept)
		SKIP(return, "IOMEM_RESERVED is not set: see tests/iomem_test.h");
	snprintf(params, sizeof(params), "start=%s names=iomem_test_kept", kept);
	ASSERT_EQ(0, load(self->named, params));
	ASSERT_EQ(0, tell(DEVICES "iomem_test_kept/driver_override", "iomem_dev"));
#ifdef __x86_64__
	EXPECT_EQ(0, tell(DRIVER "bind", "iomem_test_kept"));
#else
	int log = open_log();
	char text[1024];

	EXPECT_EQ(-EPERM, tell(DRIVER "bind", "iomem_test_kept"));
	logged(log, "iomem_dev", text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "is reserved by firmware"));
	close(log);
#endif
	EXPECT_EQ(0, unload("iomem_test_named"));
}

TEST_HARNESS_MAIN
