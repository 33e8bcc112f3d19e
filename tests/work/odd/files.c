// SPDX-License-Identifier: GPL-2.0-or-later
/* Regular files, directories and places in odd states: how they were opened, named, unlinked, shared. */
#include <dirent.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "tests/work/odd/odd.h"

static ino_t ino(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_ino;
}

static off_t size(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_size;
}

static nlink_t links(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_nlink;
}

ODD(append)
{
	int a = odd_open("f", O_CREAT | O_RDWR | O_APPEND), b = odd_open("f", O_RDWR);

	odd_put(a, "abcdef");
	lseek(a, 2, SEEK_SET);
	lseek(b, 4, SEEK_SET);
	work_ready();
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 2);
	odd_put(a, "gh");
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 8);
	odd_got(b, "efgh");
}

ODD(async)
{
	int f = odd_open("f", O_CREAT | O_RDWR | O_ASYNC);

	CHECK(fcntl(f, F_GETFL) & O_ASYNC);
	work_ready();
	CHECK(fcntl(f, F_GETFL) & O_ASYNC);
}

ODD(direct_sync_noatime)
{
	int f = open("f", O_CREAT | O_RDWR | O_DIRECT | O_SYNC | O_NOATIME | O_LARGEFILE, 0600);
	int before[3], g, d;
	void *p;

	if (f < 0 && errno == EINVAL)
		work_skip("no O_DIRECT here (tmpfs has it since 6.6)");
	CHECK(f >= 0);
	g = odd_open("f", O_WRONLY | O_DSYNC | O_NONBLOCK);
	d = odd_open(".", O_RDONLY | O_DIRECTORY | O_NOATIME);
	before[0] = fcntl(f, F_GETFL);
	before[1] = fcntl(g, F_GETFL);
	before[2] = fcntl(d, F_GETFL);

	work_ready();
	CHECK_EQ(fcntl(f, F_GETFL), before[0]);
	CHECK_EQ(fcntl(g, F_GETFL), before[1]);
	CHECK_EQ(fcntl(d, F_GETFL), before[2]);
	CHECK(posix_memalign(&p, 4096, 4096) == 0);
	memset(p, 'x', 4096);
	CHECK_EQ(write(f, p, 4096), 4096);
}

ODD(tmpfile_linkable)
{
	int f = odd_open(".", O_TMPFILE | O_RDWR), g = odd_open(".", O_TMPFILE | O_RDWR | O_EXCL);
	char p[64];

	odd_put(f, "will have a name");
	odd_put(g, "never");
	work_ready();
	sprintf(p, "/proc/self/fd/%d", f);
	CHECK(linkat(AT_FDCWD, p, AT_FDCWD, "named", AT_SYMLINK_FOLLOW) == 0);
	lseek(f, 0, SEEK_SET);
	odd_got(f, "will have a name");
	odd_got(odd_open("named", O_RDONLY), "will have a name");
	lseek(g, 0, SEEK_SET);
	odd_got(g, "never");
}

ODD(tmpfs_files)
{
	char n[64];
	int f, g, d;

	sprintf(n, "/dev/shm/crfs-odd-%d", getpid());
	f = odd_open(n, O_CREAT | O_RDWR | O_EXCL);
	odd_put(f, "on tmpfs");
	CHECK(unlink(n) == 0);
	g = odd_open(n, O_CREAT | O_RDWR | O_EXCL);
	odd_put(g, "named");
	d = odd_open("/dev/shm", O_TMPFILE | O_RDWR);
	odd_put(d, "tmpfile");
	work_ready();
	lseek(f, 0, SEEK_SET);
	odd_got(f, "on tmpfs");
	lseek(g, 0, SEEK_SET);
	odd_got(g, "named");
	lseek(d, 0, SEEK_SET);
	odd_got(d, "tmpfile");
	CHECK_EQ(links(f), 0);
	unlink(n);
}

