// SPDX-License-Identifier: GPL-2.0
/*
 * Three ways to learn of an interrupt: a blocking wait, poll() and an eventfd.
 *
 *	irq /dev/iomem0
 *
 * The device is QEMU's edu: what is written to the register at 0x60 raises an interrupt, which is
 * level-triggered and lasts until the same is written to the one at 0x64.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "iomem.h"

#define RAISE	0x60
#define ACK	0x64

static void write_register(int fd, uint32_t value, off_t offset)
{
	if (pwrite(fd, &value, sizeof(value), offset) != sizeof(value))
		err(1, "pwrite");
}

/* The device lets go of the line first, or the interrupt would come again at once. */
static void acknowledge(int fd)
{
	struct iomem_irq_unmask unmask = { .size = sizeof(unmask), .irq = 0 };

	write_register(fd, 1, ACK);
	if (ioctl(fd, IOMEM_IOC_IRQ_UNMASK, &unmask))
		err(1, "IOMEM_IOC_IRQ_UNMASK");
}

int main(int argc, char **argv)
{
	struct iomem_irq_info info = { .size = sizeof(info), .irq = 0 };
	struct iomem_irq_wait wait = { .size = sizeof(wait), .irq = 0, .timeout_ns = 1000000000 };
	struct iomem_irq_eventfd event = { .size = sizeof(event), .irq = 0 };
	struct pollfd poll_fd = { .events = POLLIN };
	uint64_t count;
	int fd;

	if (argc != 2)
		errx(2, "usage: irq /dev/iomem<N>");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);

	if (ioctl(fd, IOMEM_IOC_IRQ_INFO, &info))
		err(1, "IOMEM_IOC_IRQ_INFO");
	printf("interrupt 0 came %llu times\n", info.count);

	/* Wait for one more than there were. */
	wait.count = info.count;
	write_register(fd, 1, RAISE);
	if (ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait))
		err(1, "IOMEM_IOC_IRQ_WAIT");
	printf("waited: now %llu\n", wait.count);
	acknowledge(fd);

	/* The same when no other comes. */
	wait.timeout_ns = 100000000;
	if (ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait))
		printf("waited 0.1 s more: %s\n", strerror(errno));

	/* poll() is for those who wait for several things. IOMEM_IOC_IRQ_WAIT tells which. */
	poll_fd.fd = fd;
	write_register(fd, 1, RAISE);
	if (poll(&poll_fd, 1, 1000) == 1 && poll_fd.revents & POLLIN)
		printf("poll: an interrupt came\n");
	if (ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait))
		err(1, "IOMEM_IOC_IRQ_WAIT");
	printf("it is number %llu\n", wait.count);
	acknowledge(fd);

	/* An eventfd can be handed to another program, or to an event loop. */
	event.fd = eventfd(0, EFD_CLOEXEC);
	if (event.fd < 0 || ioctl(fd, IOMEM_IOC_IRQ_EVENTFD, &event))
		err(1, "IOMEM_IOC_IRQ_EVENTFD");
	write_register(fd, 1, RAISE);
	if (read(event.fd, &count, sizeof(count)) != sizeof(count))
		err(1, "eventfd");
	printf("eventfd: %llu came\n", (unsigned long long)count);
	acknowledge(fd);
	return 0;
}
