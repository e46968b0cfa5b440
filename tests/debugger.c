// SPDX-License-Identifier: GPL-2.0
/*
 * What a debugger reaches of a mapping, through /proc/<pid>/mem and ptrace(): the registers of the
 * region and nothing beside them, at their width and no other. The device is QEMU's edu
 * (IOMEM_RANGE); tests/witness.py looks at what comes between a mark and the next in QEMU's trace.
 */
#include "run_time_test.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>

#define RW		(PROT_READ | PROT_WRITE)
#define ID		0x010000ed
#define EDU_INVERT	0x04
#define KEEPS		0x80
/* Shorter than its page. */
#define SHORT_WINDOW	"debug mem=%#" PRIx64 ",%#x width=4 map-whole-pages"

/* What tests/accesses.py says about: */
#define MARK_SERIES	0x10e3c001
#define MARK_WRITES	0x10e3c002
#define MARK_REFUSED	0x10e3c003
#define MARK_BEYOND	0x10e3c004
#define MARK_PTRACE	0x10e3c005
#define MARK_CHOSEN	0x10e3c006
#define MARK_UNTRUSTED	0x10e3c007
#define MARK_WORDS	0x10e3c008
#define MARK_UNREADABLE	0x10e3c009
#define MARK_END	0x10e3ffff

/* Room for two pages of any size. */
static char buffer[2 * 65536];

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* The first page of a region; the file is closed, the mapping keeps it. */
static char *map_region_of(const char *label, __u32 region, int flags, int prot)
{
	struct iomem_region_info info = { .size = sizeof(info), .region = region };
	int fd = open_window(label, flags);
	char *p = MAP_FAILED;

	if (fd >= 0 && !ioctl(fd, IOMEM_IOC_REGION_INFO, &info))
		p = mmap(NULL, page_size(), prot, MAP_SHARED, fd, info.offset);
	close(fd);
	return p;
}

static void mark(volatile char *p, uint32_t mark)
{
	*(volatile uint32_t *)(p + EDU_INVERT) = mark;
}

#define MEM(call, bytes, at)	call(mem, buffer, bytes, (uintptr_t)(at))
#define REFUSED_MEM(call, bytes, at) do {				\
	errno = 0;							\
	EXPECT_EQ(-1, MEM(call, bytes, at));				\
	EXPECT_EQ(EIO, errno);						\
} while (0)

/* A child that is traced, and stopped; below 0 if there is none. */
static pid_t traced_child(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && WIFSTOPPED(status) ? child : -1;
}

/* A region that is shorter than its page: the rest of the page is not for a debugger. */
TEST_F(run_time, debugger_stays_within_the_region)
{
	int mem = open("/proc/self/mem", O_RDWR);
	const size_t page = page_size();
	uint32_t id;
	char *p;

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, make_window(SHORT_WINDOW, self->start, 0x100));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);

	ASSERT_EQ(4, MEM(pread, 4, p));
	memcpy(&id, buffer, 4);
	EXPECT_EQ(ID, id);
	EXPECT_EQ(4, MEM(pread, 4, p + 0xfc));
	/* What there is of more. */
	EXPECT_EQ(8, MEM(pread, 16, p + 0xf8));
	EXPECT_EQ(0x100, MEM(pread, page, p));
	EXPECT_EQ(0x100, MEM(pread, 2 * page, p));

	mark(p, MARK_BEYOND);
	REFUSED_MEM(pread, 4, p + 0x100);
	REFUSED_MEM(pwrite, 4, p + 0x100);
	REFUSED_MEM(pread, 8, p + page - 8);
	REFUSED_MEM(pwrite, 8, p + page - 8);
	mark(p, MARK_END);
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));

	/* And what comes before it in the page. */
	ASSERT_EQ(0, make_window(SHORT_WINDOW, self->start + KEEPS, 0x80));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);
	*(volatile uint32_t *)(p + KEEPS) = 0x5afe;
	REFUSED_MEM(pread, 4, p);
	REFUSED_MEM(pread, 4, p + KEEPS - 4);
	REFUSED_MEM(pread, 8, p + KEEPS - 4);
	ASSERT_EQ(4, MEM(pread, 4, p + KEEPS));
	EXPECT_EQ(0, memcmp(buffer, p + KEEPS, 4));
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));
	close(mem);
}

