// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting unix sockets back, all together, in this order:
 *
 *   - make them, with names; socketpairs and connections are made by whoever made them (errand.c)
 *   - fill queues, by sending from where it was sent; before options, which change what is sent and received
 *   - connect datagram sockets by name, those first that others' connects would lock out
 *   - let the stand-ins for peers that are gone go
 *   - connections that wait to be accepted
 *   - shut down, options, owners
 *   - listeners listen again, as who they were, with the backlog that they had
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fdroom.h"
#include "proc.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"
#include "unix_join.h"

#define SIOCUNIXFILE (0x89E0 + 0)
#define PASSPIDFD 76		/* SO_PASSPIDFD, Linux 6.5 */
#define AT_ONCE 128

int unix_file(int fd)
{
	int file = ioctl(fd, SIOCUNIXFILE);

	return file < 0 ? -1 : file;
}

static int own_tmpfs(struct rsocks *all)
{
	int fs, fd;

	if (all->tmpfs >= 0)
		return 0;
	fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	fd = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -1 :
	     syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (fd >= 0) {
		all->tmpfs = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
	}
	close(fs);
	return all->tmpfs < 0 ? -errno : 0;
}

int unix_temporary(struct rsocks *all, const struct crfs_str *name, int fd)
{
	struct sockaddr_un a;
	char last[16];
	int rc;

	if (!name->len)
		return 0;
	if (!uname_is_path(name))
		return bind(fd, (struct sockaddr *)&a, uname_addr(name, &a)) < 0 ? -errno : 0;
	rc = own_tmpfs(all);
	if (rc)
		return rc;
	snprintf(last, sizeof(last), "%u", all->serial++);
	return uname_bind_in(name, fd, all->tmpfs, last);
}

static int by_name(const void *a, const void *b)
{
	const struct crfs_str *x = &(*(struct rsock *const *)a)->r->name;
	const struct crfs_str *y = &(*(struct rsock *const *)b)->r->name;

	const unsigned int net = uname_is_path(x) ? 0 : sock_net_key((*(struct rsock *const *)a)->o);
	const unsigned int other = uname_is_path(y) ? 0 : sock_net_key((*(struct rsock *const *)b)->o);
	int c;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	c = memcmp(x->p, y->p, x->len);
	return c ?: (net > other) - (net < other);
}

struct rsock *unix_sender(const struct rsocks *all, const struct rsock *to, const struct crfs_str *name)
{
	struct crfs_fd_unix r = { .name = *name };
	struct rsock key = { .o = to->o, .r = &r }, *k = &key, **found;

	found = all->nr_names ? bsearch(&k, all->names, all->nr_names, sizeof(k), by_name) : NULL;
	return found ? *found : NULL;
}

static size_t somaxconn(struct restore *rs)
{
	char *p = proc_read(rs->proc, NULL, "sys/net/core/somaxconn");
	long n = p ? atol(p) : 0;

	free(p);
	return n < 1 ? 1 : n > AT_ONCE ? AT_ONCE : n;
}

/* The sockets, and who is whose peer. */
static int list(struct rsocks *all)
{
	struct image *im = all->rs->im;
	struct rsock *s;
	size_t i;

	all->s = calloc(im->nr[IOBJ_FILE] + 1, sizeof(*all->s));
	all->names = calloc(im->nr[IOBJ_FILE] + 1, sizeof(*all->names));
	if (!all->s || !all->names)
		return fail(all->rs->err, -ENOMEM, "unix sockets");
	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		struct iobj *o = &im->objs[IOBJ_FILE][i];

		if (o->room != &res_fd_unix)
			continue;
		s = &all->s[all->n++];
		*s = (struct rsock){ .o = o, .r = image_rec(o, &res_fd_unix, 0), .fd = -1,
				     .ghost = -1 };
		o->priv = s;
		if (unix_dgram(s) && s->r->name.len)
			all->names[all->nr_names++] = s;
	}
	for (s = all->s; s < all->s + all->n; s++)
		if (s->r->connected == CRFS_UNIX_PEER)
			s->peer = image_obj(im, IOBJ_FILE, s->r->peer)->priv;
	qsort(all->names, all->nr_names, sizeof(*all->names), by_name);
	return 0;
}

