// SPDX-License-Identifier: GPL-2.0
/*
 * Not a test of its own: a program that has the first page of a window mapped, and
 * waits until it is killed, for a debugger to look at.
 *
 *	keep_mapped /dev/iomem0
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: keep_mapped NODE\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR);
	if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED) {
		perror(argv[1]);
		return 1;
	}
	for (;;)
		pause();
}
