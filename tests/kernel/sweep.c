// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs in the guest, with a module that has CRFS_FAULT: every allocation of the kernel filesystem fails
 * once, one after the other, and what comes of it has to be either an ENOMEM or nothing at all.
 *
 *	sweep look CGROUP MNT [STEP]		mount, look at all, unmount
 *	sweep restore TREE CGROUP MNT [STEP]	mount, copy in, restore; who fails is tried again
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <xxhash.h>

#define NTH "/sys/module/crfs/parameters/fail_nth"
#define MAX_NTH 20000

struct node {
	char *path, *data;
	size_t len;
	bool dir;
};

/* Of a walk: what was read, the first error, and what all of it comes to */
struct tree {
	struct node *v;
	size_t nr;
	int err;
	const char *where;
	uint64_t sum;
	bool obstacles;
};

static const char *cgroup, *mnt;
static int complaints;

static __attribute__((format(printf, 1, 2), noreturn)) void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(2);
}

static __attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...)
{
	va_list ap;

	if (complaints++ > 30)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void set_nth(int n)
{
	int fd = open(NTH, O_WRONLY);

	if (fd < 0 || dprintf(fd, "%d", n) < 0)
		die("%s: %s", NTH, strerror(errno));
	close(fd);
}

static int nth(void)
{
	char buf[32] = "";
	int fd = open(NTH, O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0)
		die("%s: %s", NTH, strerror(errno));
	close(fd);
	return atoi(buf);
}

static void nap(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* ---- trees ---- */

static void failed(struct tree *t, const char *where)
{
	if (t->err)
		return;
	t->err = errno ? errno : EIO;
	t->where = strdup(where);
}

static char *slurp(struct tree *t, const char *path, size_t *len)
{
	static char buf[1 << 16];
	char *data = NULL;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	*len = 0;
	if (fd < 0) {
		failed(t, path);
		return NULL;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		data = realloc(data, *len + n + 1);
		memcpy(data + *len, buf, n);
		*len += n;
	}
	if (n < 0)
		failed(t, path);
	close(fd);
	if (data)
		data[*len] = 0;
	return data;
}

/* Times are others each time, and so is the manifest that has their digests. */
static bool moves(const char *path)
{
	const char *name = strrchr(path, '/');

	return !strcmp(path, "header") || !strcmp(path, "manifest") || (name && !strcmp(name, "timers"));
}

static void add(struct tree *t, const char *path, bool dir, char *data, size_t len)
{
	t->v = realloc(t->v, (t->nr + 1) * sizeof(*t->v));
	t->v[t->nr++] = (struct node){ strdup(path), data, len, dir };
	t->sum = t->sum * 1099511628211ULL + XXH64(path, strlen(path), 1);
	if (!moves(path))
		t->sum = t->sum * 1099511628211ULL + XXH64(data, len, 2);
	if (!strcmp(path, "unsupported") && len)
		t->obstacles = true;
}

/* By relative names: the working directory is the root of what is walked. */
static void walk(struct tree *t, const char *at)
{
	DIR *d = opendir(at);
	struct dirent *e;
	char path[4096];
	char *data;
	size_t len;

	if (!d) {
		failed(t, at);
		return;
	}
	for (errno = 0; (e = readdir(d)); errno = 0) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", strcmp(at, ".") ? at : "", strcmp(at, ".") ? "/" : "",
			 e->d_name);
		if (e->d_type == DT_DIR) {
			add(t, path, true, NULL, 0);
			walk(t, path);
			continue;
		}
		data = slurp(t, path, &len);
		add(t, path, false, data, len);
	}
	if (errno)
		failed(t, at);
	closedir(d);
}

static void free_tree(struct tree *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		free(t->v[i].path);
		free(t->v[i].data);
	}
	free(t->v);
}

static void read_tree(struct tree *t, const char *dir)
{
	*t = (struct tree){ .nr = 0 };
	if (chdir(dir))
		failed(t, dir);
	else
		walk(t, ".");
	if (chdir("/"))
		die("/: %s", strerror(errno));
}

/* ---- mounts ---- */

static int mount_it(void)
{
	char opt[4200];

	snprintf(opt, sizeof(opt), "cgroup=%s", cgroup);
	return mount("none", mnt, "crfs", 0, opt) ? errno : 0;
}

static void unmount_it(void)
{
	int tries = 6000;

	while (umount2(mnt, 0) && errno == EBUSY && tries--)
		nap(10);
	if (tries <= 0)
		die("%s: cannot be unmounted", mnt);
}

/* Return: has it the word that tells that there are tasks? */
static bool populated(void)
{
	struct tree t = { .nr = 0 };
	char path[4200], *text;
	size_t len;
	bool yes;

	snprintf(path, sizeof(path), "%s/cgroup.events", cgroup);
	text = slurp(&t, path, &len);
	if (!text)
		die("%s: %s", path, strerror(errno));
	yes = strstr(text, "populated 1");
	free(text);
	return yes;
}

static void kill_all(void)
{
	char path[4200], line[64];
	int pids[256], n = 0, i, tries;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "r");
	while (f && n < 256 && fgets(line, sizeof(line), f))
		pids[n++] = atoi(line);
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "%s/cgroup.kill", cgroup);
	f = fopen(path, "w");
	if (!f || fputs("1", f) < 0 || fclose(f))
		die("%s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d", pids[i]);
		for (tries = 6000; tries && !access(path, F_OK); tries--)
			nap(10);
	}
	for (tries = 6000; tries && populated(); tries--)
		nap(10);
	if (!tries)
		die("%s: cannot be killed", cgroup);
}