ODD(proc_files)
{
	int a = odd_open("/proc/self/status", O_RDONLY), b = odd_open("/proc/meminfo", O_RDONLY);
	int c = odd_open("/proc/self/mem", O_RDWR), d = odd_open("/proc/sys/kernel/hostname", O_RDONLY);
	int e = odd_open("/proc/self/task", O_RDONLY | O_DIRECTORY), x;
	int g = odd_open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY), h = odd_open("/proc/self/oom_score_adj", O_RDWR);
	int m = odd_open("/proc/self/maps", O_RDONLY), r = odd_open("/proc/self/pagemap", O_RDONLY);
	static volatile int word = 77;
	char buf[100], n[64];

	CHECK_EQ(read(a, buf, 10), 10);
	CHECK_EQ(read(b, buf, 7), 7);
	CHECK_EQ(read(m, buf, 50), 50);
	work_ready();
	CHECK_EQ(read(a, buf, 99), 99);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 7);
	CHECK_EQ(pread(c, &x, 4, (off_t)(uintptr_t)&word), 4);
	CHECK_EQ(x, 77);
	x = 78;
	CHECK_EQ(pwrite(c, &x, 4, (off_t)(uintptr_t)&word), 4);
	CHECK_EQ(word, 78);
	CHECK(read(d, buf, 99) > 0);
	sprintf(n, "%d", getpid());
	CHECK(faccessat(e, n, F_OK, 0) == 0);
	CHECK(faccessat(g, "0", F_OK, 0) == 0);
	CHECK(read(h, buf, 99) > 0);
	CHECK(read(m, buf, 99) > 0);
	CHECK_EQ(pread(r, buf, 8, (uintptr_t)&word / 4096 * 8), 8);
}

/* A child's /proc directory and files, held by the parent, and the other way round. */
ODD(proc_of_others)
{
	char n[64], buf[4096];
	pid_t pid = work_fork();
	int d, f, z = -1;
	pid_t zombie;

	if (pid == 0) {
		sprintf(n, "/proc/%d/stat", getppid());
		f = odd_open(n, O_RDONLY);
		work_up();
		work_wait();
		memset(buf, 0, sizeof(buf));
		CHECK(read(f, buf, 4095) > 0);
		CHECK_EQ(atoi(buf), getppid());
		_exit(0);
	}
	zombie = fork();
	if (zombie == 0)
		_exit(5);
	sprintf(n, "/proc/%d", pid);
	d = odd_open(n, O_RDONLY | O_DIRECTORY);
	sprintf(n, "/proc/%d/stat", zombie);
	while (kill(zombie, 0) == 0) {
		memset(buf, 0, sizeof(buf));
		z = odd_open(n, O_RDONLY);
		CHECK(read(z, buf, 4095) > 0);
		if (strstr(buf, ") Z "))
			break;
		close(z);
	}
	work_ready();
	f = openat(d, "stat", O_RDONLY);
	CHECK(f >= 0 && read(f, buf, 4095) > 0);
	CHECK_EQ(atoi(buf), pid);
	lseek(z, 0, SEEK_SET);
	memset(buf, 0, sizeof(buf));
	CHECK(read(z, buf, 4095) > 0);
	CHECK_EQ(atoi(buf), zombie);
	CHECK(strstr(buf, ") Z "));
	work_join(zombie, 5);
	work_join(pid, 0);
}

ODD(sysfs_files)
{
	int f = odd_open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY);
	int d = odd_open("/sys/devices/system/cpu", O_RDONLY | O_DIRECTORY);
	char a[200] = "", b[200] = "";

	CHECK(read(f, a, 3) == 3);
	work_ready();
	CHECK_EQ(lseek(f, 0, SEEK_CUR), 3);
	CHECK(pread(f, b, 199, 0) > 3);
	CHECK(!memcmp(a, b, 3));
	CHECK(faccessat(d, "online", F_OK, 0) == 0);
}

/* The container's own cgroup: events to poll, procs to write to. */
ODD(cgroup_files)
{
	char line[512], root[512], path[1200];
	FILE *f = fopen("/proc/self/cgroup", "r");
	int e, p, d;

	CHECK(f);
	*root = 0;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "0::", 3))
			sscanf(line + 3, "%511s", root);
	fclose(f);
	CHECK(*root);
	f = fopen("/proc/self/mountinfo", "r");
	CHECK(f);
	*path = 0;
	while (fgets(line, sizeof(line), f))
		if (strstr(line, " - cgroup2 "))
			sscanf(line, "%*s %*s %*s %*s %511s", path);
	fclose(f);
	strcat(path, root);
	d = odd_open(path, O_RDONLY | O_DIRECTORY);
	strcat(path, "/cgroup.events");
	e = odd_open(path, O_RDONLY);
	p = openat(d, "cgroup.procs", O_RDWR);
	CHECK(p >= 0);
	work_ready();
	CHECK(pread(e, line, 100, 0) > 10);
	CHECK(!memcmp(line, "populated 1", 11));
	CHECK(pread(p, line, 100, 0) > 0);
	CHECK_EQ(atoi(line), getpid());
	sprintf(line, "%d", getpid());
	odd_put(p, line);
	CHECK(faccessat(d, "cgroup.freeze", F_OK, 0) == 0);
}