/* Each access has the width that the window was made with; other accesses are not made. */
TEST_F(run_time, debugger_accesses_at_the_stated_width)
{
	int mem = open("/proc/self/mem", O_RDWR);
	const size_t page = page_size();
	uint32_t words[2];
	char *p;

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx width=4", self->start, page));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);

	mark(p, MARK_SERIES);
	EXPECT_EQ(4, MEM(pread, 4, p));
	EXPECT_EQ(8, MEM(pread, 8, p + KEEPS));
	EXPECT_EQ(12, MEM(pread, 12, p + KEEPS));
	mark(p, MARK_END);

	words[0] = 0x11;
	words[1] = 0x22;
	memcpy(buffer, words, 8);
	mark(p, MARK_WRITES);
	EXPECT_EQ(8, MEM(pwrite, 8, p + KEEPS));
	mark(p, MARK_END);

	mark(p, MARK_REFUSED);
	REFUSED_MEM(pread, 1, p + KEEPS);
	REFUSED_MEM(pread, 2, p + KEEPS);
	REFUSED_MEM(pread, 3, p + KEEPS);
	REFUSED_MEM(pread, 6, p + KEEPS);
	REFUSED_MEM(pread, 4, p + KEEPS + 2);
	REFUSED_MEM(pread, 8, p + KEEPS + 1);
	REFUSED_MEM(pwrite, 1, p + KEEPS);
	REFUSED_MEM(pwrite, 2, p + KEEPS + 2);
	REFUSED_MEM(pwrite, 4, p + KEEPS + 1);
	REFUSED_MEM(pwrite, 10, p + KEEPS);
	mark(p, MARK_END);
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));
	close(mem);
}

/* What the file may not, a debugger may not by it. */
TEST_F(run_time, debugger_does_not_write_what_can_only_be_read)
{
	int mem = open("/proc/self/mem", O_RDWR);
	const size_t page = page_size();
	char *p;

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx width=4 read-only", self->start,
				 page));
	p = map_region_of("debug", 0, O_RDWR, PROT_READ);
	ASSERT_NE(MAP_FAILED, p);
	REFUSED_MEM(pwrite, 4, p + KEEPS);
	EXPECT_EQ(4, MEM(pread, 4, p));
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));

	ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx width=4", self->start, page));
	p = map_region_of("debug", 0, O_RDONLY, PROT_READ);
	ASSERT_NE(MAP_FAILED, p);
	REFUSED_MEM(pwrite, 4, p + KEEPS);
	munmap(p, page);
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, mprotect(p, page, PROT_NONE));
	REFUSED_MEM(pread, 4, p);
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));
	close(mem);
}

/* Nor does it read what the program has no right to read: reading can change a register. */
TEST_F(run_time, debugger_does_not_read_what_the_program_cannot)
{
	static const int rights[] = { PROT_NONE, PROT_WRITE };
	int mem = open("/proc/self/mem", O_RDWR), status;
	const size_t page = page_size();
	char *p, *marks;
	pid_t child;
	size_t i;

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx width=4", self->start, page));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);
	marks = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, marks);
	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		ASSERT_EQ(0, mprotect(p, page, rights[i]));
		child = traced_child();
		ASSERT_LT(0, child);
		mark(marks, MARK_UNREADABLE);
		REFUSED_MEM(pread, 4, p);
		REFUSED_MEM(pread, 256, p + KEEPS);
		REFUSED_MEM(pread, page, p);
		errno = 0;
		ptrace(PTRACE_PEEKDATA, child, p + KEEPS, NULL);
		EXPECT_EQ(EIO, errno);
		if (!(rights[i] & PROT_WRITE))
			REFUSED_MEM(pwrite, 4, p + KEEPS);
		mark(marks, MARK_END);
		EXPECT_EQ(0, ptrace(PTRACE_CONT, child, NULL, NULL));
		EXPECT_EQ(child, waitpid(child, &status, 0));
	}
	munmap(marks, page);
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));
	close(mem);
}

