// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * same CGROUP MNT EXEMPT [OPTIONS]: mount the kernel filesystem on a frozen cgroup, then the FUSE one, and compare. In this
 * order: the kernel's leaves no trace, while what is in repair mode for a moment may count as sent what was not.
 *
 * Names, order, modes, owners, links, sizes, blocks and bytes must be the same, but for what EXEMPT (see
 * oneside.exempt) names; in both, inode numbers grow in the order of readdir, and the manifest is right, or
 * there is none because of obstacles. Static, and one process: in a guest without hardware help a dynamic
 * program costs more to start than both trees to read.
 *
 * Exit status: 0 the same, 1 not, 2 could not be told.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define SHOWN 40	/* lines that differ, in all */

struct node {
	char *path;
	struct stat st;
	char *data;
	size_t len;
	int err;
};

struct tree {
	const char *name;
	struct node *v;
	size_t nr;
};

struct mask {
	char *glob, *key;
};

static struct mask masks[64];
static int shown;

static __attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(2);
}

static __attribute__((format(printf, 1, 2))) void differ(const char *fmt, ...)
{
	va_list ap;

	if (shown++ >= SHOWN)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static void *grown(void *old, size_t n)
{
	void *p = realloc(old, n);

	if (!p)
		die("no memory");
	return p;
}

/* ---- reading a tree ---- */

static void slurp(int dir, const char *name, struct node *n)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW);
	ssize_t got = fd < 0 ? -1 : 0;

	n->data = grown(NULL, n->st.st_size + 1);
	while (fd >= 0 && n->len <= (size_t)n->st.st_size) {
		got = read(fd, n->data + n->len, n->st.st_size + 1 - n->len);
		if (got <= 0)
			break;
		n->len += got;
	}
	n->err = got < 0 ? errno : 0;
	n->data[n->len <= (size_t)n->st.st_size ? n->len : (size_t)n->st.st_size] = 0;
	if (fd >= 0)
		close(fd);
}

static void walk(struct tree *t, int dir, const char *path)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;
	struct node *n;

	if (!d)
		die("%s: %s: %s", t->name, path, strerror(errno));
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!(t->nr & (t->nr + 1)) || !t->nr)
			t->v = grown(t->v, (2 * t->nr + 2) * sizeof(*t->v));
		n = &t->v[t->nr++];
		*n = (struct node){ .path = NULL };
		if (asprintf(&n->path, "%s%s%s", path, *path ? "/" : "", e->d_name) < 0)
			die("no memory");
		if (fstatat(dir, e->d_name, &n->st, AT_SYMLINK_NOFOLLOW))
			die("%s: %s: %s", t->name, n->path, strerror(errno));
		if (S_ISREG(n->st.st_mode)) {
			slurp(dir, e->d_name, n);
		} else if (S_ISDIR(n->st.st_mode)) {
			int sub = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY);
			char *at = n->path;	/* n moves */

			if (sub < 0)
				die("%s: %s: %s", t->name, at, strerror(errno));
			walk(t, sub, at);
		}
	}
	closedir(d);
}

static struct node *find(struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->nr; i++)
		if (!strcmp(t->v[i].path, path))
			return &t->v[i];
	return NULL;
}

/* A line `XXH64 (PATH) = HEX` for every other file, in their order. */
static void check_manifest(struct tree *t, struct node *m)
{
	char *p = m->data, *end, want[4200];
	struct node *n = t->v;

	for (; *p; p = end + 1) {
		end = strchr(p, '\n');
		while (n < m && !S_ISREG(n->st.st_mode))
			n++;
		if (!end || n >= m)
			break;
		snprintf(want, sizeof(want), "XXH64 (%s) = %016" PRIx64, n->path, XXH64(n->data, n->len, 0));
		if (strlen(want) != (size_t)(end - p) || memcmp(want, p, end - p))
			differ("%s: manifest: %.*s, not %s", t->name, (int)(end - p), p, want);
		n++;
	}
	while (n < m && !S_ISREG(n->st.st_mode))
		n++;
	if (*p || n != m)
		differ("%s: manifest: not a line for each file", t->name);
}

