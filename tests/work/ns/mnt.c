// SPDX-License-Identifier: GPL-2.0-or-later
/* A mount namespace of its own: a proc of the pid namespace, an empty tmpfs, a bind mount, propagation. */
#include <sys/mount.h>
#include <sys/statfs.h>

#include "tests/work/work.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted: the kernel lists mounts in the order they were made. */
static void sort_lines(char *buf, size_t size)
{
	char *lines[1024], *copy = strdup(buf), *p, *save;
	size_t n = 0, i, len = 0;

	for (p = strtok_r(copy, "\n", &save); p && n < 1024; p = strtok_r(NULL, "\n", &save))
		lines[n++] = p;
	qsort(lines, n, sizeof(*lines), by_text);
	for (i = 0; i < n; i++)
		len += snprintf(buf + len, size - len, "%s\n", lines[i]);
	free(copy);
}

static size_t mounts(char *buf, size_t size)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");
	char line[2048], *p;
	size_t n = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		/* crfs's own mounts, which our first namespace had too, are not carried. */
		if (strstr(line, " - fuse.crfs "))
			continue;
		/* Without the ids of mounts, devices and peer groups, which are the kernel's to give. */
		p = strchr(line, '/');
		CHECK(p && n + strlen(p) < size);
		strcpy(buf + n, p);
		n += strlen(p);
	}
	fclose(f);
	sort_lines(buf, size);
	return n;
}

static char before[64 << 10], after[64 << 10];

/* Started by unshare --pid --fork --mount-proc: see tests/res/ns/mnt.bats. */
int main(void)
{
	char buf[8], mine[256];
	struct statfs sf;
	size_t i, start = 0;

	work_told();
	CHECK(getcwd(mine, sizeof(mine)));
	mkdir("tmpfs", 0700);
	mkdir("bind", 0700);
	mkdir("source", 0700);
	close(open("source/file", O_CREAT | O_WRONLY, 0600));
	CHECK(mount("none", "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=0711") == 0);
	CHECK(mount("source", "bind", NULL, MS_BIND, NULL) == 0);
	CHECK(mount(NULL, "bind", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(chdir("tmpfs") == 0);
	mounts(before, sizeof(before));

	work_ready();

	mounts(after, sizeof(after));
	for (i = 0; before[i] && before[i] == after[i]; i++)
		if (before[i] == '\n')
			start = i + 1;
	CHECK_STR(after + start, before + start);
	CHECK(statfs(".", &sf) == 0 && sf.f_type == 0x01021994);
	CHECK(access("../bind/file", F_OK) == 0);
	CHECK(open("../bind/new", O_CREAT | O_WRONLY, 0600) == -1 && errno == EROFS);
	CHECK(statfs("/proc", &sf) == 0 && sf.f_type == 0x9fa0);
	CHECK(readlink("/proc/self", buf, 8) == 1 && buf[0] == '1');
	work_pass();
}
