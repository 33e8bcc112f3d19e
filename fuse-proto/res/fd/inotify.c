// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inotify(7): watches with their numbers and masks, and events not yet read.
 *
 * Watches from fdinfo (Linux 3.8), which gives a file handle; open_by_handle_at(2) turns it into a
 * path. The watch descriptor is kept with INOTIFY_IOC_SETNEXTWD (4.16, CONFIG_CHECKPOINT_RESTORE).
 * Reading events takes them away and nobody can put them back into a living instance. So where
 * some are queued it is a loss: with -o lossy the program gets IN_Q_OVERFLOW instead, as if the
 * queue had been too small, for which programs must be X
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/fd/inotify.h>

#include "fdroom.h"
#include "inotify_queue.h"
#include "fdmount.h"
#include "rooms.h"

#define HANDLE_MAX 128
#define SETNEXTWD _IOW('I', 0, int32_t)

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

static int read_watches(struct snap *s, struct file *f, struct text *out)
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
	}
	qsort(recs, n, sizeof(*recs), by_wd);
	text_section(out, &crfs_inotify_watch_shape);
	for (i = 0; i < n && !rc; i++)
		text_rec(out, &crfs_inotify_watch_shape, &recs[i]);
	free(recs);
	return rc;
}

static void read_events(struct snap *s, struct file *f, struct text *out)
{
	const struct crfs_inotify_event overflow = { .wd = -1, .mask = IN_Q_OVERFLOW };
	int bytes = 0;

	text_section(out, &crfs_inotify_event_shape);
	ioctl(f->dup, FIONREAD, &bytes);
	if (!bytes)
		return;
	snap_lost(s, file_obj(s, f),
		  "%d bytes of inotify events not yet read: the program will get "
		  "IN_Q_OVERFLOW instead",
		  bytes);
	text_rec(out, &crfs_inotify_event_shape, &overflow);
}

static int inotify_read(struct snap *s, void *obj, struct text *out)
{
	int rc = read_watches(s, obj, out);

	if (!rc)
		read_events(s, obj, out);
	return rc;
}

static void inotify_check(struct image *im, struct iobj *o)
{
	size_t n, i;
	const struct crfs_inotify_watch *w = image_recs(o, &res_fd_inotify, 0, &n);

	for (i = 0; i < n; i++) {
		int fd = place_check(im, w[i].mnt_ns, &w[i].path);

		if (fd >= 0)
			close(fd);
		else if (fd != -ENODATA)
			image_mismatch(im, fd, o->path, "watch %d: %.*s: bring it back", w[i].wd,
				       w[i].path.len, w[i].path.p);
	}
}

static int put_watch(struct restore *rs, int fd, const struct crfs_inotify_watch *w)
{
	int at = place_open(rs, w->mnt_ns, &w->path, O_PATH | O_NOFOLLOW), wd;
	char path[32];

	if (at < 0)
		return at;
	snprintf(path, sizeof(path), "self/fd/%d", at);	/* the controller stands in /proc */
	wd = ioctl(fd, SETNEXTWD, w->wd) < 0 ? -errno :
	     inotify_add_watch(fd, path, w->mask & ~(IN_IGNORED | IN_DONT_FOLLOW | IN_MASK_ADD));
	wd = wd == -1 ? -errno : wd;
	close(at);
	return wd < 0 ? wd : wd == w->wd ? 0 : -EBUSY;
}

static int inotify_make(struct restore *rs, struct iobj *o)
{
	size_t n, i, nr_events;
	const struct crfs_inotify_watch *w = image_recs(o, &res_fd_inotify, 0, &n);
	const struct crfs_inotify_event *e = image_recs(o, &res_fd_inotify, 1, &nr_events);
	int rc;

	o->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "inotify_init1");
	rc = nr_events ? inotify_queue(o->fd, e, nr_events) : 0;
	if (rc)
		return fail_on(rs->err, rc, o->path, "putting back %zu events", nr_events);
	for (i = 0; i < n; i++) {
		rc = put_watch(rs, o->fd, &w[i]);
		if (rc)
			return fail_on(rs->err, rc, o->path, "watch %d on %.*s", w[i].wd,
				       w[i].path.len, w[i].path.p);
	}
	return file_made(rs, o, o->fd);
}

const struct resource res_fd_inotify = {
	.name = "inotify",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inotify_watch_shape,
						      &crfs_inotify_event_shape, NULL },
	.match = inotify_match,
	.read = inotify_read,
	.check = inotify_check,
	.make = inotify_make,
};
