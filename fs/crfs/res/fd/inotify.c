// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify(7): watches with their numbers, masks and paths.
 *
 * Numbers and masks are those of fdinfo, the inode that is watched is found through the marks
 * of the group (watched.c); that it is the one that the line names is checked.
 * Events are taken from the group's queue, where they stay. What they look like is private to
 * fs/notify/inotify (inotify.h), the same from 5.7 to 6.18: copied here, and held against FIONREAD.
 */
#include <linux/fsnotify_backend.h>
#include <linux/inotify.h>
#include <linux/kdev_t.h>
#include <linux/sort.h>
#include <asm/ioctls.h>

#include <crfs/inotify.h>

#include "internal.h"
#include "watched.h"

static bool inotify_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:inotify");
}

struct watch {
	struct crfs_inotify_watch rec;
	unsigned long ino;
	unsigned int sdev;
};

/* "inotify wd:1 ino:2a sdev:1d mask:300 ignored_mask:0 ..." */
static int parse(const char *p, struct watch *w)
{
	unsigned int wd;

	if (sscanf(p, "%x ino:%lx sdev:%x mask:%x", &wd, &w->ino, &w->sdev, &w->rec.mask) != 4)
		return -EIO;
	w->rec.wd = wd;
	return 0;
}

static int read_watch(struct snap *s, struct cfile *f, struct inode *inode, struct watch *w)
{
	char *path;

	if (!inode || inode->i_ino != w->ino || inode->i_sb->s_dev != w->sdev)
		return -EIO;
	path = watched_path(s, f->task, inode);
	w->rec.path = str_of(path);
	w->rec.mnt_ns = path ? f->task->ns[NS_MNT] : 0;
	if (!path)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "inotify watch %d is on inode %lu of device %u:%u, for which there is no path: let the program remove it",
				 w->rec.wd, w->ino, MAJOR(w->sdev), MINOR(w->sdev));
	return 0;
}

static int by_wd(const void *a, const void *b)
{
	const struct watch *x = a, *y = b;

	return x->rec.wd < y->rec.wd ? -1 : x->rec.wd > y->rec.wd;
}

static int read_watches(struct snap *s, struct cfile *f, const struct text *info, struct text *out, bool *moves)
{
	static const char key[] = "inotify wd";
	struct inode **inodes;
	struct watch *w;
	const char *p;
	size_t n = 0, i;
	int rc = 0;

	for (p = info_line(info, key); p; p = next_line(p, key))
		n++;
	w = snap_alloc(s, (n + 1) * sizeof(*w));
	if (!w)
		return -ENOMEM;
	inodes = watched_inodes(s, f->file, n);
	if (!inodes)
		return -ENOMEM;
	for (p = info_line(info, key), i = 0; p && i < n && !rc; p = next_line(p, key), i++) {
		rc = parse(p, &w[i]);
		if (!rc)
			rc = read_watch(s, f, inodes[i], &w[i]);
		*moves = *moves || (w[i].rec.mask & IN_MOVED_FROM);
	}
	watched_put(inodes, n);
	sort(w, n, sizeof(*w), by_wd, NULL);
	text_section(out, &crfs_inotify_watch_shape);
	for (i = 0; i < n && !rc; i++)
		text_rec(out, &crfs_inotify_watch_shape, &w[i].rec);
	return rc;
}

/* fs/notify/inotify/inotify.h */
struct inotify_event_info {
	struct fsnotify_event fse;
	u32 mask;
	int wd;
	u32 sync_cookie;
	int name_len;
	char name[];
};

#define TOLD (IN_ALL_EVENTS | IN_ISDIR | IN_UNMOUNT | IN_IGNORED | IN_Q_OVERFLOW)
#define UNIT sizeof(struct inotify_event)

/** struct look - the queue of an instance: @n events, with room for one more, and their @names */
struct look {
	struct crfs_inotify_event *events;
	char *names;
	size_t n, max_n, max_names;
	u32 max, next_wd;
};

/* Return: the bytes that read(2) would give */
static size_t take_event(const struct inotify_event_info *i, struct look *l, size_t *used)
{
	struct crfs_inotify_event *e = &l->events[l->n];
	size_t len = i->name_len;

	if (l->n == l->max_n || i->name_len < 0 || len > l->max_names - *used)
		return 0;
	*e = (struct crfs_inotify_event){ .wd = i->wd, .mask = i->mask & TOLD, .cookie = i->sync_cookie,
					  .name = { l->names + *used, len } };
	memcpy(l->names + *used, i->name, len);
	*used += len;
	l->n++;
	return UNIT + (len ? round_up(len + 1, UNIT) : 0);
}

