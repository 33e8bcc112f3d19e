// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filling the queues of unix sockets again: every message is sent from where it was sent, with the credentials
 * and descriptors that it had.
 *
 * The sender's buffer is what limits a queue, so it is made large for that long. Who sent is told by
 * SCM_CREDENTIALS, which CAP_SYS_ADMIN may fill in with any pid there is; a dead one's is taken by a child for
 * as long as it sends. A datagram whose sender has a name that no socket has any more comes from one that
 * is made for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rooms.h"
#include "sockopt.h"
#include "tree.h"
#include "sock_net.h"
#include "unix_join.h"
#include "unix_scan.h"

#define BUF_LOCK 72		/* SO_BUF_LOCK, Linux 5.14 */
#define LARGE (1 << 29)		/* SO_SNDBUFFORCE doubles it */
#define MAX_FDS 253
#define OPTIONS 1			/* the section of a unix file */

/** struct outlet - a socket that sends, and its buffer as it was */
struct outlet {
	int fd, size, lock;
	bool own;
};

static void set(int fd, int option, int v)
{
	setsockopt(fd, SOL_SOCKET, option, &v, sizeof(v));
}

static struct outlet outlet_open(int fd, bool own)
{
	struct outlet out = { fd, sock_int(fd, SOL_SOCKET, SO_SNDBUF),
			      sock_int(fd, SOL_SOCKET, BUF_LOCK), own };

	set(fd, SO_SNDBUFFORCE, LARGE);
	return out;
}

static void outlet_close(struct outlet *out)
{
	if (out->own) {
		close(out->fd);
		return;
	}
	set(out->fd, SO_SNDBUFFORCE, out->size / 2);
	if (out->lock >= 0)
		set(out->fd, BUF_LOCK, out->lock);
}

/** struct letter - a message to be sent: may be handed to a child; @flags: MSG_OOB, or 0 */
struct letter {
	int fd, proc, flags;
	struct msghdr m;
	struct iovec iov;
	struct sockaddr_un to;
	char control[CMSG_SPACE(MAX_FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))]
		__attribute__((aligned(16)));
};

static void *add_cmsg(struct letter *l, int type, size_t size)
{
	struct cmsghdr *c = (void *)(l->control + l->m.msg_controllen);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	l->m.msg_control = l->control;
	l->m.msg_controllen += CMSG_SPACE(size);
	return CMSG_DATA(c);
}

/* Return: the pid that has to be made for it, or 0 */
static pid_t add_creds(struct restore *rs, struct letter *l, const struct crfs_unix_message *m)
{
	const struct rtask *rt = m->pid ? restore_task(rs, m->pid) : NULL;
	struct ucred c = { .pid = rt ? rt->pid : m->pid ? (pid_t)m->pid : getpid(),
			   .uid = m->uid, .gid = m->gid };

	if (!m->creds)
		return 0;
	memcpy(add_cmsg(l, SCM_CREDENTIALS, sizeof(c)), &c, sizeof(c));
	return !rt && m->pid && kill(c.pid, 0) < 0 && errno == ESRCH ? c.pid : 0;
}

static int add_files(struct restore *rs, struct letter *l, const char *path,
		     const struct crfs_unix_message *m)
{
	struct crfs_str list = m->files;
	int fds[MAX_FDS];
	size_t n = 0;
	__u64 id;

	while (crfs_list_next(&list, &id) && n < MAX_FDS) {
		const struct iobj *f = image_obj(rs->im, IOBJ_FILE, id);

		if (!f || f->fd < 0)
			return fail_on(rs->err, -EBADF, path, "files/%llu was not made",
				       (unsigned long long)id);
		fds[n++] = f->fd;
	}
	if (n)
		memcpy(add_cmsg(l, SCM_RIGHTS, n * sizeof(*fds)), fds, n * sizeof(*fds));
	return 0;
}

