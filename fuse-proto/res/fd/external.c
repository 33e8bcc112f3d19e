// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file that stays outside, as the mounter has declared (-o external=NAME=THING): a pipe, a terminal, a
 * device, a file, a directory, a connected unix socket, a TCP connection.
 *
 * Nothing of it travels but its name, its kind and how it is open. At the restore the mounter says what takes
 * its place, which is opened anew, or, as /proc/<pid>/fd/<n>, taken from that process: a socket as it is,
 * all else opened anew through it. The place of a TCP connection is taken by another one, that somebody has made
 * and knows what has been said on it. Refused: what waits to be read in a pipe or socket, or to be sent, since it would be
 * lost; sockets that listen or have a name, and those of other families. What is written to a block device is in
 * the machine's memory and not lost with the container.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <crfs/res/fd/external.h>

#include "external.h"
#include "fdroom.h"
#include "rooms.h"
#include "sockopt.h"
#include "unix_scan.h"

/* By declaration alone: files_emit.c asks external_of(). */
static bool external_match(const struct file *f)
{
	(void)f;
	return false;
}

static int socket_domain(uint8_t kind)
{
	return kind == CRFS_EXT_TCP ? AF_INET : kind == CRFS_EXT_TCP6 ? AF_INET6 : AF_UNIX;
}

static int socket_type(uint8_t kind)
{
	return kind == CRFS_EXT_UNIX_STREAM || crfs_external_is_tcp(kind) ? SOCK_STREAM :
	       kind == CRFS_EXT_UNIX_DGRAM ? SOCK_DGRAM : SOCK_SEQPACKET;
}

static void refuse(struct snap *s, const struct file *f, int code, const char *why)
{
	snap_unsupported(s, code, file_obj(s, f), "%s, declared external, %s", f->link, why);
}

/* What waits in it, would go with the container, and is for the container alone. */
static void refuse_waiting(struct snap *s, const struct file *f)
{
	int n = 0;

	if ((f->flags & O_ACCMODE) != O_WRONLY && !ioctl(f->dup, FIONREAD, &n) && n > 0)
		snap_unsupported(s, -EAGAIN, file_obj(s, f), "%s, declared external: %d bytes wait in it: "
				 "let the program read them", f->link, n);
}

/* What is on its way would have to be sent by the one that takes its place. */
static void read_tcp(struct snap *s, const struct file *f)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t len = sizeof(info);
	int n = 0;

	if (f->sock.listens > 0)
		return refuse(s, f, -EOPNOTSUPP, CRFS_EXTERNAL_LISTENS);
	if (getsockopt(f->dup, IPPROTO_TCP, TCP_INFO, &info, &len) || info.tcpi_state != TCP_ESTABLISHED)
		return refuse(s, f, -EOPNOTSUPP, CRFS_EXTERNAL_NO_PEER);
	refuse_waiting(s, f);
	if (!ioctl(f->dup, SIOCOUTQ, &n) && n > 0)
		snap_unsupported(s, -EAGAIN, file_obj(s, f), "%s, declared external: %d bytes that it has sent have not arrived: "
				 "try again when they have", f->link, n);
}

static void read_socket(struct snap *s, const struct file *f, struct crfs_fd_external *r)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	struct usock *u = unix_sock(s, f);

	if (crfs_external_is_tcp(r->kind) && f->sock.type == SOCK_STREAM && f->sock.protocol == IPPROTO_TCP)
		return read_tcp(s, f);
	if (f->sock.domain != AF_UNIX)
		return refuse(s, f, -EOPNOTSUPP, CRFS_EXTERNAL_NO_SOCKET);
	if (f->sock.listens > 0)
		return refuse(s, f, -EOPNOTSUPP, CRFS_EXTERNAL_LISTENS);
	if (!getsockname(f->dup, (struct sockaddr *)&a, &len) && len > sizeof(a.sun_family))
		refuse(s, f, -EOPNOTSUPP, CRFS_EXTERNAL_NAMED);
	if (u && u->known)
		r->shutdown = u->diag.shutdown & 3;
	refuse_waiting(s, f);
}

static int external_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	const char *name = external_of(s, f);
	struct crfs_fd_external r = { .name = { name, strlen(name) }, .kind = external_kind(f) };

	if (r.kind == CRFS_EXT_PIPE)
		refuse_waiting(s, f);
	else if (crfs_external_is_socket(r.kind))
		read_socket(s, f, &r);
	text_section(out, &crfs_fd_external_shape);
	text_rec(out, &crfs_fd_external_shape, &r);
	if (crfs_external_is_socket(r.kind))
		return sockopts_read_without(s, f, out, crfs_external_is_tcp(r.kind) ? crfs_external_of_connection : NULL);
	text_section(out, &crfs_sockopt_shape);
	return 0;
}

static const char *kind_name(uint8_t kind)
{
	const struct crfs_name *n;

	for (n = crfs_external_kinds; n->name; n++)
		if (n->value == kind)
			return n->name;
	return "?";
}

static bool of_process(const char *thing)
{
	int pid, fd, n = 0;

	return sscanf(thing, "/proc/%d/fd/%d%n", &pid, &fd, &n) == 2 && n && !thing[n];
}

