// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inotify(7): watches with their numbers and masks, and events not yet read.
 *
 * Watches from fdinfo (Linux 3.8), which gives a file handle; open_by_handle_at(2) turns it into a
 * path. The watch descriptor is kept with INOTIFY_IOC_SETNEXTWD (4.16, CONFIG_CHECKPOINT_RESTORE).
 * Events are seen in the kernel's memory (inotify_look.c), and made to happen again in a new instance before it
 * has its watches (inotify_queue.c). Cookies are of a counter that nobody can set: what belongs together does so
 * afterwards, too, by another number. Where the kernel's memory cannot be seen the program gets IN_Q_OVERFLOW
 * instead, as if the queue had been too small, which programs must be prepared for.
 *
 * Watches come last of all: until then files are opened, and directories read, that may be watched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/inotify.h>

#include "fdmount.h"
#include "fdroom.h"
#include "inotify_look.h"
#include "inotify_queue.h"
#include "rooms.h"

#define HANDLE_MAX 128
#define SETNEXTWD _IOW('I', 0, int32_t)
/* Sections: */
#define WATCHES 1
#define EVENTS 2

static bool inotify_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:inotify");
}

struct watch {
	struct crfs_inotify_watch rec;
	unsigned long ino;
	unsigned int sdev;
	union {
		struct file_handle h;
		unsigned char bytes[sizeof(struct file_handle) + HANDLE_MAX];
	} handle;
};

/* inotify_fdinfo() in fs/notify/fdinfo.c */
static bool parse(const char *p, struct watch *w)
{
	unsigned int bytes, type, i;
	int n = 0;

	if (sscanf(p, "wd:%x ino:%lx sdev:%x mask:%x ignored_mask:%*x fhandle-bytes:%x "
		   "fhandle-type:%x f_handle:%n", (unsigned int *)&w->rec.wd, &w->ino, &w->sdev,
		   &w->rec.mask, &bytes, &type, &n) < 4)
		return false;
	w->handle.h.handle_bytes = 0;
	if (!n || bytes > HANDLE_MAX)
		return true;
	for (i = 0; i < bytes; i++) {
		unsigned int v;

		if (sscanf(p + n + 2 * i, "%2x", &v) != 1)
			return true;
		w->handle.bytes[offsetof(struct file_handle, f_handle) + i] = v;
	}
	w->handle.h.handle_bytes = bytes;
	w->handle.h.handle_type = type;
	return true;
}

/* The kernel prints the device as it keeps it: 20 bits of minor. */
static dev_t device(unsigned int sdev)
{
	return makedev(sdev >> 20, sdev & 0xfffff);
}

static int find_path(struct snap *s, struct file *f, struct watch *w)
{
	struct place p;
	int rc = handle_place(s, f, device(w->sdev), &w->handle.h, &p);

	if (!rc) {
		w->rec.path = p.path;
		w->rec.mnt_ns = p.mnt_ns;
	}
	return rc;
}

static int read_watch(struct snap *s, struct file *f, const char *line, struct watch *w)
{
	int rc;

	memset(w, 0, sizeof(*w));
	if (!parse(line, w))
		return fail_on(s->err, -EIO, file_obj(s, f), "fdinfo: not understood");
	rc = find_path(s, f, w);
	if (rc < 0)
		return rc;
	if (rc)
		snap_unsupported(
			s, -EOPNOTSUPP, file_obj(s, f),
			"inotify watch %d is on inode %lu of "
			"device %u:%u, for which there is no path: let the program remove it",
			w->rec.wd, w->ino, major(device(w->sdev)), minor(device(w->sdev)));
	return 0;
}

static int by_wd(const void *a, const void *b)
{
	const struct crfs_inotify_watch *x = a, *y = b;

	return x->wd < y->wd ? -1 : x->wd > y->wd;
}