ODD(sparse_gigabyte)
{
	int f = odd_open("f", O_CREAT | O_RDWR);
	char b[4096], c[4096];
	struct stat st;
	int i;

	CHECK(unlink("f") == 0);
	CHECK(ftruncate(f, 1 << 30) == 0);
	for (i = 0; i < 8; i++) {
		work_fill(b, 4096, i);
		CHECK_EQ(pwrite(f, b, 4096, (off_t)i * 128 << 20), 4096);
	}
	CHECK_EQ(pwrite(f, "end", 3, (1 << 30) + 100000), 3);
	work_ready();
	CHECK(fstat(f, &st) == 0);
	CHECK_EQ(st.st_size, (1 << 30) + 100003);
	CHECK(st.st_blocks < 4096);
	for (i = 0; i < 8; i++) {
		CHECK_EQ(pread(f, c, 4096, (off_t)i * 128 << 20), 4096);
		CHECK(work_same(c, 4096, i));
		CHECK_EQ(pread(f, c, 4096, ((off_t)i * 128 << 20) + 4096), 4096);
		CHECK(c[0] == 0 && c[4095] == 0);
	}
	CHECK_EQ(pread(f, c, 4096, (1 << 30) + 100000), 3);
}

ODD(unlinked_linked)
{
	int a = odd_open("a", O_CREAT | O_RDWR), b;

	CHECK(link("a", "b") == 0);
	b = odd_open("b", O_RDONLY);
	CHECK(unlink("a") == 0 && unlink("b") == 0);
	odd_put(a, "both");
	work_ready();
	CHECK_EQ(ino(a), ino(b));
	odd_put(a, " see it");
	odd_got(b, "both see it");
	CHECK_EQ(links(b), 0);
}

ODD(replaced)
{
	int a = odd_open("f", O_CREAT | O_RDWR), b, c;

	odd_put(a, "old");
	b = odd_open("g", O_CREAT | O_RDWR);
	odd_put(b, "newer");
	CHECK(rename("g", "f") == 0);
	c = odd_open("f", O_RDONLY);
	work_ready();
	CHECK_EQ(ino(b), ino(c));
	CHECK(ino(a) != ino(b));
	CHECK_EQ(size(a), 3);
	CHECK_EQ(pread(a, (char[4]){ 0 }, 4, 0), 3);
	odd_got(c, "newer");
	CHECK_EQ(links(b), 1);
	CHECK(access("g", F_OK) == -1);
}

/* The name is free, then a directory has it; a file was unlinked in a directory that was removed, too. */
ODD(unlinked_name_taken)
{
	int a = odd_open("f", O_CREAT | O_RDWR), b;

	odd_put(a, "was a file");
	CHECK(unlink("f") == 0 && mkdir("f", 0700) == 0);
	CHECK(mkdir("d", 0700) == 0 && mkdir("d/e", 0700) == 0);
	b = odd_open("d/e/g", O_CREAT | O_RDWR);
	odd_put(b, "deep");
	CHECK(unlink("d/e/g") == 0 && rmdir("d/e") == 0 && rmdir("d") == 0);
	work_ready();
	CHECK_EQ(pread(a, (char[16]){ 0 }, 16, 0), 10);
	lseek(b, 0, SEEK_SET);
	odd_got(b, "deep");
	CHECK(access("d", F_OK) == -1);
	CHECK(rmdir("f") == 0);
}

ODD(twice_and_dup)
{
	int a = odd_open("f", O_CREAT | O_RDWR), b = odd_open("f", O_RDWR), c = dup(a), d = fcntl(a, F_DUPFD_CLOEXEC, 500);

	odd_put(a, "0123456789");
	work_ready();
	CHECK_EQ(lseek(c, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(d, 3, SEEK_SET), 3);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 3);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 0);
	CHECK_EQ(fcntl(d, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(c, F_GETFD), 0);
}