/* ---- looking ---- */

static void look_once(struct tree *t)
{
	int rc = mount_it();

	*t = (struct tree){ .err = rc, .where = "mount" };
	if (rc)
		return;
	read_tree(t, mnt);
	unmount_it();
}

/* The first that differs */
static const char *differing(const struct tree *a, const struct tree *b)
{
	for (size_t i = 0; i < a->nr && i < b->nr; i++)
		if (strcmp(a->v[i].path, b->v[i].path) ||
		    (!moves(a->v[i].path) && (a->v[i].len != b->v[i].len ||
					      memcmp(a->v[i].data, b->v[i].data, a->v[i].len))))
			return b->v[i].path;
	return "what is there";
}

static void look(int step)
{
	struct tree ref, t;
	int n, left = 0, bad = 0;

	look_once(&ref);
	if (ref.err || ref.obstacles)
		die("%s: %s", ref.where, ref.err ? strerror(ref.err) : "there are obstacles");
	for (n = 1; left <= 0 && n < MAX_NTH; n += step) {
		set_nth(n);
		look_once(&t);
		left = nth();
		set_nth(0);
		/* A reason that is told in `unsupported` is told. */
		if (t.err && t.err != ENOMEM && !(t.obstacles && t.err == EOPNOTSUPP))
			complain("%d: %s: %s", n, t.where, strerror(t.err));
		else if (!t.err && t.sum != ref.sum)
			complain("%d: %s is another, and nothing failed", n, differing(&ref, &t));
		bad += !!t.err;
		free_tree(&t);
	}
	printf("%d allocations, %d led to an error\n", n - step, bad);
	if (left <= 0 || !bad)
		die("that is not all of them");
	free_tree(&ref);
}

/* ---- restoring ---- */

/* @there: it could be opened, so whatever fails then is about what is in it */
static int write_file(const struct node *f, bool *there)
{
	int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, 0600), rc = 0;

	*there = fd >= 0;
	if (fd < 0)
		return errno;
	if (f->len && write(fd, f->data, f->len) != (ssize_t)f->len)
		rc = errno ? errno : EIO;
	if (close(fd) && !rc)
		rc = errno;
	return rc;
}

static const struct node *manifest_of(const struct tree *t)
{
	for (size_t i = 0; i < t->nr; i++)
		if (!strcmp(t->v[i].path, "manifest"))
			return &t->v[i];
	die("the tree has no manifest");
}

/* All but the manifest. Whatever is there is written again. */
static int copy_in(const struct tree *t)
{
	bool there;
	int rc = 0;

	for (size_t i = 0; i < t->nr && !rc; i++) {
		if (!strcmp(t->v[i].path, "manifest"))
			continue;
		if (t->v[i].dir)
			rc = mkdir(t->v[i].path, 0700) && errno != EEXIST ? errno : 0;
		else
			rc = write_file(&t->v[i], &there);
	}
	return rc;
}

static void check_reason(int n, int rc)
{
	struct tree t = { .nr = 0 };
	size_t len;
	char *text = slurp(&t, ".crfs/error", &len);

	if (!text || !strstr(text, "ENOMEM"))
		complain("%d: failed with %s, and .crfs/error says: %s", n, strerror(rc), text ? text : "nothing");
	free(text);
}

/* Return: was it reached? */
static bool restore_once(const struct tree *tree, int n)
{
	const struct node *m = manifest_of(tree);
	bool complete = false;
	int rc, left;

	set_nth(n);
	rc = mount_it();
	if (rc) {
		set_nth(0);
		if (rc != ENOMEM)
			complain("%d: mount: %s", n, strerror(rc));
		return true;
	}
	if (chdir(mnt))
		die("%s: %s", mnt, strerror(errno));
	rc = copy_in(tree);
	if (!rc)
		rc = write_file(m, &complete);
	left = nth();
	set_nth(0);
	if (rc && rc != ENOMEM)
		complain("%d: %s: %s", n, complete ? "the last close" : "copying", strerror(rc));
	if (rc && populated())
		complain("%d: %s, and there are tasks", n, strerror(rc));
	if (rc && complete)
		check_reason(n, rc);
	/* To come back takes long: not always. */
	if (rc && !complete && n % 16) {
		if (chdir("/"))
			die("/");
		unmount_it();
		return true;
	}
	/* It was a moment's lack. */
	if (rc && !complete)
		rc = copy_in(tree);
	if (rc || !populated())
		rc = write_file(m, &complete);
	if (rc)
		complain("%d: again: %s", n, strerror(rc));
	if (!populated())
		complain("%d: nothing was restored, and nobody was told", n);
	if (chdir("/"))
		die("/");
	kill_all();
	unmount_it();
	return left <= 0;
}

static void restore(const char *dir, int step)
{
	struct tree tree;
	int n = 1;

	read_tree(&tree, dir);
	if (tree.err)
		die("%s: %s", tree.where, strerror(tree.err));
	while (restore_once(&tree, n) && n < MAX_NTH)
		n += step;
	printf("%d allocations\n", n);
	free_tree(&tree);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc >= 4 && !strcmp(argv[1], "look")) {
		cgroup = argv[2];
		mnt = argv[3];
		look(argc > 4 ? atoi(argv[4]) : 1);
	} else if (argc >= 5 && !strcmp(argv[1], "restore")) {
		cgroup = argv[3];
		mnt = argv[4];
		restore(argv[2], argc > 5 ? atoi(argv[5]) : 1);
	} else {
		die("usage: sweep look CGROUP MNT [STEP] | restore TREE CGROUP MNT [STEP]");
	}
	return complaints ? 1 : 0;
}
