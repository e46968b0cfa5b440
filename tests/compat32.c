// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit program on a 64-bit kernel: built for i386 or 32-bit ARM, with the
 * kernel's own tiny C library (tools/include/nolibc), so that no 32-bit one is
 * needed.
 *
 *	IOMEM_IVSHMEM	a window on BAR 2 of QEMU's ivshmem-plain device, 1 MiB
 *	IOMEM_PATTERN	a file: what the host put at the start of the memory
 */

#include "iomem.h"
#include "kselftest_harness.h"

#define RW		(PROT_READ | PROT_WRITE)
#define PAGE		4096
#define WORDS		(PAGE / 4)
/* A place that no other test looks at. */
#define SPARE		0x50000

_Static_assert(sizeof(long) == 4 && sizeof(void *) == 4, "this is about 32-bit programs");
_Static_assert(sizeof(off_t) == 8, "which have offsets above 4 GiB");

/* nolibc has neither pread() nor pwrite(). ARM passes 64 bits in an even pair of registers. */
static long at_offset(long number, int fd, void *buffer, size_t bytes, uint64_t offset)
{
#ifdef __arm__
	return syscall(number, fd, buffer, bytes, 0, (uint32_t)offset, (uint32_t)(offset >> 32));
#else
	return syscall(number, fd, buffer, bytes, (uint32_t)offset, (uint32_t)(offset >> 32));
#endif
}

static long pread(int fd, void *buffer, size_t bytes, uint64_t offset)
{
	return at_offset(__NR_pread64, fd, buffer, bytes, offset);
}

static long pwrite(int fd, void *buffer, size_t bytes, uint64_t offset)
{
	return at_offset(__NR_pwrite64, fd, buffer, bytes, offset);
}

FIXTURE(compat32)
{
	int fd;
	uint32_t pattern[WORDS];
	struct iomem_region_info region;
};

FIXTURE_SETUP(compat32)
{
	const char *node = getenv("IOMEM_IVSHMEM"), *path = getenv("IOMEM_PATTERN");
	int file;

	if (!node || !path)
		SKIP(return, "IOMEM_IVSHMEM or IOMEM_PATTERN is not set: see tests/compat32.c");
	self->fd = open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	file = open(path, O_RDONLY);
	ASSERT_EQ(PAGE, read(file, self->pattern, PAGE));
	close(file);
	self->region = (struct iomem_region_info){ .size = sizeof(self->region) };
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_REGION_INFO, &self->region));
}

FIXTURE_TEARDOWN(compat32)
{
	close(self->fd);
}

/* The very numbers of a 64-bit program, written down. */
TEST(layouts_are_those_of_64_bits)
{
	EXPECT_EQ(56, sizeof(struct iomem_window_info));
	EXPECT_EQ(88, sizeof(struct iomem_region_info));
	EXPECT_EQ(16, offsetof(struct iomem_region_info, length));
	EXPECT_EQ(56, offsetof(struct iomem_region_info, name));
	EXPECT_EQ(48, sizeof(struct iomem_op));
	EXPECT_EQ(16, offsetof(struct iomem_op, offset));
	EXPECT_EQ(32, sizeof(struct iomem_batch));
	EXPECT_EQ(8, offsetof(struct iomem_batch, ops));
	EXPECT_EQ(56, sizeof(struct iomem_irq_info));
	EXPECT_EQ(16, offsetof(struct iomem_irq_info, count));
	EXPECT_EQ(32, sizeof(struct iomem_irq_wait));
	EXPECT_EQ(24, offsetof(struct iomem_irq_wait, timeout_ns));
	EXPECT_EQ(16, sizeof(struct iomem_irq_unmask));
	EXPECT_EQ(16, sizeof(struct iomem_irq_mask));
	EXPECT_EQ(16, sizeof(struct iomem_irq_eventfd));
}

TEST_F(compat32, window_and_region_tell)
{
	struct iomem_window_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &info));
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(1, info.regions);
	EXPECT_LE(100, info.batch_max);

	EXPECT_EQ(0x100000, self->region.length);
	EXPECT_EQ(0x100000, self->region.mmap_length);
	EXPECT_EQ(0, self->region.offset);
	EXPECT_EQ(IOMEM_REGION_MMAP | IOMEM_REGION_MMAP_WC, self->region.flags);
	/* What the rest of this is about. */
	EXPECT_LE(1ULL << 32, self->region.wc_offset);
}

TEST_F(compat32, maps_region_0)
{
	volatile uint32_t *memory;
	int i;

	memory = mmap(NULL, PAGE, RW, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, memory);
	for (i = 0; i < WORDS; i++)
		ASSERT_EQ(self->pattern[i], memory[i]);
	EXPECT_EQ(0, munmap((void *)memory, PAGE));
}

