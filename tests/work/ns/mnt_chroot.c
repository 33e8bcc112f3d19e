// SPDX-License-Identifier: GPL-2.0-or-later
/* The only process of a mount namespace, which has changed its root, has a file open there, and one above that. */
#include <sys/mount.h>

#include "tests/work/work.h"

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void has(int fd, const char *text)
{
	char buf[16] = "";

	CHECK(fd >= 0 && pread(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(text));
	CHECK_STR(buf, text);
}

int main(void)
{
	const char *go = getenv("CRFS_GO");
	int in, above, root, outside;
	struct stat a, b;

	if (getpid() != 1)
		work_skip("in no mount namespace of its own");
	CHECK(mkdir("root", 0755) == 0 && mount("none", "root", "tmpfs", 0, NULL) == 0);
	CHECK(go && strrchr(go, '/'));
	outside = open(strndupa(go, strrchr(go, '/') - go), O_RDONLY | O_DIRECTORY);
	write_to("root/inside", "inside");
	write_to("above", "above");
	above = open("above", O_RDONLY);
	root = open("root", O_RDONLY | O_DIRECTORY);
	CHECK(above >= 0 && root >= 0 && outside >= 0 && chroot("root") == 0 && chdir("/") == 0);
	in = open("/inside", O_RDONLY);
	CHECK(in >= 0);
	printf("ready\n");
	fflush(stdout);
	while (faccessat(outside, strrchr(go, '/') + 1, F_OK, 0))	/* by no path */
		work_sleep(10);
	has(above, "above");
	has(in, "inside");
	has(open("/inside", O_RDONLY), "inside");
	CHECK(open("/above", O_RDONLY) < 0);
	CHECK(stat("/", &a) == 0 && fstat(root, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	work_pass();
}
