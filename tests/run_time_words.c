// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that are wrong as such, written to new_device and delete_device: each
 * mistake has its errno, and one line in the log that names the word.
 */

#include "run_time_test.h"

#define WORD(err, words, ...) REFUSED(err, 1, words, __VA_ARGS__)

TEST_F(run_time, nothing)
{
	WORD(EINVAL, "new_device: the line is empty: write NAME", "\n");
	WORD(EINVAL, "the line is empty", " ");
	WORD(EINVAL, "the line is empty", " \t");
}

TEST_F(run_time, no_name)
{
	static const char * const names[] = {
		"-a", ".", "..", "_a", ".a", "a/b", "../a", "a:b", "a,b", "a*", "a=b", "mem=1,1",
		"a%s", "a\"b", "'a'", "abcdefghijklmnopqrstuvwxyz123456",
	};
	char words[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(words, sizeof(words), "'%s' is no name: use 1 to 31 letters", names[i]);
		WORD(EINVAL, words, "%s mem=0x1000,0x1000\n", names[i]);
	}
}

TEST_F(run_time, no_registers)
{
	WORD(EINVAL, "'fpga' has no registers: give it mem=", "fpga");
	WORD(EINVAL, "'fpga' has no registers", "fpga width=4 read-only irq=5\n");
}

TEST_F(run_time, unknown_word)
{
	static const char * const unknown[] = {
		"foo", "foo=1", "MEM=1,1", "Mem=1,1", "mem1,1", "=", "=1", "memory=1,1", "mem:1,1",
		"read-onl", "read-only,", "big_endian", "le", "0", "-", "name=fpga",
	};
	char words[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		snprintf(words, sizeof(words), "'%s' is nothing that a window has", unknown[i]);
		WORD(EINVAL, words, "fpga mem=1,1 %s\n", unknown[i]);
		WORD(EINVAL, words, "fpga %s mem=1,1\n", unknown[i]);
	}
}

TEST_F(run_time, value_missing)
{
	WORD(EINVAL, "'mem' has no value: write mem=", "fpga mem");
	WORD(EINVAL, "'port' has no value", "fpga mem=1,1 port");
	WORD(EINVAL, "'irq' has no value", "fpga irq mem=1,1");
	WORD(EINVAL, "'width' has no value", "fpga mem=1,1 width\n");
	/* Blanks are between words, and not within. */
	WORD(EINVAL, "'mem' has no value", "fpga mem =1,1");
	WORD(EINVAL, "'mem=' is not as it should be", "fpga mem= 1,1");
}

TEST_F(run_time, value_that_is_none)
{
	WORD(EINVAL, "'read-only=1' has a value", "fpga mem=1,1 read-only=1");
	WORD(EINVAL, "'map-whole-pages=' has a value", "fpga mem=1,1 map-whole-pages=");
	WORD(EINVAL, "'big-endian=' has a value", "fpga mem=1,1 big-endian=");
}

TEST_F(run_time, too_few_or_many_parts)
{
	WORD(EINVAL, "'mem=0x1000' is not as it should be: write START,LENGTH", "fpga mem=0x1000");
	WORD(EINVAL, "'port=5' is not as it should be", "fpga port=5");
	WORD(EINVAL, "'mem=1,1,a,b' is not", "fpga mem=1,1,a,b");
	WORD(EINVAL, "'port=1,1,a,' is not", "fpga port=1,1,a,");
	WORD(EINVAL, "'irq=1,a,b' is not", "fpga mem=1,1 irq=1,a,b");
}

TEST_F(run_time, no_number)
{
	static const char * const numbers[] = {
		"", "ten", "1k", "-1", "+1", "0x", "0X", "010", "00", "1_0", "0xg", "0x-1", "1.0",
		"x10", "0b1", "0o7", "1e3", "0x0x1", "#1",
	};
	char words[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(words, sizeof(words), "'mem=%s,1' wants a number", numbers[i]);
		WORD(EINVAL, words, "fpga mem=%s,1", numbers[i]);
		snprintf(words, sizeof(words), "'port=1,%s,a' wants a number", numbers[i]);
		WORD(EINVAL, words, "fpga port=1,%s,a", numbers[i]);
		snprintf(words, sizeof(words), "'irq=%s' wants a number", numbers[i]);
		WORD(EINVAL, words, "fpga mem=1,1 irq=%s", numbers[i]);
		snprintf(words, sizeof(words), "'width=%s' wants a number", numbers[i]);
		WORD(EINVAL, words, "fpga mem=1,1 width=%s", numbers[i]);
	}
	/* A number that is too large and no number is no number. */
	WORD(EINVAL, "wants a number", "fpga mem=0x10000000000000000g,1");
}