/* Somebody outside may add to it until we have the lock. */
static bool take_events(struct fsnotify_group *group, int bytes, struct look *l)
{
	struct fsnotify_event *fse;
	size_t used = 0, sum = 0;

	spin_lock(&group->notification_lock);
	list_for_each_entry(fse, &group->notification_list, list)
		sum += take_event(container_of(fse, struct inotify_event_info, fse), l, &used);
	l->max = group->max_events;
	if (l->n != group->q_len)
		sum = 0;
	spin_unlock(&group->notification_lock);
	l->next_wd = idr_get_cursor(&group->inotify_data.idr);
	return sum == bytes;
}

static int look(struct snap *s, struct file *file, int bytes, struct look *l, bool *seen)
{
	*l = (struct look){ .max_n = bytes / UNIT, .max_names = bytes };
	l->events = snap_alloc(s, (l->max_n + 1) * sizeof(*l->events));
	l->names = snap_alloc(s, l->max_names);
	if (!l->events || !l->names)
		return -ENOMEM;
	*seen = take_events(file->private_data, bytes, l);
	return 0;
}

static int find_events(struct snap *s, struct cfile *f, struct look *l, bool *seen)
{
	int bytes = 0, rc = ask_ioctl(f->file, FIONREAD, &bytes, sizeof(bytes)), i;

	for (i = 0; !rc && bytes && !*seen && i < 5; i++) {
		rc = look(s, f->file, bytes, l, seen);
		if (!rc && !*seen)
			rc = ask_ioctl(f->file, FIONREAD, &bytes, sizeof(bytes));
	}
	if (rc || !bytes || *seen)
		return rc;
	*l->events = (struct crfs_inotify_event){ .wd = -1, .mask = IN_Q_OVERFLOW };
	l->n = 1;
	l->next_wd = 0;
	snap_lost(s, file_obj(s, f),
		  "%d bytes of inotify events not yet read: the program will get IN_Q_OVERFLOW instead",
		  bytes);
	return 0;
}

static void name_losses(struct snap *s, struct cfile *f, const struct crfs_inotify_loss *l)
{
	if (l->odd)
		snap_lost(s, file_obj(s, f),
			  "inotify events not yet read, one of which (0x%x) cannot be made: the program will get IN_Q_OVERFLOW instead",
			  l->odd);
	if (l->torn)
		snap_lost(s, file_obj(s, f),
			  "the common cookies of %u moves among inotify events not yet read", l->torn);
	if (l->half)
		snap_lost(s, file_obj(s, f),
			  "the cookie of a move, one of whose two inotify events may have been read already");
	if (l->full)
		snap_lost(s, file_obj(s, f),
			  "that no inotify event more fits: the program will get IN_Q_OVERFLOW behind the last");
}

static int read_all(struct snap *s, struct cfile *f, const struct text *info, struct text *out)
{
	struct crfs_fd_inotify r = {};
	struct crfs_inotify_loss loss;
	bool moves = false, seen = false;
	struct look l = {};
	int rc = find_events(s, f, &l, &seen);
	size_t i;

	if (rc)
		return rc;
	r.next_wd = l.next_wd;
	text_section(out, &crfs_fd_inotify_shape);
	text_rec(out, &crfs_fd_inotify_shape, &r);
	rc = read_watches(s, f, info, out, &moves);
	if (seen) {
		crfs_inotify_settle(l.events, &l.n, l.max, moves, &loss);
		name_losses(s, f, &loss);
	}
	text_section(out, &crfs_inotify_event_shape);
	for (i = 0; i < l.n; i++)
		text_rec(out, &crfs_inotify_event_shape, &l.events[i]);
	return rc;
}

static int inotify_read(struct snap *s, void *obj, struct text *out)
{
	struct text info = { .failed = false };
	struct cfile *f = obj;
	int rc = show_fdinfo(f->file, &info);

	if (!rc)
		rc = read_all(s, f, &info, out);
	text_done(&info, out);
	return rc;
}

const struct room res_fd_inotify = {
	.name = "inotify",
	.scope = PER_FILE,
	.match = inotify_match,
	.read = inotify_read,
};
