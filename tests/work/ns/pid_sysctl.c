// SPDX-License-Identifier: GPL-2.0-or-later
/* Sysctls of a pid namespace, where the kernel has some: how high its pids go, and whether memfds may be run. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>

#include "tests/work/work.h"

#define PID_MAX "/proc/sys/kernel/pid_max"
#define NOEXEC "/proc/sys/vm/memfd_noexec"
#define SEAL_EXEC 0x20		/* F_SEAL_EXEC */

static int value_of(const char *path)
{
	FILE *f = fopen(path, "re");
	int v = -1;

	CHECK(!f || fscanf(f, "%d", &v) == 1);
	if (f)
		fclose(f);
	return v;
}

static bool set(const char *path, int v)
{
	FILE *f = fopen(path, "we");
	bool done;

	if (!f)
		return false;
	done = fprintf(f, "%d", v) > 0;
	return fclose(f) == 0 && done;
}

/* One that is born in a namespace below this one changes it: does that show here? */
static bool is_own(const char *path, int other)
{
	const int before = value_of(path);
	bool own;
	pid_t pid;

	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		CHECK(unshare(CLONE_NEWPID) == 0);
		pid = fork();
		if (!pid)
			_exit(set(path, other) ? 0 : 1);
		work_join(pid, 0);
		_exit(0);
	}
	work_join(pid, 0);
	own = value_of(path) == before;
	return own || (set(path, before), false);
}

int main(void)
{
	bool has_max, has_noexec = value_of(NOEXEC) >= 0;
	int fd;

	if (getpid() != 1)
		work_skip("not the first process of its pid namespace");
	has_max = is_own(PID_MAX, value_of(PID_MAX) - 1);
	if (!has_max && !has_noexec)
		work_skip("this kernel has no sysctls of a pid namespace");
	CHECK(!has_max || set(PID_MAX, 54321));
	CHECK(!has_noexec || set(NOEXEC, 1));
	work_ready();
	CHECK(!has_max || value_of(PID_MAX) == 54321);
	CHECK(!has_noexec || value_of(NOEXEC) == 1);
	fd = memfd_create("plain", MFD_ALLOW_SEALING);
	CHECK(fd >= 0 && (!has_noexec || fcntl(fd, F_GET_SEALS) & SEAL_EXEC));
	work_pass();
}
