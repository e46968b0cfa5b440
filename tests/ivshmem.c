// SPDX-License-Identifier: GPL-2.0
/*
 * The shared memory of QEMU's ivshmem-plain device, of which the host has the
 * other side as a file.
 *
 *	IOMEM_PATTERN	a file: what the host put at the start of the memory
 *	IOMEM_ANSWER	a file: what is to be put into the second half, where the
 *			host looks for it afterwards
 */

#include "iomem_test.h"
#include "touch.h"

FIXTURE(ivshmem)
{
	int fd;
	size_t length;
	unsigned char *memory;
};

FIXTURE_SETUP(ivshmem)
{
	const char *node = getenv("IOMEM_IVSHMEM");

	if (!node)
		SKIP(return, "IOMEM_IVSHMEM is not set: see tests/iomem_test.h");
	self->fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->length = window_length(self->fd);
	self->memory = mmap(NULL, self->length, PROT_READ | PROT_WRITE, MAP_SHARED,
			    self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
}

FIXTURE_TEARDOWN(ivshmem)
{
	munmap(self->memory, self->length);
	close(self->fd);
}

/*
 * Copies between a buffer and the device word by word: an ordinary memcpy() may
 * use accesses that device memory does not take.
 */
static void copy(volatile uint64_t *to, const volatile uint64_t *from, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes / sizeof(*to); i++)
		to[i] = from[i];
}

/* Reads a file of a multiple of 8 bytes; to be freed. */
static uint64_t *slurp(const char *path, size_t *bytes)
{
	struct stat st;
	uint64_t *data = NULL;
	int fd = open(path, O_RDONLY);

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size && st.st_size % 8 == 0) {
		data = malloc(st.st_size);
		if (data && read(fd, data, st.st_size) != st.st_size) {
			free(data);
			data = NULL;
		}
		*bytes = st.st_size;
	}
	if (fd >= 0)
		close(fd);
	return data;
}

TEST_F(ivshmem, shows_what_the_host_wrote)
{
	const char *path = NEED("IOMEM_PATTERN");
	size_t bytes, i;
	uint64_t *expected = slurp(path, &bytes), *seen;

	ASSERT_NE(NULL, expected);
	ASSERT_LE(bytes, self->length);
	seen = malloc(bytes);
	copy(seen, (void *)self->memory, bytes);
	for (i = 0; i < bytes / 8; i++)
		ASSERT_EQ(expected[i], seen[i]) {
			TH_LOG("at byte %zu", i * 8);
		}
	free(seen);
	free(expected);
}

/* The same memory through a mapping that begins in its midst. */
TEST_F(ivshmem, offset_shows_the_same_memory)
{
	size_t page = sysconf(_SC_PAGESIZE), at = self->length / 2, i;
	volatile uint64_t *whole, *part;

	part = mmap(NULL, page, PROT_READ, MAP_SHARED, self->fd, at - page);
	ASSERT_NE(MAP_FAILED, part);
	whole = (void *)(self->memory + at - page);
	for (i = 0; i < page / 8; i++)
		ASSERT_EQ(whole[i], part[i]);
	munmap((void *)part, page);
}

TEST_F(ivshmem, host_will_see_what_is_written)
{
	const char *path = NEED("IOMEM_ANSWER");
	size_t bytes;
	uint64_t *answer = slurp(path, &bytes), *seen;

	ASSERT_NE(NULL, answer);
	ASSERT_LE(bytes, self->length / 2);
	copy((void *)(self->memory + self->length / 2), answer, bytes);
	seen = malloc(bytes);
	copy(seen, (void *)(self->memory + self->length / 2), bytes);
	EXPECT_EQ(0, memcmp(seen, answer, bytes));
	free(seen);
	free(answer);
}

/* By call, in every width, and at once: more than the driver keeps at a time. */
TEST_F(ivshmem, calls_read_the_same)
{
	const char *path = NEED("IOMEM_PATTERN");
	size_t bytes, at, width;
	uint64_t *expected = slurp(path, &bytes), *seen;

	ASSERT_NE(NULL, expected);
	seen = calloc(1, bytes);
	ASSERT_EQ((ssize_t)bytes, pread(self->fd, seen, bytes, 0));
	EXPECT_EQ(0, memcmp(seen, expected, bytes));

	for (width = 1; width <= 8; width *= 2) {
		for (at = 0; at < 64; at += width) {
			memset(seen, 0, 8);
			ASSERT_EQ((ssize_t)width, pread(self->fd, seen, width, at));
			ASSERT_EQ(0, memcmp(seen, (char *)expected + at, width)) {
				TH_LOG("%zu bytes at %zu", width, at);
			}
		}
	}
	free(seen);
	free(expected);
}

