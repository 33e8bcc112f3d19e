// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options.
 *
 * From getsockname(2), SIOCUNIXFILE (Linux 4.13, gives the file), sock_diag and SO_PEERCRED. At restore the
 * dead file of before is replaced, if nobody listens on it. Who has called listen(2) calls it again, so
 * that SO_PEERCRED of who connects says the same, and connections that wait are connected again by who has
 * their other end (unix_join.c). Nothing is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/res/fd/unix_listener.h>

#include "fdroom.h"
#include "rooms.h"
#include "sockopt.h"
#include "unix_name.h"
#include "unix_scan.h"
#include "unix_who.h"

static bool unix_listener_match(const struct file *f)
{
	return f->sock.domain == AF_UNIX && f->sock.listens == 1;
}

static void read_queue(struct snap *s, const struct file *f, struct crfs_fd_unix_listener *r)
{
	const struct usock *u = unix_sock(s, f);

	if (u && u->known) {
		r->backlog = u->diag.wqueue;
		/* An answer has room for so many (sock_diag); what was not named is not known. */
		if (u->diag.rqueue != u->diag.nr_waiting && !s->live)
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
					 "%u connections wait to be accepted: "
					 "let the program accept them", u->diag.rqueue);
	} else if (!s->live) {
		snap_unsupported(s, unix_diag_error(s) ?: -ENOENT, file_obj(s, f),
				 "sock_diag of a unix socket: modprobe unix_diag");
	}
}

static int unix_listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unix_listener r = { .socktype = 0 };
	struct text groups = { .failed = false };
	struct file *f = obj;
	struct umaker m;
	struct uname n;
	int rc = uname_read(s, f, true, &n);

	if (rc)
		return rc;
	r.socktype = f->sock.type;
	r.name = n.name;
	r.path = n.path;
	r.mnt_ns = n.mnt_ns;
	r.unlinked = n.unlinked;
	r.mode = n.mode;
	r.uid = n.uid;
	r.gid = n.gid;
	m = umaker_read(s, f, &groups);
	r.maker_pid = m.pid;
	r.maker_uid = m.uid;
	r.maker_gid = m.gid;
	r.maker_groups = m.groups;
	read_queue(s, f, &r);
	text_section(out, &crfs_fd_unix_listener_shape);
	text_rec(out, &crfs_fd_unix_listener_shape, &r);
	text_free(&groups);
	return sockopts_read(s, f, out);
}

static struct uname name_of(const struct crfs_fd_unix_listener *r)
{
	return (struct uname){ r->name, r->path, r->mnt_ns, r->unlinked, r->mode, r->uid, r->gid };
}

static void unix_listener_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);
	struct umaker m;
	struct uname n;

	if (!r)
		return;
	n = name_of(r);
	uname_check(im, o, &n);
	m = (struct umaker){ r->maker_pid, r->maker_uid, r->maker_gid, r->maker_groups };
	umaker_check(im, o, &m);
	if (!r->name.len)
		image_mismatch(im, -EINVAL, o->path, "it listens, but has no name");
	if (r->socktype != SOCK_STREAM && r->socktype != SOCK_SEQPACKET)
		image_mismatch(im, -EINVAL, o->path, "socktype %u does not listen", r->socktype);
	if (r->mode & ~07777)
		image_mismatch(im, -EINVAL, o->path, "mode 0%o cannot be", r->mode);
	sockopts_check(im, o, 1);
}

static int unix_listener_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);
	struct uname n = name_of(r);
	int rc;

	o->fd = socket(AF_UNIX, r->socktype | SOCK_CLOEXEC, 0);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "socket");
	rc = sockopts_put(rs, o, 1, o->fd);
	if (rc)
		return rc;
	rc = uname_bind(rs, &n, o->fd, r->socktype);
	if (!rc && listen(o->fd, r->backlog) < 0)
		rc = -errno;
	if (rc)
		return fail_on(rs->err, rc, o->path, "listening on %.*s: who has it?",
			       n.path.len ? (int)n.path.len : (int)n.name.len - 1,
			       n.path.len ? n.path.p : n.name.p + 1);
	return file_made(rs, o, o->fd);
}

const struct resource res_fd_unix_listener = {
	.name = "unix_listener",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_unix_listener_shape,
						      &crfs_sockopt_shape, NULL },
	.match = unix_listener_match,
	.read = unix_listener_read,
	.check = unix_listener_check,
	.make = unix_listener_make,
};