ODD(removed_dirs)
{
	char b[4096];
	int x, y, z;

	CHECK(mkdir("x", 0755) == 0 && mkdir("x/y", 0711) == 0 && mkdir("x/y/z", 0700) == 0);
	x = odd_open("x", O_RDONLY | O_DIRECTORY);
	y = odd_open("x/y", O_RDONLY | O_DIRECTORY);
	z = odd_open("x/y/z", O_PATH | O_DIRECTORY);
	CHECK(chdir("x/y/z") == 0);
	CHECK(rmdir("../../../x/y/z") == 0 && fchdir(x) == 0 && rmdir("y") == 0 && chdir("..") == 0 && rmdir("x") == 0);
	CHECK(fchdir(z) == 0);
	work_ready();
	CHECK(getcwd(b, sizeof(b)) == NULL && errno == ENOENT);
	CHECK(open("f", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT);
	CHECK_EQ(ino(z), ino(odd_open(".", O_RDONLY)));
	CHECK(ino(x) != ino(y) && ino(y) != ino(z));
	CHECK_EQ(links(x), 0);
	CHECK(readlink("/proc/self/cwd", b, sizeof(b)) > 10);
	CHECK(fchdir(y) == 0 && fchdir(x) == 0);
}

ODD(through_symlink)
{
	int a, b;

	close(odd_open("f", O_CREAT | O_RDWR));
	CHECK(mkdir("d", 0755) == 0 && symlink("f", "s") == 0 && symlink("d", "sd") == 0);
	a = odd_open("s", O_RDWR);
	close(odd_open("d/g", O_CREAT | O_RDWR));
	b = odd_open("sd/g", O_RDWR);
	CHECK(chdir("sd") == 0);
	CHECK(unlink("../s") == 0 && unlink("../sd") == 0);
	work_ready();
	odd_put(a, "x");
	odd_put(b, "y");
	CHECK(access("g", F_OK) == 0);
}

/* Names that a text must escape, and those that look like what /proc adds. */
ODD(names)
{
	static const char *const n[] = { "a b", "new\nline", "\xff\xfe", "tab\t", "back\\slash", "x (deleted)", "-",
		"\\040", "#hash", " ", "\x01\x7f", "\"quoted\"", "'q'", "*", "pipe:[12]", "socket:[77]", "anon_inode:[eventfd]",
		"memfd:x (deleted)", "SYSV00000000", "ünïcödé", "//deleted" + 2 };
	int fd[21], gone[21], i;
	void *map[21];

	for (i = 0; i < 21; i++) {
		gone[i] = odd_open(n[i], O_CREAT | O_RDWR);
		odd_put(gone[i], "gone");
		CHECK(unlink(n[i]) == 0);
		fd[i] = odd_open(n[i], O_CREAT | O_RDWR);
		odd_put(fd[i], n[i]);
		map[i] = mmap(NULL, 4096, PROT_READ, i & 1 ? MAP_SHARED : MAP_PRIVATE, fd[i], 0);
		CHECK(map[i] != MAP_FAILED);
	}
	CHECK(mkdir("d (deleted)", 0755) == 0 && chdir("d (deleted)") == 0);
	work_ready();
	for (i = 0; i < 21; i++) {
		lseek(fd[i], 0, SEEK_SET);
		odd_got(fd[i], n[i]);
		CHECK_EQ(links(fd[i]), 1);
		lseek(gone[i], 0, SEEK_SET);
		odd_got(gone[i], "gone");
		CHECK_EQ(links(gone[i]), 0);
		CHECK_STR(map[i], n[i]);
	}
	CHECK(chdir("..") == 0 && rmdir("d (deleted)") == 0);
}

/* Both "f" (unlinked) and "f (deleted)" exist: the link that /proc shows names the wrong one. */
ODD(deleted_and_deleted)
{
	int a = odd_open("f", O_CREAT | O_RDWR), b = odd_open("f (deleted)", O_CREAT | O_RDWR);
	void *m;

	odd_put(a, "gone");
	odd_put(b, "here");
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0);
	CHECK(unlink("f") == 0);
	work_ready();
	CHECK_EQ(links(a), 0);
	CHECK_EQ(links(b), 1);
	memcpy(m, "GONE", 4);
	lseek(a, 0, SEEK_SET);
	odd_got(a, "GONE");
	lseek(b, 0, SEEK_SET);
	odd_got(b, "here");
}

static void deep(int levels, int *top)
{
	char n[201];
	int i;

	memset(n, 'n', 200);
	n[200] = 0;
	*top = odd_open(".", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < levels; i++)
		CHECK(mkdir(n, 0700) == 0 && chdir(n) == 0);
}

