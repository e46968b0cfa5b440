// SPDX-License-Identifier: GPL-2.0
/*
 * Many accesses in one call, IOMEM_IOC_BATCH, on a window of QEMU's edu
 * (IOMEM_EDU). Marks, written through a mapping, tell tests/witness.py where to
 * look in QEMU's trace for what the operations did.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "iomem_test.h"

#define EDU_ID		0x00
#define EDU_INVERT	0x04
#define EDU_FACTORIAL	0x08
#define EDU_STATUS	0x20
#define SOURCE		0x80
#define TARGET		0x88

/* What tests/accesses.py says about: */
#define MARK_EACH	0x10e37001
#define MARK_REFUSED	0x10e37002
#define MARK_ONCE	0x10e37004
#define MARK_END	0x10e3ffff

#define MS		1000000ULL

FIXTURE(batch)
{
	volatile uint32_t *regs;
	const char *node;
	uint32_t max;
	int fd;
};

FIXTURE_SETUP(batch)
{
	struct iomem_window_info info = { .size = sizeof(info) };

	self->node = NEED("IOMEM_EDU");
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, IOMEM_IOC_WINDOW_INFO, &info));
	self->max = info.batch_max;
	self->regs = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->regs);
}

FIXTURE_TEARDOWN(batch)
{
	EXPECT_EQ(0, munmap((void *)self->regs, 0x1000));
	EXPECT_EQ(0, close(self->fd));
}

#define MARK(mark) (self->regs[EDU_INVERT / 4] = (mark))

static struct iomem_op reading(uint64_t offset)
{
	return (struct iomem_op){ .op = IOMEM_OP_READ, .width = 4, .offset = offset };
}

static struct iomem_op writing(uint64_t offset, uint64_t value)
{
	return (struct iomem_op){ .op = IOMEM_OP_WRITE, .width = 4, .offset = offset,
				  .value = value };
}

static struct iomem_op updating(uint64_t offset, uint64_t mask, uint64_t value)
{
	return (struct iomem_op){ .op = IOMEM_OP_UPDATE, .width = 4, .offset = offset,
				  .mask = mask, .value = value };
}

static struct iomem_op waiting(uint64_t offset, uint64_t mask, uint64_t value, uint64_t ns)
{
	return (struct iomem_op){ .op = IOMEM_OP_WAIT, .width = 4, .offset = offset,
				  .mask = mask, .value = value, .timeout_ns = ns };
}

static struct iomem_batch batch_of(struct iomem_op *ops, uint32_t count)
{
	return (struct iomem_batch){ .size = sizeof(struct iomem_batch), .count = count,
				     .op_size = sizeof(*ops), .ops = (uintptr_t)ops,
				     .done = 0xdead, .failed = 0xdead };
}

/* Expects all to be done. */
#define DONE(fd, ops, count) do {					\
	struct iomem_batch batch_ = batch_of(ops, count);		\
									\
	ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_BATCH, &batch_)) {		\
		TH_LOG("operation %u: %s", batch_.failed, strerror(errno)); \
	}								\
	EXPECT_EQ(sizeof(batch_), batch_.size);				\
	EXPECT_EQ(count, batch_.done);					\
	EXPECT_EQ(count, batch_.failed);				\
} while (0)

/* Expects an error about operation `which`, after `before` others were done. */
#define STOPS(fd, ops, count, before, which, err) do {			\
	struct iomem_batch batch_ = batch_of(ops, count);		\
									\
	EXPECT_EQ(-1, ioctl(fd, IOMEM_IOC_BATCH, &batch_));		\
	EXPECT_EQ(err, errno);						\
	EXPECT_EQ(before, batch_.done);					\
	EXPECT_EQ(which, batch_.failed);				\
} while (0)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* A whole conversation with the device in one call. */
TEST_F(batch, drives_the_device)
{
	struct iomem_op ops[] = {
		reading(EDU_ID),
		writing(EDU_INVERT, 0x12345678),
		reading(EDU_INVERT),
		writing(EDU_FACTORIAL, 6),
		waiting(EDU_STATUS, 1, 0, 1000 * MS),
		reading(EDU_FACTORIAL),
	};

	DONE(self->fd, ops, ARRAY_SIZE(ops));
	EXPECT_EQ(0x010000ed, ops[0].value);
	EXPECT_EQ(~0x12345678U, ops[2].value);
	EXPECT_EQ(0, ops[4].value & 1);
	EXPECT_EQ(720, ops[5].value);
}