/* As a mapping shows them, whatever the order that calls convert from. */
TEST_F(run_time, debugger_sees_bytes_as_memory_has_them)
{
	int mem = open("/proc/self/mem", O_RDWR), fd;
	const size_t page = page_size();
	uint32_t value = 0, swapped = 0;
	char *p;

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx width=4 big-endian", self->start,
				 page));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);
	*(volatile uint32_t *)(p + KEEPS) = 0x01020304;
	ASSERT_EQ(4, MEM(pread, 4, p + KEEPS));
	memcpy(&value, buffer, 4);
	EXPECT_EQ(0x01020304, value);
	fd = open_window("debug", O_RDONLY);
	EXPECT_EQ(4, pread(fd, &swapped, 4, KEEPS));
	EXPECT_EQ(0x04030201, swapped);
	close(fd);

	value = 0x0a0b0c0d;
	memcpy(buffer, &value, 4);
	ASSERT_EQ(4, MEM(pwrite, 4, p + KEEPS));
	EXPECT_EQ(0x0a0b0c0d, *(volatile uint32_t *)(p + KEEPS));
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));
	close(mem);
}

/*
 * Where no width is stated, one that a debugger chooses is made for who opened the file with
 * CAP_SYS_RAWIO, as it is by call.
 */
TEST_F(run_time, debugger_chooses_a_width_by_a_file_that_may)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2], few[2];
	int mem = open("/proc/self/mem", O_RDWR);
	const size_t page = page_size();
	char *trusted, *p;

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx", self->start, page));
	trusted = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, trusted);
	mark(trusted, MARK_CHOSEN);
	EXPECT_EQ(4, MEM(pread, 4, trusted));
	EXPECT_EQ(8, MEM(pread, 8, trusted + KEEPS));
	EXPECT_EQ(12, MEM(pread, 12, trusted + KEEPS));
	mark(trusted, MARK_END);

	ASSERT_EQ(0, syscall(SYS_capget, &header, all));
	memcpy(few, all, sizeof(all));
	few[0].effective &= ~(1u << CAP_SYS_RAWIO);
	ASSERT_EQ(0, syscall(SYS_capset, &header, few));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_EQ(0, syscall(SYS_capset, &header, all));
	ASSERT_NE(MAP_FAILED, p);
	mark(p, MARK_UNTRUSTED);
	REFUSED_MEM(pread, 4, p);
	REFUSED_MEM(pread, 1, p);
	REFUSED_MEM(pwrite, 4, p + KEEPS);
	REFUSED_MEM(pread, page, p);
	mark(p, MARK_END);
	munmap(p, page);
	munmap(trusted, page);
	EXPECT_EQ(0, delete_window("debug"));
	close(mem);
}

/* It takes a word at a time, whatever the registers; two of 4 bytes on a processor of 64 bits. */
TEST_F(run_time, ptrace_takes_words)
{
	const size_t page = page_size();
	unsigned long word;
	uint32_t zero;
	int status;
	pid_t child;
	char *p;

	ASSERT_EQ(0, make_window(SHORT_WINDOW, self->start, 0x100));
	p = map_region_of("debug", 0, O_RDWR, RW);
	ASSERT_NE(MAP_FAILED, p);
	*(volatile uint32_t *)(p + KEEPS) = 0x44;
	/* The other half of the device's register of 64 bits. */
	zero = *(volatile uint32_t *)(p + KEEPS + 4);
	child = traced_child();
	ASSERT_LT(0, child);
	mark(p, MARK_PTRACE);
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, child, p + KEEPS, NULL);
	EXPECT_EQ(0, errno);
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, child, p + KEEPS, 0x7700000066UL));
	mark(p, MARK_END);
	EXPECT_EQ(0, memcmp(&word, (uint32_t []) { 0x44, zero }, sizeof(word)));
	EXPECT_EQ(0x66, *(volatile uint32_t *)(p + KEEPS));

	errno = 0;
	ptrace(PTRACE_PEEKDATA, child, p + KEEPS + 1, NULL);
	EXPECT_EQ(EIO, errno);
	errno = 0;
	ptrace(PTRACE_PEEKDATA, child, p + 0x100, NULL);
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, ptrace(PTRACE_CONT, child, NULL, NULL));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	munmap(p, page);
	EXPECT_EQ(0, delete_window("debug"));
}

