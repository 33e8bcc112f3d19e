// SPDX-License-Identifier: GPL-2.0-or-later
/* A cgroup: who is in it, is it frozen, freeze and thaw; v2 wherever it is mounted, or the v1 freezer. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"

/* Reads a small control file whole. Return: its length or a negative errno. */
static ssize_t read_small(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	n = n < 0 ? -errno : n;
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

static int write_small(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* "key 1" in a flat keyed file; -1 if the key is not there */
static int flag_of(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? atoi(p + strlen(key)) : -1;
}

/* Octal escapes (\040) of mountinfo, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		*to = *s;
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 3;
		}
	}
	*to = '\0';
}

/* The path below the mount point if @path is on it, else NULL. */
static const char *below(const char *path, const char *point)
{
	size_t len = strlen(point);

	if (!strcmp(point, "/"))
		return path;
	if (strncmp(path, point, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

/* Finds the hierarchy @path is on, the innermost mount wins, and from that its path inside. */
static char *find_inner(const char *path)
{
	char *line = NULL, *root, *point, *type, *save, *inner = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t size = 0, best = 0;
	const char *rest;

	while (f && getline(&line, &size, f) > 0) {
		type = strstr(line, " - ");
		if (!type || strncmp(type + 3, "cgroup", 6))
			continue;
		strtok_r(line, " ", &save);
		strtok_r(NULL, " ", &save);
		strtok_r(NULL, " ", &save);
		root = strtok_r(NULL, " ", &save);
		point = strtok_r(NULL, " ", &save);
		unescape(root);
		unescape(point);
		rest = below(path, point);
		if (!rest || strlen(point) < best)
			continue;
		best = strlen(point);
		free(inner);
		if (asprintf(&inner, "%s%s", strcmp(root, "/") ? root : "", rest) < 0)
			inner = NULL;
	}
	free(line);
	if (f)
		fclose(f);
	return inner;
}

static int make_dir(const char *path, struct err *e)
{
	if (!mkdir(path, 0755) || errno == EEXIST)
		return 0;
	if (errno == ENOENT)
		return fail_on(e, -ENOENT, path, "mkdir: make the cgroup above it first");
	return fail_on(e, -errno, path, "mkdir: name a cgroup that can be made here");
}

static int check_kind(struct cgroup *cg, struct err *e)
{
	struct statfs fs;
	char dot[64];

	if (fstatfs(cg->dir, &fs) < 0)
		return fail_on(e, -errno, cg->path, "statfs of the cgroup");
	cg->v1 = fs.f_type == CGROUP_SUPER_MAGIC;
	if (fs.f_type != CGROUP2_SUPER_MAGIC && !cg->v1)
		return fail_on(e, -EINVAL, cg->path,
			       "not a cgroup: name a directory below where cgroup2 is mounted");
	if (read_small(cg->dir, cg->v1 ? "freezer.state" : "cgroup.events", dot, sizeof(dot)) < 0)
		return fail_on(e, -EINVAL, cg->path, cg->v1 ?
			       "no freezer here: name a cgroup of cgroup2 or of the v1 freezer" :
			       "the root of the hierarchy holds everything: name a cgroup below it");
	return 0;
}

int cgroup_open(const char *path, bool make, struct cgroup *cg, struct err *e)
{
	struct cgroup new = { .dir = -1 };
	int r = make ? make_dir(path, e) : 0;

	if (r < 0)
		return r;
	new.path = realpath(path, NULL);
	if (!new.path)
		return fail_on(e, -errno, path, "find the cgroup: is cgroup2 mounted, is it there");
	new.dir = open(new.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (new.dir < 0)
		r = fail_on(e, -errno, path, "open the cgroup: name its directory");
	else
		r = check_kind(&new, e);
	if (!r) {
		new.inner = find_inner(new.path);
		if (!new.inner)
			r = fail_on(e, -EINVAL, path, "find it in /proc/self/mountinfo");
	}
	if (r < 0) {
		cgroup_close(&new);
		return r;
	}
	*cg = new;
	return 0;
}

void cgroup_close(struct cgroup *cg)
{
	if (cg->dir >= 0)
		close(cg->dir);
	free(cg->path);
	free(cg->inner);
	cg->dir = -1;
	cg->path = NULL;
	cg->inner = NULL;
}

struct tids {
	pid_t *v;
	size_t n, size;
};

static int tids_add(struct tids *t, pid_t tid)
{
	pid_t *v;

	if (t->n == t->size) {
		t->size = t->size ? 2 * t->size : 64;
		v = realloc(t->v, t->size * sizeof(*v));
		if (!v)
			return -ENOMEM;
		t->v = v;
	}
	t->v[t->n++] = tid;
	return 0;
}

static int read_tids(int dir, bool v1, struct tids *t)
{
	int fd = openat(dir, v1 ? "tasks" : "cgroup.threads", O_RDONLY | O_CLOEXEC);
	FILE *f;
	int r = 0, tid;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	while (!r && fscanf(f, "%d", &tid) == 1)
		if (tid > 0)	/* 0: of a pid namespace that is not ours to see */
			r = tids_add(t, tid);
	/* one that is being removed has no tasks */
	if (!r && ferror(f) && errno != ENODEV)
		r = -errno;
	fclose(f);
	return r;
}

/* The cgroup and all below it. */
static int walk_tids(int dir, bool v1, struct tids *t)
{
	struct dirent *d;
	DIR *dp;
	int fd, r = read_tids(dir, v1, t);

	fd = r < 0 ? -1 : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return r < 0 ? r : -errno;
	dp = fdopendir(fd);
	if (!dp) {
		close(fd);
		return -ENOMEM;
	}
	while (!r && (d = readdir(dp))) {
		if (d->d_type != DT_DIR || d->d_name[0] == '.')
			continue;
		fd = openat(dir, d->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		r = walk_tids(fd, v1, t);
		close(fd);
	}
	closedir(dp);
	return r;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return x < y ? -1 : x > y;
}

int cgroup_tids(const struct cgroup *cg, pid_t **tids, size_t *n, struct err *e)
{
	struct tids t = { 0 };
	int r = walk_tids(cg->dir, cg->v1, &t);
	size_t i, k = 0;

	if (r < 0) {
		free(t.v);
		return fail_on(e, r, cg->path, "list the cgroup's threads");
	}
	if (t.n)
		qsort(t.v, t.n, sizeof(*t.v), by_number);
	for (i = 0; i < t.n; i++)	/* one that moved meanwhile was seen twice */
		if (!k || t.v[k - 1] != t.v[i])
			t.v[k++] = t.v[i];
	*tids = t.v;
	*n = k;
	return 0;
}

static int state_v2(const struct cgroup *cg, enum cgroup_state *state)
{
	char ev[256], want[16];
	ssize_t n = read_small(cg->dir, "cgroup.events", ev, sizeof(ev));

	if (n < 0)
		return n;
	if (flag_of(ev, "populated ") <= 0)
		*state = CGROUP_EMPTY;
	else if (flag_of(ev, "frozen ") > 0)
		*state = CGROUP_FROZEN;
	else if (read_small(cg->dir, "cgroup.freeze", want, sizeof(want)) > 0 && atoi(want))
		*state = CGROUP_FREEZING;
	else
		*state = CGROUP_RUNNING;
	return 0;
}

static int state_v1(const struct cgroup *cg, enum cgroup_state *state)
{
	struct tids t = { 0 };
	char text[32];
	ssize_t n = read_small(cg->dir, "freezer.state", text, sizeof(text));
	int r = n < 0 ? (int)n : walk_tids(cg->dir, true, &t);

	free(t.v);
	if (r < 0)
		return r;
	if (!t.n)
		*state = CGROUP_EMPTY;
	else if (!strncmp(text, "FROZEN", 6))
		*state = CGROUP_FROZEN;
	else
		*state = strncmp(text, "FREEZING", 8) ? CGROUP_RUNNING : CGROUP_FREEZING;
	return 0;
}

int cgroup_state(const struct cgroup *cg, enum cgroup_state *state, struct err *e)
{
	int r = cg->v1 ? state_v1(cg, state) : state_v2(cg, state);

	return r < 0 ? fail_on(e, r, cg->path, "read the cgroup's state: is it still there") : 0;
}

bool cgroup_has(const struct cgroup *cg, pid_t pid)
{
	char name[64], line[PATH_MAX + 64], *path;
	bool has = false, ours;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "re");
	while (f && !has && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, ':');
		path = path ? strchr(path + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		ours = cg->v1 ? strstr(line, "freezer") != NULL : !strcmp(line, "0:");
		has = ours && below(path, cg->inner);
	}
	if (f)
		fclose(f);
	return has;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void sleep_ms(int ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000L };

	nanosleep(&ts, NULL);
}

int cgroup_watch(const struct cgroup *cg)
{
	int fd;

	if (cg->v1)
		return -EOPNOTSUPP;
	fd = openat(cg->dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Waits for @freeze to hold. The notice may be late by 10 ms (the kernel limits their rate), so
 * the first looks come by themselves. An empty cgroup counts as what was asked for.
 */
static int wait_for(const struct cgroup *cg, bool freeze, long until, struct err *e)
{
	enum cgroup_state s = CGROUP_EMPTY;
	int r, step = 0;

	for (;;) {
		r = cgroup_state(cg, &s, e);
		if (r < 0)
			return r;
		if (s == CGROUP_EMPTY || (freeze ? s == CGROUP_FROZEN : s != CGROUP_FROZEN))
			return 0;
		if (now_ms() >= until)
			return fail_on(e, -ETIMEDOUT, cg->path, "wait for it to %s: a task may be "
				       "stuck in the kernel", freeze ? "freeze" : "thaw");
		if (step < 20)
			sched_yield();
		else
			sleep_ms(step < 40 ? 1 : 5);
		step++;
	}
}

int cgroup_freeze(const struct cgroup *cg, bool freeze, int wait_ms, struct err *e)
{
	int r;

	if (cg->v1)
		r = write_small(cg->dir, "freezer.state", freeze ? "FROZEN" : "THAWED");
	else
		r = write_small(cg->dir, "cgroup.freeze", freeze ? "1" : "0");
	if (r < 0)
		return fail_on(e, r, cg->path, "%s the cgroup", freeze ? "freeze" : "thaw");
	return wait_ms ? wait_for(cg, freeze, now_ms() + wait_ms, e) : 0;
}

bool cgroup_wants_frozen(const struct cgroup *cg)
{
	char text[64];
	bool wants = false;
	int dir, up;

	if (cg->v1)
		return (read_small(cg->dir, "freezer.self_freezing", text, sizeof(text)) > 0 &&
			atoi(text)) ||
		       (read_small(cg->dir, "freezer.parent_freezing", text, sizeof(text)) > 0 &&
			atoi(text));
	dir = openat(cg->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* the root of the hierarchy has no such file */
	while (dir >= 0 && read_small(dir, "cgroup.freeze", text, sizeof(text)) > 0) {
		wants = atoi(text);
		up = wants ? -1 : openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(dir);
		dir = up;
	}
	if (dir >= 0)
		close(dir);
	return wants;
}

int cgroup_join(const struct cgroup *cg, pid_t pid, struct err *e)
{
	char text[32];
	int r;

	snprintf(text, sizeof(text), "%d", pid);
	r = write_small(cg->dir, "cgroup.procs", text);
	return r < 0 ? fail_on(e, r, cg->path, "move process %d into the cgroup", pid) : 0;
}

int cgroup_hold(const struct cgroup *cg, bool write)
{
	struct flock lock = { .l_type = write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
	int fd = openat(cg->dir, cg->v1 ? "freezer.state" : "cgroup.freeze",
			O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (fcntl(fd, F_OFD_SETLKW, &lock) < 0 && errno == EINTR)
		;
	return fd;
}

/* One of us in the container that is to be frozen would never thaw it again. */
int cgroup_refuse_own(const struct cgroup *cg, struct err *e)
{
	pid_t pid = getpid();
	char name[64], line[512], *p;
	FILE *f;

	while (pid > 1) {
		if (cgroup_has(cg, pid))
			return fail_on(e, -EDEADLK, cg->path, "process %d is in it and %s: mount "
				       "from a shell outside the cgroup", pid, pid == getpid() ?
				       "is crfs itself" : "waits for crfs");
		snprintf(name, sizeof(name), "/proc/%d/stat", pid);
		pid = 0;
		f = fopen(name, "re");
		if (f && fgets(line, sizeof(line), f) && (p = strrchr(line, ')')))
			sscanf(p + 1, " %*c %d", &pid);
		if (f)
			fclose(f);
	}
	return 0;
}
