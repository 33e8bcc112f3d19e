// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Urgent data of TCP: send(2) and recv(2) with MSG_OOB.
 *
 * A connection knows of one urgent byte each way: where in what it has received it stands, and whether it was taken
 * out, and up to where what it has sent is urgent. poll(2) tells that one has come, and SIOCINQ that something stands
 * in the way; but what is behind it cannot be looked at, and of what was sent nothing tells. So the kernel's memory
 * is looked at (kmem.h), where one of these signs is there, and for who has sent what was not acknowledged.
 *
 * Nothing puts it back but the segment that says so. What had come before the byte is filled in in repair mode, and from
 * there on it is said again in the name of the peer (tcp_raw.h). What was sent is written again, with MSG_OOB at its
 * place. An urgent byte that was announced and is still to come is announced once more by who sends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fdroom.h"
#include "kmem_tcp.h"
#include "sockopt.h"
#include "tcp_raw.h"
#include "tcp_urgent.h"

#define VALID 0x100	/* of urg_data, TCP_URG_VALID and TCP_URG_READ, include/net/tcp.h */
#define READ 0x400
#define WAIT_MS 2000

static void refuse(struct snap *s, const struct file *f, const char *what)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "urgent data (MSG_OOB) %s, which cannot be carried: let the "
			 "program read it", what);
}

/* Up to where what was not acknowledged is urgent. */
static void see_sent(struct kmem_tcp *l, const struct crfs_fd_tcp *r, struct tcp_urgent *u)
{
	uint32_t sent = kmem_tcp_get(l, K_TP_SND_UP, 4) - kmem_tcp_get(l, K_TP_SND_UNA, 4);

	if (!l->err && sent && sent <= r->unacked + r->unsent)
		u->sent = sent;
}

static int see_received(struct snap *s, const struct file *f, struct kmem_tcp *l, struct crfs_fd_tcp *r,
			struct tcp_urgent *u, char **recv)
{
	uint32_t urgent = kmem_tcp_get(l, K_TP_URG_DATA, 2), copied = kmem_tcp_get(l, K_TP_COPIED_SEQ, 4);
	uint32_t at = kmem_tcp_get(l, K_TP_URG_SEQ, 4) - copied, all = r->rcv_seq - copied - tcp_fin_in(r->state);
	char *bytes;
	int rc = l->err;

	if (rc || !(urgent & (VALID | READ)) || at >= r->rcv_seq - copied)
		return rc;
	if (r->ended) {
		refuse(s, f, "has come on a connection that is over");
		return 0;
	}
	rc = kmem_tcp_unread(l->k, l->sk, copied, all, &bytes);
	if (rc)
		return rc;
	free(*recv);
	*recv = bytes;
	r->unread = all;
	*(urgent & VALID ? &u->waits : &u->taken) = at;
	return 0;
}

int tcp_urgent_read(struct snap *s, const struct file *f, struct crfs_fd_tcp *r, struct tcp_urgent *u,
		    uint32_t waiting, char **recv)
{
	struct kmem_tcp l = { .err = 0 };
	/* A FIN counts there, until the program was told of it. */
	bool more = waiting > r->unread + tcp_fin_in(r->state);
	int rc = 0;

	if (!u->pri && !more && !r->ended && !r->unacked && !r->unsent)
		return 0;
	l.k = snap_kmem(s, &rc);
	if (!l.k) {
		if (u->pri || more)
			refuse(s, f, "has come and was not read, and this kernel does not show it");
		return 0;
	}
	rc = kmem_socket(l.k, f->dup, &l.sk);
	if (!rc && tcp_connected(r->state))
		see_sent(&l, r, u);
	return rc ?: see_received(s, f, &l, r, u, recv);
}

void tcp_urgent_show(struct text *out, const struct tcp_urgent *u)
{
	if (u->waits >= 0)
		sockopt_row(out, CRFS_URGENT_WAITS, u->waits);
	if (u->taken >= 0)
		sockopt_row(out, CRFS_URGENT_TAKEN, u->taken);
	if (u->sent >= 0)
		sockopt_row(out, CRFS_URGENT_SENT, u->sent);
}

