// SPDX-License-Identifier: GPL-2.0
/*
 * Draws a picture on QEMU's bochs-display, through sample_framebuffer: the first page of the node
 * is the display's registers, and what comes behind are its pixels.
 *
 *	picture /dev/sample_framebuffer
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#define REGISTERS	4096
#define WIDTH		640
#define HEIGHT		480

/* Registers of 16 bits, by their number. */
enum { ID, X_PIXELS, Y_PIXELS, BITS_PER_PIXEL, ENABLE, BLOCKS_OF_64K = 10 };

#define ENABLED		0x01
#define LINEAR		0x40

/* Numbers with 28 bits behind the point. */
#define BITS		28
#define STEP		1200000
#define STEPS		32

/* How many steps a point of the plane takes to leave the circle of radius 2, or STEPS. */
static int steps(int64_t cx, int64_t cy)
{
	int64_t x = 0, y = 0;
	int n;

	for (n = 0; n < STEPS; n++) {
		int64_t xx = x * x >> BITS, yy = y * y >> BITS;

		if (xx + yy > 4LL << BITS)
			break;
		y = (x * y >> (BITS - 1)) + cy;
		x = xx - yy + cx;
	}
	return n;
}

static uint32_t at_most_255(int value)
{
	return value < 255 ? value : 255;
}

/* Red, green and blue of a pixel: Mandelbrot's set is black, and what is around it blue. */
static uint32_t colour(int column, int row)
{
	int n = steps((int64_t)(column - 420) * STEP, (int64_t)(row - HEIGHT / 2) * STEP);

	if (n == STEPS)
		return 0;
	return at_most_255(6 * n) << 16 | at_most_255(9 * n) << 8 | at_most_255(48 + 16 * n);
}

int main(int argc, char **argv)
{
	volatile uint16_t *registers;
	uint32_t *pixels;
	size_t length;
	int fd, row, column;

	if (argc != 2)
		errx(2, "usage: picture /dev/sample_framebuffer");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);

	registers = mmap(NULL, REGISTERS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (registers == MAP_FAILED)
		err(1, "the registers");
	registers += 0x500 / 2;
	length = (size_t)registers[BLOCKS_OF_64K] << 16;
	printf("the display is a %#x, with %zu MiB of pixels\n", registers[ID], length >> 20);

	pixels = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, REGISTERS);
	if (pixels == MAP_FAILED)
		err(1, "the pixels");

	registers[ENABLE] = 0;
	registers[X_PIXELS] = WIDTH;
	registers[Y_PIXELS] = HEIGHT;
	registers[BITS_PER_PIXEL] = 32;
	registers[ENABLE] = ENABLED | LINEAR;

	for (row = 0; row < HEIGHT; row++)
		for (column = 0; column < WIDTH; column++)
			*pixels++ = colour(column, row);
	printf("%u by %u pixels are drawn\n", registers[X_PIXELS], registers[Y_PIXELS]);
	return 0;
}