ODD(long_path)
{
	int top, f, g;

	deep(19, &top);		/* below PATH_MAX with what stands in front of it? */
	f = odd_open("f", O_CREAT | O_RDWR);
	odd_put(f, "deep");
	g = odd_open("g", O_CREAT | O_RDWR);
	odd_put(g, "gone");
	CHECK(unlink("g") == 0);
	work_ready();
	lseek(f, 0, SEEK_SET);
	odd_got(f, "deep");
	lseek(g, 0, SEEK_SET);
	odd_got(g, "gone");
	CHECK(access("f", F_OK) == 0);
}

/* Longer than any system call takes: /proc does not say it. To be refused by name, or carried. */
ODD(too_long_path)
{
	int top, f;

	deep(30, &top);
	f = odd_open("f", O_CREAT | O_RDWR);
	CHECK(fchdir(top) == 0);
	work_ready();
	odd_put(f, "x");
}

ODD(mapped_unlinked_open)
{
	int f = odd_open("f", O_CREAT | O_RDWR), g = odd_open("f", O_RDONLY);
	char *s, *p, *r, c;

	CHECK(ftruncate(f, 3 * 4096 + 100) == 0);
	s = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	p = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 4096);
	r = mmap(NULL, 4096, PROT_READ, MAP_SHARED, g, 8192);
	CHECK(unlink("f") == 0);
	strcpy(s, "zero");
	strcpy(s + 4096, "one");
	strcpy(p + 10, "mine");
	strcpy(s + 8192, "two");
	work_ready();
	CHECK_STR(s, "zero");
	CHECK_STR(p + 10, "mine");
	CHECK_STR(p, "one");
	CHECK_STR(r, "two");
	CHECK_EQ(pwrite(f, "TWO", 3, 8192), 3);
	CHECK_STR(r, "TWO");
	CHECK_STR(p + 4096, "TWO");
	CHECK_EQ(size(g), 3 * 4096 + 100);
	CHECK(mprotect(r, 4096, PROT_WRITE) == -1);
	CHECK(ftruncate(f, 5 * 4096) == 0);
	s[3 * 4096 + 200] = 1;
	CHECK_EQ(pread(g, &c, 1, 3 * 4096 + 200), 1);
	CHECK_EQ(c, 1);
}