/* A word that goes across the end is refused before half of it has been accessed. */
TEST_F(run_time, ptrace_does_not_access_half_a_word)
{
	const size_t page = page_size();
	static const size_t ends[] = { KEEPS + 4, 0 };
	int mem = open("/proc/self/mem", O_RDWR), status;
	const long value = 0x2222222233333333;
	pid_t child;
	size_t i;
	char *p;

	if (sizeof(long) == 4)
		SKIP(return, "a word is a register here");
	ASSERT_LE(0, mem);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		/* The end of the region, and that of the mapping with it. */
		size_t end = ends[i] ? ends[i] : page;

		ASSERT_EQ(0, make_window("debug mem=%#" PRIx64 ",%#zx width=4 map-whole-pages",
					 self->start, end));
		p = map_region_of("debug", 0, O_RDWR, RW);
		ASSERT_NE(MAP_FAILED, p);
		*(volatile uint32_t *)(p + KEEPS) = 0x44;
		child = traced_child();
		ASSERT_LT(0, child);
		memcpy(buffer, &value, sizeof(value));
		mark(p, MARK_WORDS);
		errno = 0;
		ptrace(PTRACE_PEEKDATA, child, p + end - 4, NULL);
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, child, p + end - 4, value));
		EXPECT_EQ(EIO, errno);
		REFUSED_MEM(pread, 8, p + end - 4);
		REFUSED_MEM(pwrite, 8, p + end - 4);
		mark(p, MARK_END);
		EXPECT_EQ(0x44, *(volatile uint32_t *)(p + KEEPS));
		/* A register is one all the same, and a word that fits. */
		EXPECT_EQ(4, MEM(pread, 4, p + end - 4));
		errno = 0;
		ptrace(PTRACE_PEEKDATA, child, p + end - 8, NULL);
		EXPECT_EQ(0, errno);
		EXPECT_EQ(0, ptrace(PTRACE_CONT, child, NULL, NULL));
		EXPECT_EQ(child, waitpid(child, &status, 0));
		munmap(p, page);
		EXPECT_EQ(0, delete_window("debug"));
	}
	close(mem);
}

/*
 * Registers that answer with an error on the bus where the machine has such a place (QEMU's virt),
 * to a user without privilege who was given the node: an access of a width that they do not have
 * would be the kernel's, and its end.
 */
TEST_F(run_time, debugger_without_privilege_does_not_choose)
{
#ifdef __aarch64__
	const uint64_t start = 0x0c000000;
#else
	const uint64_t start = self->start;
#endif
	const size_t page = page_size();
	char path[64], link[64];
	int fd, status;
	pid_t child;
	ssize_t n;

	ASSERT_EQ(0, make_window(SHORT_WINDOW, start, 0x100));
	fd = open_window("debug", O_RDWR);
	ASSERT_LE(0, fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	ASSERT_LT(0, n);
	path[n] = 0;
	close(fd);
	ASSERT_EQ(0, chown(path, 1000, 1000));

	child = fork();
	if (!child) {
		static const int widths[] = { 1, 2, 3 };
		size_t i;
		char *p;
		int mem;

		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(1);
		fd = open(path, O_RDWR);
		p = mmap(NULL, page, RW, MAP_SHARED, fd, 0);
		/* As a program is that did not begin as root. */
		if (p == MAP_FAILED || prctl(PR_SET_DUMPABLE, 1))
			_exit(2);
		mem = open("/proc/self/mem", O_RDWR);
		if (mem < 0)
			_exit(3);
		for (i = 0; i < ARRAY_SIZE(widths); i++) {
			if (MEM(pread, widths[i], p) != -1 || errno != EIO ||
			    MEM(pwrite, widths[i], p) != -1 || errno != EIO)
				_exit(4);
		}
		if (MEM(pread, 4, p + 0x100) != -1 || MEM(pread, 1, p + 0x100) != -1)
			_exit(5);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, delete_window("debug"));
}

TEST_HARNESS_MAIN
