// SPDX-License-Identifier: GPL-2.0
/*
 * Windows that the device tree describes: compatible = "iomem,window" on the
 * registers of a PL031 real-time clock, on those of QEMU's fw_cfg, and on two
 * banks of flash memory. What the tree says of them is in scripts/vmlib.
 */

#include "iomem_test.h"

#define RTC_DATA	0x000
#define RTC_MATCH	0x004
#define RTC_ID		0xfe0

FIXTURE(window)
{
	struct iomem_region_info region;
	volatile uint32_t *regs;
	int fd;
};

FIXTURE_SETUP(window)
{
	const char *node = getenv("IOMEM_PL031");

	if (!node)
		SKIP(return, "IOMEM_PL031 is not set: x86 has no device tree; see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	memset(&self->region, 0, sizeof(self->region));
	self->region.size = sizeof(self->region);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->region));
	self->regs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	/* A larger page has more than the registers. */
	if (self->region.length < PAGE) {
		ASSERT_EQ(MAP_FAILED, self->regs);
		ASSERT_EQ(0, self->region.mmap_length);
	} else {
		ASSERT_NE(MAP_FAILED, self->regs);
		ASSERT_NE(0, self->region.mmap_length);
	}
}

FIXTURE_TEARDOWN(window)
{
	if (self->regs != MAP_FAILED)
		munmap((void *)self->regs, PAGE);
	close(self->fd);
}

/* Through the mapping, where there can be one. */
static uint32_t reg(const struct _test_data_window *self, size_t at)
{
	uint32_t value = 0;

	if (self->regs != MAP_FAILED)
		return self->regs[at / 4];
	return pread(self->fd, &value, 4, at) == 4 ? value : 0;
}

static void set_reg(const struct _test_data_window *self, size_t at, uint32_t value)
{
	if (self->regs != MAP_FAILED)
		self->regs[at / 4] = value;
	else
		pwrite(self->fd, &value, 4, at);
}

/* Peripheral and PrimeCell identification: a byte in each of eight words. */
TEST_F(window, identifies_itself)
{
	static const uint32_t id[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(id); i++)
		EXPECT_EQ(id[i], reg(self, RTC_ID + 4 * i));
}

TEST_F(window, clock_runs)
{
	uint32_t before = reg(self, RTC_DATA);

	sleep(2);
	EXPECT_LT(before, reg(self, RTC_DATA));
}

TEST_F(window, keeps_what_is_written)
{
	uint32_t before = reg(self, RTC_MATCH);

	set_reg(self, RTC_MATCH, 0xfffffff0);
	EXPECT_EQ(0xfffffff0, reg(self, RTC_MATCH));
	set_reg(self, RTC_MATCH, before);
}

TEST_F(window, is_claimed)
{
	char *iomem = proc_iomem();

	ASSERT_NE(NULL, iomem);
	EXPECT_NE(NULL, strstr(iomem, "09010000-09010fff : iomem"));
	free(iomem);
}

/* The tree says that all registers are 4 bytes wide (reg-io-width). */
TEST_F(window, has_registers_of_one_width)
{
	uint32_t words[2] = {};
	uint16_t half;
	uint8_t byte;

	EXPECT_EQ(4, pread(self->fd, words, 4, RTC_ID));
	EXPECT_EQ(0x31, words[0]);
	EXPECT_EQ(-1, pread(self->fd, &byte, 1, RTC_ID));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(self->fd, &half, 2, RTC_ID));
	EXPECT_EQ(EINVAL, errno);
	/* Two of them, and at an address where a wider one could not be. */
	EXPECT_EQ(8, pread(self->fd, words, 8, RTC_ID + 4));
	EXPECT_EQ(0x10, words[0]);
	EXPECT_EQ(0x14, words[1]);
}

