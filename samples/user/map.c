// SPDX-License-Identifier: GPL-2.0
/*
 * Maps a region of a window, whichever it is, and reads a register of 4 bytes.
 *
 *	map /dev/iomem0 REGION OFFSET [wc]
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "iomem.h"

int main(int argc, char **argv)
{
	struct iomem_region_info region = { .size = sizeof(region) };
	int fd, prot = PROT_READ | PROT_WRITE;
	unsigned long offset;
	char *pages;

	if (argc < 4)
		errx(2, "usage: map /dev/iomem<N> REGION OFFSET [wc]");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);

	region.region = strtoul(argv[2], NULL, 0);
	offset = strtoul(argv[3], NULL, 0);
	if (ioctl(fd, IOMEM_IOC_REGION_INFO, &region))
		err(1, "region %s", argv[2]);
	if (!(region.flags & IOMEM_REGION_MMAP))
		errx(1, "region %s cannot be mapped: the kernel's log says why", argv[2]);
	if (offset % 4 || region.length < 4 || offset > region.length - 4)
		errx(1, "%#lx is no register of 4 bytes", offset);
	if (region.flags & IOMEM_REGION_READ_ONLY)
		prot = PROT_READ;
	if (argc > 4 && !(region.flags & IOMEM_REGION_MMAP_WC))
		errx(1, "region %s cannot be mapped write-combining", argv[2]);

	/* Whole pages are mapped, and the registers need not begin where the first page does. */
	pages = mmap(NULL, region.mmap_length, prot, MAP_SHARED, fd,
		     argc > 4 ? region.wc_offset : region.offset);
	if (pages == MAP_FAILED)
		err(1, "mmap");

	printf("%#lx: 0x%08x\n", offset, *(volatile uint32_t *)(pages + region.first + offset));
	return 0;
}
