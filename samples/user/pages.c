// SPDX-License-Identifier: GPL-2.0
/*
 * Maps pages of a node and touches some of them, in the order in which they are named.
 *
 *	pages /dev/sample_fault COUNT PAGE...
 */
#include <err.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	((size_t)sysconf(_SC_PAGESIZE))

static sigjmp_buf jump;

static void on_signal(int number)
{
	siglongjmp(jump, number);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned long count;
	char *pages;
	int fd, i;

	setlinebuf(stdout);
	if (argc < 4)
		errx(2, "usage: pages /dev/sample_fault COUNT PAGE...");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	count = strtoul(argv[2], NULL, 0);
	pages = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		err(1, "mmap");
	printf("mapped %lu pages\n", count);
	sigaction(SIGBUS, &action, NULL);

	for (i = 3; i < argc; i++) {
		unsigned long page = strtoul(argv[i], NULL, 0);
		volatile uint64_t *word = (volatile uint64_t *)(pages + page * PAGE);

		if (page >= count)
			errx(1, "page %lu is not mapped", page);
		if (sigsetjmp(jump, 1)) {
			printf("page %lu: SIGBUS\n", page);
			continue;
		}
		*word = 0xfa0000 + page;
		printf("page %lu: wrote %#lx, read %#llx\n", page, 0xfa0000 + page,
		       (unsigned long long)*word);
	}
	return 0;
}
