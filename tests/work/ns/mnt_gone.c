// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounts of what was deleted in a tmpfs of the container's own: a file with something in it (twice), a FIFO, as
 * systemd-nspawn has one over /proc/kmsg, and a directory.
 */
#include <sys/mount.h>

#include "tests/work/work.h"

#define SIZE 10000

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && close(fd) == 0);
}

static void bind_to(const char *from, const char *at)
{
	CHECK(mount(from, at, NULL, MS_BIND, NULL) == 0);
}

static struct stat of(const char *path)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0);
	return st;
}

static void check(void)
{
	struct stat file = of("a"), again = of("b"), fifo = of("p"), dir = of("d");
	int fd = open("a", O_RDONLY | O_CLOEXEC);
	char buf[SIZE + 1];

	CHECK(!file.st_nlink && file.st_size == SIZE && (file.st_mode & 07777) == 0640);
	CHECK(file.st_ino == again.st_ino && file.st_dev == again.st_dev);
	CHECK(S_ISFIFO(fifo.st_mode) && !fifo.st_nlink && fifo.st_dev == file.st_dev);
	CHECK(S_ISDIR(dir.st_mode) && !dir.st_nlink && dir.st_dev == file.st_dev);
	CHECK(fd >= 0 && read(fd, buf, sizeof(buf)) == SIZE && work_same(buf, SIZE, 77));
	close(fd);
	CHECK(access("t/file", F_OK) && access("t/fifo", F_OK) && access("t/dir", F_OK));
}

int main(void)
{
	char buf[SIZE];
	int fd;

	CHECK(mkdir("t", 0755) == 0 && mount("none", "t", "tmpfs", 0, "size=1m") == 0);
	fd = open("t/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	work_fill(buf, sizeof(buf), 77);
	CHECK(fd >= 0 && write(fd, buf, sizeof(buf)) == sizeof(buf) && fchmod(fd, 0640) == 0 && close(fd) == 0);
	CHECK(mkfifo("t/fifo", 0600) == 0 && mkdir("t/dir", 0755) == 0);
	touch("a"), touch("b"), touch("p");
	CHECK(mkdir("d", 0755) == 0);
	bind_to("t/file", "a");
	bind_to("t/file", "b");
	bind_to("t/fifo", "p");
	bind_to("t/dir", "d");
	CHECK(unlink("t/file") == 0 && unlink("t/fifo") == 0 && rmdir("t/dir") == 0);
	check();
	work_ready();
	check();
	work_pass();
}
