// SPDX-License-Identifier: GPL-2.0-or-later
/* A mount namespace of its own: a proc of the pid namespace, a tmpfs with files, a bind mount, propagation. */
#include <sys/mount.h>
#include <sys/statfs.h>

#include "tests/work/work.h"

static size_t mounts(char *buf, size_t size)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");
	char line[2048], *p;
	size_t n = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		/* Without the ids of mounts, devices and peer groups, which are the kernel's to give. */
		p = strchr(line, '/');
		CHECK(p && n + strlen(p) < size);
		strcpy(buf + n, p);
		n += strlen(p);
	}
	fclose(f);
	return n;
}

static char before[64 << 10], after[64 << 10];

/* Started by unshare --pid --fork --mount-proc: see tests/res/ns/mnt.bats. */
int main(void)
{
	char buf[8], mine[256];
	struct statfs sf;
	int fd;

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
	fd = open("in tmpfs", O_RDWR | O_CREAT, 0640);
	CHECK(fd >= 0 && write(fd, "tmpfs!", 6) == 6);
	CHECK(mkdir("dir", 01777) == 0 && symlink("in tmpfs", "link") == 0);
	CHECK(mknod("dev", S_IFCHR | 0666, 0x0103) == 0 || errno == EPERM);
	mounts(before, sizeof(before));

	work_ready();

	mounts(after, sizeof(after));
	CHECK_STR(after, before);
	CHECK(statfs(".", &sf) == 0 && sf.f_type == 0x01021994);
	CHECK(pread(fd, buf, 8, 0) == 6 && !memcmp(buf, "tmpfs!", 6));
	CHECK(readlink("link", buf, 8) == 8);
	CHECK(access("dir", F_OK) == 0);
	CHECK(access("../bind/file", F_OK) == 0);
	CHECK(open("../bind/new", O_CREAT | O_WRONLY, 0600) == -1 && errno == EROFS);
	CHECK(statfs("/proc", &sf) == 0 && sf.f_type == 0x9fa0);
	CHECK(readlink("/proc/self", buf, 8) == 1 && buf[0] == '1');
	work_pass();
}
