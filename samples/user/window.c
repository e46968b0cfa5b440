// SPDX-License-Identifier: GPL-2.0
/*
 * Tells what there is behind a node.
 *
 *	window /dev/iomem0
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "iomem.h"

static void show_region(int fd, unsigned int number)
{
	struct iomem_region_info region = { .size = sizeof(region), .region = number };

	if (ioctl(fd, IOMEM_IOC_REGION_INFO, &region))
		err(1, "IOMEM_IOC_REGION_INFO");

	printf("region %u '%s': %#llx bytes of %s", number, region.name, region.length,
	       region.flags & IOMEM_REGION_PORTS ? "ports" : "memory");
	if (region.width)
		printf(", %u bytes wide", region.width);
	if (region.flags & IOMEM_REGION_BIG_ENDIAN)
		printf(", big-endian");
	if (region.flags & IOMEM_REGION_READ_ONLY)
		printf(", read-only");
	printf("\n  at offset %#llx\n", region.offset);
	if (region.flags & IOMEM_REGION_MMAP)
		printf("  can be mapped: %#llx bytes, registers begin at %#x\n", region.mmap_length,
		       region.first);
	if (region.flags & IOMEM_REGION_MMAP_WC)
		printf("  can be mapped write-combining, at offset %#llx\n", region.wc_offset);
}

static void show_irq(int fd, unsigned int number)
{
	struct iomem_irq_info irq = { .size = sizeof(irq), .irq = number };

	if (ioctl(fd, IOMEM_IOC_IRQ_INFO, &irq))
		err(1, "IOMEM_IOC_IRQ_INFO");

	printf("interrupt %u '%s': %s-triggered, came %llu times%s\n", number, irq.name,
	       irq.flags & IOMEM_IRQ_LEVEL ? "level" : "edge", irq.count,
	       irq.flags & IOMEM_IRQ_MASKED ? ", masked" : "");
}

int main(int argc, char **argv)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	unsigned int i;
	int fd;

	if (argc != 2)
		errx(2, "usage: window /dev/iomem<N>");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	if (ioctl(fd, IOMEM_IOC_WINDOW_INFO, &window))
		err(1, "IOMEM_IOC_WINDOW_INFO");

	printf("%s: '%s', %u regions, %u interrupts, batches of up to %u operations\n", argv[1],
	       window.name, window.regions, window.irqs, window.batch_max);
	for (i = 0; i < window.regions; i++)
		show_region(fd, i);
	for (i = 0; i < window.irqs; i++)
		show_irq(fd, i);
	return 0;
}
