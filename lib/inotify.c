// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a queue of inotify events can be, and what of it can be made again. */
#ifdef __KERNEL__
#include <linux/inotify.h>
#include <linux/limits.h>
#include <linux/string.h>
#else
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#endif
#include <crfs/inotify.h>

#define MOVES (IN_MOVED_FROM | IN_MOVED_TO)

/*
 * struct kind - events that there are
 * @mask: without IN_ISDIR
 * @dir: may also be of a directory
 * @name: may have a name
 * @none: may have none
 */
struct kind {
	__u32 mask;
	bool dir, name, none;
};

/* inotify(7); fs/notify/fsnotify.c tells which are of a directory, and which of what is in it. */
static const struct kind kinds[] = {
	{ IN_ACCESS, true, true, true },
	{ IN_MODIFY, true, true, true },
	{ IN_ATTRIB, true, true, true },
	{ IN_CLOSE_WRITE, false, true, true },
	{ IN_CLOSE_NOWRITE, true, true, true },
	{ IN_OPEN, true, true, true },
	{ IN_MOVED_FROM, true, true, false },
	{ IN_MOVED_TO, true, true, false },
	{ IN_CREATE, true, true, false },
	{ IN_DELETE, true, true, false },
	{ IN_DELETE_SELF, false, false, true },
	{ IN_MOVE_SELF, false, false, true },
	{ IN_UNMOUNT, true, false, true },
	{ IN_IGNORED, false, false, true },
};

static bool good_name(const struct crfs_str *s)
{
	if (s->len > NAME_MAX || memchr(s->p, '/', s->len) || memchr(s->p, '\0', s->len))
		return false;
	return s->p[0] != '.' || (s->len != 1 && (s->len != 2 || s->p[1] != '.'));
}

static bool is_overflow(const struct crfs_inotify_event *e)
{
	return e->mask == IN_Q_OVERFLOW && e->wd == -1 && !e->name.len;
}

bool crfs_inotify_possible(const struct crfs_inotify_event *e)
{
	size_t i;

	if (is_overflow(e))
		return true;
	if (e->wd < 1 || (e->name.len && !good_name(&e->name)))
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].mask == (e->mask & ~IN_ISDIR))
			return (kinds[i].dir || !(e->mask & IN_ISDIR)) &&
			       (e->name.len ? kinds[i].name : kinds[i].none);
	return false;
}

static bool same_place(const struct crfs_inotify_event *a, const struct crfs_inotify_event *b)
{
	return a->wd == b->wd && a->name.len == b->name.len && !memcmp(a->name.p, b->name.p, a->name.len);
}

static bool may_pair(const struct crfs_inotify_event *a, const struct crfs_inotify_event *b)
{
	return (a->mask & IN_MOVED_FROM) && (b->mask & IN_MOVED_TO) &&
	       (a->mask & IN_ISDIR) == (b->mask & IN_ISDIR) && !same_place(a, b);
}

bool crfs_inotify_pair(const struct crfs_inotify_event *a, const struct crfs_inotify_event *b)
{
	return may_pair(a, b) && a->cookie == b->cookie;
}

/* Is @e[@i] the second half of a move whose first is in the queue, but not right before it? */
static bool is_torn(const struct crfs_inotify_event *e, size_t i)
{
	__u32 cookie = e[i].cookie;

	if (!(e[i].mask & IN_MOVED_TO))
		return false;
	while (i--)
		if ((e[i].mask & IN_MOVED_FROM) && e[i].cookie == cookie)
			return true;
	return false;
}

/* The kernel's are of a counter that all the machine has in common. */
static void number(struct crfs_inotify_event *e, size_t n, struct crfs_inotify_loss *l)
{
	__u32 last = 0, was = 0, is;
	size_t i;

	for (i = 1; i < n; i++)
		l->torn += is_torn(e, i) && !crfs_inotify_pair(&e[i - 1], &e[i]);
	for (i = 0; i < n; i++, was = is) {
		is = e[i].cookie;
		if (!(e[i].mask & MOVES))
			e[i].cookie = 0;
		else
			e[i].cookie = i && is == was && may_pair(&e[i - 1], &e[i]) ? last : ++last;
	}
}

static void overflow(struct crfs_inotify_event *e)
{
	*e = (struct crfs_inotify_event){ .wd = -1, .mask = IN_Q_OVERFLOW };
}

void crfs_inotify_settle(struct crfs_inotify_event *e, size_t *n, size_t max, bool moves,
			 struct crfs_inotify_loss *l)
{
	bool told = false;
	size_t i;

	*l = (struct crfs_inotify_loss){ .odd = 0 };
	for (i = 0; i < *n; i++) {
		told = told || is_overflow(&e[i]);
		if (crfs_inotify_possible(&e[i]))
			continue;
		l->odd = e[i].mask;
		overflow(e);
		*n = 1;
		return;
	}
	l->half = moves && *n && (e->mask & IN_MOVED_TO);
	number(e, *n, l);
	l->full = !told && *n >= max;
	if (l->full)
		overflow(&e[(*n)++]);
}

/* The kernel merges what looks the same; but not that a file is opened with that it is opened to be run. */
static bool merges(const struct crfs_inotify_event *a, const struct crfs_inotify_event *b)
{
	return a->mask == b->mask && same_place(a, b) && a->mask != IN_OPEN && a->mask != IN_IGNORED;
}

const char *crfs_inotify_valid(const struct crfs_inotify_event *e, size_t n, size_t *at)
{
	bool told = false;
	__u32 last = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		*at = i;
		if (!crfs_inotify_possible(&e[i]))
			return "no such event";
		if (is_overflow(&e[i]) && told)
			return "a second overflow";
		if (i && merges(&e[i - 1], &e[i]))
			return "the same as the one before";
		told = told || is_overflow(&e[i]);
		if (e[i].mask & MOVES) {
			if (e[i].cookie == last + 1)
				last++;
			else if (!i || e[i].cookie != last || !crfs_inotify_pair(&e[i - 1], &e[i]))
				return "its cookie is not the next";
		} else if (e[i].cookie) {
			return "a cookie";
		}
	}
	return NULL;
}