/* All of it: a stream may take it in parts, descriptors go with the first. */
static int post(void *arg)
{
	struct letter *l = arg;
	ssize_t n;

	if (l->m.msg_name && fchdir(l->proc) < 0)
		return -errno;
	do {
		n = sendmsg(l->fd, &l->m, l->flags | MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return -errno;
		l->iov.iov_base = (char *)l->iov.iov_base + n;
		l->iov.iov_len -= n;
		if (l->m.msg_controllen && ((struct cmsghdr *)l->control)->cmsg_type == SCM_RIGHTS)
			l->m.msg_controllen = 0;
		else if (l->m.msg_controllen > CMSG_SPACE(sizeof(struct ucred)))
			l->m.msg_controllen = CMSG_SPACE(sizeof(struct ucred));
	} while (l->iov.iov_len);
	return 0;
}

/* Where a datagram goes: to the only peer, or to a name. */
static void address(struct letter *l, const struct rsock *to, int file)
{
	l->m.msg_name = &l->to;
	l->m.msg_namelen = uname_addr(&to->r->name, &l->to);
	if (file >= 0)
		l->m.msg_namelen = offsetof(struct sockaddr_un, sun_path) + 1 +
			snprintf(l->to.sun_path, sizeof(l->to.sun_path), "self/fd/%d", file);
}

/** struct filling - a queue while it is filled; @anonymous: sends what came from no name; @flags: MSG_OOB, or 0 */
struct filling {
	struct rsock *to;
	int file, flags;
	struct outlet usual, anonymous;
};

static int send_one(struct rsocks *all, const struct filling *f, int from, bool direct, int file,
		    const struct crfs_unix_message *m, void *data)
{
	struct restore *rs = all->rs;
	struct rsock *to = f->to;
	struct letter l = { .fd = from, .proc = rs->proc, .flags = f->flags, .iov = { data, m->len } };
	pid_t dead;
	int rc;

	l.m.msg_iov = &l.iov;
	l.m.msg_iovlen = 1;
	dead = add_creds(rs, &l, m);
	rc = add_files(rs, &l, to->o->path, m);
	if (rc)
		return rc;
	if (!direct)
		address(&l, to, file);
	rc = dead ? errand_child(rs, dead, to->o->path, post, &l) : post(&l);
	return rc ? fail_on(rs->err, rc, to->o->path, "sending %u bytes into it again: see "
			    "/proc/sys/net/unix/max_dgram_qlen", m->len) : 0;
}

static int anonymous(struct rsocks *all, struct filling *f)
{
	int fd;

	if (f->anonymous.fd >= 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail_on(all->rs->err, -errno, f->to->o->path, "socket");
	f->anonymous = outlet_open(fd, true);
	return 0;
}

/* The socket that a datagram comes from; closed again if it is there for this only. */
static int sender(struct rsocks *all, const struct rsock *to, const struct crfs_str *name,
		  struct outlet *out)
{
	const struct rsock *s = unix_sender(all, to, name);
	int fd = s ? s->fd : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -errno : s ? 0 : unix_temporary(all, name, fd);

	if (rc) {
		if (fd >= 0)
			close(fd);
		return fail_on(all->rs->err, rc, to->o->path, "binding to the name of a sender: "
			       "who has it?");
	}
	*out = outlet_open(fd, !s);
	return 0;
}

static bool comes_from(const struct rsock *s, const struct crfs_str *name)
{
	return s && s->r->name.len == name->len && !memcmp(s->r->name.p, name->p, name->len);
}

static int deliver(struct rsocks *all, struct filling *f, const struct crfs_unix_message *m, void *data)
{
	struct outlet out;
	int rc;

	/* It came from the one that may, or the peer that is gone. */
	if (f->usual.fd >= 0 && (!unix_dgram(f->to) || comes_from(f->to->peer, &m->from) ||
				 f->to->ghost >= 0 || !f->to->r->name.len))
		return send_one(all, f, f->usual.fd, true, -1, m, data);
	if (!m->from.len) {
		rc = anonymous(all, f);
		return rc ?: send_one(all, f, f->anonymous.fd, false, f->file, m, data);
	}
	rc = sender(all, f->to, &m->from, &out);
	if (rc)
		return rc;
	rc = send_one(all, f, out.fd, false, f->file, m, data);
	outlet_close(&out);
	return rc;
}

/* Who is told of it (SIGURG) was told already. */
static int deliver_urgent(struct rsocks *all, struct filling *f, const struct crfs_unix_message *m, void *data)
{
	struct f_owner_ex own = { .pid = 0 }, nobody = { .type = F_OWNER_PID };
	int fd = f->to->fd, rc;

	if (fcntl(fd, F_GETOWN_EX, &own) < 0 || fcntl(fd, F_SETOWN_EX, &nobody) < 0)
		return fail_on(all->rs->err, -errno, f->to->o->path, "its owner");
	rc = deliver(all, f, m, data);
	if (own.pid && fcntl(fd, F_SETOWN_EX, &own) < 0 && !rc)
		rc = fail_on(all->rs->err, -errno, f->to->o->path, "its owner");
	return rc;
}

static const struct iobj *data_of(const struct iobj *queue, char **data, size_t len)
{
	struct node *n = queue->node->child;

	while (n && strcmp(n->name, "data"))
		n = n->next;
	*data = malloc(len + 1);
	if (!n || !*data || (len && node_pread(n, *data, len, 0) != (ssize_t)len)) {
		free(*data);
		*data = NULL;
	}
	return queue;
}

/* A peer that it is connected to from birth sends by that; others by its name; into what waits it sends itself. */
static int usual_fd(const struct rsock *s)
{
	if (s->r->connected == CRFS_UNIX_WAITS)
		return s->fd;
	if (s->ghost >= 0)
		return unix_dgram(s) && s->r->peer_name.len ? -1 : s->ghost;
	if (!s->peer)
		return -1;
	return !unix_dgram(s) || s->paired ? s->peer->fd : -1;
}

int unix_fill_one(struct rsocks *all, struct rsock *s)
{
	const struct iobj *queue = image_obj(all->rs->im, IOBJ_INODE, s->r->queue);
	struct filling f = { .to = s, .file = -1, .usual = { .fd = usual_fd(s) },
			     .anonymous = { .fd = -1 } };
	const int64_t urgent = sockopt_value(s->o, OPTIONS, UNIX_URGENT, -1);
	const struct crfs_unix_message *m;
	size_t n, i, at = 0, len = 0;
	char *data;
	int rc = 0;

	m = image_recs(queue, &res_inode_unix_queue, 0, &n);
	for (i = 0; i < n; i++)
		len += m[i].len;
	data_of(queue, &data, len);
	if (!data)
		return fail_on(all->rs->err, -ENOMEM, queue->path, "reading its data");
	if (unix_dgram(s) && uname_is_path(&s->r->name))
		f.file = unix_file(s->fd);
	if (f.usual.fd >= 0)
		f.usual = outlet_open(f.usual.fd, false);
	rc = sock_net_enter(all->rs, s->o);	/* who has no name, or an abstract one, sends from there */
	for (i = 0; i < n && !rc; at += m[i].len, i++) {
		f.flags = (int64_t)at == urgent && m[i].len == 1 ? MSG_OOB : 0;
		rc = f.flags ? deliver_urgent(all, &f, &m[i], data + at) : deliver(all, &f, &m[i], data + at);
	}
	if (f.usual.fd >= 0)
		outlet_close(&f.usual);
	if (f.anonymous.fd >= 0)
		outlet_close(&f.anonymous);
	if (f.file >= 0)
		close(f.file);
	free(data);
	return rc;
}

int unix_fill(struct rsocks *all)
{
	struct rsock *s;
	int rc = 0;

	for (s = all->s; s < all->s + all->n && !rc; s++)
		if (s->r->queue && s->r->connected != CRFS_UNIX_WAITS)
			rc = unix_fill_one(all, s);
	return rc;
}