TEST_F(window, is_called_as_the_tree_says)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	struct iomem_region_info region = { .size = sizeof(region) };

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &window));
	EXPECT_STREQ("clock", (char *)window.name);
	EXPECT_EQ(1, window.regions);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &region));
	EXPECT_STREQ("rtc", (char *)region.name);
	EXPECT_EQ(4, region.width);
	EXPECT_EQ(0, region.flags & (IOMEM_REGION_READ_ONLY | IOMEM_REGION_BIG_ENDIAN));
}

/* The selector is at 8, data of any width at 0, a signature at 16; all big-endian. */
FIXTURE(fw_cfg)
{
	struct iomem_region_info region;
	int fd;
};

FIXTURE_SETUP(fw_cfg)
{
	const char *node = getenv("IOMEM_FW_CFG");

	if (!node)
		SKIP(return, "IOMEM_FW_CFG is not set: x86 has no device tree; see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	memset(&self->region, 0, sizeof(self->region));
	self->region.size = sizeof(self->region);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->region));
}

FIXTURE_TEARDOWN(fw_cfg)
{
	close(self->fd);
}

TEST_F(fw_cfg, is_big_endian)
{
	EXPECT_EQ(IOMEM_REGION_BIG_ENDIAN, self->region.flags &
		  (IOMEM_REGION_BIG_ENDIAN | IOMEM_REGION_READ_ONLY | IOMEM_REGION_PORTS));
	EXPECT_EQ(0x18, self->region.length);
	EXPECT_EQ(0, self->region.width);
}

TEST_F(fw_cfg, calls_convert)
{
	uint64_t signature;
	uint32_t text;
	uint16_t item;
	uint8_t letter;

	ASSERT_EQ(8, pread(self->fd, &signature, 8, 16));
	EXPECT_EQ(0x51454d5520434647, signature);
	/* Item 0x19 and then 0: the wrong order of its bytes would be another item. */
	for (item = 0x19; ; item = 0) {
		ASSERT_EQ(2, pwrite(self->fd, &item, 2, 8));
		ASSERT_EQ(4, pread(self->fd, &text, 4, 0));
		if (!item)
			break;
		/* How many files there are. */
		EXPECT_LE(1, text);
		EXPECT_GE(1000, text);
	}
	EXPECT_EQ(0x51454d55, text);
	ASSERT_EQ(2, pwrite(self->fd, &item, 2, 8));
	ASSERT_EQ(1, pread(self->fd, &letter, 1, 0));
	EXPECT_EQ('Q', letter);
}

TEST_F(fw_cfg, mappings_do_not)
{
	volatile uint64_t *regs = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, regs);
	EXPECT_EQ(__builtin_bswap64(0x51454d5520434647), regs[2]);
	munmap((void *)regs, PAGE);
}

FIXTURE(flash)
{
	struct iomem_region_info region[2];
	int fd;
};

FIXTURE_SETUP(flash)
{
	const char *node = getenv("IOMEM_FLASH");
	uint32_t n;

	if (!node)
		SKIP(return, "IOMEM_FLASH is not set: x86 has no device tree; see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	for (n = 0; n < 2; n++) {
		memset(&self->region[n], 0, sizeof(self->region[n]));
		self->region[n].size = sizeof(self->region[n]);
		self->region[n].region = n;
		ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->region[n]));
	}
}

FIXTURE_TEARDOWN(flash)
{
	close(self->fd);
}

TEST_F(flash, regions_are_those_of_the_tree)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	struct iomem_region_info none = { .size = sizeof(none), .region = 2 };
	char label[32];
	int n;

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &window));
	/* As the node without its address, and by the window's number. */
	snprintf(label, sizeof(label), "flash.%s", getenv("IOMEM_FLASH") + strlen("/dev/iomem"));
	EXPECT_STREQ(label, (char *)window.name);
	EXPECT_EQ(2, window.regions);
	EXPECT_STREQ("firmware", (char *)self->region[0].name);
	EXPECT_STREQ("variables", (char *)self->region[1].name);
	for (n = 0; n < 2; n++) {
		EXPECT_EQ(64 << 20, self->region[n].length);
		EXPECT_EQ(IOMEM_REGION_READ_ONLY, self->region[n].flags &
			  (IOMEM_REGION_READ_ONLY | IOMEM_REGION_BIG_ENDIAN));
	}
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &none));
	EXPECT_EQ(EINVAL, errno);
}