TEST_F(run_time, number_too_large)
{
	WORD(ERANGE, "'mem=0x10000000000000000,1' has a number that is too large",
	     "fpga mem=0x10000000000000000,1");
	WORD(ERANGE, "too large", "fpga mem=18446744073709551616,1");
	WORD(ERANGE, "too large", "fpga mem=1,99999999999999999999999999999999999999999999");
	WORD(ERANGE, "'irq=2147483648' has a number that is too large",
	     "fpga mem=1,1 irq=2147483648");
	WORD(ERANGE, "'irq=0x100000005'", "fpga mem=1,1 irq=0x100000005");
	WORD(ERANGE, "'width=0x10000000000000004'", "fpga mem=1,1 width=0x10000000000000004");
}

TEST_F(run_time, length_zero)
{
	WORD(EINVAL, "'mem=0x1000,0' has length 0", "fpga mem=0x1000,0");
	WORD(EINVAL, "'port=1,0x0,a' has length 0", "fpga port=1,0x0,a");
}

TEST_F(run_time, wraps_around)
{
	WORD(EOVERFLOW, "'mem=0xffffffffffffffff,2' wraps around",
	     "fpga mem=0xffffffffffffffff,2");
	WORD(EOVERFLOW, "wraps around", "fpga mem=0x1000,18446744073709551615");
	WORD(EOVERFLOW, "wraps around", "fpga port=0xfffffffffffffff0,0x11");
}

TEST_F(run_time, no_interrupt)
{
	WORD(EINVAL, "'irq=0' is no interrupt: give its number", "fpga mem=1,1 irq=0");
	WORD(EINVAL, "'irq=0x0,a' is no interrupt", "fpga mem=1,1 irq=0x0,a");
}

TEST_F(run_time, no_width)
{
	static const char * const widths[] = { "0", "3", "5", "16", "32", "0xffffffffffffffff" };
	char words[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		snprintf(words, sizeof(words), "'width=%s' is no width: registers are 1, 2, 4 or 8",
			 widths[i]);
		WORD(EINVAL, words, "fpga mem=1,1 width=%s", widths[i]);
	}
}

TEST_F(run_time, said_twice)
{
	WORD(EEXIST, "'width=8' was said before", "fpga mem=1,1 width=4 width=8");
	WORD(EEXIST, "'width=4' was said before", "fpga width=4 mem=1,1 width=4");
	WORD(EEXIST, "'read-only' was said before", "fpga mem=1,1 read-only read-only");
	WORD(EINVAL, "'firmware-reserved=1' has a value", "fpga mem=1,1 firmware-reserved=1");
	WORD(EEXIST, "'firmware-reserved' was said before",
	     "fpga mem=1,1 firmware-reserved firmware-reserved");
	WORD(EEXIST, "'map-whole-pages' was said before",
	     "fpga mem=1,1 map-whole-pages map-whole-pages");
	WORD(EEXIST, "'big-endian' was said before", "fpga big-endian mem=1,1 big-endian");
}

TEST_F(run_time, bad_name_of_a_part)
{
	WORD(EINVAL, "'a/b' is no name", "fpga mem=1,1,a/b");
	WORD(EINVAL, "'' is no name", "fpga mem=1,1,");
	WORD(EINVAL, "'-' is no name", "fpga port=1,1,-");
	WORD(EINVAL, "'.a' is no name", "fpga mem=1,1 irq=5,.a");
	WORD(EINVAL, "is no name", "fpga mem=1,1,abcdefghijklmnopqrstuvwxyz123456");
}

TEST_F(run_time, name_of_a_part_twice)
{
	WORD(EEXIST, "'mem=2,1,a' has the name of another one", "fpga mem=1,1,a mem=2,1,a");
	/* Regions are regions, whatever they are of. */
	WORD(EEXIST, "'port=2,1,a' has the name of another one", "fpga mem=1,1,a port=2,1,a");
	WORD(EEXIST, "'mem=1,1,a' has the name of another one", "fpga port=2,1,a mem=1,1,a");
	WORD(EEXIST, "'irq=6,a' has the name of another one", "fpga mem=1,1 irq=5,a irq=6,a");
}

