// SPDX-License-Identifier: GPL-2.0-or-later
/* How many CPUs this machine may have. */
#include <stdio.h>

#include "cpus.h"

unsigned int cpus_possible(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned int n = 0, from, to;
	int got;

	while (f && (got = fscanf(f, "%u-%u", &from, &to)) > 0) {
		n += got == 2 ? to - from + 1 : 1;
		if (fgetc(f) != ',')
			break;
	}
	if (f)
		fclose(f);
	return n ? n : 1;
}