/* tests/accesses.py says which accesses these are. */
TEST_F(batch, each_operation_is_its_accesses)
{
	struct iomem_op ops[] = {
		writing(SOURCE, 0xf0),
		updating(SOURCE, 0xff, 0x0f),
		reading(SOURCE),
		{ .op = IOMEM_OP_WRITE, .width = 8, .offset = TARGET, .value = 0x1122334455667788 },
		{ .op = IOMEM_OP_READ, .width = 8, .offset = TARGET },
		waiting(SOURCE, 0xff, 0x0f, 0),
	};

	MARK(MARK_EACH);
	DONE(self->fd, ops, ARRAY_SIZE(ops));
	MARK(MARK_END);
	EXPECT_EQ(0xf0, ops[1].value);
	EXPECT_EQ(0x0f, ops[2].value);
	EXPECT_EQ(0x1122334455667788, ops[4].value);
	EXPECT_EQ(0x0f, ops[5].value);
}

TEST_F(batch, update_leaves_other_bits)
{
	struct iomem_op ops[] = {
		writing(SOURCE, 0xa5a5a5a5),
		updating(SOURCE, 0x00ffff00, 0x00123400),
		reading(SOURCE),
	};

	DONE(self->fd, ops, ARRAY_SIZE(ops));
	EXPECT_EQ(0xa5a5a5a5, ops[1].value);
	EXPECT_EQ(0xa51234a5, ops[2].value);
}

TEST_F(batch, as_many_as_there_may_be)
{
	struct iomem_op *ops = calloc(self->max + 1, sizeof(*ops));
	struct iomem_batch batch;
	uint32_t i;

	ASSERT_NE(NULL, ops);
	for (i = 0; i <= self->max; i++)
		ops[i] = i % 2 ? reading(SOURCE) : writing(SOURCE, i);
	DONE(self->fd, ops, self->max);
	for (i = 1; i < self->max; i += 2)
		ASSERT_EQ(i - 1, ops[i].value);

	batch = batch_of(ops, self->max + 1);
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(E2BIG, errno);
	batch.count = UINT32_MAX;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(E2BIG, errno);
	free(ops);
}

#define ROUNDS	2000

struct updater {
	int fd;
	uint64_t mask, low;
	int errors;
};

/* Counts in its half of the register. */
static void *updates(void *argument)
{
	struct updater *own = argument;
	uint64_t i;

	for (i = 1; i <= ROUNDS; i++) {
		struct iomem_op op = updating(SOURCE, own->mask, i * own->low);
		struct iomem_batch batch = batch_of(&op, 1);

		if (ioctl(own->fd, IOMEM_IOC_BATCH, &batch) ||
		    (op.value & own->mask) != (i - 1) * own->low)
			own->errors++;
	}
	return NULL;
}

/* Two that update one register do not undo what the other did. */
TEST_F(batch, updates_are_atomic)
{
	struct updater low = { .fd = self->fd, .mask = 0x0000ffff, .low = 1 };
	struct updater high = { .mask = 0xffff0000, .low = 0x10000 };
	struct iomem_op zero = writing(SOURCE, 0), last = reading(SOURCE);
	pthread_t thread;

	high.fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, high.fd);
	DONE(self->fd, &zero, 1);
	ASSERT_EQ(0, pthread_create(&thread, NULL, updates, &high));
	updates(&low);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, low.errors);
	EXPECT_EQ(0, high.errors);
	DONE(self->fd, &last, 1);
	EXPECT_EQ(ROUNDS * 0x10001, last.value);
	close(high.fd);
}

static void *writes_later(void *argument)
{
	volatile uint32_t *reg = argument;

	usleep(20000);
	*reg = 0x77;
	return NULL;
}

TEST_F(batch, wait_ends_when_the_value_comes)
{
	struct iomem_op op = waiting(SOURCE, 0xff, 0x77, 10000 * MS);
	uint64_t start = now_ns();
	pthread_t thread;

	self->regs[SOURCE / 4] = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, writes_later,
				    (void *)&self->regs[SOURCE / 4]));
	DONE(self->fd, &op, 1);
	EXPECT_EQ(0x77, op.value);
	EXPECT_GT(10000 * MS, now_ns() - start);
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

/* What came before is done and told, what comes after is not. */
TEST_F(batch, wait_ends_when_time_is_up)
{
	struct iomem_op ops[] = {
		writing(SOURCE, 0x31),
		reading(SOURCE),
		waiting(SOURCE, 0xff, 0x32, 30 * MS),
		writing(TARGET, 0x33),
	};
	uint64_t start = now_ns();

	self->regs[TARGET / 4] = 0;
	STOPS(self->fd, ops, 4, 2, 2, ETIMEDOUT);
	EXPECT_LE(30 * MS, now_ns() - start);
	EXPECT_EQ(0x31, ops[1].value);
	EXPECT_EQ(0x31, ops[2].value);
	EXPECT_EQ(0, self->regs[TARGET / 4]);
}

