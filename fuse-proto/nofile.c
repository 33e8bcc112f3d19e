// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors of a front end: the standard ones, and how many there may be. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nofile.h"

void nofile_raise(void)
{
	FILE *f = fopen("/proc/sys/fs/nr_open", "re");
	unsigned long most = 0;
	struct rlimit rl;

	if (f && fscanf(f, "%lu", &most) != 1)
		most = 0;
	if (f)
		fclose(f);
	if (getrlimit(RLIMIT_NOFILE, &rl))
		return;
	if (rl.rlim_max < most && !setrlimit(RLIMIT_NOFILE, &(struct rlimit){ most, most }))
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

int nofile_std(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -errno : close(fd);
}
