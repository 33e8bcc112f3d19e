// SPDX-License-Identifier: GPL-2.0-or-later
/* Closing every descriptor but a few. */
#include <sys/syscall.h>
#include <unistd.h>

#include "onlyfds.h"

void only_fds(int *keep, size_t n)
{
	size_t i, j;
	int t, from = 0;

	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			if (keep[j] < keep[i]) {
				t = keep[i];
				keep[i] = keep[j];
				keep[j] = t;
			}
	for (i = 0; i < n; i++) {
		if (keep[i] > from)
			syscall(SYS_close_range, from, keep[i] - 1, 0);
		from = keep[i] + 1;
	}
	syscall(SYS_close_range, from, ~0U, 0);
}
