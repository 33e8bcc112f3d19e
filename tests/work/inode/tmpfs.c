// SPDX-License-Identifier: GPL-2.0-or-later
/* A tmpfs of the container's own, and all kinds of files in it; started in namespaces of its own. */
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "tests/work/work.h"

#define BIG (3 << 20)

static void put(const char *path, const void *p, size_t n, off_t at, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	CHECK(fd >= 0 && pwrite(fd, p, n, at) == (ssize_t)n && fchmod(fd, mode) == 0);
	close(fd);
}

static struct stat look(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		work_fail(__FILE__, __LINE__, "lstat %s", path);
	return st;
}

/* User 5 may read and write it; linux/posix_acl_xattr.h */
static const unsigned char acl[] = { 2, 0, 0, 0,  1, 0, 6, 0, 255, 255, 255, 255,  2, 0, 6, 0, 5, 0, 0, 0,
				     4, 0, 4, 0, 255, 255, 255, 255,  16, 0, 6, 0, 255, 255, 255, 255,
				     32, 0, 0, 0, 255, 255, 255, 255 };
/* cap_net_raw; linux/capability.h */
static const unsigned char cap[] = { 1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

static void put_xattrs(void)
{
	CHECK(setxattr("t/d", "system.posix_acl_default", acl, sizeof(acl), 0) == 0);
	CHECK(setxattr("t/a b\n", "trusted.b", "two\0 lines\n", 11, 0) == 0);
	CHECK(setxattr("t/a b\n", "trusted.a", "", 0, 0) == 0);
	CHECK(setxattr("t/d/big", "system.posix_acl_access", acl, sizeof(acl), 0) == 0);
	CHECK(setxattr("t/d/big", "security.capability", cap, sizeof(cap), 0) == 0);
	CHECK(setxattr("t", "trusted.root", "r", 1, 0) == 0);
}

static void check_xattr(const char *path, const char *name, const void *value, ssize_t len)
{
	char buf[100];

	if (getxattr(path, name, buf, sizeof(buf)) != len || memcmp(buf, value, len))
		work_fail(__FILE__, __LINE__, "%s of %s", name, path);
}

static void check_xattrs(void)
{
	check_xattr("t/d", "system.posix_acl_default", acl, sizeof(acl));
	check_xattr("t/a b\n", "trusted.b", "two\0 lines\n", 11);
	check_xattr("t/a b\n", "trusted.a", "", 0);
	check_xattr("t/d/big", "system.posix_acl_access", acl, sizeof(acl));
	check_xattr("t/d/big", "security.capability", cap, sizeof(cap));
	check_xattr("t", "trusted.root", "r", 1);
}

static void check_links(void)
{
	char buf[100];

	CHECK_EQ(readlink("t/link", buf, 100), 12);
	CHECK(!memcmp(buf, "/no/such end", 12));
	CHECK_EQ(look("t/d/hard").st_ino, look("t/a b\n").st_ino);
	CHECK_EQ(look("t/d/hard").st_nlink, 2);
}

static void check_devices(void)
{
	CHECK(S_ISFIFO(look("t/fifo").st_mode) && S_ISSOCK(look("t/sock").st_mode));
	CHECK(S_ISCHR(look("t/null").st_mode) && look("t/null").st_rdev == makedev(1, 3));
}

int main(void)
{
	struct timespec old[2] = { { 1, 2 }, { 1000000000, 123456789 } };
	char *big = malloc(BIG), *now = malloc(BIG), *map, c[4096];
	int fd, gone, app;

	work_told();
	CHECK(mkdir("t", 0700) == 0 && mount("none", "t", "tmpfs", MS_NOSUID, "size=64m,mode=1777") == 0);
	CHECK(mkdir("t/d", 0700) == 0 && mkdir("t/d/empty", 0700) == 0 && chmod("t/d/empty", 02750) == 0);
	CHECK(mkdir("t/under", 0755) == 0);
	work_fill(big, BIG, 7);
	put("t/a b\n", "first", 5, 0, 04755);
	put("t/d/big", big, BIG, 100, 0644);
	put("t/sparse", "end", 3, 1 << 30, 0);
	put("t/none", "", 0, 0, 0444);
	CHECK(link("t/a b\n", "t/d/hard") == 0 && symlink("/no/such end", "t/link") == 0);
	CHECK(mkfifo("t/fifo", 0600) == 0 && mknod("t/sock", S_IFSOCK | 0600, 0) == 0);
	CHECK(mknod("t/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	CHECK(lchown("t/link", 5, 6) == 0 && chown("t/d/big", 7, 8) == 0);
	CHECK(utimensat(AT_FDCWD, "t/link", old, AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(utimensat(AT_FDCWD, "t/d/empty", old, 0) == 0);
	put_xattrs();
	CHECK(mount("none", "t/under", "tmpfs", 0, NULL) == 0);
	put("t/under/over", "over", 4, 0, 0600);
	CHECK(mkdir("r", 0700) == 0 && mount("none", "r", "tmpfs", 0, NULL) == 0);
	put("r/only", "to read", 7, 0, 0600);
	CHECK(mount(NULL, "r", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	fd = open("t/d/big", O_RDWR);
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(fd >= 0 && map != MAP_FAILED);
	app = open("t/d/log", O_CREAT | O_RDWR | O_APPEND, 0600);
	CHECK(write(app, "one\n", 4) == 4);
	gone = open("t/gone", O_CREAT | O_RDWR, 0600);
	CHECK(write(gone, "gone", 4) == 4 && unlink("t/gone") == 0);

	work_ready();

	CHECK_EQ(look("t").st_mode & 07777, 01777);
	CHECK_EQ(look("t/a b\n").st_mode & 07777, 04755);
	CHECK_EQ(look("t/d/empty").st_mode & 07777, 02750);
	CHECK(look("t/d/empty").st_mtim.tv_sec == 1000000000 && look("t/link").st_mtim.tv_nsec == 123456789);
	CHECK(look("t/link").st_uid == 5 && look("t/d/big").st_uid == 7 && look("t/d/big").st_gid == 8);
	check_links();
	check_xattrs();
	check_devices();
	CHECK_EQ(pread(fd, now, BIG, 100), BIG);
	CHECK(!memcmp(now, big, BIG) && !memcmp(map + 100, big, 8092));
	map[0] = 'm';
	CHECK(pread(fd, c, 1, 0) == 1 && c[0] == 'm');
	CHECK(look("t/sparse").st_size == (1 << 30) + 3 && look("t/sparse").st_blocks < 100);
	CHECK_EQ(look("t/none").st_size, 0);
	CHECK(pread(gone, c, 10, 0) == 4 && !memcmp(c, "gone", 4));
	CHECK(write(app, "two\n", 4) == 4 && pread(app, c, 10, 0) == 8 && !memcmp(c, "one\ntwo\n", 8));
	CHECK_EQ(look("t/under/over").st_size, 4);
	CHECK(look("r/only").st_size == 7 && open("r/new", O_CREAT | O_WRONLY, 0600) == -1 && errno == EROFS);
	CHECK(umount("t/under") == 0 && look("t/under").st_nlink == 2);
	work_pass();
}