/* A mapping of a read-only file that only root may write, after the program became nobody. */
ODD(rights_gone)
{
	int r, w, u;

	r = odd_open("r", O_CREAT | O_RDONLY);
	w = odd_open("w", O_CREAT | O_WRONLY);
	u = odd_open("u", O_CREAT | O_RDWR);
	odd_put(u, "secret");
	CHECK(fchmod(r, 0) == 0 && fchmod(w, 0) == 0 && fchmod(u, 0) == 0);
	CHECK(unlink("u") == 0);
	CHECK(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
	work_ready();
	odd_put(w, "x");
	lseek(u, 0, SEEK_SET);
	odd_got(u, "secret");
	CHECK_EQ(read(r, (char[4]){ 0 }, 4), 0);
	CHECK(write(r, "x", 1) == -1);
}

ODD(unlinked_modes)
{
	int rw = odd_open("f", O_CREAT | O_RDWR), r = odd_open("f", O_RDONLY | O_NOATIME), w = odd_open("f", O_WRONLY | O_APPEND);
	int p = odd_open("f", O_PATH);
	char n[64];

	odd_put(rw, "abc");
	CHECK(fchmod(rw, 0400) == 0 && fchown(rw, 12, 34) == 0);
	CHECK(unlink("f") == 0);
	lseek(r, 1, SEEK_SET);
	work_ready();
	odd_put(w, "def");
	odd_got(r, "bcdef");
	CHECK(write(r, "", 1) == -1 && read(w, n, 1) == -1);
	CHECK_EQ(ino(p), ino(rw));
	CHECK_EQ(fcntl(p, F_GETFL) & O_PATH, O_PATH);
	sprintf(n, "/proc/self/fd/%d", p);
	odd_got(odd_open(n, O_RDONLY), "abcdef");
}

ODD(fallocated)
{
	int f = odd_open("f", O_CREAT | O_RDWR);
	struct stat a, b;

	odd_put(f, "abc");
	CHECK(fallocate(f, FALLOC_FL_KEEP_SIZE, 0, 1 << 20) == 0);
	CHECK(unlink("f") == 0);
	CHECK(fstat(f, &a) == 0);
	work_ready();
	CHECK(fstat(f, &b) == 0);
	CHECK_EQ(b.st_size, 3);
}

ODD(empty_unlinked)
{
	int fd[20], i;

	for (i = 0; i < 20; i++) {
		fd[i] = odd_open("f", O_CREAT | O_RDWR | O_EXCL);
		if (i == 3)
			CHECK(ftruncate(fd[i], 123456789) == 0);
		lseek(fd[i], i * 1000, SEEK_SET);
		CHECK(unlink("f") == 0);
	}
	work_ready();
	for (i = 0; i < 20; i++) {
		CHECK_EQ(lseek(fd[i], 0, SEEK_CUR), i * 1000);
		CHECK_EQ(size(fd[i]), i == 3 ? 123456789 : 0);
		CHECK(!i || ino(fd[i]) != ino(fd[i - 1]));
	}
}

/* A position behind the end, in a named file. */
ODD(behind_the_end)
{
	int f = odd_open("f", O_CREAT | O_RDWR);

	odd_put(f, "abc");
	lseek(f, 100000, SEEK_SET);
	work_ready();
	CHECK_EQ(lseek(f, 0, SEEK_CUR), 100000);
	CHECK_EQ(read(f, (char[1]){ 0 }, 1), 0);
	odd_put(f, "x");
	CHECK_EQ(size(f), 100001);
}

ODD(truncated_below)
{
	int f = odd_open("f", O_CREAT | O_RDWR);

	odd_put(f, "abcdefghi");
	CHECK(ftruncate(f, 2) == 0);
	work_ready();
	CHECK_EQ(lseek(f, 0, SEEK_CUR), 9);
	odd_put(f, "x");
	CHECK_EQ(size(f), 10);
}

ODD(high_numbers)
{
	struct rlimit rl = { 20000, 20000 };
	int f = odd_open("f", O_CREAT | O_RDWR), i;

	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	for (i = 100; i <= 19999; i += i < 1000 ? 1 : 2900)
		CHECK_EQ(dup2(f, i), i);
	CHECK_EQ(dup2(f, 19999), 19999);
	work_ready();
	odd_put(19999, "x");
	CHECK_EQ(lseek(100, 0, SEEK_CUR), 1);
	CHECK(fcntl(19998, F_GETFD) == -1);
}

ODD(no_standard_ones)
{
	int out = fcntl(1, F_DUPFD, 50);

	close(0);
	CHECK(write(out, "ready\n", 6) == 6);
	close(1);
	close(2);
	work_wait();
	CHECK(fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1);
	CHECK_EQ(dup2(out, 1), 1);
}

/* Partly read directories of several filesystems: what remains comes, once. */
static int count_rest(int fd, int *n)
{
	char b[400];
	long k, i, m = 0;

	while ((k = syscall(SYS_getdents64, fd, b, sizeof(b))) > 0)
		for (i = 0; i < k; i += ((struct dirent64 *)(b + i))->d_reclen)
			m++;
	*n = m;
	return k;
}

ODD(dirs_partly_read)
{
	char n[64], b[300];
	int d, t, c, i, k, m = 0, rest;

	CHECK(mkdir("d", 0755) == 0);
	for (i = 0; i < 200; i++) {
		sprintf(n, "d/%d", i);
		close(odd_open(n, O_CREAT | O_RDWR));
	}
	d = odd_open("d", O_RDONLY | O_DIRECTORY);
	k = syscall(SYS_getdents64, d, b, sizeof(b));
	for (i = 0; i < k; i += ((struct dirent64 *)(b + i))->d_reclen)
		m++;
	t = odd_open("/sys/kernel", O_RDONLY | O_DIRECTORY);
	CHECK(syscall(SYS_getdents64, t, b, sizeof(b)) > 0);
	c = odd_open("/proc", O_RDONLY | O_DIRECTORY);
	CHECK(syscall(SYS_getdents64, c, b, sizeof(b)) > 0);
	work_ready();
	CHECK_EQ(count_rest(d, &rest), 0);
	CHECK_EQ(rest + m, 202);
	CHECK_EQ(count_rest(t, &rest), 0);
	CHECK(rest > 0);
	CHECK_EQ(count_rest(c, &rest), 0);
	CHECK(rest > 0);
}

ODD(opath_kinds)
{
	struct sockaddr_un sa = { AF_UNIX, "sock" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), l, k, f, c, d;
	char b[100];
	struct stat st;

	CHECK(bind(s, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	close(s);
	CHECK(symlink("nowhere at all", "link") == 0 && mkfifo("fifo", 0600) == 0 && mkdir("dir", 0) == 0);
	l = odd_open("link", O_PATH | O_NOFOLLOW);
	s = odd_open("sock", O_PATH);
	k = odd_open("fifo", O_PATH | O_CLOEXEC);
	c = odd_open("/dev/null", O_PATH);
	d = odd_open("dir", O_PATH | O_DIRECTORY);
	f = odd_open("/", O_PATH);
	work_ready();
	CHECK_EQ(readlinkat(l, "", b, 100), 14);
	CHECK(fstat(s, &st) == 0 && S_ISSOCK(st.st_mode));
	CHECK(fstat(k, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(fstat(c, &st) == 0 && S_ISCHR(st.st_mode));
	CHECK(fstat(d, &st) == 0 && S_ISDIR(st.st_mode));
	CHECK_EQ(fcntl(k, F_GETFD), FD_CLOEXEC);
	CHECK(faccessat(f, "proc", F_OK, 0) == 0);
	CHECK_EQ(fcntl(l, F_GETFL) & (O_PATH | O_NOFOLLOW), O_PATH | O_NOFOLLOW);
}

/* Unlinked, but another name in the same directory remains; and a name in another one. */
ODD(other_name_remains)
{
	int a = odd_open("a", O_CREAT | O_RDWR);

	odd_put(a, "abc");
	CHECK(link("a", "b") == 0 && unlink("a") == 0);
	work_ready();
	CHECK_EQ(links(a), 1);
	odd_put(a, "d");
	odd_got(odd_open("b", O_RDONLY), "abcd");
}

/* Its other name is in a directory below, in one beside it, and above a directory that is gone. */
ODD(other_name_elsewhere)
{
	int below = odd_open("a", O_CREAT | O_RDWR), beside, above, d;
	char *map;

	CHECK(mkdir("d", 0700) == 0 && mkdir("d/e", 0700) == 0 && mkdir("f", 0700) == 0 && mkdir("f/g", 0700) == 0);
	beside = odd_open("f/b", O_CREAT | O_RDWR);
	above = odd_open("f/g/c", O_CREAT | O_RDWR);
	odd_put(below, "abc");
	odd_put(beside, "def");
	odd_put(above, "ghi");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, beside, 0);
	CHECK(link("a", "d/e/x") == 0 && link("f/b", "d/y") == 0 && link("f/g/c", "z") == 0);
	CHECK(unlink("a") == 0 && unlink("f/b") == 0 && unlink("f/g/c") == 0 && rmdir("f/g") == 0);
	d = odd_open("d", O_RDONLY | O_DIRECTORY);
	work_ready();
	odd_put(below, "1");
	odd_put(beside, "2");
	odd_put(above, "3");
	odd_got(openat(d, "e/x", O_RDONLY), "abc1");
	odd_got(openat(d, "y", O_RDONLY), "def2");
	odd_got(odd_open("z", O_RDONLY), "ghi3");
	CHECK(memcmp(map, "def2", 4) == 0);
}

ODD(renamed)
{
	int a = odd_open("a", O_CREAT | O_RDWR), d;

	CHECK(mkdir("d", 0700) == 0 && mkdir("e", 0700) == 0);
	d = odd_open("d", O_RDONLY | O_DIRECTORY);
	CHECK(rename("a", "d/b") == 0 && rename("d", "e/f") == 0);
	work_ready();
	odd_put(a, "abc");
	odd_got(openat(d, "b", O_RDONLY), "abc");
}

ODD(xattr_named)
{
	int a = odd_open("a", O_CREAT | O_RDWR);
	char b[10];

	if (fsetxattr(a, "user.x", "1", 1, 0) && errno == EOPNOTSUPP)
		work_skip("no user. attributes here (tmpfs has them since 6.6)");
	work_ready();
	CHECK_EQ(fgetxattr(a, "user.x", b, 10), 1);
}

ODD(devices)
{
	int n = odd_open("/dev/null", O_RDWR | O_APPEND), z = odd_open("/dev/zero", O_RDONLY), f = odd_open("/dev/full", O_RDWR);
	int r = odd_open("/dev/urandom", O_RDONLY | O_NONBLOCK), q = odd_open("/dev/random", O_RDONLY), m;
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, z, 0);
	char *s = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, odd_open("/dev/zero", O_RDWR), 0), b[16];

	CHECK(mknod("mynull", S_IFCHR | 0600, 0x103) == 0);
	m = odd_open("mynull", O_RDWR);
	strcpy(p + 5000, "private");
	strcpy(s + 5000, "shared");
	work_ready();
	odd_put(n, "x");
	odd_put(m, "x");
	CHECK_EQ(read(z, b, 16), 16);
	CHECK(write(f, "x", 1) == -1 && errno == ENOSPC);
	CHECK(read(r, b, 16) == 16 && read(q, b, 16) == 16);
	CHECK_STR(p + 5000, "private");
	CHECK_STR(s + 5000, "shared");
	CHECK_EQ(fcntl(n, F_GETFL) & O_APPEND, O_APPEND);
}

/* One description in many processes by different numbers, some of which close theirs at exec or now. */
ODD(shared_description)
{
	int f = odd_open("f", O_CREAT | O_RDWR), i;
	pid_t p[5];

	odd_put(f, "abcdefghij");
	lseek(f, 0, SEEK_SET);
	for (i = 0; i < 5; i++) {
		p[i] = work_fork();
		if (p[i])
			continue;
		if (i != 2)
			CHECK_EQ(dup2(f, 100 + i), 100 + i);
		close(f);
		work_up();
		work_wait();
		if (i != 2)
			CHECK_EQ(read(100 + i, (char[1]){ 0 }, 1), 1);
		_exit(0);
	}
	close(f);
	work_ready();
	for (i = 0; i < 5; i++)
		work_join(p[i], 0);
	CHECK(fcntl(f, F_GETFD) == -1);
}

/* More unlinked data than fits into an extent, and a hole at the end of it. */
ODD(unlinked_large)
{
	int f = odd_open("f", O_CREAT | O_RDWR);
	char *b = malloc(5 << 20);

	CHECK(unlink("f") == 0);
	work_fill(b, 5 << 20, 3);
	CHECK_EQ(write(f, b, 5 << 20), 5 << 20);
	CHECK(ftruncate(f, (5 << 20) + 4097) == 0);
	CHECK(fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 1 << 20) == 0);
	work_ready();
	CHECK_EQ(size(f), (5 << 20) + 4097);
	CHECK_EQ(pread(f, b, 5 << 20, 0), 5 << 20);
	CHECK(work_same(b, 1 << 20, 3));
	CHECK(b[1 << 20] == 0 && b[(2 << 20) - 1] == 0);
	CHECK_EQ(pread(f, b, 4096, 2 << 20), 4096);
}

/* A process group and a thread own descriptors. */
ODD(owners)
{
	int f = odd_open("f", O_CREAT | O_RDWR), p[2], q[2];
	struct f_owner_ex o = { F_OWNER_TID, gettid() }, g = { F_OWNER_PGRP, getpgrp() }, x;

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	CHECK(fcntl(f, F_SETOWN_EX, &o) == 0);
	CHECK(fcntl(p[0], F_SETOWN_EX, &g) == 0 && fcntl(p[0], F_SETSIG, SIGRTMIN + 3) == 0);
	CHECK(fcntl(q[0], F_SETOWN, getpid()) == 0 && fcntl(q[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
	CHECK(fcntl(q[0], F_SETSIG, SIGUSR1) == 0);
	sigset_t s;
	siginfo_t si;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	work_ready();
	CHECK(fcntl(f, F_GETOWN_EX, &x) == 0 && x.type == F_OWNER_TID && x.pid == gettid());
	CHECK(fcntl(p[0], F_GETOWN_EX, &x) == 0 && x.type == F_OWNER_PGRP && x.pid == getpgrp());
	CHECK_EQ(fcntl(p[0], F_GETSIG), SIGRTMIN + 3);
	CHECK_EQ(fcntl(q[0], F_GETFL) & (O_ASYNC | O_NONBLOCK), O_ASYNC | O_NONBLOCK);
	odd_put(q[1], "x");
	CHECK_EQ(sigwaitinfo(&s, &si), SIGUSR1);
	CHECK_EQ(si.si_fd, q[0]);
}

ODD(leased_unlinked)
{
	int f = odd_open("f", O_CREAT | O_RDWR);

	CHECK(unlink("f") == 0 && fcntl(f, F_SETLEASE, F_WRLCK) == 0);
	work_ready();
	CHECK_EQ(fcntl(f, F_GETLEASE), F_WRLCK);
}
