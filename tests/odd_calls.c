// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that few programs make of a device: files that are open for nothing, memory that a batch
 * cannot write, io_uring, splice, advice. Each has an errno (the table in Documentation/uapi.rst),
 * and leaves the device, the mapping and the claims as they were.
 *
 *	IOMEM_EDU	a window on BAR 0 of QEMU's edu device, without a width
 */
#include "iomem_test.h"
#include "uring.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#define RW		(PROT_READ | PROT_WRITE)
#define ID		0x010000ed
#define SOURCE		0x80
#define KEPT		0x55
/* Both bits, which neither reads nor writes: what Linux has for calls of ioctl() alone. */
#define O_NEITHER	3
/* MADV_SOFT_OFFLINE, which the C library does not have. */
#define SOFT_OFFLINE	101

FIXTURE(odd)
{
	volatile uint32_t *regs;
	const char *node;
	char *iomem;
	size_t page;
	int fd, mappings;
};

/* What the window says of its mappings. */
static int count_mappings(int fd)
{
	char path[64], *text;
	int n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = proc_text(path);
	n = number_behind(text, "mappings:\t");
	free(text);
	return n;
}

FIXTURE_SETUP(odd)
{
	self->node = NEED("IOMEM_EDU");
	self->page = sysconf(_SC_PAGESIZE);
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->regs = mmap(NULL, self->page, RW, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->regs);
	self->regs[SOURCE / 4] = KEPT;
	self->iomem = proc_iomem();
	self->mappings = count_mappings(self->fd);
}

FIXTURE_TEARDOWN(odd)
{
	char *iomem = proc_iomem();

	EXPECT_EQ(ID, self->regs[0]);
	EXPECT_EQ(KEPT, self->regs[SOURCE / 4]);
	EXPECT_EQ(self->mappings, count_mappings(self->fd));
	EXPECT_STREQ(self->iomem, iomem);
	EXPECT_EQ(0, munmap((void *)self->regs, self->page));
	EXPECT_EQ(0, close(self->fd));
}

/* The call fails with that error. */
#define FAILS(err, call) do {						\
	errno = 0;							\
	EXPECT_EQ(-1, (long)(call));					\
	EXPECT_EQ(err, errno) {						\
		TH_LOG("%s: %s", #call, strerror(errno));		\
	}								\
} while (0)

static struct iomem_op reading(uint64_t offset)
{
	return (struct iomem_op){ .op = IOMEM_OP_READ, .width = 4, .offset = offset };
}

static struct iomem_op writing(uint64_t offset, uint64_t value)
{
	return (struct iomem_op){ .op = IOMEM_OP_WRITE, .width = 4, .offset = offset,
				  .value = value };
}

static struct iomem_batch batch_of(struct iomem_op *ops, uint32_t count)
{
	return (struct iomem_batch){ .size = sizeof(struct iomem_batch), .count = count,
				     .op_size = sizeof(*ops), .ops = (uintptr_t)ops,
				     .done = 0xdead, .failed = 0xdead };
}

/* --- Files that are open for less -------------------------------------------------- */

TEST_F(odd, file_that_is_open_for_neither)
{
	struct iomem_window_info info = { .size = sizeof(info) };
	struct iomem_op ops[] = { reading(0), writing(SOURCE, 1) };
	struct iomem_batch batch;
	uint32_t value = 1;
	size_t i;
	int fd;

	fd = open(self->node, O_NEITHER | O_CLOEXEC);
	ASSERT_LE(0, fd);
	FAILS(EBADF, pread(fd, &value, 4, 0));
	FAILS(EBADF, pwrite(fd, &value, 4, SOURCE));
	FAILS(EACCES, mmap(NULL, self->page, PROT_READ, MAP_SHARED, fd, 0));
	FAILS(EACCES, mmap(NULL, self->page, PROT_WRITE, MAP_SHARED, fd, 0));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		batch = batch_of(&ops[i], 1);
		FAILS(EBADF, ioctl(fd, IOMEM_IOC_BATCH, &batch));
		EXPECT_EQ(0, batch.done);
		EXPECT_EQ(0, batch.failed);
	}
	EXPECT_EQ(0, ops[0].value);
	/* What it is for. */
	EXPECT_EQ(0, ioctl(fd, IOMEM_IOC_WINDOW_INFO, &info));
	close(fd);
}

