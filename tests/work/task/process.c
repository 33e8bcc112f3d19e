// SPDX-License-Identifier: GPL-2.0-or-later
/* What a process has as one: dumpable, subreaper, oom_score_adj, THP setting, core dump filter. */
#include "tests/work/work.h"

static void put(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY);

	CHECK(fd >= 0 && write(fd, value, strlen(value)) > 0);
	close(fd);
}

static long get(const char *file, int base)
{
	char buf[32] = "";
	int fd = open(file, O_RDONLY);

	CHECK(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	return strtol(buf, NULL, base);
}

int main(void)
{
	pid_t pid = work_fork();
	int on = -1;

	if (pid == 0) {
		put("/proc/self/oom_score_adj", "777");
		CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
		work_up();
		work_wait();
		CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
		CHECK(prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0) == 0);
		CHECK_EQ(on, 0);
		CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
		CHECK_EQ(get("/proc/self/oom_score_adj", 10), 777);
		_exit(0);
	}
	put("/proc/self/oom_score_adj", "123");
	put("/proc/self/coredump_filter", "0x71");
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
	work_ready();
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0) == 0);
	CHECK_EQ(on, 1);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	CHECK_EQ(get("/proc/self/oom_score_adj", 10), 123);
	CHECK_EQ(get("/proc/self/coredump_filter", 16), 0x71);
	work_join(pid, 0);
	work_pass();
}
