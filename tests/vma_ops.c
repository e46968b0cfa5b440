// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver is told of a mapping: that it was copied, split, moved and
 * unmapped; that a debugger looks at it; that its name is asked for.
 */

#include "vma_test.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

/* --- Open and close ------------------------------------------------------------- */

TEST_F(vma, fork_and_split_and_move_keep_the_counts)
{
	static const enum vma_how how[] = { EAGER, FAULT };
	size_t i;
	char *p, *q, *room;
	int status;
	pid_t child;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		const int made = COUNT(MADE), open = COUNT(OPEN), close = COUNT(CLOSE);

		p = MAP(6, how[i], NONCACHED, 0);
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(1, COUNT(OPEN) - open);
		EXPECT_EQ(0, COUNT(CLOSE) - close);
		EXPECT_PAGE(p, 0);

		child = fork();
		if (!child) {
			/* The child has it, and what it touches first. */
			if (COUNT(OPEN) - open != 2 || get(p) != self->pattern[0] ||
			    get(p + PAGE) != self->pattern[PAGE / 8])
				_exit(1);
			_exit(munmap(p, PAGE));
		}
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(1, COUNT(OPEN) - open - (COUNT(CLOSE) - close));

		/* A hole makes two of one. */
		ASSERT_EQ(0, munmap(p + 2 * PAGE, PAGE));
		EXPECT_EQ(2, vmas());
		EXPECT_EQ(2, COUNT(OPEN) - open - (COUNT(CLOSE) - close));
		EXPECT_EQ(SIGSEGV, look(p + 2 * PAGE));
		EXPECT_PAGE(p + 3 * PAGE, 3);

		/* A part moves, and shows what it showed. */
		room = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		q = mremap(p + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
		ASSERT_EQ(room, q);
		EXPECT_PAGE(q, 4);
		EXPECT_PAGE(p + 5 * PAGE, 5);
		EXPECT_EQ(vmas(), COUNT(OPEN) - open - (COUNT(CLOSE) - close));
		EXPECT_EQ(4, vmas());

		/* It does not grow. */
		EXPECT_EQ(MAP_FAILED, mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
		EXPECT_EQ(EFAULT, errno);

		EXPECT_EQ(made + 1, COUNT(MADE));
		EXPECT_EQ(made, COUNT(DROPPED));
		munmap(q, PAGE);
		munmap(p, 6 * PAGE);
		EXPECT_EQ(0, vmas());
		EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
		EXPECT_EQ(made + 1, COUNT(DROPPED));
	}
}

/* mmap() fails after it was mapped: close comes after open, and nothing is lost. */
TEST_F(vma, failed_mmap_leaves_nothing)
{
	EXPECT_EQ(MAP_FAILED, MAP(2, FAIL, NONCACHED, 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(1, COUNT(MADE));
	EXPECT_EQ(1, COUNT(DROPPED));
	EXPECT_EQ(1, COUNT(OPEN));
	EXPECT_EQ(1, COUNT(CLOSE));
	EXPECT_EQ(0, vmas());
}

/* A lease can take back only what is in its own address space, so it maps nothing else. */
TEST_F(vma, stray_lease_maps_nothing)
{
	char *p;

	EXPECT_EQ(MAP_FAILED, MAP(1, STRAY, NONCACHED, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, COUNT(MADE));
	p = MAP(1, STRAY, NONCACHED, 1);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(SIGBUS, look(p));
	EXPECT_EQ(1, COUNT(FAULT));
	munmap(p, PAGE);
}

TEST_F(vma, operations_given_twice_are_the_last_ones)
{
	char *p = MAP(1, TWICE, NONCACHED, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(2, COUNT(MADE));
	EXPECT_EQ(1, COUNT(DROPPED));
	EXPECT_EQ(1, COUNT(OPEN));
	munmap(p, PAGE);
	EXPECT_EQ(2, COUNT(DROPPED));
	EXPECT_EQ(1, COUNT(CLOSE));
}

TEST_F(vma, split_can_be_refused)
{
	char *p = MAP(3, WHOLE, NONCACHED, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, munmap(p + PAGE, PAGE));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, mprotect(p, PAGE, PROT_READ));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(1, vmas());
	EXPECT_PAGE(p + PAGE, 1);
	EXPECT_EQ(0, munmap(p, 3 * PAGE));
}

/* --- Debuggers -------------------------------------------------------------------- */

TEST_F(vma, mem_file_reads_and_writes)
{
	static const enum vma_how how[] = { EAGER, FAULT };
	const char *pattern = (char *)self->pattern;
	int mem = open("/proc/self/mem", O_RDWR);
	uint64_t value = 0x0123456789abcdef;
	char buffer[3 * PAGE];
	size_t i;
	char *p;

	ASSERT_LE(0, mem);
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		p = MAP(4, how[i], NONCACHED, 6);
		ASSERT_NE(MAP_FAILED, p);
		/* Behind it is nothing. */
		ASSERT_EQ(0, munmap(p + 3 * PAGE, PAGE));
		/* Every width, aligned or not, and more than a page. */
		ASSERT_EQ(1, pread(mem, buffer, 1, (uintptr_t)p + 3));
		EXPECT_EQ(pattern[6 * PAGE + 3], buffer[0]);
		ASSERT_EQ(4, pread(mem, buffer, 4, (uintptr_t)p + 4));
		EXPECT_EQ(0, memcmp(buffer, pattern + 6 * PAGE + 4, 4));
		ASSERT_EQ(13, pread(mem, buffer, 13, (uintptr_t)p + PAGE - 5));
		EXPECT_EQ(0, memcmp(buffer, pattern + 7 * PAGE - 5, 13));
		ASSERT_EQ(2 * PAGE + 9, pread(mem, buffer, 2 * PAGE + 9, (uintptr_t)p + 7));
		EXPECT_EQ(0, memcmp(buffer, pattern + 6 * PAGE + 7, 2 * PAGE + 9));
		/* Not beyond the end of what is mapped. */
		EXPECT_EQ(5, pread(mem, buffer, 64, (uintptr_t)p + 3 * PAGE - 5));
		EXPECT_EQ(0, memcmp(buffer, pattern + 9 * PAGE - 5, 5));
		munmap(p, 3 * PAGE);

		p = MAP(1, how[i], NONCACHED, SPARE);
		ASSERT_EQ(8, pwrite(mem, &value, 8, (uintptr_t)p + 16));
		ASSERT_EQ(3, pwrite(mem, "xyz", 3, (uintptr_t)p + 33));
		EXPECT_EQ(value, get(p + 16));
		EXPECT_EQ(0x7a797800, get(p + 32));
		EXPECT_EQ(0, get(p + 8));
		EXPECT_EQ(0, get(p + 24));
		put(p + 16, 0);
		put(p + 32, 0);
		munmap(p, PAGE);
	}
	EXPECT_LT(0, COUNT(ACCESS));
	close(mem);
}

TEST_F(vma, mem_file_does_not_touch_pages)
{
	int mem = open("/proc/self/mem", O_RDWR);
	char *p = MAP(2, FAULT, NONCACHED, 6);
	uint64_t value;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(8, pread(mem, &value, 8, (uintptr_t)p + 8));
	EXPECT_EQ(self->pattern[6 * PAGE / 8 + 1], value);
	EXPECT_EQ(0, COUNT(FAULT));
	EXPECT_FALSE(present(self->pagetable, p));
	munmap(p, 2 * PAGE);
	close(mem);
}

/*
 * A device whose registers mind how they are accessed: tests/witness.py looks at
 * what comes between a mark and the next.
 */
#define EDU_INVERT	0x04
#define MARK_PEEK32	0x10e35001
#define MARK_PEEK64	0x10e35002
#define MARK_POKE32	0x10e35003
#define MARK_PEEK_ODD	0x10e35004
#define MARK_END	0x10e3ffff

static void mark(int mem, char *edu, uint32_t mark)
{
	if (pwrite(mem, &mark, 4, (uintptr_t)edu + EDU_INVERT) != 4)
		abort();
}

TEST_F(vma, mem_file_accesses_in_one_piece)
{
	int mem = open("/proc/self/mem", O_RDWR);
	uint32_t id = 0, inverse = 0;
	char buffer[16];
	char *p;

	p = mmap(NULL, PAGE, RW, MAP_SHARED, self->fd, VMA_EDU | VMA_OFFSET(FAULT, NONCACHED, 0));
	ASSERT_NE(MAP_FAILED, p);

	mark(mem, p, MARK_PEEK32);
	EXPECT_EQ(4, pread(mem, &id, 4, (uintptr_t)p));
	mark(mem, p, MARK_END);
	EXPECT_EQ(0x010000ed, id);
	EXPECT_EQ(4, pread(mem, &inverse, 4, (uintptr_t)p + EDU_INVERT));
	EXPECT_EQ(~MARK_END, inverse);

	mark(mem, p, MARK_PEEK64);
	EXPECT_EQ(8, pread(mem, buffer, 8, (uintptr_t)p + 0x80));
	mark(mem, p, MARK_END);

	mark(mem, p, MARK_POKE32);
	EXPECT_EQ(4, pwrite(mem, &id, 4, (uintptr_t)p + 0x80));
	mark(mem, p, MARK_END);

	/* 12 bytes from a multiple of 4: 4, then 8. */
	mark(mem, p, MARK_PEEK_ODD);
	EXPECT_EQ(12, pread(mem, buffer, 12, (uintptr_t)p + 0x84));
	mark(mem, p, MARK_END);
	EXPECT_EQ(0, COUNT(FAULT));
	munmap(p, PAGE);
	close(mem);
}

/* A handler that gives 8 bytes, or none, and says that it gave more, of the kernel's memory. */
TEST_F(vma, mem_file_has_what_was_given)
{
	int mem = open("/proc/self/mem", O_RDWR);
	char buffer[PAGE];
	char *p = MAP(2, MADE_UP, NONCACHED, 6);

	ASSERT_NE(MAP_FAILED, p);
	memset(buffer, 0x5a, sizeof(buffer));
	EXPECT_EQ(8, pread(mem, buffer, sizeof(buffer), (uintptr_t)p));
	EXPECT_EQ(0, memcmp(buffer, "8 bytes.ZZ", 10));
	EXPECT_EQ(-1, pread(mem, buffer, 64, (uintptr_t)p + 64));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ('8', buffer[0]);
	/* It is nothing that can be written. */
	EXPECT_EQ(-1, pwrite(mem, buffer, 8, (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	munmap(p, 2 * PAGE);
	close(mem);
}

/* What the program itself may not do, and what has no operations. */
TEST_F(vma, mem_file_refuses)
{
	int mem = open("/proc/self/mem", O_RDWR);
	const size_t pages = (self->last - self->start + 1) / PAGE;
	uint64_t value = 0;
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
		       VMA_OFFSET(EAGER, NONCACHED, 1));

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(8, pread(mem, &value, 8, (uintptr_t)p));
	EXPECT_EQ(-1, pwrite(mem, &value, 8, (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(0, mprotect(p, PAGE, PROT_NONE));
	EXPECT_EQ(-1, pread(mem, &value, 8, (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	munmap(p, PAGE);

	p = MAP(1, IOMAP, NONCACHED, 1);
	EXPECT_EQ(-1, pread(mem, &value, 8, (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	munmap(p, PAGE);

	/* The second page is mapped, and there is nothing behind it. */
	p = MAP(2, FAULT, NONCACHED, pages - 1);
	EXPECT_EQ(4, pread(mem, &value, 8, (uintptr_t)p + PAGE - 4));
	EXPECT_EQ(-1, pread(mem, &value, 8, (uintptr_t)p + PAGE));
	EXPECT_EQ(EIO, errno);
	munmap(p, 2 * PAGE);
	close(mem);
}

TEST_F(vma, debugger_peeks_and_pokes)
{
	char *p = MAP(1, FAULT, NONCACHED, SPARE);
	pid_t child;
	int status;

	ASSERT_NE(MAP_FAILED, p);
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(get(p) != 0x5eed);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	errno = 0;
	EXPECT_EQ(0, ptrace(PTRACE_PEEKDATA, child, p, NULL));
	EXPECT_EQ(0, errno);
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, child, p, (void *)0x5eed));
	EXPECT_EQ(0x5eed, ptrace(PTRACE_PEEKDATA, child, p, NULL));
	EXPECT_EQ(0, COUNT(FAULT));
	ptrace(PTRACE_CONT, child, NULL, NULL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	put(p, 0);
	munmap(p, PAGE);
}

/* Finds a mapping in a core dump; how many bytes of it are in the file, or -1. */
static long dumped(const char *core, char *address)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;
	long found = -1;
	FILE *file = fopen(core, "r");

	if (!file)
		return -1;
	if (fread(&head, sizeof(head), 1, file) == 1) {
		fseek(file, head.e_phoff, SEEK_SET);
		while (head.e_phnum-- && fread(&part, sizeof(part), 1, file) == 1)
			if (part.p_type == PT_LOAD && part.p_vaddr == (uintptr_t)address)
				found = part.p_filesz;
	}
	fclose(file);
	return found;
}

/*
 * The kernel asks for a VMA's name when it dumps core: what has one is in the
 * dump. (For a VMA of a file, /proc/PID/maps shows the file.)
 */
TEST_F(vma, name_brings_it_into_a_core_dump)
{
	const char *pattern = "/proc/sys/kernel/core_pattern";
	char *named = MAP(2, NAMED, NONCACHED, 0), *other = MAP(2, FAULT, NONCACHED, 0);
	char old[256] = "", core[64];
	int fd, status;
	pid_t child;
	ssize_t n;

	ASSERT_NE(MAP_FAILED, named);
	ASSERT_NE(MAP_FAILED, other);
	fd = open(pattern, O_RDWR);
	ASSERT_LE(0, fd);
	n = read(fd, old, sizeof(old) - 1);
	ASSERT_LT(0, n);
	ASSERT_EQ(16, pwrite(fd, "/tmp/vma-core.%p", 16, 0));
	child = fork();
	if (!child) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(n, pwrite(fd, old, n, 0));
	close(fd);
	ASSERT_TRUE(WCOREDUMP(status));
	snprintf(core, sizeof(core), "/tmp/vma-core.%d", child);
	EXPECT_EQ(2 * PAGE, dumped(core, named));
	EXPECT_EQ(0, dumped(core, other));
	unlink(core);
	/* Dumping did not touch the device. */
	EXPECT_EQ(0, COUNT(FAULT));
	munmap(named, 2 * PAGE);
	munmap(other, 2 * PAGE);
}

TEST_HARNESS_MAIN