/* Does it connect by name, once its queue is filled? */
static bool connects(const struct rsock *s)
{
	if (!unix_dgram(s) || s->paired)
		return false;
	return s->peer || (s->r->connected == CRFS_UNIX_GONE && s->r->peer_name.len);
}

static int connect_by_name(struct rsocks *all, const struct rsock *s)
{
	const struct crfs_str *name = s->peer ? &s->peer->r->name : &s->r->peer_name;
	int to = s->peer ? s->peer->fd : s->ghost, file = -1, rc;
	struct sockaddr_un a;
	socklen_t len = uname_addr(name, &a);

	if (uname_is_path(name)) {
		file = unix_file(to);
		len = offsetof(struct sockaddr_un, sun_path) + 1 +
		      snprintf(a.sun_path, sizeof(a.sun_path), "self/fd/%d", file);
	}
	rc = fchdir(all->rs->proc) < 0 || connect(s->fd, (struct sockaddr *)&a, len) < 0 ? -errno : 0;
	if (file >= 0)
		close(file);
	return rc ? fail_on(all->rs->err, rc, s->o->path, "connecting it to files/%u", s->r->peer) : 0;
}

/* Who has a peer takes nobody else's connect(2): all that go to it go first. */
static int connect_dgrams(struct rsocks *all)
{
	struct rsock *s, **queue = calloc(all->n + 1, sizeof(*queue));
	size_t at = 0, n = 0;
	int rc = queue ? 0 : -ENOMEM;

	for (s = all->s; s < all->s + all->n; s++)
		if (connects(s) && s->peer && s->peer->peer != s)
			s->peer->before++;
	for (s = all->s; s < all->s + all->n && queue; s++)
		if (connects(s) && !s->before)
			queue[n++] = s;
	for (; at < n && !rc; at++) {
		s = queue[at];
		rc = connect_by_name(all, s);
		if (s->peer && s->peer->peer != s && !--s->peer->before && connects(s->peer))
			queue[n++] = s->peer;
	}
	free(queue);
	return rc;
}

/* A stream's peer that goes with something unread leaves an error behind. */
static int let_go(struct rsocks *all)
{
	struct rsock *s;

	for (s = all->s; s < all->s + all->n; s++) {
		if (s->ghost < 0)
			continue;
		if (s->r->reset && send(s->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
			return fail_on(all->rs->err, -errno, s->o->path, "the error that waits in it");
		close(s->ghost);
		s->ghost = -1;
	}
	return 0;
}

static int finish_one(struct rsocks *all, struct rsock *s)
{
	static const int passes[] = { SO_PASSCRED, PASSPIDFD, SO_PASSSEC };
	struct restore *rs = all->rs;
	int off = 0, how = (int)s->r->shutdown - 1, rc;
	size_t i;

	/* What was accepted has these from the listener, Linux 6.16. */
	for (i = 0; i < 3 && s->r->accepted; i++)
		setsockopt(s->fd, SOL_SOCKET, passes[i], &off, sizeof(off));
	if (s->r->shutdown && s->r->connected != CRFS_UNIX_WAITS && shutdown(s->fd, how) < 0 &&
	    errno != ENOTCONN)
		return fail_on(rs->err, -errno, s->o->path, "shutdown");
	if (fchown(s->fd, s->r->uid, s->r->gid) < 0 || fchmod(s->fd, s->r->mode) < 0)
		return fail_on(rs->err, -errno, s->o->path, "owner and mode");
	rc = sockopts_put(rs, s->o, 1, s->fd);
	return rc ?: file_made(rs, s->o, s->fd);
}

static int finish(struct rsocks *all)
{
	struct rsock *s;
	int rc = 0;

	for (s = all->s; s < all->s + all->n && !rc; s++)
		rc = finish_one(all, s);
	return rc;
}

int unix_join(struct restore *rs)
{
	struct rsocks all = { .rs = rs, .tmpfs = -1, .batch = somaxconn(rs) };
	int rc = list(&all);

	if (!rc && all.n)
		rc = unix_make(&all);
	if (!rc)
		rc = unix_fill(&all);
	if (!rc)
		rc = connect_dgrams(&all);
	if (!rc)
		rc = let_go(&all);
	if (!rc)
		rc = unix_waiting(&all);
	if (!rc)
		rc = finish(&all);
	if (!rc)
		rc = unix_listen(rs);
	if (all.tmpfs >= 0)
		close(all.tmpfs);
	free(all.s);
	free(all.names);
	return rc;
}
