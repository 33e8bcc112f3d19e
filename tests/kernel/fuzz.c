// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs in the guest: whatever system calls can do to the kernel filesystem, at random, for some seconds. What it
 * finds is on the console, or left behind; it fails itself only where nothing random is to be expected.
 *
 *	fuzz options|names|view|trees SECONDS SEED CGROUP MNT [TREE]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xxhash.h>

static const char *cgroup, *mnt;
static uint64_t state;
static time_t end;
static unsigned long done;

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % below;
}

static bool more(void)
{
	done++;
	return time(NULL) < end;
}

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void unmount_it(void)
{
	int tries = 6000;

	while (umount2(mnt, 0) && errno == EBUSY && tries--)
		usleep(10000);
	if (!tries)
		die("umount");
}

static void mount_it(const char *more_opt)
{
	char opt[4200];

	snprintf(opt, sizeof(opt), "cgroup=%s%s", cgroup, more_opt);
	if (mount("none", mnt, "crfs", 0, opt))
		die("mount");
}

/* ---- options ---- */

static const char *const words[] = {
	"cgroup", "files", "digest", "lossy", "size", "=", ",", "/", ".", "xxh64", "sha256", "same", "lax", "strict",
	"-1", "0", "1", "k", "m", "g", "t", "e", "99999999999999999999", "18446744073709551615", "0x", " ",
	"/sys/fs/cgroup", "/proc/self", "/", "source", "ro", "\n", "\xff", "%s%n", "impl", "external", "\\", "cgroup=",
};

static void options(void)
{
	char opt[4096], *long_one = malloc(4096);

	memset(long_one, 'a', 4095);
	while (more()) {
		int n = rnd(12), len = 0;

		if (rnd(2))
			len = snprintf(opt, sizeof(opt), "cgroup=%s,", cgroup);
		while (n--)
			len += snprintf(opt + len, sizeof(opt) - len, "%.*s", rnd(64) ? 64 : (int)rnd(3000),
					rnd(64) ? words[rnd(sizeof(words) / sizeof(words[0]))] : long_one),
			len = len > 4000 ? 4000 : len;
		if (!mount("none", mnt, "crfs", rnd(4) ? 0 : rnd(1024) & ~(MS_REMOUNT | MS_MANDLOCK), opt)) {
			mount("none", mnt, "crfs", MS_REMOUNT | (rnd(2) ? MS_RDONLY : 0), opt);
			unmount_it();
		}
	}
	free(long_one);
}

/* ---- staging ---- */

static void a_name(char *out, size_t size)
{
	static const char *const names[] = { "manifest", "tasks", "mms", "header", "a", "b", "c", ".crfs", "..", "x" };
	int depth = 1 + rnd(3), len = snprintf(out, size, "%s", mnt);

	while (depth--) {
		if (!rnd(60))
			len += snprintf(out + len, size - len, "/%0*d", 200 + (int)rnd(60), 7);
		else
			len += snprintf(out + len, size - len, "/%s", names[rnd(10)]);
	}
}

static off_t an_offset(void)
{
	static const off_t odd[] = { 0, 1, 4095, 4096, 4097, -1, 1 << 20, INT64_MAX, INT64_MAX - 4096, 1LL << 47 };

	return rnd(3) ? (off_t)rnd(20000) : odd[rnd(10)];
}

