// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the node of a window by the window's name.
 *
 *	named NAME
 */
#include <err.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	char name[64], node[64];
	unsigned int i;
	glob_t found;
	FILE *file;

	if (argc != 2)
		errx(2, "usage: named NAME");
	if (glob("/sys/class/misc/iomem*/name", 0, NULL, &found))
		errx(1, "there are no windows");
	for (i = 0; i < found.gl_pathc; i++) {
		file = fopen(found.gl_pathv[i], "r");
		/* The device may have gone meanwhile. */
		if (!file)
			continue;
		if (fscanf(file, "%63s", name) == 1 && !strcmp(name, argv[1]) &&
		    sscanf(found.gl_pathv[i], "/sys/class/misc/%63[^/]", node) == 1)
			printf("/dev/%s\n", node);
		fclose(file);
	}
	globfree(&found);
	return 0;
}
