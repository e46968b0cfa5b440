// SPDX-License-Identifier: GPL-2.0
/*
 * Windows that ACPI describes, by a PRP0001 with compatible = "iomem,window":
 * those of scripts/vmlib/windows.asl.
 */

#include "iomem_test.h"

#define HPET_ID		0x000
#define HPET_CONFIG	0x010
#define HPET_COUNTER	0x0f0

FIXTURE(acpi)
{
	struct iomem_window_info window;
	struct iomem_region_info region[2];
	int fd;
};

FIXTURE_SETUP(acpi)
{
	const char *node = getenv("IOMEM_ACPI");
	uint32_t n;

	if (!node)
		SKIP(return, "IOMEM_ACPI is not set: arm64 has a device tree; see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	memset(&self->window, 0, sizeof(self->window));
	self->window.size = sizeof(self->window);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &self->window));
	ASSERT_EQ(2, self->window.regions);
	for (n = 0; n < 2; n++) {
		memset(&self->region[n], 0, sizeof(self->region[n]));
		self->region[n].size = sizeof(self->region[n]);
		self->region[n].region = n;
		ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->region[n]));
	}
}

FIXTURE_TEARDOWN(acpi)
{
	close(self->fd);
}

TEST_F(acpi, properties_are_those_of_the_table)
{
	EXPECT_STREQ("firmware", (char *)self->window.name);
	EXPECT_STREQ("rom", (char *)self->region[0].name);
	EXPECT_STREQ("timer", (char *)self->region[1].name);
	EXPECT_EQ(0x1000, self->region[0].length);
	EXPECT_EQ(0x400, self->region[1].length);
	EXPECT_EQ(4, self->region[0].width);
	EXPECT_EQ(4, self->region[1].width);
	EXPECT_EQ(IOMEM_REGION_READ_ONLY, self->region[0].flags &
		  (IOMEM_REGION_READ_ONLY | IOMEM_REGION_BIG_ENDIAN | IOMEM_REGION_PORTS));
	EXPECT_EQ(IOMEM_REGION_READ_ONLY, self->region[1].flags &
		  (IOMEM_REGION_READ_ONLY | IOMEM_REGION_BIG_ENDIAN | IOMEM_REGION_PORTS));
}

/* A PC's processor begins 16 bytes before the end of the firmware: with a far jump; then a date. */
TEST_F(acpi, shows_the_firmware)
{
	uint8_t bytes[16], *rom;

	ASSERT_EQ(16, pread(self->fd, bytes, 16, self->region[0].offset + 0xff0));
	EXPECT_EQ(0xea, bytes[0]);
	EXPECT_EQ('/', bytes[7]);
	EXPECT_EQ('/', bytes[10]);
	rom = mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, self->fd, self->region[0].offset);
	ASSERT_NE(MAP_FAILED, rom);
	EXPECT_EQ(0, memcmp(bytes, rom + 0xff0, 16));
	munmap(rom, 0x1000);
}

/* Intel's number and at least three timers; a counter that counts, and ends the second region. */
TEST_F(acpi, shows_the_timer)
{
	uint64_t at = self->region[1].offset;
	uint32_t id, config, before, after;

	ASSERT_EQ(4, pread(self->fd, &id, 4, at + HPET_ID));
	EXPECT_EQ(0x8086, id >> 16);
	EXPECT_LE(2, id >> 8 & 0x1f);
	ASSERT_EQ(4, pread(self->fd, &config, 4, at + HPET_CONFIG));
	ASSERT_EQ(4, pread(self->fd, &before, 4, at + HPET_COUNTER));
	usleep(10000);
	ASSERT_EQ(4, pread(self->fd, &after, 4, at + HPET_COUNTER));
	/* If it is on. */
	EXPECT_EQ(config & 1, before != after);
	EXPECT_EQ(0, pread(self->fd, &id, 4, at + 0x400));
}

TEST_F(acpi, has_registers_of_one_width)
{
	uint8_t bytes[8];

	EXPECT_EQ(-1, pread(self->fd, bytes, 1, self->region[0].offset));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(self->fd, bytes, 2, self->region[1].offset));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(acpi, is_not_to_be_written)
{
	uint32_t value = 0;

	EXPECT_EQ(-1, pwrite(self->fd, &value, 4, self->region[1].offset + HPET_CONFIG));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
				   self->region[1].offset));
	EXPECT_EQ(EACCES, errno);
}

/* The second is one of a port, of which nothing is said but that it is there. */
TEST_F(acpi, port)
{
	const char *node = getenv("IOMEM_ACPI_PORT");
	struct iomem_region_info region = { .size = sizeof(region) };
	struct iomem_window_info window = { .size = sizeof(window) };
	uint8_t byte = 0;
	int fd;

	ASSERT_NE(NULL, node);
	fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_WINDOW_INFO, &window));
	EXPECT_STREQ("PRP0001:01", (char *)window.name);
	EXPECT_EQ(1, window.regions);
	ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_REGION_INFO, &region));
	EXPECT_EQ(IOMEM_REGION_PORTS, region.flags & (IOMEM_REGION_PORTS | IOMEM_REGION_MMAP));
	EXPECT_EQ(1, region.length);
	EXPECT_EQ(0, region.width);
	EXPECT_STREQ("", (char *)region.name);
	EXPECT_EQ(1, pread(fd, &byte, 1, region.offset));
	EXPECT_EQ(0xe9, byte);
	/* What is written there is in a file of the host's. */
	EXPECT_EQ(1, pwrite(fd, "A", 1, region.offset));
	EXPECT_EQ(-1, pwrite(fd, "AB", 2, region.offset));
	close(fd);
}

TEST_HARNESS_MAIN