static void use(int fd, const char *buf)
{
	char in[5000];
	void *p;
	int k, null;

	for (k = rnd(6); k; k--)
		switch (rnd(12)) {
		case 0 ... 2: if (write(fd, buf, rnd(9000)) < 0) break; break;
		case 3: if (pwrite(fd, buf, rnd(100), an_offset()) < 0) break; break;
		case 4: if (ftruncate(fd, rnd(2) ? rnd(20000) : an_offset())) break; break;
		case 5: lseek(fd, an_offset(), rnd(6)); break;
		case 6: if (pread(fd, in, rnd(sizeof(in)), an_offset()) < 0) break; break;
		case 7: fallocate(fd, rnd(4), an_offset(), an_offset()); break;
		case 8: close(dup(fd)); break;
		case 9:
			p = mmap(NULL, 4096, rnd(4), rnd(2) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
			if (p != MAP_FAILED)
				munmap(p, 4096);
			break;
		case 10:
			null = open("/dev/null", O_WRONLY);
			sendfile(null, fd, NULL, rnd(70000));
			close(null);
			break;
		case 11: ioctl(fd, rnd(2) ? FIONREAD : rnd(65536), in); break;
		}
}

/* Lines that name what may be there, and what may not */
static int a_manifest(char *out, size_t size)
{
	static const char *const paths[] = { "header", "a", "b/c", "tasks/x", "../x", "", "/a", "manifest" };
	int n = rnd(5), len = 0;

	while (n--)
		len += snprintf(out + len, size - len, "XXH64 (%s) = %016llx\n", paths[rnd(8)],
				rnd(2) ? 0xef46db3751d8e999ULL : (unsigned long long)state);
	if (len && !rnd(3))
		out[rnd(len)] = rnd(256);
	return len;
}

static void one_name(void)
{
	char a[4096], b[4096], buf[9000];
	int fd, n;

	a_name(a, sizeof(a));
	a_name(b, sizeof(b));
	switch (rnd(10)) {
	case 0 ... 2:
		memset(buf, rnd(256), sizeof(buf));
		fd = open(a, O_CREAT | (rnd(3) ? O_RDWR : O_WRONLY) | (rnd(3) ? 0 : O_TRUNC) | (rnd(5) ? 0 : O_APPEND),
			  rnd(07777));
		if (fd >= 0) {
			use(fd, buf);
			close(fd);
		}
		break;
	case 3:
		if (rnd(8))
			break;
		snprintf(a, sizeof(a), "%s/manifest", mnt);
		fd = open(a, O_CREAT | O_WRONLY | O_TRUNC, 0600);
		n = a_manifest(buf, sizeof(buf));
		if (fd >= 0 && write(fd, buf, n) >= 0)
			close(fd);
		break;
	case 4: mkdir(a, 0700); break;
	case 5: rmdir(a); break;
	case 6: unlink(a); break;
	case 7: rename(a, b); break;
	case 8: link(a, b); break;
	case 9: chmod(a, rnd(07777)); utimensat(AT_FDCWD, a, NULL, 0); break;
	}
}

/* Who ends early leaves descriptors, too. */
static void names(void)
{
	int i;

	while (more()) {
		mount_it(rnd(2) ? "" : ",size=1m");
		for (i = 0; i < 3; i++)
			if (!fork()) {
				for (state += i * 7919; rnd(400) && time(NULL) < end;)
					one_name();
				_exit(0);
			}
		while (wait(NULL) > 0)
			;
		unmount_it();
	}
}

/* ---- a view ---- */

static char *paths[20000];
static size_t nr_paths;

static int keep(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	if (nr_paths < sizeof(paths) / sizeof(paths[0]))
		paths[nr_paths++] = strdup(path);
	return 0;
}

static void one_read(void)
{
	const char *path = paths[rnd(nr_paths)];
	int fd = open(path, rnd(20) ? O_RDONLY : rnd(3) | (rnd(2) ? O_TRUNC : O_APPEND));
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return;
	d = rnd(2) ? fdopendir(fd) : NULL;
	if (!d) {
		use(fd, "no");
		close(fd);
		return;
	}
	seekdir(d, an_offset());
	for (int i = 0; i < 5 && (e = readdir(d)); i++)
		seekdir(d, rnd(2) ? e->d_off : an_offset());
	closedir(d);
}

static void view(void)
{
	char freeze[4200];
	int i;

	mount_it("");
	nftw(mnt, keep, 16, FTW_PHYS);
	snprintf(freeze, sizeof(freeze), "%s/cgroup.freeze", cgroup);
	for (i = 0; i < 3; i++)
		if (!fork()) {
			for (state += i * 7919; more();)
				one_read();
			_exit(0);
		}
	while (more()) {
		usleep(200000);
		if (rnd(4))
			continue;
		write_text(freeze, "0");
		usleep(rnd(20000));
		write_text(freeze, "1");
	}
	while (wait(NULL) > 0)
		;
	unmount_it();
}

/* ---- trees that are restored ---- */

struct file {
	char *path, *data;
	size_t len;
	bool dir;
};

static struct file files[2000];
static size_t nr_files, top;

static int take(const char *path, const struct stat *st, int type, struct FTW *f)
{
	struct file *n = &files[nr_files];
	int fd;

	(void)f;
	if (!path[top] || !strcmp(path + top + 1, "manifest"))
		return 0;
	if (nr_files++ == sizeof(files) / sizeof(files[0]))
		die("too many files");
	*n = (struct file){ .path = strdup(path + top + 1), .dir = type == FTW_D, .len = st->st_size };
	if (n->dir)
		return 0;
	fd = open(path, O_RDONLY);
	n->data = malloc(n->len + 64);
	if (fd < 0 || read(fd, n->data, n->len) != (ssize_t)n->len)
		die(path);
	close(fd);
	return 0;
}

/* Return: its new length */
static size_t mutate(char *data, size_t len)
{
	static const char *const numbers[] = { "0", "-1", "4294967295", "18446744073709551615", "0xffffffffffff", "x" };
	size_t at = len ? rnd(len) : 0;
	const char *with = numbers[rnd(6)];

	switch (rnd(5)) {
	case 0: return at;
	case 1: if (len) data[at] = rnd(256); return len;
	case 2: if (len) data[at] ^= 1 << rnd(8); return len;
	case 3:
		memmove(data + at + strlen(with), data + at, len - at);
		memcpy(data + at, with, strlen(with));
		return len + strlen(with);
	default:
		while (at < len && (data[at] < '0' || data[at] > '9'))
			at++;
		if (at < len)
			data[at] = '0' + rnd(10);
		return len;
	}
}

static int put(const char *name, const char *data, size_t len)
{
	char path[4300];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", mnt, name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	if (fd < 0)
		return -1;
	rc = write(fd, data, len) == (ssize_t)len ? 0 : -1;
	return close(fd) || rc ? -1 : 0;
}

static void one_tree(void)
{
	size_t which = rnd(nr_files), len = 0, size, i;
	char *text = malloc(200 * nr_files), *data, path[4300];
	bool restored;

	mount_it("");
	for (i = 0; i < nr_files; i++) {
		struct file *f = &files[i];

		if (f->dir) {
			snprintf(path, sizeof(path), "%s/%s", mnt, f->path);
			mkdir(path, 0700);
			continue;
		}
		data = malloc(f->len + 64);
		memcpy(data, f->data, f->len);
		size = i == which ? mutate(data, f->len) : f->len;
		put(f->path, data, size);
		len += sprintf(text + len, "XXH64 (%s) = %016llx\n", f->path,
			       (unsigned long long)XXH64(data, size, 0));
		free(data);
	}
	restored = !put("manifest", text, rnd(8) ? len : mutate(text, len));
	free(text);
	unmount_it();
	if (restored)
		printf("%s: restored\n", files[which].path);
	snprintf(path, sizeof(path), "%s/cgroup.kill", cgroup);
	write_text(path, "1");
	usleep(restored ? 300000 : 0);
}

static void trees(const char *tree)
{
	top = strlen(tree);
	if (nftw(tree, take, 16, FTW_PHYS))
		die(tree);
	while (more())
		one_tree();
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 6)
		return 2;
	end = time(NULL) + atoi(argv[2]);
	state = strtoull(argv[3], NULL, 0) * 2654435761u + 88172645463325252ULL;
	cgroup = argv[4];
	mnt = argv[5];
	if (!strcmp(argv[1], "options"))
		options();
	else if (!strcmp(argv[1], "names"))
		names();
	else if (!strcmp(argv[1], "view"))
		view();
	else if (!strcmp(argv[1], "trees") && argc > 6)
		trees(argv[6]);
	else
		return 2;
	printf("%s: seed %s, %lu rounds\n", argv[1], argv[3], done);
	return 0;
}