void tcp_urgent_take(const struct iobj *o, struct tcp_urgent *u)
{
	*u = (struct tcp_urgent){
		.waits = sockopt_value(o, TCP_OPTIONS, CRFS_URGENT_WAITS, -1),
		.taken = sockopt_value(o, TCP_OPTIONS, CRFS_URGENT_TAKEN, -1),
		.sent = sockopt_value(o, TCP_OPTIONS, CRFS_URGENT_SENT, -1),
	};
}

const char *tcp_urgent_wrong(const struct crfs_fd_tcp *r, const struct tcp_urgent *u)
{
	if (u->waits >= 0 && u->taken >= 0)
		return "urgent data waits, and was taken";
	if (tcp_urgent_in(u) >= r->unread && tcp_urgent_in(u) >= 0)
		return "urgent data stands behind all that has come";
	if (u->sent == 0 || u->sent > (int64_t)r->unacked + r->unsent)
		return "urgent data was sent that is not in its queue";
	return NULL;
}

static void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

/* Until what was said has come. Return: 0 or a negative errno */
static int all_here(const struct tcp_end *local, const struct tcp_end *peer, uint32_t unread)
{
	struct tcp_conn c;
	int i, rc;

	for (i = 0; i < WAIT_MS; i++) {
		rc = tcp_end_ask(local, peer, &c);
		if (rc || c.rqueue == unread)
			return rc;
		nap();
	}
	return -ETIMEDOUT;
}

/* Its first byte is the urgent one: an offset of 0 says so, whatever net.ipv4.tcp_stdurg is. */
static int say(const struct crfs_fd_tcp *r, const struct tcp_end *local, const struct tcp_end *peer, struct node *recv,
	       uint32_t from)
{
	struct tcp_segment s = {
		.from = *peer, .to = *local, .scope = r->peer_scope, .urgent = true,
		.seq = r->rcv_seq - tcp_fin_in(r->state) - r->unread + from,
		.ack = r->snd_seq - tcp_fin_out(r->state) - r->unsent - r->unacked,
	};
	char *buf = malloc(TCP_RAW_MAX);
	int rc = buf ? 0 : -ENOMEM;

	for (s.data = buf; !rc && from < r->unread; from += s.len) {
		s.len = r->unread - from < TCP_RAW_MAX ? r->unread - from : TCP_RAW_MAX;
		if (node_pread(recv, buf, s.len, from) != (ssize_t)s.len)
			rc = -EIO;
		if (!rc)
			rc = tcp_raw(&s);
		s.seq += s.len;
		s.urgent = false;
	}
	free(buf);
	return rc ?: all_here(local, peer, r->unread);
}

/* Taken out by the program already, which it could do only while it is not in line with the others. */
static int take_out(int fd)
{
	int line = sock_int(fd, SOL_SOCKET, SO_OOBINLINE), off = 0, rc;
	char c;

	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &off, sizeof(off));
	rc = recv(fd, &c, 1, MSG_OOB | MSG_DONTWAIT) == 1 ? 0 : errno ? -errno : -EIO;
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &line, sizeof(line));
	return rc;
}

int tcp_urgent_hear(struct restore *rs, struct iobj *o, const struct crfs_fd_tcp *r, const struct tcp_urgent *u,
		    const struct tcp_end *local, const struct tcp_end *peer, struct node *recv)
{
	struct f_owner_ex own = { .pid = 0 }, nobody = { .type = F_OWNER_PID };
	int rc;

	/* Who is told (SIGURG) was told already. */
	if (fcntl(o->fd, F_GETOWN_EX, &own) < 0 || fcntl(o->fd, F_SETOWN_EX, &nobody) < 0)
		return fail_on(rs->err, -errno, o->path, "its owner");
	rc = recv ? say(r, local, peer, recv, tcp_urgent_in(u)) : -EINVAL;
	if (!rc && u->taken >= 0)
		rc = take_out(o->fd);
	if (own.pid && fcntl(o->fd, F_SETOWN_EX, &own) < 0 && !rc)
		rc = -errno;
	return rc ? fail_on(rs->err, rc, o->path, "repeating what its peer has said was urgent: needs CAP_NET_RAW") : 0;
}