static int read_watches(struct snap *s, struct file *f, struct text *out, bool *moves)
{
	struct crfs_inotify_watch *recs;
	struct watch w;
	const char *p;
	size_t n = 0, i;
	int rc = 0;

	for (p = info_line(f->info, "inotify wd"); p; p = info_line(strchr(p, '\n'), "inotify wd"))
		n++;
	recs = calloc(n + 1, sizeof(*recs));
	if (!recs)
		return -ENOMEM;
	n = 0;
	for (p = strstr(f->info, "inotify wd:"); p && !rc; p = strstr(p + 1, "inotify wd:")) {
		rc = read_watch(s, f, p + strlen("inotify "), &w);
		recs[n++] = w.rec;
		*moves = *moves || (w.rec.mask & IN_MOVED_FROM);
	}
	qsort(recs, n, sizeof(*recs), by_wd);
	text_section(out, &crfs_inotify_watch_shape);
	for (i = 0; i < n && !rc; i++)
		text_rec(out, &crfs_inotify_watch_shape, &recs[i]);
	free(recs);
	return rc;
}

/* Nothing to be seen: the program is told that something was there. */
static int overflow(struct snap *s, const struct file *f, int bytes, struct inotify_look *l)
{
	l->events = pool_alloc(&s->scratch, sizeof(*l->events));
	if (!l->events)
		return -ENOMEM;
	*l->events = (struct crfs_inotify_event){ .wd = -1, .mask = IN_Q_OVERFLOW };
	l->n = 1;
	snap_lost(s, file_obj(s, f),
		  "%d bytes of inotify events not yet read: the program will get "
		  "IN_Q_OVERFLOW instead",
		  bytes);
	return 0;
}

/* Before anything is looked at that could be watched. */
static int find_events(struct snap *s, const struct file *f, struct inotify_look *l, bool *seen)
{
	struct kmem *k;
	int bytes = 0, rc;

	if (s->live || ioctl(f->dup, FIONREAD, &bytes) < 0 || !bytes)
		return 0;
	k = snap_kmem(s, &rc);
	*seen = k && inotify_look(k, f->dup, &s->scratch, l) == 0;
	return *seen ? 0 : overflow(s, f, bytes, l);
}

