/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/iomem-bench-plain: what the driver is compared with. See tests/bench/plain.c.
 */

#ifndef IOMEM_BENCH_PLAIN_H
#define IOMEM_BENCH_PLAIN_H

#include <linux/ioctl.h>

#define BENCH_PLAIN_NODE	"/dev/iomem-bench-plain"

/* Claims the range; on a stock kernel that takes it from the users of /dev/mem. */
#define BENCH_PLAIN_CLAIM	_IO(0xbe, 0)
#define BENCH_PLAIN_RELEASE	_IO(0xbe, 1)
/* Takes the mappings back that were made through the node. */
#define BENCH_PLAIN_ZAP		_IO(0xbe, 2)

#endif
