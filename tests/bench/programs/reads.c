// SPDX-License-Identifier: GPL-2.0
/*
 * What reading registers costs a program: one of 32 bits, and a hundred of them, by
 * each way that there is.
 *
 *	reads here		by the driver's window
 *	reads mem START		by /dev/mem
 *
 * prints, in picoseconds,
 *
 *	read WAY ONE HUNDRED
 */

#include "measure.h"

#define HUNDRED 100
#define ROUNDS 1000

static uint32_t values[HUNDRED];

/*
 * What an access takes, in picoseconds: as much as a loop takes longer where it is made twice in
 * each round, so that the loop is not in it.
 */
#define COST(access) ({							\
	int64_t start_, once_;						\
	int i_;								\
									\
	for (i_ = 0; i_ < 10; i_++)					\
		access;							\
	start_ = now();							\
	for (i_ = 0; i_ < ROUNDS; i_++)					\
		access;							\
	once_ = now() - start_;						\
	start_ = now();							\
	for (i_ = 0; i_ < ROUNDS; i_++) {				\
		access;							\
		access;							\
	}								\
	(now() - start_ - once_) * 1000 / ROUNDS;			\
})

/* Of several rounds the middle one. */
#define REPORT(name, one, hundred)					\
	do {								\
		int64_t one_[REPEATED], hundred_[REPEATED];		\
		int j_;							\
									\
		for (j_ = 0; j_ < REPEATED; j_++) {			\
			one_[j_] = COST(one);				\
			hundred_[j_] = COST(hundred);			\
		}							\
		printf("read %s %lld %lld\n", name,			\
		       (long long)median(one_, REPEATED),		\
		       (long long)median(hundred_, REPEATED));		\
	} while (0)
#define REPEATED 5

static void by_mapping(const char *name, int fd, uint64_t offset)
{
	const volatile uint32_t *regs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
					     offset);
	int i;

	if (regs == MAP_FAILED)
		DIE("'%s' maps nothing", name);
	REPORT(name, regs[0], ({
		for (i = 0; i < HUNDRED; i++)
			values[i] = regs[i];
	}));
}

static void read_call(int fd, size_t bytes, uint64_t offset)
{
	if (pread(fd, values, bytes, offset) != bytes)
		DIE("pread");
}

static void by_calls(int fd)
{
	int i;

	REPORT("pread", read_call(fd, 4, 0), ({
		for (i = 0; i < HUNDRED; i++)
			read_call(fd, 4, 4 * i);
	}));
	REPORT("pread_series", read_call(fd, 4, 0), read_call(fd, sizeof(values), 0));
}

static void batch_call(int fd, struct iomem_batch *batch)
{
	if (ioctl(fd, IOMEM_IOC_BATCH, batch))
		DIE("the batch");
}

static void by_batch(int fd)
{
	struct iomem_op ops[HUNDRED] = {};
	struct iomem_batch one = {
		.size = sizeof(one), .ops = (uintptr_t)ops, .count = 1, .op_size = sizeof(ops[0]),
	};
	struct iomem_batch hundred = one;
	int i;

	hundred.count = HUNDRED;
	for (i = 0; i < HUNDRED; i++)
		ops[i] = (struct iomem_op) { .op = IOMEM_OP_READ, .width = 4, .offset = 4 * i };
	REPORT("batch", batch_call(fd, &one), batch_call(fd, &hundred));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "here")) {
		int fd = open_or_die(find_window().node, O_RDWR);

		by_mapping("mapping", fd, 0);
		by_calls(fd);
		by_batch(fd);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "mem")) {
		by_mapping("mem", open_or_die("/dev/mem", O_RDWR | O_SYNC),
			   strtoull(argv[2], NULL, 0));
		return 0;
	}
	return 2;
}
