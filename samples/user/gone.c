// SPDX-License-Identifier: GPL-2.0
/*
 * What a program sees when its device goes. It waits for that:
 *
 *	gone /dev/iomem0 &
 *	echo iomem_dev.1.auto >/sys/bus/platform/drivers/iomem_dev/unbind
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf no_device;

static void on_sigbus(int signal)
{
	siglongjmp(no_device, 1);
}

int main(int argc, char **argv)
{
	struct pollfd poll_fd = { 0 };
	volatile uint32_t *registers;
	uint32_t value;
	int fd;

	if (argc != 2)
		errx(2, "usage: gone /dev/iomem<N>");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	registers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (registers == MAP_FAILED)
		err(1, "mmap");
	signal(SIGBUS, on_sigbus);

	/* POLLHUP and POLLERR come unasked. A program that polls need not wait for SIGBUS. */
	poll_fd.fd = fd;
	while (poll(&poll_fd, 1, -1) != 1 || !(poll_fd.revents & POLLHUP))
		;
	printf("poll: POLLHUP%s\n", poll_fd.revents & POLLERR ? " and POLLERR" : "");

	if (sigsetjmp(no_device, 1) == 0)
		printf("the register is 0x%08x\n", registers[0]);
	else
		printf("touching the mapping: SIGBUS\n");
	if (pread(fd, &value, sizeof(value), 0) < 0)
		printf("pread: %s\n", strerror(errno));

	/* Both can be let go of as ever. */
	munmap((void *)registers, 4096);
	close(fd);
	return 0;
}