/* Longer than any window, but no longer than a line. */
TEST_F(run_time, too_many)
{
	static const char * const kinds[] = { "mem=0x%x,1", "port=0x%x,1", "irq=%d" };
	char line[4000], words[128], one[64];
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t used = snprintf(line, sizeof(line), "fpga");

		for (n = 1; n <= 65; n++) {
			snprintf(one, sizeof(one), kinds[i], n);
			used += snprintf(line + used, sizeof(line) - used, " %s", one);
		}
		snprintf(words, sizeof(words), "'%s' is one too many", one);
		WORD(E2BIG, words, "%s", line);
	}
}

/* A page is too long, whatever is in it; one byte less is a line. */
TEST_F(run_time, line_of_a_page)
{
	char line[MOST_PAGE + 1000], text[512];

	memset(line, ' ', sizeof(line));
	memcpy(line, "fpga mem=1,1", 12);
	memcpy(line + PAGE - 5, " foo", 5);
	WORD(EINVAL, "'foo' is nothing", "%s", line);
	line[PAGE - 1] = ' ';
	line[PAGE] = 0;
	EXPECT_EQ(-E2BIG, make_window("%s", line));
	line[PAGE] = ' ';
	line[sizeof(line) - 1] = 0;
	EXPECT_EQ(-E2BIG, make_window("%s", line));
	EXPECT_EQ(0, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_EQ(self->windows, count_windows());
}

static ssize_t write_bytes(const char *file, const char *bytes, size_t length)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, bytes, length);

	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

TEST_F(run_time, bytes_that_are_no_characters)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *words;
	} lines[] = {
		{ "fpga mem=1,1\0", 13, "byte 0x00 after 12 others is no character" },
		{ "\0fpga mem=1,1", 13, "byte 0x00 after 0 others" },
		{ "fpga mem=1,1\r\n", 14, "byte 0x0d after 12 others" },
		{ "fpga mem=1,1\n\n", 14, "byte 0x0a after 12 others" },
		{ "one mem=1,1\ntwo mem=2,1\n", 24, "byte 0x0a after 11 others" },
		{ "\nfpga mem=1,1\n", 14, "byte 0x0a after 0 others" },
		{ "f\xc3\xa4 mem=1,1", 11, "byte 0xc3 after 1 others" },
		{ "fpga mem=1,1,\xff", 14, "byte 0xff after 13 others" },
		{ "fpga\x1b[31m mem=1,1", 17, "byte 0x1b after 4 others" },
		{ "fpga mem=1,1\x7f", 13, "byte 0x7f after 12 others" },
		{ "fpga\vmem=1,1", 12, "byte 0x0b after 4 others" },
	};
	char text[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		EXPECT_EQ(-EINVAL, write_bytes(DRIVER "new_device", lines[i].bytes,
					       lines[i].length));
		EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text)));
		EXPECT_NE(NULL, strstr(text, lines[i].words)) {
			TH_LOG("wanted '%s', the log has: %s", lines[i].words, text);
		}
		EXPECT_EQ(-EINVAL, write_bytes(DRIVER "delete_device", lines[i].bytes,
					       lines[i].length));
		EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text)));
		EXPECT_NE(NULL, strstr(text, lines[i].words));
	}
	EXPECT_EQ(self->windows, count_windows());
}

/* delete_device fails with `err` and a word in the log. */
#define NOT_DELETED(err, words, line) do {				\
	char text_[1024];						\
									\
	EXPECT_EQ(-(err), delete_window(line));				\
	EXPECT_EQ(1, logged(self->log, "iomem_dev", text_, sizeof(text_)));	\
	EXPECT_NE(NULL, strstr(text_, words)) {				\
		TH_LOG("wanted '%s', the log has: %s", words, text_);	\
	}								\
	EXPECT_EQ(self->windows, count_windows());			\
} while (0)

TEST_F(run_time, not_to_be_deleted)
{
	NOT_DELETED(EINVAL, "delete_device: the line is empty", "\n");
	NOT_DELETED(EINVAL, "'a/b' is no name", "a/b\n");
	NOT_DELETED(EINVAL, "'two' is one word too many", "one two\n");
	NOT_DELETED(ENOENT, "no window 'fpga' was made by new_device", "fpga\n");
	NOT_DELETED(ENOENT, "no window 'fpga'", " fpga ");
	/* That is a device's name, and not a window's; nor is that of a node. */
	NOT_DELETED(ENOENT, "no window 'iomem_dev.0'", "iomem_dev.0");
	NOT_DELETED(ENOENT, "no window 'iomem0'", "iomem0");
}

TEST_HARNESS_MAIN