TEST_F(batch, wait_of_no_time_looks_once)
{
	struct iomem_op op = waiting(SOURCE, 0xff, 0x32, 0);

	self->regs[SOURCE / 4] = 0;
	MARK(MARK_ONCE);
	STOPS(self->fd, &op, 1, 0, 0, ETIMEDOUT);
	MARK(MARK_END);
}

static void nothing(int signal)
{
}

TEST_F(batch, wait_ends_when_a_signal_comes)
{
	struct iomem_op op = waiting(SOURCE, 0xff, 0x32, IOMEM_WAIT_FOREVER);
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval soon = { .it_value.tv_usec = 20000 };

	self->regs[SOURCE / 4] = 0;
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
	STOPS(self->fd, &op, 1, 0, 0, EINTR);
}

/* Of an operation that is left to be made nothing has changed, whatever the register had. */
TEST_F(batch, interrupted_wait_can_be_made_again)
{
	static const uint32_t looks[] = { 0x31, 0x131 };
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval soon = { .it_value.tv_usec = 20000 };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		const struct iomem_op wanted = waiting(SOURCE, 0xff, 0x32, IOMEM_WAIT_FOREVER);
		struct iomem_op ops[] = { reading(SOURCE), wanted, reading(SOURCE) };

		self->regs[SOURCE / 4] = looks[i];
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
		STOPS(self->fd, ops, 3, 1, 1, EINTR);
		EXPECT_EQ(looks[i], ops[0].value);
		EXPECT_EQ(0, memcmp(&wanted, &ops[1], sizeof(wanted)));

		ops[1].timeout_ns = 0;
		STOPS(self->fd, ops + 1, 2, 0, 0, ETIMEDOUT);
		EXPECT_EQ(looks[i], ops[1].value);
		self->regs[SOURCE / 4] = 0x132;
		ops[1] = wanted;
		DONE(self->fd, ops + 1, 2);
		EXPECT_EQ(0x132, ops[1].value);
	}
}

/* The mistake is the last one; the device is as it was. */
TEST_F(batch, a_mistake_leaves_the_device_as_it_was)
{
	const struct iomem_op good[] = {
		reading(SOURCE), writing(SOURCE, 1), updating(SOURCE, 1, 1),
		waiting(SOURCE, 1, 1, 0),
	};
	struct {
		const char *what;
		struct iomem_op op;
	} bad[] = {
		{ "no such operation", { .op = 4, .width = 4 } },
		{ "no such operation", { .op = UINT32_MAX, .width = 4 } },
		{ "no such region", { .region = 1, .width = 4 } },
		{ "no such region", { .region = UINT32_MAX, .width = 4 } },
		{ "width 0", { .width = 0 } },
		{ "width 3", { .width = 3 } },
		{ "width 16", { .width = 16 } },
		{ "width beyond a byte", { .width = 0x104 } },
		{ "flags", { .width = 4, .flags = 1 } },
		{ "flags", { .width = 4, .flags = 1U << 31 } },
		{ "not aligned", { .width = 4, .offset = 2 } },
		{ "not aligned", { .width = 8, .offset = 0x84 } },
		{ "at the end", { .width = 4, .offset = 1 << 20 } },
		{ "beyond the end", { .width = 4, .offset = 1ULL << 32 } },
		{ "the last address", { .width = 1, .offset = UINT64_MAX } },
		{ "a read with a mask", { .width = 4, .mask = 1 } },
		{ "a read with a time", { .width = 4, .timeout_ns = 1 } },
		{ "a write with a mask", { .op = 1, .width = 4, .mask = 1 } },
		{ "a write with a time", { .op = 1, .width = 4, .timeout_ns = 1 } },
		{ "a write of too much", { .op = 1, .width = 4, .value = 1ULL << 32 } },
		{ "a write of too much", { .op = 1, .width = 1, .value = 0x100 } },
		{ "an update of nothing", { .op = 2, .width = 4 } },
		{ "an update with a time", { .op = 2, .width = 4, .mask = 1, .timeout_ns = 1 } },
		{ "an update outside its mask", { .op = 2, .width = 4, .mask = 1, .value = 2 } },
		{ "a mask that is too wide", { .op = 2, .width = 2, .mask = 1 << 16 } },
		{ "a wait for nothing", { .op = 3, .width = 4 } },
		{ "a wait outside its mask", { .op = 3, .width = 4, .mask = 1, .value = 2 } },
		{ "a mask that is too wide", { .op = 3, .width = 1, .mask = 0x101, .value = 1 } },
	};
	struct iomem_op ops[ARRAY_SIZE(good) + 1];
	size_t i;

	self->regs[SOURCE / 4] = 0x55;
	MARK(MARK_REFUSED);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(ops, good, sizeof(good));
		ops[ARRAY_SIZE(good)] = bad[i].op;
		STOPS(self->fd, ops, ARRAY_SIZE(ops), 0, ARRAY_SIZE(good), EINVAL);
		EXPECT_EQ(0, memcmp(ops, good, sizeof(good))) {
			TH_LOG("%s", bad[i].what);
		}
	}
	MARK(MARK_END);
	EXPECT_EQ(0x55, self->regs[SOURCE / 4]);
}

