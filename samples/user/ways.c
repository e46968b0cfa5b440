// SPDX-License-Identifier: GPL-2.0
/*
 * Maps a page of sample_cache_modes uncached and another one write-combining, and says what can be
 * done with them. LENGTH is the device's; behind it in the node is the device once more,
 * write-combining. A command, if there is one, is run while they are mapped.
 *
 *	ways /dev/sample_cache_modes LENGTH [COMMAND [ARGUMENT...]]
 */
#include <err.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	((size_t)sysconf(_SC_PAGESIZE))

static sigjmp_buf jump;

static void on_signal(int number)
{
	siglongjmp(jump, number);
}

static char *map(int fd, off_t offset)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
}

static void try_it(const char *name, char *page)
{
	volatile uint32_t *word = (volatile uint32_t *)page, *askew;

	if (page == MAP_FAILED)
		err(1, "%s", name);
	*word = 0x01234567;
	printf("%s: wrote 0x01234567, read 0x%08x\n", name, *word);
	/* Half of one register and half of the next: memory does not mind, a device may. */
	askew = (volatile uint32_t *)(page + 2);
	if (!sigsetjmp(jump, 1))
		printf("%s: four bytes from 2 on: 0x%08x\n", name, *askew);
	else
		printf("%s: four bytes from 2 on: SIGBUS\n", name);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned long length;
	int fd;

	setlinebuf(stdout);
	if (argc < 3)
		errx(2, "usage: ways /dev/sample_cache_modes LENGTH [COMMAND [ARGUMENT...]]");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	length = strtoul(argv[2], NULL, 0);
	sigaction(SIGBUS, &action, NULL);

	try_it("uncached", map(fd, 0));
	try_it("write-combining", map(fd, length + PAGE));
	if (map(fd, length) == MAP_FAILED)
		warn("the first page in both ways");
	else
		printf("the first page is mapped in both ways\n");

	if (argc > 3) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child) {
			execvp(argv[3], argv + 3);
			err(1, "%s", argv[3]);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}
