// SPDX-License-Identifier: GPL-2.0
/*
 * A window that the device tree describes: compatible = "iomem,window" on the
 * registers of a PL031 real-time clock.
 */

#include "iomem_test.h"

#define RTC_DATA	0x000
#define RTC_MATCH	0x004
#define RTC_ID		0xfe0

FIXTURE(window)
{
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
	self->regs = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->regs);
}

FIXTURE_TEARDOWN(window)
{
	munmap((void *)self->regs, 0x1000);
	close(self->fd);
}

/* Peripheral and PrimeCell identification: a byte in each of eight words. */
TEST_F(window, identifies_itself)
{
	static const uint32_t id[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(id); i++)
		EXPECT_EQ(id[i], self->regs[RTC_ID / 4 + i]);
}

TEST_F(window, clock_runs)
{
	uint32_t before = self->regs[RTC_DATA / 4];

	sleep(2);
	EXPECT_LT(before, self->regs[RTC_DATA / 4]);
}

TEST_F(window, keeps_what_is_written)
{
	uint32_t before = self->regs[RTC_MATCH / 4];

	self->regs[RTC_MATCH / 4] = 0xfffffff0;
	EXPECT_EQ(0xfffffff0, self->regs[RTC_MATCH / 4]);
	self->regs[RTC_MATCH / 4] = before;
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

TEST_HARNESS_MAIN
