// SPDX-License-Identifier: GPL-2.0
/*
 * Does what makes several mappings of one, for sample_vma_log to log.
 *
 *	vmas /dev/sample_vma_log
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	((size_t)sysconf(_SC_PAGESIZE))

int main(int argc, char **argv)
{
	char *pages;
	pid_t child;
	int fd;

	if (argc != 2)
		errx(2, "usage: vmas /dev/sample_vma_log");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);

	pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	if (pages == MAP_FAILED)
		err(1, "mmap");
	/* It stays mapped without the descriptor. */
	close(fd);
	printf("mapped four pages, from the second on\n");
	fflush(stdout);

	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	printf("a child had a copy of the mapping, and has ended\n");

	if (munmap(pages + PAGE, PAGE))
		err(1, "munmap");
	printf("unmapped the second of them: one mapping became two\n");
	return 0;
}