static void name_losses(struct snap *s, const struct file *f, const struct crfs_inotify_loss *l)
{
	if (l->odd)
		snap_lost(s, file_obj(s, f),
			  "inotify events not yet read, one of which (0x%x) cannot be made: the program will get "
			  "IN_Q_OVERFLOW instead",
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

static int inotify_read(struct snap *s, void *obj, struct text *out)
{
	struct inotify_look l = { .n = 0 };
	struct crfs_inotify_loss loss;
	struct crfs_fd_inotify r;
	bool moves = false, seen = false;
	int rc = find_events(s, obj, &l, &seen);
	size_t i;

	if (rc)
		return rc;
	r.next_wd = l.next_wd;
	text_section(out, &crfs_fd_inotify_shape);
	text_rec(out, &crfs_fd_inotify_shape, &r);
	rc = read_watches(s, obj, out, &moves);
	if (seen) {
		crfs_inotify_settle(l.events, &l.n, l.max, moves, &loss);
		name_losses(s, obj, &loss);
	}
	text_section(out, &crfs_inotify_event_shape);
	for (i = 0; i < l.n; i++)
		text_rec(out, &crfs_inotify_event_shape, &l.events[i]);
	return rc;
}

static void check_events(struct image *im, struct iobj *o)
{
	size_t n, at;
	const struct crfs_inotify_event *e = image_recs(o, &res_fd_inotify, EVENTS, &n);
	const char *why = crfs_inotify_valid(e, n, &at);
	long max = n ? inotify_queue_max("/proc/") : 0;

	if (why)
		image_mismatch(im, -EINVAL, o->path, "inotify event %zu: %s: " IMAGE_MEND, at + 1, why);
	else if (n && (max < 0 || !inotify_queue_fits(e, n, max)))
		image_mismatch(im, -ENOBUFS, o->path,
			       "%zu inotify events, and a queue holds %ld here: raise "
			       "fs.inotify.max_queued_events",
			       n, max);
}

static void inotify_check(struct image *im, struct iobj *o)
{
	size_t n, i;
	const struct crfs_inotify_watch *w = image_recs(o, &res_fd_inotify, WATCHES, &n);

	check_events(im, o);
	for (i = 0; i < n; i++)
		if (w[i].wd < 1 || (i && w[i].wd <= w[i - 1].wd))
			image_mismatch(im, -EINVAL, o->path, "watch %d: numbers go up from 1: " IMAGE_MEND, w[i].wd);
	for (i = 0; i < n; i++) {
		int fd = place_check(im, w[i].mnt_ns, &w[i].path);

		if (fd >= 0)
			close(fd);
		else if (fd != -ENODATA)
			image_mismatch(im, fd, o->path, "watch %d: %.*s: bring it back", w[i].wd,
				       w[i].path.len, w[i].path.p);
	}
}

/* That of unmounting is in every mask, and only its bit may be all there is. */
static int put_watch(struct restore *rs, int fd, const struct crfs_inotify_watch *w)
{
	int at = place_open(rs, w->mnt_ns, &w->path, O_PATH | O_NOFOLLOW), wd;
	uint32_t mask = (w->mask & ~(IN_IGNORED | IN_DONT_FOLLOW | IN_MASK_ADD)) | IN_UNMOUNT;
	char path[32];

	if (at < 0)
		return at;
	snprintf(path, sizeof(path), "self/fd/%d", at);	/* the controller stands in /proc */
	wd = ioctl(fd, SETNEXTWD, w->wd) < 0 ? -errno : inotify_add_watch(fd, path, mask);
	wd = wd == -1 ? -errno : wd;
	close(at);
	return wd < 0 ? wd : wd == w->wd ? 0 : -EBUSY;
}

static int inotify_make(struct restore *rs, struct iobj *o)
{
	size_t n;
	const struct crfs_inotify_event *e = image_recs(o, &res_fd_inotify, EVENTS, &n);
	int rc;

	o->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "inotify_init1");
	rc = n ? inotify_queue(o->fd, e, n) : 0;
	if (rc)
		return fail_on(rs->err, rc, o->path, "putting back %zu events", n);
	return file_made(rs, o, o->fd);
}

/* No number that an event still tells of is given to another watch. */
static uint32_t next_wd(const struct iobj *o)
{
	size_t n, k, i;
	const struct crfs_inotify_watch *w = image_recs(o, &res_fd_inotify, WATCHES, &n);
	const struct crfs_inotify_event *e = image_recs(o, &res_fd_inotify, EVENTS, &k);
	const struct crfs_fd_inotify *r = image_rec(o, &res_fd_inotify, 0);
	int32_t last = 0;

	if (r && r->next_wd)
		return r->next_wd;
	for (i = 0; i < n; i++)
		last = w[i].wd > last ? w[i].wd : last;
	for (i = 0; i < k; i++)
		last = e[i].wd > last ? e[i].wd : last;
	return last + 1U;
}

static int inotify_finish(struct restore *rs, struct iobj *o)
{
	size_t n, i;
	const struct crfs_inotify_watch *w = image_recs(o, &res_fd_inotify, WATCHES, &n);
	uint32_t next = next_wd(o);
	int rc;

	for (i = 0; i < n; i++) {
		rc = put_watch(rs, o->fd, &w[i]);
		if (rc)
			return fail_on(rs->err, rc, o->path, "watch %d on %.*s", w[i].wd,
				       w[i].path.len, w[i].path.p);
	}
	if (ioctl(o->fd, SETNEXTWD, next > INT_MAX ? 1 : next) < 0)
		return fail_on(rs->err, -errno, o->path, "INOTIFY_IOC_SETNEXTWD");
	return 0;
}

const struct resource res_fd_inotify = {
	.name = "inotify",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_inotify_shape, &crfs_inotify_watch_shape,
						      &crfs_inotify_event_shape, NULL },
	.match = inotify_match,
	.read = inotify_read,
	.check = inotify_check,
	.make = inotify_make,
	.finish = inotify_finish,
};
