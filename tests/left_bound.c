// SPDX-License-Identifier: GPL-2.0
/*
 * For tests/topology: makes a window on an edu, with the driver loaded, and uses it until the
 * machine is no more: its mapping, and its interrupt, which is never left masked.
 *
 *	usage: left_bound FOLDER	of the edu in sysfs
 */

#include "topology.h"

int main(int argc, char **argv)
{
	struct edu edu = {};
	volatile uint32_t *regs;
	uint64_t n;
	int fd;

	/* No test of the harness's. */
	(void)test_harness_run;
	snprintf(edu.folder, sizeof(edu.folder), "%s", argc > 1 ? argv[1] : "");
	if (!look_up(&edu) || make_window(&edu))
		return 1;
	fd = open_window(LABEL, O_RDWR);
	regs = mmap(NULL, LENGTH, RW, MAP_SHARED, fd, 0);
	if (regs == MAP_FAILED || regs[0] != EDU_ID)
		return 1;
	put(fd, EDU_ACKNOWLEDGE, ~0u);
	unmask(fd);
	if (fork())
		/* The caller goes on when it is under way. */
		return comes_to(fd, 100) || irq_of(fd).count > 100 ? 0 : 1;
	for (n = 0; regs[EDU_INVERT / 4] = n, regs[EDU_INVERT / 4] == (uint32_t)~n; n++)
		if (!one_interrupt(fd))
			return 1;
	return 1;
}
