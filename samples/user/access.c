// SPDX-License-Identifier: GPL-2.0
/*
 * Registers by call: each is one access of exactly the width that is asked for.
 *
 *	access /dev/iomem0
 *
 * The device is QEMU's edu: the register at 4 gives the inverse of what was written to it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint32_t value = 0x12345678, series[2];
	uint16_t half;
	int fd;

	if (argc != 2)
		errx(2, "usage: access /dev/iomem<N>");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);

	/* One register, at its offset. Other threads may use the same descriptor. */
	if (pwrite(fd, &value, sizeof(value), 4) != sizeof(value))
		err(1, "pwrite");
	if (pread(fd, &value, sizeof(value), 4) != sizeof(value))
		err(1, "pread");
	printf("the inverse of 0x12345678 is 0x%08x\n", value);

	/* With a position, as for any file: a series of registers. */
	if (lseek(fd, 0, SEEK_SET) || read(fd, series, sizeof(series)) != sizeof(series))
		err(1, "read");
	printf("0x%08x 0x%08x, and the position is %ld\n", series[0], series[1],
	       (long)lseek(fd, 0, SEEK_CUR));

	/* What is no register is an error, and the device is left alone. */
	if (pread(fd, &value, sizeof(value), 2) < 0)
		printf("4 bytes at 2: %s\n", strerror(errno));
	if (pread(fd, &half, sizeof(half), 0) < 0)
		printf("2 bytes at 0: %s\n", strerror(errno));
	printf("the window is 0x%lx bytes long\n", (long)lseek(fd, 0, SEEK_END));
	if (pread(fd, &value, sizeof(value), lseek(fd, 0, SEEK_END)) == 0)
		printf("4 bytes at its end: no more\n");
	if (pwrite(fd, &value, sizeof(value), lseek(fd, 0, SEEK_END)) < 0)
		printf("writing there: %s\n", strerror(errno));
	return 0;
}
