// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/<pid>/mountinfo as a list that does not depend on when things were mounted: parents first, the
 * children of one by their mount points; two at the same point of one parent by age. See
 * fuse-proto/res/ns/mounts.c.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "internal.h"
#include "res/ns/mounts.h"

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
	return (struct crfs_str){ .p = w, .len = to - w };
}

static void optional_field(struct mnt *m, const char *w)
{
	if (!strncmp(w, "shared:", 7))
		m->shared = simple_strtoul(w + 7, NULL, 10);
	else if (!strncmp(w, "master:", 7))
		m->master = simple_strtoul(w + 7, NULL, 10);
	else if (!strcmp(w, "unbindable"))
		m->unbindable = true;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue", proc(5) */
static bool parse(char *line, struct mnt *m)
{
	char *w, *f[6], *p = line;
	int i;

	for (i = 0; i < 6; i++) {
		f[i] = word(&p);
		if (!f[i])
			return false;
	}
	m->id = simple_strtoul(f[0], NULL, 10);
	m->parent = simple_strtoul(f[1], NULL, 10);
	m->dev = f[2];
	m->c.root = unescaped(f[3]);
	m->c.mountpoint = unescaped(f[4]);
	m->c.options = str_of(f[5]);
	while ((w = word(&p)) && strcmp(w, "-"))
		optional_field(m, w);
	f[0] = w ? word(&p) : NULL;
	f[1] = f[0] ? word(&p) : NULL;
	if (!f[1])
		return false;
	m->c.fstype = unescaped(f[0]);
	m->c.source = unescaped(f[1]);
	m->c.super = str_of(p);
	return true;
}

static int by_point(const void *a, const void *b)
{
	const struct mnt *x = a, *y = b;
	size_t n = min(x->c.mountpoint.len, y->c.mountpoint.len);
	int d = memcmp(x->c.mountpoint.p, y->c.mountpoint.p, n);

	if (d)
		return d;
	if (x->c.mountpoint.len != y->c.mountpoint.len)
		return x->c.mountpoint.len < y->c.mountpoint.len ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static const struct mnt *by_id(const struct mounts *m, unsigned int id)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->v[i].id == id)
			return &m->v[i];
	return NULL;
}

/* The next one of @m behind @last whose parent is @up (NULL: is none of @m) */
static const struct mnt *next_child(const struct mounts *m, const struct mnt *up, const struct mnt *last)
{
	const struct mnt *x = last ? last + 1 : m->v;

	for (; x < m->v + m->nr; x++)
		if (up ? x->parent == up->id && x != up :
			 !by_id(m, x->parent) || by_id(m, x->parent) == x)
			return x;
	return NULL;
}

/* Depth first, without recursion: who is done goes on with the next child of its parent. */
static void arrange(const struct mounts *from, struct mounts *to, u32 *at)
{
	const struct mnt *x = next_child(from, NULL, NULL), *up = NULL, *next;
	struct mnt *m;

	while (x && to->nr < from->nr) {
		m = &to->v[to->nr++];
		*m = *x;
		m->c.id = to->nr;
		m->c.parent = up ? at[up - from->v] : 0;
		at[x - from->v] = to->nr;
		next = next_child(from, x, NULL);
		if (next) {
			up = x;
			x = next;
			continue;
		}
		while (!(next = next_child(from, up, x)) && up) {
			x = up;
			up = by_id(from, up->parent);
			if (up == x)
				up = NULL;
		}
		x = next;
	}
}

/* Our own mounts, which a container copied with its first namespace, are not part of it. */
static bool is_ours(const struct mnt *m)
{
	return str_is(&m->c.fstype, "fuse.crfs") || str_is(&m->c.fstype, "crfs");
}

/* All of it, NUL-terminated, in the pool */
static char *mountinfo(struct snap *s, const char *pid)
{
	char *path = snap_printf(s, "/proc/%s/mountinfo", pid), *copy = NULL;
	struct text text = { .failed = false };
	ssize_t rc = path ? read_whole(path, &text) : -ENOMEM;

	if (rc >= 0 && !text.failed)
		copy = snap_alloc(s, text.w.len + 1);
	if (copy)
		memcpy(copy, text.w.buf, text.w.len);
	if (copy)
		copy[text.w.len] = '\0';
	text_free(&text);
	return copy ?: ERR_PTR(rc < 0 ? rc : -ENOMEM);
}

int mounts_read(struct snap *s, const char *pid, struct mounts *m)
{
	char *text = mountinfo(s, pid), *line;
	struct mounts all = { .nr = 0 };
	size_t n = 0;
	u32 *at;

	if (IS_ERR(text))
		return PTR_ERR(text);
	for (line = text; *line; line++)
		n += *line == '\n';
	all.v = snap_alloc(s, (n + 1) * sizeof(*all.v));
	m->v = snap_alloc(s, (n + 1) * sizeof(*m->v));
	at = snap_alloc(s, (n + 1) * sizeof(*at));
	m->nr = 0;
	if (!all.v || !m->v || !at)
		return -ENOMEM;
	while ((line = strsep(&text, "\n")) && all.nr < n)
		all.nr += parse(line, &all.v[all.nr]) &&
			  (!strcmp(pid, "thread-self") || !is_ours(&all.v[all.nr]));
	sort(all.v, all.nr, sizeof(*all.v), by_point, NULL);
	arrange(&all, m, at);
	return 0;
}