/* Of the second, the host chose the content: tests/witness.py compares what is printed here. */
TEST_F(flash, second_region_is_the_host_s_file)
{
	volatile char *flash;
	char text[40] = "";
	int n;

	ASSERT_EQ(36, pread(self->fd, text, 36, self->region[1].offset));
	EXPECT_EQ(0, strncmp(text, "flash of the host, ", 19));
	TH_LOG("flash: %s.", text);
	flash = mmap(NULL, self->region[1].mmap_length, PROT_READ, MAP_SHARED, self->fd,
		     self->region[1].offset);
	ASSERT_NE(MAP_FAILED, flash);
	/* Byte by byte: a device's memory is not for memcmp(), which is free in what it reads. */
	for (n = 0; n < 36; n++)
		EXPECT_EQ(text[n], flash[n]);
	/* To its end, which is empty. */
	EXPECT_EQ(0, *(volatile uint32_t *)(flash + (64 << 20) - 4));
	munmap((void *)flash, self->region[1].mmap_length);
	/* The first has nothing of it. */
	ASSERT_EQ(36, pread(self->fd, text, 36, self->region[0].offset));
	EXPECT_NE(0, strncmp(text, "flash of the host, ", 19));
}

TEST_F(flash, is_not_to_be_written)
{
	uint32_t value = 0;
	int n;

	for (n = 0; n < 2; n++) {
		EXPECT_EQ(-1, pwrite(self->fd, &value, 4, self->region[n].offset));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
					   self->fd, self->region[n].offset));
		EXPECT_EQ(EACCES, errno);
	}
}

/* Adds a node for registers that no device has. Whether a window is then called so. */
static int add_node(const char *name, const char *label)
{
	char params[128];
	int err, fd;

	snprintf(params, sizeof(params), "start=0xb100000 name=\"%s\"", name);
	err = load(getenv("IOMEM_NODE_KO"), params);
	if (err)
		return err;
	fd = open_window(label, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A node that is added later is called as those of boot are. */
TEST(node_that_is_added)
{
	char label[32];

	if (!getenv("IOMEM_NODE_KO"))
		SKIP(return, "IOMEM_NODE_KO is not set: x86 has no device tree");
	snprintf(label, sizeof(label), "added.%d", count_entries("/dev", "iomem"));
	EXPECT_EQ(1, add_node("added@b100000", label));
	EXPECT_EQ(0, unload("iomem_test_node"));
}

/*
 * Its name could be taken for a line of fdinfo. The compiler of device trees would refuse it,
 * but not the kernel.
 */
TEST(node_whose_name_is_no_text)
{
	static const char *const names[] = {
		"a\niomem-state:\tgone@b100000", "a\r@b100000", "\x1b[2J@b100000",
		"\xc3\xa9@b100000",
	};
	char line[512];
	size_t i;
	int log;

	if (!getenv("IOMEM_NODE_KO"))
		SKIP(return, "IOMEM_NODE_KO is not set: x86 has no device tree");
	log = open_log();
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int before = count_entries("/dev", "iomem");

		EXPECT_EQ(0, add_node(names[i], "none"));
		EXPECT_EQ(before, count_entries("/dev", "iomem"));
		EXPECT_EQ(0, unload("iomem_test_node"));
		EXPECT_LT(0, logged(log, "iomem_dev b100000.", line, sizeof(line)));
		EXPECT_NE(NULL, strstr(line, "in the name of its node is no text")) {
			TH_LOG("the log has: %s", line);
		}
	}
	close(log);
}

TEST_HARNESS_MAIN