/* By mmap2(), which counts in pages. */
TEST_F(compat32, maps_above_4_gib)
{
	volatile uint32_t *memory;
	int i;

	memory = mmap(NULL, PAGE, RW, MAP_SHARED, self->fd, self->region.wc_offset);
	ASSERT_NE(MAP_FAILED, memory);
	for (i = 0; i < WORDS; i++)
		ASSERT_EQ(self->pattern[i], memory[i]);
	EXPECT_EQ(0, munmap((void *)memory, PAGE));

	/* And nothing is cut off: this is no offset of region 0. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, self->fd,
				   self->region.wc_offset + self->region.mmap_length));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, self->fd, 1LL << 40));
	EXPECT_EQ(ENXIO, errno);
}

TEST_F(compat32, reads_and_writes)
{
	uint32_t words[16];
	uint64_t wide = 0x0123456789abcdef, seen = 0, nothing = 0;
	int i;

	ASSERT_EQ(sizeof(words), pread(self->fd, words, sizeof(words), 64));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(self->pattern[16 + i], words[i]);
	EXPECT_EQ(8, pwrite(self->fd, &wide, 8, SPARE));
	EXPECT_EQ(8, pread(self->fd, &seen, 8, SPARE));
	EXPECT_EQ(wide, seen);
	EXPECT_EQ(8, pwrite(self->fd, &nothing, 8, SPARE));
	EXPECT_EQ(-1, pread(self->fd, words, 4, 2));
	EXPECT_EQ(EINVAL, errno);
	/* Behind the registers; and, with nothing cut off, far behind all regions. */
	EXPECT_EQ(0, pread(self->fd, words, 4, 1LL << 31));
	EXPECT_EQ(-1, pread(self->fd, words, 4, (1LL << 40) + 64));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-1, pwrite(self->fd, words, 4, (1LL << 40) + SPARE));
	EXPECT_EQ(ENXIO, errno);
}

TEST_F(compat32, seeks)
{
	uint32_t word;

	EXPECT_EQ(64, lseek(self->fd, 64, SEEK_SET));
	EXPECT_EQ(4, read(self->fd, &word, 4));
	EXPECT_EQ(self->pattern[16], word);
	EXPECT_EQ(0x100000, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(-1, lseek(self->fd, 1LL << 40, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(compat32, batch)
{
	struct iomem_op ops[] = {
		{ .op = IOMEM_OP_READ, .width = 4, .offset = 64 },
		{ .op = IOMEM_OP_WRITE, .width = 8, .offset = SPARE, .value = 0xf0f0f0f0f0f0f0f0 },
		{ .op = IOMEM_OP_UPDATE, .width = 8, .offset = SPARE, .value = 5ULL << 32,
		  .mask = 0xffULL << 32 },
		{ .op = IOMEM_OP_WAIT, .width = 8, .offset = SPARE, .value = 5ULL << 32,
		  .mask = 0xffULL << 32, .timeout_ns = 10000000000 },
		{ .op = IOMEM_OP_WRITE, .width = 8, .offset = SPARE },
	};
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)ops, .count = ARRAY_SIZE(ops),
		.op_size = sizeof(ops[0]),
	};

	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(5, batch.done);
	EXPECT_EQ(5, batch.failed);
	EXPECT_EQ(self->pattern[16], ops[0].value);
	EXPECT_EQ(0xf0f0f0f0f0f0f0f0, ops[2].value);
	EXPECT_EQ(0xf0f0f005f0f0f0f0, ops[3].value);
}

/* An address that 32 bits cannot have is not taken for what is left of it. */
TEST_F(compat32, batch_at_an_address_above_4_gib)
{
	struct iomem_op op = { .op = IOMEM_OP_READ, .width = 4, .offset = 64 };
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)&op | 1ULL << 32, .count = 1,
		.op_size = sizeof(op),
	};

	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, op.value);
	/* And one that is far away in this program, but in no other. */
	batch.ops = 0xfffff000;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(compat32, each_call_is_known_and_no_other)
{
	uint32_t nothing[16] = {};
	unsigned int nr;

	/* Too small, all of them. */
	for (nr = IOMEM_IOC_NR_REGION_INFO; nr <= IOMEM_IOC_NR_IRQ_MASK; nr++) {
		EXPECT_EQ(-1, ioctl(self->fd, _IO(IOMEM_IOC_TYPE, nr), nothing));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, ioctl(self->fd, _IO(IOMEM_IOC_TYPE, nr), NULL));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(-1, ioctl(self->fd, _IO(IOMEM_IOC_TYPE, 0xff), nothing));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_HARNESS_MAIN
