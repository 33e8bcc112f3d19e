// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/<pid>/mountinfo as a list that does not depend on when things were mounted.
 *
 * The kernel lists mounts by their age (by unique number since 6.8). Here they stand parents first,
 * the children of one by their mount points; two at the same point of one parent by age.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "mounts.h"
#include "proc.h"

bool str_eq(const struct crfs_str *a, const struct crfs_str *b)
{
	return a->len == b->len && !memcmp(a->p, b->p, a->len);
}

bool str_is(const struct crfs_str *a, const char *text)
{
	return a->len == strlen(text) && !memcmp(a->p, text, a->len);
}

/* The next word, ended by NUL where it stands; NULL at the end of the line. */
static char *word(char **p)
{
	char *w = *p, *end = w + strcspn(w, " ");

	if (!*w)
		return NULL;
	*p = *end ? end + 1 : end;
	*end = '\0';
	return w;
}

/* Blanks and their like stand as \040. */
static struct crfs_str unescaped(char *w)
{
	char *to = w, *from = w;

	for (; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 4;
		} else {
			*to = *from++;
		}
	}
	return (struct crfs_str){ w, to - w };
}

static void optional_field(struct mount *m, const char *w)
{
	if (!strncmp(w, "shared:", 7))
		m->shared = strtoul(w + 7, NULL, 10);
	else if (!strncmp(w, "master:", 7))
		m->master = strtoul(w + 7, NULL, 10);
	else if (!strcmp(w, "unbindable"))
		m->unbindable = true;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue", proc(5) */
static bool parse(char *line, struct mount *m)
{
	char *w, *f[6], *p = line;
	int i;

	for (i = 0; i < 6; i++)
		if (!(f[i] = word(&p)))
			return false;
	m->id = strtoul(f[0], NULL, 10);
	m->parent = strtoul(f[1], NULL, 10);
	m->dev = f[2];
	m->c.root = unescaped(f[3]);
	m->c.mountpoint = unescaped(f[4]);
	m->c.options = (struct crfs_str){ f[5], strlen(f[5]) };
	while ((w = word(&p)) && strcmp(w, "-"))
		optional_field(m, w);
	if (!w || !(f[0] = word(&p)) || !(f[1] = word(&p)))
		return false;
	m->c.fstype = unescaped(f[0]);
	m->c.source = unescaped(f[1]);
	m->c.super = (struct crfs_str){ p, strlen(p) };
	return true;
}

static int by_point(const void *a, const void *b)
{
	const struct mount *x = a, *y = b;
	size_t n = x->c.mountpoint.len < y->c.mountpoint.len ? x->c.mountpoint.len : y->c.mountpoint.len;
	int d = memcmp(x->c.mountpoint.p, y->c.mountpoint.p, n);

	if (d)
		return d;
	if (x->c.mountpoint.len != y->c.mountpoint.len)
		return x->c.mountpoint.len < y->c.mountpoint.len ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static bool has_parent(const struct mounts *m, const struct mount *x)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->v[i].id == x->parent && &m->v[i] != x)
			return true;
	return false;
}

/* Appends @x and, below it, all that is mounted on it. */
static void walk(const struct mounts *from, struct mounts *to, const struct mount *x, unsigned int up)
{
	struct mount *m = &to->v[to->nr++];
	size_t i;

	*m = *x;
	m->c.id = to->nr;
	m->c.parent = up;
	up = m->c.id;
	for (i = 0; i < from->nr; i++)
		if (from->v[i].parent == x->id && &from->v[i] != x && to->nr < from->nr)
			walk(from, to, &from->v[i], up);
}

/* Our own mounts, which a container copied with its first namespace, are not part of it. */
static bool ours(const struct mount *m)
{
	return str_is(&m->c.fstype, "fuse.crfs") || str_is(&m->c.fstype, "crfs");
}

int mounts_read(int proc, const char *pid, struct pool *pool, struct mounts *m)
{
	size_t len, n = 0, i;
	char *text = proc_read(proc, &len, "%s/mountinfo", pid), *copy, *line, *save = NULL;
	struct mounts all = { 0 };

	copy = text ? pool_strndup(pool, text, len) : NULL;
	free(text);
	if (!copy)
		return text ? -ENOMEM : -errno;
	for (line = copy; *line; line++)
		n += *line == '\n';
	all.v = pool_alloc(pool, (n + 1) * sizeof(*all.v));
	m->v = pool_alloc(pool, (n + 1) * sizeof(*m->v));
	m->nr = 0;
	if (!all.v || !m->v)
		return -ENOMEM;
	for (line = strtok_r(copy, "\n", &save); line && all.nr < n; line = strtok_r(NULL, "\n", &save))
		all.nr += parse(line, &all.v[all.nr]) &&
			  (!strcmp(pid, "thread-self") || !ours(&all.v[all.nr]));
	if (all.nr)
		qsort(all.v, all.nr, sizeof(*all.v), by_point);
	for (i = 0; i < all.nr; i++)
		if (!has_parent(&all, &all.v[i]))
			walk(&all, m, &all.v[i], 0);
	return 0;
}

static const struct {
	const char *name;
	unsigned long set, clear;
} flags[] = {
	{ "ro", MS_RDONLY, 0 }, { "rw", 0, MS_RDONLY }, { "nosuid", MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0 }, { "noexec", MS_NOEXEC, 0 }, { "noatime", MS_NOATIME, 0 },
	{ "nodiratime", MS_NODIRATIME, 0 }, { "relatime", MS_RELATIME, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 }, { "dirsync", MS_DIRSYNC, 0 }, { "mand", MS_MANDLOCK, 0 },
	{ "lazytime", MS_LAZYTIME, 0 }, { "nosymfollow", 256 /* MS_NOSYMFOLLOW */, 0 },
};

unsigned long mounts_flags(const struct crfs_str *options, char **rest)
{
	char *copy = strndup(options->p, options->len), *w, *save = NULL, *out = calloc(1, options->len + 1);
	unsigned long f = 0;
	size_t i;

	for (w = copy ? strtok_r(copy, ",", &save) : NULL; w && out; w = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			if (!strcmp(w, flags[i].name))
				break;
		if (i < sizeof(flags) / sizeof(*flags)) {
			f = (f | flags[i].set) & ~flags[i].clear;
			continue;
		}
		if (*out)
			strcat(out, ",");
		strcat(out, w);
	}
	free(copy);
	if (rest)
		*rest = out;
	else
		free(out);
	return f;
}
