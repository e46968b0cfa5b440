// SPDX-License-Identifier: GPL-2.0
/*
 * Registers by call: pread() and pwrite() on a window of QEMU's edu. One access of
 * the width that was asked for, or an error, or a series.
 *
 * As in edu.c, marks tell tests/witness.py where to look in QEMU's trace; they are
 * written through a mapping.
 */

#include "iomem_test.h"

#include <sys/uio.h>

#define EDU_ID		0x00
#define EDU_INVERT	0x04
#define SOURCE		0x80
#define TARGET		0x88

/* What tests/accesses.py says about: */
#define MARK_READ32	0x10e36001
#define MARK_WRITE32	0x10e36002
#define MARK_READ64	0x10e36003
#define MARK_WRITE64	0x10e36004
#define MARK_READS	0x10e36005
#define MARK_WRITES	0x10e36006
#define MARK_REFUSED	0x10e36007
#define MARK_SEQUENCE	0x10e36008
#define MARK_LONG	0x10e36009
#define MARK_NOWHERE	0x10e3600a
#define MARK_PART	0x10e3600b
#define MARK_SENT	0x10e3600c
#define MARK_END	0x10e3ffff

FIXTURE(registers)
{
	volatile uint32_t *regs;
	off_t length;
	int fd;
};

FIXTURE_SETUP(registers)
{
	const char *node = getenv("IOMEM_EDU");

	if (!node)
		SKIP(return, "IOMEM_EDU is not set: see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->length = window_length(self->fd);
	ASSERT_LT(0x1000, self->length);
	self->regs = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->regs);
}

FIXTURE_TEARDOWN(registers)
{
	munmap((void *)self->regs, 0x1000);
	close(self->fd);
}

#define MARK(mark) (self->regs[EDU_INVERT / 4] = (mark))

TEST_F(registers, are_read_and_written)
{
	uint32_t value = 0, word = 0x12345678;
	uint64_t wide = 0;

	EXPECT_EQ(4, pread(self->fd, &value, 4, EDU_ID));
	EXPECT_EQ(0x010000ed, value);
	EXPECT_EQ(4, pwrite(self->fd, &word, 4, EDU_INVERT));
	EXPECT_EQ(4, pread(self->fd, &value, 4, EDU_INVERT));
	EXPECT_EQ(~word, value);

	wide = 0x1122334455667788;
	EXPECT_EQ(8, pwrite(self->fd, &wide, 8, TARGET));
	wide = 0;
	EXPECT_EQ(8, pread(self->fd, &wide, 8, TARGET));
	EXPECT_EQ(0x1122334455667788, wide);
}

TEST_F(registers, one_access_each)
{
	uint32_t word = 0xcafe;
	uint64_t wide = 0x1122334455667788;

	MARK(MARK_READ32);
	EXPECT_EQ(4, pread(self->fd, &word, 4, EDU_ID));
	MARK(MARK_END);
	word = 0xcafe;
	MARK(MARK_WRITE32);
	EXPECT_EQ(4, pwrite(self->fd, &word, 4, SOURCE));
	MARK(MARK_END);
	MARK(MARK_READ64);
	EXPECT_EQ(8, pread(self->fd, &wide, 8, SOURCE));
	MARK(MARK_END);
	wide = 0x1122334455667788;
	MARK(MARK_WRITE64);
	EXPECT_EQ(8, pwrite(self->fd, &wide, 8, TARGET));
	MARK(MARK_END);
}

TEST_F(registers, longer_is_a_series)
{
	uint32_t words[3] = { 1, 2, 3 };

	MARK(MARK_WRITES);
	EXPECT_EQ(12, pwrite(self->fd, words, 12, SOURCE));
	MARK(MARK_END);
	memset(words, 0, sizeof(words));
	MARK(MARK_READS);
	EXPECT_EQ(12, pread(self->fd, words, 12, SOURCE));
	MARK(MARK_END);
	EXPECT_EQ(1, words[0]);
	EXPECT_EQ(3, words[2]);
}

/* More than the driver keeps at a time. */
TEST_F(registers, a_long_series_is_whole)
{
	static uint32_t words[256];

	memset(words, 0xff, sizeof(words));
	EXPECT_EQ(sizeof(words), pread(self->fd, words, sizeof(words), 0));
	EXPECT_EQ(0x010000ed, words[0]);
	EXPECT_EQ(self->regs[SOURCE / 4], words[SOURCE / 4]);
	EXPECT_EQ(self->regs[0x3fc / 4], words[255]);

	/* And no longer than it is. */
	MARK(MARK_LONG);
	EXPECT_EQ(264, pread(self->fd, words, 264, 0));
	MARK(MARK_END);
}

