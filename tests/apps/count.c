// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts, a line each time; needs nothing at all: statically linked, it runs in an empty chroot. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	long i;

	for (i = 0; printf("%ld\n", i) > 0 && fflush(stdout) == 0; i++)
		usleep(20000);
	return 1;
}