/* In every width, and nothing next to it; what was there comes back. */
TEST_F(ivshmem, calls_write_the_same)
{
	size_t at = self->length / 2 + 0x100, width;
	volatile uint64_t *word = (void *)(self->memory + at);
	uint64_t before[2] = { word[0], word[1] }, ones = ~0ULL, zeroes[128] = {}, many[128];

	for (width = 1; width <= 8; width *= 2) {
		uint64_t expected = width == 8 ? ones : ((1ULL << 8 * width) - 1) << 8 * width;

		word[0] = 0;
		word[1] = 0;
		ASSERT_EQ((ssize_t)width, pwrite(self->fd, &ones, width, at + width % 8));
		EXPECT_EQ(expected, word[0]) {
			TH_LOG("%zu bytes", width);
		}
		EXPECT_EQ(0, word[1]);
	}
	word[0] = before[0];
	word[1] = before[1];

	/* Many registers, in their order. */
	at = self->length / 4;
	for (width = 0; width < 128; width++)
		many[width] = width * 0x0101010101010101;
	ASSERT_EQ(sizeof(many), pwrite(self->fd, many, sizeof(many), at));
	for (width = 0; width < 128; width++)
		ASSERT_EQ(many[width], *(volatile uint64_t *)(self->memory + at + 8 * width));
	ASSERT_EQ(sizeof(zeroes), pwrite(self->fd, zeroes, sizeof(zeroes), at));
}

/* The last byte of the window is the last byte of the device. */
TEST_F(ivshmem, last_byte_is_the_device_s)
{
	volatile unsigned char *last = self->memory + self->length - 1;
	unsigned char before = *last;

	*last = ~before;
	EXPECT_EQ((unsigned char)~before, *last);
	*last = before;
	EXPECT_EQ(before, *last);
}

/*
 * How it is cached. arm64 shows it by a fault: an access to Device memory has to
 * be aligned, one to cached or write-combining memory has not. (The memory behind
 * is RAM of the host, so nothing but the mapping can object.) x86 keeps a list of
 * what is mapped how; IOMEM_RANGE tells where to look. It tells what the pages
 * got, not what the driver asked for: where the memory type registers, or another
 * mapping, say uncached, the kernel makes a cached mapping uncached by itself.
 */
#ifdef __aarch64__
TEST_F(ivshmem, is_uncached)
{
	uint32_t value;

	ASSERT_EQ(0, catch_faults());
	EXPECT_EQ(SIGBUS, look32((uint32_t *)(self->memory + 2), &value));
}
#else
TEST_F(ivshmem, is_uncached)
{
	const char *list = "/sys/kernel/debug/x86/pat_memtype_list";
	char line[256], entry[64];
	bool seen = false;
	uint64_t start, last;
	FILE *file;
	void *p;

	if (!env_range(&start, &last))
		SKIP(return, "IOMEM_RANGE is not set: see tests/iomem_test.h");
	/* Two pages that are not mapped as such otherwise, so that the entry is ours. */
	p = mmap(NULL, 0x2000, PROT_READ, MAP_SHARED, self->fd, 0x5000);
	ASSERT_NE(MAP_FAILED, p);
	snprintf(entry, sizeof(entry), "[mem 0x%016" PRIx64 "-0x%016" PRIx64 "]",
		 start + 0x5000, start + 0x7000);
	file = fopen(list, "r");
	if (!file)
		SKIP(return, "no /sys/kernel/debug/x86/pat_memtype_list: mount debugfs");
	while (fgets(line, sizeof(line), file))
		if (strstr(line, entry)) {
			seen = true;
			EXPECT_NE(NULL, strstr(line, "uncached-minus"));
		}
	fclose(file);
	EXPECT_TRUE(seen);
	munmap(p, 0x2000);
}
#endif

TEST_HARNESS_MAIN