static bool can_take_place(const struct stat *st, uint8_t kind)
{
	if (kind == CRFS_EXT_BLOCK)
		return S_ISBLK(st->st_mode) || S_ISREG(st->st_mode);
	return S_ISSOCK(st->st_mode) == crfs_external_is_socket(kind) && S_ISDIR(st->st_mode) == (kind == CRFS_EXT_DIR) &&
	       (!S_ISBLK(st->st_mode) || kind == CRFS_EXT_FILE);
}

static void check_thing(struct image *im, struct iobj *o, const struct crfs_fd_external *r,
			const char *thing)
{
	struct stat st;
	int rc;

	if (*thing != '/' || (crfs_external_is_tcp(r->kind) && !of_process(thing))) {
		image_mismatch(im, -EINVAL, o->path, "external %.*s: %s cannot be opened by that: "
			       "name it as /proc/<pid>/fd/<n>", (int)r->name.len, r->name.p, thing);
		return;
	}
	rc = external_stat(thing, &st);
	if (rc)
		image_mismatch(im, rc, o->path, "external %.*s: %s cannot be looked at: name what is there",
			       (int)r->name.len, r->name.p, thing);
	else if (!can_take_place(&st, r->kind))
		image_mismatch(im, -EINVAL, o->path, "external %.*s: %s cannot take the place of a %s: "
			       "name another", (int)r->name.len, r->name.p, thing, kind_name(r->kind));
}

static void external_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_external *r = image_rec(o, &res_fd_external, 0);
	const char *thing = r ? external_thing(im->opts, &r->name) : NULL;

	if (!r)
		return;
	if (r->shutdown & ~3 || (r->shutdown && !crfs_external_is_socket(r->kind)))
		image_mismatch(im, -EINVAL, o->path, "shutdown %u: cannot be", r->shutdown);
	if (thing)
		check_thing(im, o, r, thing);
	else
		image_mismatch(im, -ENOENT, o->path, "external %.*s, a %s: say what takes its place: mount "
			       "with -o external=%.*s=PATH", (int)r->name.len, r->name.p, kind_name(r->kind),
			       (int)r->name.len, r->name.p);
	sockopts_check(im, o, 1);
}

/* connect(2) takes names alone: that of @at in the mounter's /proc, seen from there. */
static int connect_to(struct restore *rs, int fd, int at)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), rc;

	snprintf(a.sun_path, sizeof(a.sun_path), "self/fd/%d", at);
	rc = here < 0 || fchdir(rs->proc) < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ?
	     -errno : 0;
	if (here >= 0 && fchdir(here) < 0 && !rc)
		rc = -errno;
	if (here >= 0)
		close(here);
	return rc;
}

static int make_socket(struct restore *rs, struct iobj *o, const struct crfs_fd_external *r, int at,
		       bool given)
{
	int fd = given ? at : socket(AF_UNIX, socket_type(r->kind) | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	if (given && (sock_int(fd, SOL_SOCKET, SO_DOMAIN) != socket_domain(r->kind) ||
		      sock_int(fd, SOL_SOCKET, SO_TYPE) != socket_type(r->kind)))
		return fail_on(rs->err, -EPROTOTYPE, o->path, "external %.*s: another kind of socket: name "
			       "another", (int)r->name.len, r->name.p);
	o->fd = fd;
	rc = sockopts_put(rs, o, 1, fd);
	if (!rc && !given)
		rc = connect_to(rs, fd, at);
	if (!rc && r->shutdown && shutdown(fd, r->shutdown - 1) < 0)
		rc = -errno;
	return rc ? rc : fd;
}

/* A FIFO that nobody reads cannot be opened for writing, and without O_NONBLOCK the open would wait. */
static int reopen(struct restore *rs, struct iobj *o, int at)
{
	char path[32];
	struct stat st;
	int both = -1, fd;

	snprintf(path, sizeof(path), "self/fd/%d", at);
	if (!fstat(at, &st) && S_ISFIFO(st.st_mode))
		both = openat(rs->proc, path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	fd = openat(rs->proc, path, (file_common(o)->flags & ~(FILE_MAKING | O_NOFOLLOW)) | O_NONBLOCK |
		    O_CLOEXEC | O_NOCTTY);
	fd = fd < 0 ? -errno : fd;
	if (both >= 0)
		close(both);
	return fd;
}

static int external_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_external *r = image_rec(o, &res_fd_external, 0);
	const char *thing = external_thing(rs->im->opts, &r->name);
	bool given = false;
	int at = thing ? external_open(rs, thing, &given) : -ENOENT, fd = at;

	if (at >= 0)
		fd = crfs_external_is_socket(r->kind) ? make_socket(rs, o, r, at, given) : reopen(rs, o, at);
	if (at >= 0 && fd != at)
		close(at);
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "external %.*s: opening %s", (int)r->name.len, r->name.p,
			       thing ? thing : "nothing");
	return file_made(rs, o, fd);
}

const struct resource res_fd_external = {
	.name = "external",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_external_shape, &crfs_sockopt_shape,
						      NULL },
	.match = external_match,
	.read = external_read,
	.check = external_check,
	.make = external_make,
};
