// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* /proc/<pid>/mountinfo, and the order that the tree has its mounts in. */
#ifdef __KERNEL__
#include <linux/kstrtox.h>
#include <linux/sort.h>
#else
#include <stdlib.h>
#endif
#include <crfs/mountinfo.h>
#include <crfs/str.h>

#ifdef __KERNEL__
#define number(p) ((unsigned int)simple_strtoul(p, NULL, 10))
#define order(v, nr) sort(v, nr, sizeof(*(v)), by_parent, NULL)
#else
#define number(p) ((unsigned int)strtoul(p, NULL, 10))
#define order(v, nr) qsort(v, nr, sizeof(*(v)), by_parent)
#endif

/* ---- reading a line ---- */

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

static struct crfs_str str(char *w)
{
	return (struct crfs_str){ .p = w, .len = strlen(w) };
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

static void optional_field(struct crfs_mnt *m, const char *w)
{
	if (!strncmp(w, "shared:", 7))
		m->shared = number(w + 7);
	else if (!strncmp(w, "master:", 7))
		m->master = number(w + 7);
	else if (!strcmp(w, "unbindable"))
		m->unbindable = true;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue", proc(5) */
static bool parse(char *line, struct crfs_mnt *m)
{
	char *w, *f[6], *p = line;
	int i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < 6; i++) {
		f[i] = word(&p);
		if (!f[i])
			return false;
	}
	m->id = number(f[0]);
	m->parent = number(f[1]);
	m->dev = f[2];
	m->c.root = unescaped(f[3]);
	m->c.mountpoint = unescaped(f[4]);
	m->c.options = str(f[5]);
	while ((w = word(&p)) && strcmp(w, "-"))
		optional_field(m, w);
	f[0] = w ? word(&p) : NULL;
	f[1] = f[0] ? word(&p) : NULL;
	if (!f[1])
		return false;
	m->c.fstype = unescaped(f[0]);
	m->c.source = unescaped(f[1]);
	m->c.super = str(p);
	return true;
}

static bool of_crfs(const struct crfs_mnt *m)
{
	return crfs_str_is(&m->c.fstype, "fuse.crfs") || crfs_str_is(&m->c.fstype, "crfs");
}

size_t crfs_mountinfo_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

void crfs_mountinfo_parse(char *text, bool ours, struct crfs_mnts *m)
{
	char *line, *end;

	m->nr = 0;
	for (line = text; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		m->nr += parse(line, &m->v[m->nr]) && (ours || !of_crfs(&m->v[m->nr]));
	}
}

/* ---- the order ---- */

/* The tops first, and all of one parent together; among these by mount point, and by age */
static int by_parent(const void *a, const void *b)
{
	const struct crfs_mnt *x = a, *y = b;
	const struct crfs_str *p = &x->c.mountpoint, *q = &y->c.mountpoint;
	int d;

	if (x->top != y->top)
		return x->top ? -1 : 1;
	if (!x->top && x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	d = memcmp(p->p, q->p, p->len < q->len ? p->len : q->len);
	if (d)
		return d;
	if (p->len != q->len)
		return p->len < q->len ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Where the children of mount @id begin in @m, which is in that order, behind the @tops */
static size_t children(const struct crfs_mnts *m, size_t tops, unsigned int id)
{
	size_t low = tops, high = m->nr, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (m->v[mid].parent < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Who has no parent among them, or itself: the root of a namespace, or what is seen from a chroot */
static size_t find_tops(struct crfs_mnts *m)
{
	size_t i, k, tops = m->nr;

	for (i = 0; i < m->nr; i++)
		m->v[i].top = false;
	order(m->v, m->nr);
	for (i = 0; i < m->nr; i++)
		m->v[i].top = true;
	for (i = 0; i < m->nr; i++)
		for (k = children(m, 0, m->v[i].id); k < m->nr && m->v[k].parent == m->v[i].id; k++)
			if (k != i && m->v[k].top) {
				m->v[k].top = false;
				tops--;
			}
	order(m->v, m->nr);
	return tops;
}

/* Places @x as a child of the mount with number @up of @to; what is below it comes next. */
static size_t place(struct crfs_mnts *to, const struct crfs_mnt *x, __u32 up, size_t next)
{
	struct crfs_mnt *m = &to->v[to->nr++];

	*m = *x;
	m->c.id = to->nr;
	m->c.parent = up;
	m->next = next;
	return to->nr;
}

/* Depth first, without recursion: who has no more children goes back to its parent. */
void crfs_mountinfo_arrange(struct crfs_mnts *from, struct crfs_mnts *to)
{
	size_t tops = find_tops(from), i, at;

	to->nr = 0;
	for (i = 0; i < tops; i++) {
		at = place(to, &from->v[i], 0, children(from, tops, from->v[i].id));
		while (at) {
			struct crfs_mnt *m = &to->v[at - 1];
			const struct crfs_mnt *x = m->next < from->nr ? &from->v[m->next] : NULL;

			if (x && x->parent == m->id) {
				m->next++;
				at = place(to, x, at, children(from, tops, x->id));
			} else {
				at = m->c.parent;
			}
		}
	}
}

/* ---- looking at it ---- */

static bool is_ancestor(const struct crfs_mnts *m, const struct crfs_mnt *up, const struct crfs_mnt *x)
{
	while (x != up && x->c.parent)
		x = &m->v[x->c.parent - 1];
	return x == up;
}

bool crfs_mnt_covered(const struct crfs_mnts *m, const struct crfs_mnt *x)
{
	const struct crfs_mnt *y;

	for (y = m->v; y < m->v + m->nr; y++)
		if (y != x && crfs_str_below(&x->c.mountpoint, &y->c.mountpoint) && !is_ancestor(m, y, x))
			return true;
	return false;
}

bool crfs_mnt_gone(const struct crfs_mount *c)
{
	static const char gone[] = "//deleted";
	const size_t n = sizeof(gone) - 1;

	return c->root.len > n && !memcmp(c->root.p + c->root.len - n, gone, n);
}

bool crfs_mnt_nsfs(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "nsfs") && !c->bind.len;
}

/* Others are made when tasks are born, or would hold themselves (mnt). */
const char *crfs_mnt_ns(const char *p, size_t len, const char *behind, const char **end)
{
	static const char *const kinds[] = { "net", "uts", "ipc", "cgroup", "user", NULL };
	size_t n, m = strlen(behind);
	int i;

	for (i = 0; kinds[i]; i++) {
		n = strlen(kinds[i]);
		if (len > n + m && !memcmp(p, kinds[i], n) && !memcmp(p + n, behind, m)) {
			*end = p + n + m;
			return kinds[i];
		}
	}
	return NULL;
}
