// SPDX-License-Identifier: GPL-2.0-or-later
/* A subtree below the container's cgroup, with tasks in it and limits. */
#include <limits.h>

#include "tests/work/work.h"

static char base[PATH_MAX];

/* The directory of our cgroup: where cgroup v2 is mounted, and our line in /proc/self/cgroup. */
static void find_base(void)
{
	char line[PATH_MAX + 64], mnt[PATH_MAX] = "", rel[PATH_MAX] = "";
	FILE *f = fopen("/proc/self/mountinfo", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, " - cgroup2 ") && !mnt[0])
			CHECK(sscanf(line, "%*s %*s %*s %*s %4000s", mnt) == 1);
	fclose(f);
	f = fopen("/proc/self/cgroup", "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "0::", 3))
			sscanf(line, "0::%4000[^\n]", rel);
	fclose(f);
	CHECK(mnt[0] && rel[0]);
	CHECK(snprintf(base, sizeof(base), "%s%s", mnt, rel) < (int)sizeof(base));
}

static void put(const char *file, const char *value)
{
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", base, file);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, value, strlen(value)) > 0);
	close(fd);
}

static const char *mine(void)
{
	static char buf[PATH_MAX];
	FILE *f = fopen("/proc/self/cgroup", "r");
	char *slash;

	CHECK(f);
	buf[0] = 0;
	while (fgets(buf, sizeof(buf), f) && strncmp(buf, "0::", 3))
		;
	fclose(f);
	buf[strcspn(buf, "\n")] = 0;
	slash = strrchr(buf, '/');
	CHECK(slash);
	return slash + 1;
}

int main(void)
{
	char dir[PATH_MAX + 64];
	pid_t pid;

	find_base();
	snprintf(dir, sizeof(dir), "%s/inner", base);
	CHECK(mkdir(dir, 0755) == 0);
	snprintf(dir, sizeof(dir), "%s/inner/deep", base);
	CHECK(mkdir(dir, 0755) == 0);
	put("inner/cgroup.max.depth", "7");
	put("inner/cgroup.max.descendants", "9");
	pid = work_fork();
	if (pid == 0) {
		put("inner/deep/cgroup.procs", "0");
		CHECK_STR(mine(), "deep");
		work_up();
		work_wait();
		CHECK_STR(mine(), "deep");
		_exit(0);
	}
	work_ready();
	char line[16] = "";
	FILE *f;

	snprintf(dir, sizeof(dir), "%s/inner/cgroup.max.depth", base);
	f = fopen(dir, "r");
	CHECK(f && fgets(line, sizeof(line), f));
	CHECK_STR(line, "7\n");
	work_join(pid, 0);
	snprintf(dir, sizeof(dir), "%s/inner/deep", base);
	CHECK(rmdir(dir) == 0);
	work_pass();
}
