// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of QEMU's edu device, through a mapping.
 *
 * Some of the tests put marks into the trace of accesses that QEMU keeps: they
 * write a number that means something to the host into the inversion register,
 * before and after what is to be looked at. tests/witness.py reads the trace.
 */

#include "iomem_test.h"

#include <sys/random.h>
#include <time.h>

#define EDU_ID		0x00
#define EDU_INVERT	0x04
#define EDU_FACTORIAL	0x08
#define EDU_STATUS	0x20
#define EDU_BUSY	0x01
#define EDU_DMA_SOURCE	0x80

/* What tests/witness.py looks for: a mark opens, the next one closes. */
#define MARK_READ32	0x10e30001
#define MARK_WRITE32	0x10e30002
#define MARK_READ64	0x10e30003
#define MARK_PAGE	0x10e30004
#define MARK_END	0x10e3ffff

FIXTURE(edu)
{
	volatile uint32_t *regs;
	int fd;
};

FIXTURE_SETUP(edu)
{
	const char *node = getenv("IOMEM_EDU");

	if (!node)
		SKIP(return, "IOMEM_EDU is not set: see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->regs = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->regs);
}

FIXTURE_TEARDOWN(edu)
{
	munmap((void *)self->regs, 0x1000);
	close(self->fd);
}

#define REG(offset) (self->regs[(offset) / 4])

TEST_F(edu, identifies_itself)
{
	EXPECT_EQ(0x010000ed, REG(EDU_ID));
}

/* The device computes it, so no cache and no other memory can answer. */
TEST_F(edu, inverts_what_is_written)
{
	uint32_t value;
	int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(sizeof(value), getrandom(&value, sizeof(value), 0));
		REG(EDU_INVERT) = value;
		ASSERT_EQ(~value, REG(EDU_INVERT));
	}
}

TEST_F(edu, computes_factorials)
{
	uint32_t n, expected = 1;

	for (n = 1; n <= 12; n++) {
		time_t limit = time(NULL) + 10;

		expected *= n;
		REG(EDU_FACTORIAL) = n;
		while (REG(EDU_STATUS) & EDU_BUSY)
			ASSERT_GT(limit, time(NULL));
		ASSERT_EQ(expected, REG(EDU_FACTORIAL));
	}
}

/* A child has the mapping too, and it shows the same device. */
TEST_F(edu, mapping_survives_fork)
{
	pid_t child;
	int status;

	REG(EDU_INVERT) = 0;
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		REG(EDU_INVERT) = 0x12345678;
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(~0x12345678u, REG(EDU_INVERT));
}

/* What is at an offset of the mapping is at that offset of the device: the trace tells. */
TEST_F(edu, page_offset_is_honoured)
{
	volatile uint32_t *second = mmap(NULL, MOST_PAGE, PROT_READ | PROT_WRITE,
					 MAP_SHARED, self->fd, MOST_PAGE);
	volatile uint32_t *both = mmap(NULL, 2 * MOST_PAGE, PROT_READ | PROT_WRITE,
				       MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, second);
	ASSERT_NE(MAP_FAILED, both);
	REG(EDU_INVERT) = MARK_PAGE;
	(void)second[0x10 / 4];
	(void)both[(MOST_PAGE + 0x20) / 4];
	REG(EDU_INVERT) = MARK_END;
	munmap((void *)second, MOST_PAGE);
	munmap((void *)both, 2 * MOST_PAGE);
}

TEST_F(edu, read_is_one_access)
{
	REG(EDU_INVERT) = MARK_READ32;
	EXPECT_EQ(0x010000ed, REG(EDU_ID));
	REG(EDU_INVERT) = MARK_END;
}

TEST_F(edu, write_is_one_access)
{
	REG(EDU_INVERT) = MARK_WRITE32;
	REG(EDU_DMA_SOURCE) = 0xcafe;
	REG(EDU_INVERT) = MARK_END;
}

TEST_F(edu, read_of_64_bits_is_one_access)
{
	REG(EDU_INVERT) = MARK_READ64;
	(void)*(volatile uint64_t *)&REG(EDU_DMA_SOURCE);
	REG(EDU_INVERT) = MARK_END;
}

TEST_HARNESS_MAIN