TEST_F(batch, header_is_checked)
{
	struct iomem_op op = writing(SOURCE, 1);
	const struct iomem_batch good = batch_of(&op, 1);
	struct iomem_batch bad[] = { good, good, good, good, good, good, good };
	struct {
		struct iomem_batch batch;
		uint64_t later;
	} newer = { .batch = good, .later = 1 };
	size_t i;

	self->regs[SOURCE / 4] = 0x55;
	bad[0].size = 0;
	bad[1].size = sizeof(good) - 1;
	bad[2].flags = 1;
	bad[3].flags = 1U << 31;
	bad[4].count = 0;
	bad[5].op_size = sizeof(op) - 8;
	bad[6].op_size = sizeof(op) + 8;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct iomem_batch batch = bad[i];

		EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, memcmp(&batch, &bad[i], sizeof(batch))) {
			TH_LOG("case %zu", i);
		}
	}
	newer.batch.size = sizeof(newer);
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &newer));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(0x55, self->regs[SOURCE / 4]);
	newer.later = 0;
	EXPECT_EQ(0, ioctl(self->fd, IOMEM_IOC_BATCH, &newer));
	EXPECT_EQ(1, self->regs[SOURCE / 4]);
}

TEST_F(batch, bad_addresses)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct iomem_op *ops, op = writing(SOURCE, 1);
	struct iomem_batch batch;
	uint64_t bad[] = { 0, 8, UINT64_MAX, 1ULL << 63 };
	size_t i;

	self->regs[SOURCE / 4] = 0x55;
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, NULL));
	EXPECT_EQ(EFAULT, errno);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		batch = batch_of(&op, 1);
		batch.ops = bad[i];
		EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
		EXPECT_EQ(EFAULT, errno);
	}

	/* The last byte of the second one is missing. */
	ops = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, ops);
	ASSERT_EQ(0, munmap((char *)ops + page, page));
	ops = (void *)((char *)ops + page - 2 * sizeof(*ops) + 1);
	memcpy(ops, &op, sizeof(op));
	batch = batch_of(ops, 2);
	EXPECT_EQ(-1, ioctl(self->fd, IOMEM_IOC_BATCH, &batch));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0x55, self->regs[SOURCE / 4]);
}

/* Where results cannot be told, no operation is made: more of this in tests/odd_calls.c. */
TEST_F(batch, results_need_memory_that_can_be_written)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct iomem_op *ops;

	ops = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, ops);
	self->regs[SOURCE / 4] = 0x55;
	*ops = writing(SOURCE, 1);
	ASSERT_EQ(0, mprotect(ops, page, PROT_READ));
	STOPS(self->fd, ops, 1, 0, 0, EFAULT);
	EXPECT_EQ(0x55, self->regs[SOURCE / 4]);
	munmap(ops, page);
}

TEST_F(batch, the_file_has_to_be_open_for_it)
{
	struct iomem_op read = reading(SOURCE), write = writing(SOURCE, 1);
	struct iomem_op update = updating(SOURCE, 1, 1), wait = waiting(SOURCE, 1, 1, 0);
	int reader = open(self->node, O_RDONLY | O_CLOEXEC);
	int writer = open(self->node, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, reader);
	ASSERT_LE(0, writer);
	self->regs[SOURCE / 4] = 0;
	STOPS(reader, &write, 1, 0, 0, EBADF);
	STOPS(reader, &update, 1, 0, 0, EBADF);
	STOPS(writer, &read, 1, 0, 0, EBADF);
	STOPS(writer, &update, 1, 0, 0, EBADF);
	STOPS(writer, &wait, 1, 0, 0, EBADF);
	EXPECT_EQ(0, self->regs[SOURCE / 4]);
	DONE(reader, &read, 1);
	DONE(writer, &write, 1);
	DONE(reader, &wait, 1);
	close(reader);
	close(writer);
}

TEST_HARNESS_MAIN