TEST_F(registers, read_and_seek_move_the_position)
{
	uint32_t value = 0;
	uint64_t wide = 5;

	ASSERT_EQ(8, pwrite(self->fd, &wide, 8, SOURCE));
	MARK(MARK_SEQUENCE);
	EXPECT_EQ(SOURCE, lseek(self->fd, SOURCE, SEEK_SET));
	EXPECT_EQ(4, read(self->fd, &value, 4));
	EXPECT_EQ(4, read(self->fd, &value, 4));
	/* pread() moves nothing. */
	EXPECT_EQ(4, pread(self->fd, &value, 4, EDU_ID));
	EXPECT_EQ(8, write(self->fd, &wide, 8));
	MARK(MARK_END);
	EXPECT_EQ(TARGET + 8, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(self->length, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(-1, lseek(self->fd, self->length + 1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(registers, the_end_is_the_end)
{
	uint32_t words[16] = {};

	EXPECT_EQ(0, pread(self->fd, words, 4, self->length));
	EXPECT_EQ(0, pread(self->fd, words, 4, (1LL << 32) - 4));
	/* Where another region would be, or none at all. */
	EXPECT_EQ(-1, pread(self->fd, words, 4, 1LL << 32));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(self->fd, words, 4, 1LL << 40));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-1, pwrite(self->fd, words, 4, self->length));
	EXPECT_EQ(ENOSPC, errno);
	/* A series ends there. */
	EXPECT_EQ(16, pread(self->fd, words, sizeof(words), self->length - 16));
}

TEST_F(registers, what_is_no_register_is_refused)
{
	static const struct {
		size_t bytes;
		off_t offset;
	} bad[] = {
		{ 2, SOURCE + 1 }, { 4, SOURCE + 1 }, { 4, SOURCE + 2 }, { 8, SOURCE + 4 },
		{ 3, SOURCE }, { 5, SOURCE }, { 6, SOURCE }, { 7, SOURCE }, { 9, SOURCE },
		{ 13, SOURCE },
		{ 12, SOURCE + 2 }, { 16, SOURCE + 1 },
	};
	uint64_t words[4] = {};
	size_t i;

	MARK(MARK_REFUSED);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, pread(self->fd, words, bad[i].bytes, bad[i].offset)) {
			TH_LOG("%zu bytes at %#jx", bad[i].bytes, (intmax_t)bad[i].offset);
		}
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, pwrite(self->fd, words, bad[i].bytes, bad[i].offset)) {
			TH_LOG("%zu bytes at %#jx", bad[i].bytes, (intmax_t)bad[i].offset);
		}
		EXPECT_EQ(EINVAL, errno);
	}
	/* Across the end, before the beginning, nothing, and from nowhere. */
	EXPECT_EQ(-1, pread(self->fd, words, 8, self->length - 4));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(self->fd, words, 4, -4));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, pread(self->fd, words, 0, SOURCE));
	EXPECT_EQ(0, pwrite(self->fd, words, 0, SOURCE));
	EXPECT_EQ(-1, pwrite(self->fd, nowhere(), 4, SOURCE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pwrite(self->fd, nowhere(), 16, SOURCE));
	EXPECT_EQ(EFAULT, errno);
	MARK(MARK_END);
}

/* The last bytes of a page that can be written; the next page has those rights. */
static char *page_end(size_t bytes, int prot)
{
	size_t page = getpagesize();
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, page, prot))
		return NULL;
	return p + page - bytes;
}

#define FAULTS(call) do {						\
	errno = 0;							\
	EXPECT_EQ(-1, call);						\
	EXPECT_EQ(EFAULT, errno) {					\
		TH_LOG("%s: %s", #call, strerror(errno));		\
	}								\
} while (0)

/* Reading can change a register, so that one is read only if the program gets its value. */
TEST_F(registers, what_cannot_be_delivered_is_not_read)
{
	char *none = page_end(0, PROT_READ), *half = page_end(2, PROT_NONE);
	struct iovec halves[] = { { half, 2 }, { nowhere(), 2 } };
	int fd = self->fd;

	ASSERT_NE(NULL, none);
	ASSERT_NE(NULL, half);
	ASSERT_EQ(SOURCE, lseek(fd, SOURCE, SEEK_SET));
	MARK(MARK_NOWHERE);
	FAULTS(pread(fd, nowhere(), 4, SOURCE));
	FAULTS(pread(fd, nowhere(), 16, SOURCE));
	FAULTS(pread(fd, none, 8, SOURCE));
	FAULTS(pread(fd, half, 4, SOURCE));
	FAULTS(pread(fd, half, 12, SOURCE));
	FAULTS(pread(fd, half, 8, SOURCE));
	FAULTS(preadv(fd, halves, 2, SOURCE));
	FAULTS(read(fd, half, 4));
	MARK(MARK_END);
	EXPECT_EQ(SOURCE, lseek(fd, 0, SEEK_CUR));
}

/* What there is memory for comes as whole registers. */
TEST_F(registers, a_series_ends_with_the_memory)
{
	char *some = page_end(6, PROT_NONE), *more = page_end(4 + 256 + 2, PROT_READ);
	struct iovec parts[] = { { some, 3 }, { some + 3, 3 }, { nowhere(), 6 } };
	uint32_t words[3] = { 1, 2, 3 };
	int fd = self->fd;

	ASSERT_NE(NULL, some);
	ASSERT_NE(NULL, more);
	ASSERT_EQ(12, pwrite(fd, words, 12, SOURCE));
	ASSERT_EQ(SOURCE, lseek(fd, SOURCE, SEEK_SET));
	MARK(MARK_PART);
	EXPECT_EQ(4, read(fd, some, 12));
	EXPECT_EQ(SOURCE + 4, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(4, preadv(fd, parts, 3, SOURCE));
	EXPECT_EQ(0, memcmp(some, &words[0], 4));
	/* The next call is at a register. */
	EXPECT_EQ(4, read(fd, words, 4));
	EXPECT_EQ(SOURCE + 8, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(260, pread(fd, more, 400, 0));
	MARK(MARK_END);

	words[0] = 1;
	memcpy(some, words, 6);
	MARK(MARK_SENT);
	EXPECT_EQ(4, pwrite(fd, some, 12, SOURCE));
	EXPECT_EQ(4, pwritev(fd, parts, 3, SOURCE));
	EXPECT_EQ(4, pwrite(fd, some, 12, SOURCE));
	FAULTS(pwrite(fd, some + 4, 4, SOURCE));
	MARK(MARK_END);
}

TEST_F(registers, writing_needs_a_writable_descriptor)
{
	uint32_t word = 1;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pwrite(fd, &word, 4, SOURCE));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(4, pread(fd, &word, 4, EDU_ID));
	close(fd);
}

TEST_HARNESS_MAIN
