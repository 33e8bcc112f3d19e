// SPDX-License-Identifier: GPL-2.0-or-later
/* The processes outside the container, and what they share with it: leaks. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "tasks.h"

#define PF_KTHREAD 0x00200000	/* include/linux/sched.h; field 9 of /proc/<pid>/stat */

static bool kernel_thread(struct snap *s, pid_t pid)
{
	struct task t = { .stat = proc_read(s->proc, NULL, "%d/stat", pid) };
	bool is = !t.stat || snap_stat(&t, 9) & PF_KTHREAD;

	free(t.stat);
	return is;
}

int outside_list(struct snap *s)
{
	int fd = openat(s->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	size_t size = 0;
	pid_t *more, pid;

	if (!d)
		return fail(s->err, -errno, "listing /proc");
	while ((e = readdir(d))) {
		pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;
		if (!pid || snap_task(s, pid) || kernel_thread(s, pid))
			continue;
		if (s->nr_outside == size) {
			size = size ? 2 * size : 256;
			more = pool_alloc(&s->scratch, size * sizeof(*more));
			if (!more)
				break;
			if (s->nr_outside)
				memcpy(more, s->outside, s->nr_outside * sizeof(*more));
			s->outside = more;
		}
		s->outside[s->nr_outside++] = pid;
	}
	closedir(d);
	return e ? fail(s->err, -ENOMEM, "the processes outside") : 0;
}
