// SPDX-License-Identifier: GPL-2.0
/*
 * Several accesses in one call: starts the device, waits until it is done, and reads the result.
 *
 *	batch /dev/iomem0 NUMBER
 *
 * The device is QEMU's edu: NUMBER is written to the register at 8, bit 0 of the one at 0x20 is set
 * while it computes, and then the one at 8 has NUMBER's factorial.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iomem.h"

/* How many operations there are. */
#define COUNT		6

#define INVERT		0x04
#define FACTORIAL	0x08
#define STATUS		0x20
#define STATUS_BUSY	0x01

int main(int argc, char **argv)
{
	struct iomem_op ops[COUNT] = {
		{ .op = IOMEM_OP_WRITE, .width = 4, .offset = FACTORIAL },
		{ .op = IOMEM_OP_WAIT, .width = 4, .offset = STATUS, .mask = STATUS_BUSY,
		  .value = 0, .timeout_ns = 1000000000 },
		{ .op = IOMEM_OP_READ, .width = 4, .offset = FACTORIAL },
		{ .op = IOMEM_OP_WRITE, .width = 4, .offset = INVERT, .value = 0 },
		/* Bits 0 to 7 become 0x42, and the others stay: no write gets lost. */
		{ .op = IOMEM_OP_UPDATE, .width = 4, .offset = INVERT, .mask = 0xff,
		  .value = 0x42 },
		{ .op = IOMEM_OP_READ, .width = 4, .offset = INVERT },
	};
	struct iomem_batch batch = {
		.size = sizeof(batch),
		.ops = (uintptr_t)ops,
		.count = COUNT,
		.op_size = sizeof(ops[0]),
	};
	int fd;

	if (argc != 3)
		errx(2, "usage: batch /dev/iomem<N> NUMBER");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);

	ops[0].value = strtoul(argv[2], NULL, 0);
	if (ioctl(fd, IOMEM_IOC_BATCH, &batch))
		errx(1, "%u of %u operations were done; number %u: %s", batch.done, batch.count,
		     batch.failed, strerror(errno));
	printf("%u operations: %s! is %llu\n", batch.done, argv[2], ops[2].value);
	printf("the register at 4 was 0x%08llx, and is 0x%08llx\n", ops[4].value, ops[5].value);

	/* Nothing is done if one of them could never be. The value has been replaced, see above. */
	ops[4].value = 0x42;
	ops[5].offset = 2;
	if (ioctl(fd, IOMEM_IOC_BATCH, &batch))
		printf("%u done; number %u: %s\n", batch.done, batch.failed, strerror(errno));
	return 0;
}