/* What holds of every tree by itself. */
static void check(struct tree *t)
{
	struct node *obstacles = find(t, "unsupported"), *m = find(t, "manifest");

	for (size_t i = 0; i < t->nr; i++) {
		struct node *n = &t->v[i];

		if (i && n->st.st_ino <= n[-1].st.st_ino)
			differ("%s: %s: readdir and inode order differ", t->name, n->path);
		if (n == m)
			continue;
		if (n->err)
			differ("%s: %s: %s", t->name, n->path, strerror(n->err));
		else if (S_ISREG(n->st.st_mode) && n->len != (size_t)n->st.st_size)
			differ("%s: %s: %zu bytes, not %zu", t->name, n->path, n->len, (size_t)n->st.st_size);
	}
	if (!obstacles || !m || m != &t->v[t->nr - 1])
		die("%s: no unsupported, or manifest is not the last", t->name);
	if (!obstacles->len && m->err)
		differ("%s: manifest: %s", t->name, strerror(m->err));
	else if (!obstacles->len)
		check_manifest(t, m);
	else if (m->err != EOPNOTSUPP)
		differ("%s: a manifest in spite of obstacles", t->name);
}

/* ---- what may differ ---- */

static void read_masks(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];
	size_t nr = 0;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		char *glob = strtok(line, " \t\n"), *key = strtok(NULL, " \t\n");

		if (!glob || *glob == '#' || !key)
			continue;
		if (nr == sizeof(masks) / sizeof(masks[0]) - 1)
			die("%s: too long", path);
		masks[nr++] = (struct mask){ strdup(glob), strdup(key) };
	}
	fclose(f);
}

static void column_out(char *out, size_t size, const char *line, int col)
{
	int i = 0;
	size_t n = 0;

	for (; *line && n + 2 < size; line++) {
		if (*line == ' ')
			i++;
		if (i == col && *line != ' ') {
			if (n && out[n - 1] == '-' && (line[-1] != ' '))
				continue;
			out[n++] = '-';
			continue;
		}
		out[n++] = *line;
	}
	out[n] = 0;
}

static int column_of(const char *head, const char *key)
{
	const size_t len = strlen(key);
	int i = 0;

	for (const char *p = head; p; p = strchr(p, ' '), i++) {
		p += *p == ' ';
		if (!strncmp(p, key, len) && (p[len] == ' ' || !p[len]))
			return i;
	}
	return -1;
}

/* Line by line: *data becomes a copy in which what @m names is "-" or not there. */
static void mask_text(const struct mask *m, char **data, size_t *len)
{
	char *in = *data, *out = grown(NULL, 2 * *len + 2), *line, key[64], with[8192];
	bool column = *m->key == '[', head = true;
	size_t n = 0, klen;
	int col = -1;

	snprintf(key, sizeof(key), "%s", m->key + column);
	key[strcspn(key, "]")] = 0;
	klen = strlen(key);
	while ((line = strsep(&in, "\n")) && (in || *line)) {
		snprintf(with, sizeof(with), "%s", line);
		if (!column && !strncmp(line, key, klen) && line[klen] == ' ')
			continue;
		if (column && head)
			col = column_of(line, key);
		else if (column && col >= 0 && *line)
			column_out(with, sizeof(with), line, col);
		head = !*line;
		if (n + strlen(with) + 2 > 2 * *len + 2)
			die("mask: too long");
		n += sprintf(out + n, "%s\n", with);
	}
	*data = out;
	*len = n;
}

/* Return: is there anything that may differ in @path? Then its size may, too. */
static bool mask(const char *path, struct node *n)
{
	bool any = false;

	for (struct mask *m = masks; m->glob; m++) {
		if (fnmatch(m->glob, path, FNM_PATHNAME))
			continue;
		any = true;
		if (!strcmp(m->key, "*"))
			n->len = n->err = 0;
		else
			mask_text(m, &n->data, &n->len);
	}
	return any;
}

/* ---- comparing ---- */

static void differ_text(const char *path, char *a, char *b)
{
	char *x = strsep(&a, "\n"), *y = strsep(&b, "\n");

	for (; x || y; x = x ? strsep(&a, "\n") : NULL, y = y ? strsep(&b, "\n") : NULL) {
		if (x && y && !strcmp(x, y))
			continue;
		if (x && (*x || a))
			differ("- %s: %s", path, x);
		if (y && (*y || b))
			differ("+ %s: %s", path, y);
	}
}