TEST_F(odd, file_that_is_a_place_only)
{
	struct iomem_window_info info = { .size = sizeof(info) };
	int fd = open(self->node, O_PATH | O_CLOEXEC);
	uint32_t value = 1;

	ASSERT_LE(0, fd);
	FAILS(EBADF, pread(fd, &value, 4, 0));
	FAILS(EBADF, pwrite(fd, &value, 4, SOURCE));
	FAILS(EBADF, ioctl(fd, IOMEM_IOC_WINDOW_INFO, &info));
	FAILS(EBADF, mmap(NULL, self->page, PROT_READ, MAP_SHARED, fd, 0));
	close(fd);
}

TEST_F(odd, file_that_is_open_for_writing)
{
	int fd = open(self->node, O_WRONLY | O_CLOEXEC);
	struct iomem_op op = reading(0);
	struct iomem_batch batch = batch_of(&op, 1);
	uint32_t value = KEPT;

	ASSERT_LE(0, fd);
	FAILS(EBADF, pread(fd, &value, 4, 0));
	FAILS(EBADF, ioctl(fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(4, pwrite(fd, &value, 4, SOURCE));
	op = writing(SOURCE, KEPT);
	batch = batch_of(&op, 1);
	EXPECT_EQ(0, ioctl(fd, IOMEM_IOC_BATCH, &batch));
	/* What a processor can write, it can read. */
	FAILS(EACCES, mmap(NULL, self->page, PROT_WRITE, MAP_SHARED, fd, 0));
	close(fd);
}

/* What is about the file's data, of which it has none, depends on how it is open. */
TEST_F(odd, file_that_is_open_for_reading)
{
	int fd = open(self->node, O_RDONLY | O_CLOEXEC);
	void *p;

	ASSERT_LE(0, fd);
	p = mmap(NULL, self->page, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	FAILS(EACCES, madvise(p, self->page, MADV_REMOVE));
	/* The kernel takes the mapping for one that has nothing to write back. */
	EXPECT_EQ(0, msync(p, self->page, MS_SYNC));
	EXPECT_EQ(0, msync(p, self->page, MS_ASYNC));
	EXPECT_EQ(0, msync(p, self->page, MS_INVALIDATE));
	FAILS(EINVAL, fsync(fd));
	FAILS(EINVAL, ftruncate(fd, 0));
	FAILS(EBADF, fallocate(fd, 0, 0, 4096));
	EXPECT_EQ(0, munmap(p, self->page));
	close(fd);
}

TEST_F(odd, file_that_is_open_for_direct_transfers)
{
	FAILS(EINVAL, open(self->node, O_RDWR | O_DIRECT | O_CLOEXEC));
	FAILS(EINVAL, open(self->node, O_RDONLY | O_DIRECT | O_CLOEXEC));
	/* Nor does it become so. */
	FAILS(EINVAL, fcntl(self->fd, F_SETFL, O_DIRECT));
}

/* --- Memory that a batch cannot write ----------------------------------------------- */

static void *pages(size_t length)
{
	return mmap(NULL, length, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST_F(odd, batch_in_memory_that_cannot_be_written)
{
	struct iomem_op *ops = pages(self->page);
	struct iomem_batch batch;

	ASSERT_NE(MAP_FAILED, ops);
	ops[0] = writing(SOURCE, 1);
	ops[1] = reading(SOURCE);
	ASSERT_EQ(0, mprotect(ops, self->page, PROT_READ));
	batch = batch_of(ops, 2);
	FAILS(EFAULT, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(KEPT, self->regs[SOURCE / 4]);
	EXPECT_EQ(0, batch.done);
	EXPECT_EQ(0, batch.failed);
	munmap(ops, self->page);
}

/* All but the last operation can be written. */
TEST_F(odd, batch_in_memory_that_cannot_be_written_in_part)
{
	char *memory = pages(2 * self->page);
	struct iomem_op *ops = (void *)(memory + self->page - sizeof(*ops));
	struct iomem_batch batch;

	ASSERT_NE(MAP_FAILED, memory);
	ops[0] = writing(SOURCE, 1);
	ops[1] = reading(SOURCE);
	ASSERT_EQ(0, mprotect(memory + self->page, self->page, PROT_READ));
	batch = batch_of(ops, 2);
	FAILS(EFAULT, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(KEPT, self->regs[SOURCE / 4]);
	EXPECT_EQ(0, batch.done);
	ASSERT_EQ(0, mprotect(memory + self->page, self->page, PROT_NONE));
	FAILS(EFAULT, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(KEPT, self->regs[SOURCE / 4]);
	munmap(memory, 2 * self->page);
}

TEST_F(odd, batch_whose_structure_cannot_be_written)
{
	struct iomem_op op = writing(SOURCE, 1);
	struct iomem_batch *batch = pages(self->page);

	ASSERT_NE(MAP_FAILED, batch);
	*batch = batch_of(&op, 1);
	ASSERT_EQ(0, mprotect(batch, self->page, PROT_READ));
	FAILS(EFAULT, ioctl(self->fd, IOMEM_IOC_BATCH, batch));
	EXPECT_EQ(KEPT, self->regs[SOURCE / 4]);
	munmap(batch, self->page);
}

struct change {
	volatile uint32_t *reg;
	void *memory;
	size_t length;
};

/* Takes the memory away, and ends the wait. */
static void *change_soon(void *argument)
{
	struct change *change = argument;

	usleep(100000);
	if (mprotect(change->memory, change->length, PROT_READ))
		return (void *)1;
	*change->reg = KEPT;
	return NULL;
}

/* The results are lost when the operations have been made: the driver says how many they were. */
TEST_F(odd, batch_whose_array_goes_during_the_call)
{
	struct iomem_op *ops = pages(self->page);
	struct change change = { self->regs + SOURCE / 4, ops, self->page };
	struct iomem_batch batch;
	pthread_t thread;
	void *failed;

	ASSERT_NE(MAP_FAILED, ops);
	ops[0] = writing(SOURCE, 1);
	ops[1] = (struct iomem_op){ .op = IOMEM_OP_WAIT, .width = 4, .offset = SOURCE,
				    .mask = 0xff, .value = KEPT, .timeout_ns = 1ULL << 36 };
	ops[2] = reading(SOURCE);
	batch = batch_of(ops, 3);
	ASSERT_EQ(0, pthread_create(&thread, NULL, change_soon, &change));
	FAILS(EFAULT, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(3, batch.done);
	EXPECT_EQ(3, batch.failed);
	ASSERT_EQ(0, pthread_join(thread, &failed));
	EXPECT_EQ(NULL, failed);
	munmap(ops, self->page);
}

TEST_F(odd, batch_whose_structure_goes_during_the_call)
{
	struct iomem_batch *batch = pages(self->page);
	struct change change = { self->regs + SOURCE / 4, batch, self->page };
	struct iomem_op ops[] = {
		writing(SOURCE, 1),
		{ .op = IOMEM_OP_WAIT, .width = 4, .offset = SOURCE, .mask = 0xff, .value = KEPT,
		  .timeout_ns = 1ULL << 36 },
		reading(SOURCE),
	};
	pthread_t thread;
	void *failed;

	ASSERT_NE(MAP_FAILED, batch);
	*batch = batch_of(ops, 3);
	ASSERT_EQ(0, pthread_create(&thread, NULL, change_soon, &change));
	FAILS(EFAULT, ioctl(self->fd, IOMEM_IOC_BATCH, batch));
	/* The results are there nevertheless. */
	EXPECT_EQ(KEPT, ops[2].value);
	EXPECT_EQ(0, batch->done);
	ASSERT_EQ(0, pthread_join(thread, &failed));
	EXPECT_EQ(NULL, failed);
	munmap(batch, self->page);
}

/* --- Other ways to the same bytes --------------------------------------------------- */

/* One operation, and its result. */
static int uring_do(struct uring *u, int op, int fd, void *buffer, unsigned int bytes,
		    uint64_t offset)
{
	struct io_uring_sqe sqe = { .opcode = op, .fd = fd, .addr = (uintptr_t)buffer,
				    .len = bytes, .off = offset };
	int err = uring_begin(u, &sqe, 1);

	return err ? err : uring_result(u);
}

TEST_F(odd, io_uring_is_as_pread_and_pwrite)
{
	struct iovec mapping = { (void *)self->regs, self->page };
	uint32_t value = 0, kept = KEPT;
	struct uring u;
	int neither = open(self->node, O_NEITHER | O_CLOEXEC);

	if (!has_uring())
		SKIP(return, "this kernel has no io_uring: CONFIG_IO_URING is off");
	ASSERT_EQ(0, uring_open(&u));
	EXPECT_EQ(4, uring_do(&u, IORING_OP_READ, self->fd, &value, 4, 0));
	EXPECT_EQ(ID, value);
	EXPECT_EQ(4, uring_do(&u, IORING_OP_WRITE, self->fd, &kept, 4, SOURCE));
	EXPECT_EQ(-EINVAL, uring_do(&u, IORING_OP_READ, self->fd, &value, 4, 2));
	EXPECT_EQ(-EINVAL, uring_do(&u, IORING_OP_WRITE, self->fd, &kept, 3, SOURCE));
	EXPECT_EQ(-EFAULT, uring_do(&u, IORING_OP_READ, self->fd, nowhere(), 4, 0));
	EXPECT_EQ(-EBADF, uring_do(&u, IORING_OP_READ, neither, &value, 4, 0));
	/* The window's memory cannot be pinned. */
	FAILS(EFAULT, syscall(__NR_io_uring_register, u.fd, IORING_REGISTER_BUFFERS, &mapping, 1));
	uring_close(&u);
	close(neither);
}

TEST_F(odd, process_vm_readv_does_not_reach_a_mapping)
{
	uint32_t value = 1;
	struct iovec here = { &value, 4 }, there = { (void *)self->regs, 4 };

	if (process_vm_readv(getpid(), NULL, 0, NULL, 0, 0))
		SKIP(return, "this kernel has no process_vm_readv(): CONFIG_CROSS_MEMORY_ATTACH is off");
	FAILS(EFAULT, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	there.iov_base = (void *)(self->regs + SOURCE / 4);
	FAILS(EFAULT, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(1, value);
}

TEST_F(odd, splice_and_its_kin)
{
	struct iovec mapping = { (void *)self->regs, self->page };
	uint32_t value = 1;
	loff_t at = 0, to = SOURCE;
	int ends[2], null;

	ASSERT_EQ(0, pipe(ends));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, null);
	FAILS(EINVAL, splice(self->fd, &at, ends[1], NULL, 4, 0));
	ASSERT_EQ(4, write(ends[1], &value, 4));
	FAILS(EINVAL, splice(ends[0], NULL, self->fd, &to, 4, 0));
	EXPECT_EQ(4, read(ends[0], &value, 4));
	FAILS(EINVAL, sendfile(null, self->fd, &at, 4));
	FAILS(EINVAL, syscall(SYS_copy_file_range, self->fd, &at, null, NULL, 4, 0));
	FAILS(EFAULT, vmsplice(ends[1], &mapping, 1, 0));
	EXPECT_EQ(0, at);
	EXPECT_EQ(SOURCE, to);
	close(ends[0]);
	close(ends[1]);
	close(null);
}

TEST_F(odd, calls_for_files_that_have_data)
{
	struct iovec word = { &(uint32_t){ 0 }, 4 };

	FAILS(EINVAL, fsync(self->fd));
	FAILS(EINVAL, ftruncate(self->fd, 0));
	FAILS(ENODEV, fallocate(self->fd, 0, 0, 4096));
	FAILS(EINVAL, readahead(self->fd, 0, 4096));
	FAILS(EINVAL, lseek(self->fd, 0, SEEK_DATA));
	FAILS(EOPNOTSUPP, preadv2(self->fd, &word, 1, 0, RWF_NOWAIT));
}

/* --- Calls about the mapping -------------------------------------------------------- */

TEST_F(odd, userfaultfd_does_not_take_a_mapping)
{
	int modes[] = { UFFDIO_REGISTER_MODE_MISSING, UFFDIO_REGISTER_MODE_WP,
			UFFDIO_REGISTER_MODE_MINOR };
	struct uffdio_api api = { .api = UFFD_API };
	size_t i;
	int fd;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd: CONFIG_USERFAULTFD is off");
	fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct uffdio_register wanted = {
			.range = { (uintptr_t)self->regs, self->page }, .mode = modes[i],
		};

		FAILS(EINVAL, ioctl(fd, UFFDIO_REGISTER, &wanted));
	}
	close(fd);
}

/* Nor by the feature that takes any other memory, where writes go on and are remembered. */
TEST_F(odd, userfaultfd_that_writes_do_not_wait_for)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC };
	struct uffdio_register wanted = {
		.range = { (uintptr_t)self->regs, self->page }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	int fd;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd: CONFIG_USERFAULTFD is off");
	fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	ASSERT_LE(0, fd);
	if (ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		SKIP(return, "this kernel has no UFFD_FEATURE_WP_ASYNC: CONFIG_PTE_MARKER_UFFD_WP is off");
	}
	FAILS(EINVAL, ioctl(fd, UFFDIO_REGISTER, &wanted));
	self->regs[SOURCE / 4] = 1;
	EXPECT_EQ(1, self->regs[SOURCE / 4]);
	self->regs[SOURCE / 4] = KEPT;
	close(fd);
}

/*
 * What is not here is EINVAL, and so is, in a kernel without what it is about, what may be: advice
 * about memory that is not the kernel's to do anything with.
 */
TEST_F(odd, advice_about_a_mapping)
{
	static const struct {
		int advice, err;
		bool may_be;
	} known[] = {
		{ MADV_NORMAL, 0, false }, { MADV_RANDOM, 0, false },
		{ MADV_SEQUENTIAL, 0, false }, { MADV_WILLNEED, 0, false },
		{ MADV_REMOVE, ENODEV, false }, { MADV_DONTFORK, 0, false },
		{ MADV_DONTDUMP, 0, false }, { MADV_KEEPONFORK, 0, false },
		{ MADV_MERGEABLE, 0, true }, { MADV_UNMERGEABLE, 0, true },
		{ MADV_HUGEPAGE, 0, true }, { MADV_NOHUGEPAGE, 0, true },
		{ MADV_HWPOISON, EFAULT, true }, { SOFT_OFFLINE, EFAULT, true },
	};
	int advice;
	size_t i;

	for (advice = 0; advice < 128; advice++) {
		bool may_be = false;
		int err = EINVAL;

		for (i = 0; i < ARRAY_SIZE(known); i++) {
			if (known[i].advice == advice) {
				err = known[i].err;
				may_be = known[i].may_be;
			}
		}
		errno = 0;
		madvise((void *)self->regs, self->page, advice);
		EXPECT_TRUE(errno == err || (may_be && errno == EINVAL)) {
			TH_LOG("advice %d: %s", advice, strerror(errno));
		}
		EXPECT_EQ(ID, self->regs[0]);
	}
}

TEST_F(odd, a_mapping_is_not_locked)
{
	const size_t page = self->page;
	void *more;

	EXPECT_EQ(0, mlock((void *)self->regs, page));
	EXPECT_EQ(0, mlock2((void *)self->regs, page, MLOCK_ONFAULT));
	EXPECT_EQ(0, munlock((void *)self->regs, page));
	EXPECT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	more = mmap(NULL, page, RW, MAP_SHARED | MAP_LOCKED | MAP_POPULATE, self->fd, 0);
	EXPECT_NE(MAP_FAILED, more);
	EXPECT_EQ(0, munlockall());
	EXPECT_EQ(0, munmap(more, page));
	FAILS(EINVAL, msync((void *)self->regs, page, MS_SYNC));
	FAILS(EINVAL, msync((void *)self->regs, page, MS_SYNC | MS_INVALIDATE));
	EXPECT_EQ(0, msync((void *)self->regs, page, MS_ASYNC));
	EXPECT_EQ(0, msync((void *)self->regs, page, MS_INVALIDATE));
	FAILS(EFAULT, mremap((void *)self->regs, page, 2 * page, MREMAP_MAYMOVE));
}

/* A program for which the kernel makes executable whatever can be read has not asked for it. */
TEST_F(odd, read_implies_exec)
{
	volatile uint32_t *p;
	char perms[8] = "", *text, *line;

	ASSERT_LE(0, personality(READ_IMPLIES_EXEC));
	p = mmap(NULL, self->page, RW, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(ID, p[0]);
	/* Not even then is it. */
	text = proc_text("/proc/self/maps");
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strtoul(line, NULL, 16) == (uintptr_t)p)
			sscanf(line, "%*s %7s", perms);
	}
	EXPECT_STREQ("rw-s", perms);
	EXPECT_EQ(0, mprotect((void *)p, self->page, PROT_READ));
	EXPECT_EQ(0, munmap((void *)p, self->page));

	/* Without that, who asks for it is refused. */
	ASSERT_LE(0, personality(0));
	FAILS(EPERM, mmap(NULL, self->page, PROT_READ | PROT_EXEC, MAP_SHARED, self->fd, 0));
}

TEST_HARNESS_MAIN