static void compare(struct node *f, struct node *k)
{
	const struct stat *a = &f->st, *b = &k->st;
	bool masked = mask(f->path, f) | mask(k->path, k);
	size_t i = 0;

	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid ||
	    a->st_nlink != b->st_nlink || (!masked && (a->st_size != b->st_size || a->st_blocks != b->st_blocks)))
		differ("%s: mode %o uid %d gid %d nlink %d size %lld blocks %lld, in the kernel %o %d %d %d %lld %lld",
		       f->path, a->st_mode, a->st_uid, a->st_gid, (int)a->st_nlink, (long long)a->st_size,
		       (long long)a->st_blocks, b->st_mode, b->st_uid, b->st_gid, (int)b->st_nlink,
		       (long long)b->st_size, (long long)b->st_blocks);
	if (f->err != k->err)
		differ("%s: %s, in the kernel %s", f->path, strerror(f->err), strerror(k->err));
	if (f->len == k->len && (!f->len || !memcmp(f->data, k->data, f->len)))
		return;
	if (!memchr(f->data, 0, f->len) && !memchr(k->data, 0, k->len)) {
		differ_text(f->path, f->data, k->data);
		return;
	}
	while (i < f->len && i < k->len && f->data[i] == k->data[i])
		i++;
	differ("%s: differ at byte %zu of %zu and %zu", f->path, i, f->len, k->len);
}

static void compare_trees(struct tree *a, struct tree *b)
{
	size_t i = 0, j = 0, k;

	while (i < a->nr || j < b->nr) {
		if (i < a->nr && j < b->nr && !strcmp(a->v[i].path, b->v[j].path)) {
			compare(&a->v[i++], &b->v[j++]);
			continue;
		}
		for (k = j; k < b->nr && (i == a->nr || strcmp(a->v[i].path, b->v[k].path)); k++)
			;
		if (k < b->nr || i == a->nr)
			differ("+ %s: in the kernel only, or elsewhere", b->v[j++].path);
		else
			differ("- %s: not in the kernel, or elsewhere", a->v[i++].path);
	}
}

/* ---- mounting ---- */

static void nap(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static void take(struct tree *t, const char *mnt)
{
	int fd = open(mnt, O_RDONLY | O_DIRECTORY), tries = 6000;

	if (fd < 0)
		die("%s: %s", mnt, strerror(errno));
	walk(t, fd, "");
	while (umount2(mnt, 0) && errno == EBUSY && tries--)
		nap(10);
	if (tries <= 0)
		die("%s: cannot be unmounted", mnt);
	check(t);
}

static void fuse_mount(const char *opt, const char *mnt)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl("/crfs/crfs", "crfs", "-o", opt, mnt, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("crfs cannot mount");
}

static void until_frozen(const char *cgroup)
{
	char path[4096], buf[256];
	int tries = 12000;

	snprintf(path, sizeof(path), "%s/cgroup.events", cgroup);
	while (tries--) {
		int fd = open(path, O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

		if (fd >= 0)
			close(fd);
		buf[n > 0 ? n : 0] = 0;
		if (strstr(buf, "frozen 1"))
			return;
		nap(10);
	}
	die("%s: not frozen", cgroup);
}

int main(int argc, char **argv)
{
	struct tree fuse = { .name = "fuse" }, kernel = { .name = "kernel" };
	char opt[8400];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4 || argc > 5)
		die("usage: same CGROUP MNT EXEMPT [OPTIONS]");
	snprintf(opt, sizeof(opt), "cgroup=%s%s%s", argv[1], argc > 4 ? "," : "", argc > 4 ? argv[4] : "");
	read_masks(argv[3]);
	if (mount("none", argv[2], "crfs", 0, opt))
		die("mount -t crfs -o %s: %s", opt, strerror(errno));
	take(&kernel, argv[2]);
	fuse_mount(opt, argv[2]);
	take(&fuse, argv[2]);
	until_frozen(argv[1]);
	compare_trees(&fuse, &kernel);
	if (shown > SHOWN)
		printf("... and %d more\n", shown - SHOWN);
	return shown ? 1 : 0;
}
